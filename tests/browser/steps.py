"""What a person does at the screen, in a dozen words. Each waits for what it needs; none sleeps."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

expect.set_options(timeout=45_000)

# Sooner than the background loop looks at Stripe: what is seen within it was written by the action itself.
AT_ONCE = 8_000
_WATCH_FOR_AN_ANSWER = """() => {
    const app = document.querySelector('[data-testid=stApp]')
    window.payerdeskAnswered = false
    new MutationObserver((_, observer) => {
        if (app.dataset.testScriptState === 'notRunning') return
        window.payerdeskAnswered = true
        observer.disconnect()
    }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']})
}"""
_STANDS_THERE = """words => document.querySelector('[data-testid=stMain]')
    ?.innerText.replaceAll('\\u2060', '').includes(words)"""


def come_in(page: Page, url: str, username: str, password: str) -> None:
    """Open an address and sign in through the form."""
    page.goto(url)
    fill(page, "Username", username)
    fill(page, "Password", password)
    press(page, "Sign in")
    page.get_by_role("button", name="Sign out").wait_for(state="attached")


def quiet(page: Page) -> None:
    """Until the server has nothing more to draw, and all of it stands there."""
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)  # what was drawn may not stand there yet


def shows(page: Page, title: str) -> None:
    """Until the page of this title is drawn."""
    heading(page, title).wait_for()
    quiet(page)


def heading(page: Page, title: str) -> Locator:
    return page.get_by_role("heading", name=title, exact=True, level=1)


def turn_to(page: Page, name: str) -> None:
    """Open a page from the menu."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    shows(page, name)


def button(page: Page, label: str) -> Locator:
    return page.get_by_role("button", name=label, exact=True)


def press(page: Page, label: str) -> None:
    """Press a button by the words on it, once it stands still: one that is being drawn anew loses the press. The
    server has begun to answer when this returns, so whoever waits for quiet waits for the answer.
    """
    button(page, label).wait_for()
    quiet(page)
    with _answered(page):
        button(page, label).click()


@contextmanager
def _answered(page: Page, patience: int = 1_000) -> Iterator[None]:
    """Until the server runs the page after what is done in here: then whatever comes above a button may still move it.
    Of some things the server never hears (a panel opens, a form is filled in), some leave the page.
    """
    page.evaluate(_WATCH_FOR_AN_ANSWER)
    yield
    try:
        page.wait_for_function("() => window.payerdeskAnswered !== false", timeout=patience)
    except PlaywrightTimeout:
        return


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def fill(page: Page, label: str, text: str) -> None:
    """Type into a field and leave it, as people do, once the page stands still: it may be about to empty its fields."""
    quiet(page)
    with _answered(page, patience=400):
        field(page, label).fill(text)
        field(page, label).press("Tab")


def pick(page: Page, label: str, words: str) -> None:
    """Choose from a list by typing a part of the option."""
    box = page.get_by_role("combobox", name=label, exact=True)
    box.click()
    box.fill(words)
    with _answered(page):
        page.get_by_role("option", name=words).first.click()
    quiet(page)


def pick_many(page: Page, label: str, *words: str) -> None:
    """Choose several from a list, and close it."""
    for one in words:
        pick(page, label, one)
    page.keyboard.press("Escape")


def choose(page: Page, label: str) -> None:
    """Tick one of a few (Credit, Debit)."""
    with _answered(page):
        page.get_by_role("radiogroup").get_by_text(label, exact=True).click()
    quiet(page)


def see(page: Page, words: str) -> None:
    """Until these words stand somewhere on the page."""
    try:
        page.wait_for_function(_STANDS_THERE, arg=words)
    except PlaywrightTimeout:
        raise AssertionError(f"{words!r} is not on the page, which says:\n{said(page)}") from None
    quiet(page)


def said(page: Page) -> str:
    """What the page says, without what keeps a name in it from becoming markdown."""
    return page.get_by_test_id("stMain").inner_text().replace("\u2060", "")


def cell(page: Page, text: str) -> Locator:
    """A cell of a table with exactly this text. Tables are pictures; what they say stands beside them for readers."""
    return page.locator("td[role=gridcell]").filter(has_text=re.compile(f"^{re.escape(text)}$"))


def sees_at_once(page: Page, text: str) -> None:
    """A cell that is there before the background loop could have brought it."""
    cell(page, text).first.wait_for(state="attached", timeout=AT_ONCE)


def arrives(page: Page, text: str) -> None:
    """A cell that is there soon: the background loop brings what was done elsewhere."""
    for _ in range(4):
        try:
            cell(page, text).first.wait_for(state="attached", timeout=6_000)
            return
        except PlaywrightTimeout:
            page.reload()
    raise AssertionError(f"{text!r} did not arrive on the page, which says:\n{said(page)}")


def open_row(page: Page, text: str) -> None:
    """Pick the row of a table in which a cell has this text."""
    cell(page, text).first.wait_for(state="attached")
    row = int(str(cell(page, text).first.get_attribute("data-testid")).rsplit("-", 1)[1])
    canvas = page.get_by_test_id("data-grid-canvas").first
    canvas.click(position={"x": 18, "y": 35 * row + 52}, force=True)  # the pane that scrolls lies over the picture


def opens(page: Page, url: str, title: str) -> None:
    """A page of something that was made a moment ago: the background loop brings it."""
    for _ in range(10):
        page.goto(url)
        page.get_by_role("heading", level=1).wait_for()
        quiet(page)
        if heading(page, title).count():
            return
        page.wait_for_timeout(1_000)
    raise AssertionError(f"{title!r} did not arrive, the page says:\n{said(page)}")


def alerts(page: Page) -> list[str]:
    """What the page says is wrong."""
    return [one.inner_text().strip() for one in page.get_by_test_id("stAlertContentError").all()]


def download(page: Page, label: str = "Download CSV") -> tuple[str, list[dict[str, str]]]:
    """Take a list away: the name of the file, and its rows."""
    with page.expect_download() as waiting:
        press(page, label)
    return waiting.value.suggested_filename, read(Path(waiting.value.path()))


def read(path: Path) -> list[dict[str, str]]:
    """A CSV as a spreadsheet reads it: the byte order mark is there, the lines end as they should."""
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") >= 1
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
