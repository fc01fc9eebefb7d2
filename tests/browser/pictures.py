"""Pictures of a page: by day, by night, and on a telephone; small enough to live in the repository."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.browser.steps import quiet
from tests.support.app_server import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDE, NARROW, HEIGHT, TALLEST = 1400, 420, 900, 1500
_COLOURS = 96


def folder(otherwise: Path) -> Path:
    """Where the pictures go: docs/screenshots for `make screenshots`, else a folder that is thrown away."""
    asked = os.environ.get("PAYERDESK_SCREENSHOTS")
    found = ROOT / asked if asked else otherwise
    found.mkdir(parents=True, exist_ok=True)
    return found


def take(page: Page, path: Path, *, width: int = WIDE, dark: bool = False) -> None:
    """One picture of the whole page, as far as anybody would scroll for it."""
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(width - 4, HEIGHT // 2)  # a table that is pointed at grows a bar of tools
    quiet(page)
    _calm(page)
    tall = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(HEIGHT, min(int(tall), TALLEST))})
    _calm(page)
    _save(page.screenshot(animations="disabled"), path)


def _calm(page: Page) -> None:
    """Until the layout has stood still for a few frames: charts and tables follow the window a little later."""
    page.evaluate(
        """() => new Promise((done) => {
            let still = 0, last = "";
            const look = () => {
                const waiting = document.querySelector("[data-testid=stSkeleton]");
                const now = waiting ? "" : [...document.querySelectorAll("[data-testid=stMain] *")]
                    .map((one) => one.clientWidth + "x" + one.clientHeight).join();
                still = now && now === last ? still + 1 : 0;
                last = now;
                still < 12 ? requestAnimationFrame(look) : done();
            };
            look();
        })"""
    )


def _save(png: bytes, path: Path) -> None:
    """A palette is enough for a screen of few colours, and a quarter of the size."""
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
