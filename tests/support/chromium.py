"""Where this machine keeps a Chromium or Chrome, and how the tests start it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")

PLAYWRIGHTS_OWN = (
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)

# No sandbox, because a container's root may not have one; the rest keeps the browser from calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The browser's path: CHROMIUM from the environment, else the first one installed."""
    folders = (Path("/Applications"), Path.home() / "Applications")
    places = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    places += [str(folder / app) for folder in folders for app in MAC_APPS]
    places += [str(path) for pattern in PLAYWRIGHTS_OWN for path in Path.home().glob(pattern)]
    return next((place for place in places if place and os.access(place, os.X_OK)), None)
