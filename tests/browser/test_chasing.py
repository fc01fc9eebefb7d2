"""Chasing in a real browser: the exact messages, one yes, a log; whoever is paused is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import pictures, steps
from tests.browser.practice import Practice, StripeSide
from tests.browser.steps import button, press, see, sees_at_once, shows
from tests.support.mail import post_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.support.mail import Post

pytestmark = pytest.mark.browser


# The words of what is chosen, the ground behind them (each layer over the one below), and their contrast after WCAG.
_CONTRAST = """() => {
    const parts = colour => colour.match(/[\\d.]+/g).map(Number)
    const linear = part => part / 255 <= 0.03928 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    const ground = at => {
        const [r, g, b, over = 1] = at ? parts(getComputedStyle(at).backgroundColor) : [255, 255, 255]
        if (over === 1) return [r, g, b]
        return ground(at.parentElement).map((below, n) => below + ([r, g, b][n] - below) * over)
    }
    const chosen = document.querySelectorAll('[role=tab][aria-selected=true], [role=radio][aria-checked=true]')
    return [...chosen].map(one => {
        const words = light(parts(getComputedStyle(one.querySelector('p') || one).color)), behind = light(ground(one))
        return [one.innerText, (Math.max(words, behind) + 0.05) / (Math.min(words, behind) + 0.05)]
    })
}"""


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    """Late owes £120.00 and £30.00, Later £45.00; both ten days past their terms of thirty."""
    late, later = side.organisation("Late Ltd"), side.organisation("Later & Sons", email="later@payer.example")
    with side.days_ago(40):
        side.bill(late, 12_000)
        side.bill(late, 3_000)
        side.bill(later, 4_500)
    return {"late": late, "later": later}


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """The practice's mail server."""
    with post_office(tmp_path_factory.mktemp("post")) as opened:
        yield opened


@pytest.fixture(scope="module")
def told(post: Post) -> dict[str, str]:
    return {"PAYERDESK_SMTP": post.url, "PAYERDESK_MAIL_FROM": "Accounts <accounts@quayside.example>"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_chosen_can_be_read_by_day_and_by_night(practice: Practice, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    practice.open(page, "reminders")
    shows(page, "Chasing")
    found = dict(page.evaluate(_CONTRAST))
    assert {"Overdue", "Due now", "Organisations"} <= set(found)
    assert min(found.values()) >= 4.5, found


def test_a_payer_that_is_paused_is_not_chased(practice: Practice, there: dict[str, str], page: Page) -> None:
    practice.open(page, f"customer?id={there['later']}")
    shows(page, "Later & Sons")
    page.get_by_role("tab", name="Statement").click()
    press(page, "Pause reminders")
    press(page, "Pause")
    see(page, "Reminders to this payer are paused.")
    assert practice.stripe.sdk.v1.customers.retrieve(there["later"]).metadata["pd_reminders"] == "paused"
    page.goto(f"{practice.url}/reminders")
    shows(page, "Chasing")
    sees_at_once(page, "Late Ltd")
    assert steps.cell(page, "Later & Sons").count() == 0


def test_what_is_overdue_is_chased_once_however_often_yes_is_pressed(
    practice: Practice, there: dict[str, str], page: Page, post: Post, tmp_path: Path
) -> None:
    practice.open(page, "reminders")
    shows(page, "Chasing")
    steps.open_row(page, "Late Ltd")
    press(page, "Preview 1 of those ticked")
    see(page, "To: ap@payer.example")
    assert post.kept() == []
    pictures.take(page, pictures.folder(tmp_path) / "chasing.png")
    button(page, "Yes, send it").dblclick()
    see(page, "Late Ltd: sent. To ap@payer.example, £150.00.")
    [mail] = post.kept()
    owed = sum(invoice.amount_remaining for invoice in practice.stripe.invoices_of(there["late"]))
    assert (mail.to, owed, "£150.00" in mail.text) == ("ap@payer.example", 15_000, True)
    assert all(str(one.number) in mail.text for one in practice.stripe.invoices_of(there["late"]))
    assert [name[-4:] for name in mail.attachments] == [".pdf", ".csv"]
    press(page, "Back to the list")
    page.get_by_role("tab", name="What was sent").click()
    sees_at_once(page, "Sent")
    pictures.take(page, pictures.folder(tmp_path) / "chased.png")
