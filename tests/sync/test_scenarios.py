"""Scenarios 23 and 30: an organisation with very many patients, and a Stripe that slows us down or goes away."""

from __future__ import annotations

import pytest

from lib.errors import Unavailable
from lib.queries import customers, freshness, invoices, organisations, overview
from lib.queries.invoices import Filters
from lib.sync.copying import _READERS
from lib.sync.follow import catch_up
from lib.sync.reader import Tally
from tests.support.builders import adjust
from tests.support.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
_BILLS = 1150


@pytest.fixture
def acme(quick: World) -> str:
    """Acme, who pays for 400 patients and owes 1,150 invoices of £1.00, £1.01 and so on."""
    found = quick.customer()
    patients = [quick.patient(f"Patient {n}", metadata={"pd_default_payer": found}) for n in range(400)]
    for number in range(_BILLS):
        quick.invoice(found, 100 + number, metadata={"pd_patient": patients[number % 400]})
    return found


def _owed() -> int:
    return sum(100 + number for number in range(_BILLS))


def test_an_organisation_with_400_patients_is_copied_by_pages_and_adds_up(quick: World, acme: str) -> None:
    tally = Tally()
    catch_up(quick.ctx, tally=tally)
    asked = [path for method, path in quick.wire.asked if method == "get"]
    # ⌈1150 / 100⌉ pages, one more a reader at most where their spans meet, and nothing invoice by invoice.
    assert 12 <= asked.count("/v1/invoices") <= 12 + _READERS["invoice"]
    assert not any(path.startswith("/v1/invoices/") for path in asked)
    row = organisations.table(quick.ctx).rows.iloc[0]
    assert (row["outstanding"], row["patients"]) == (_owed(), 400)
    account = customers.get(quick.ctx, acme)
    assert ([money.minor for money in account.outstanding], account.covers) == ([_owed()], 400)
    page = invoices.table(quick.ctx, Filters(payer=acme))
    assert (page.total, len(page.rows)) == (_BILLS, 50)


def test_a_429_on_the_seventh_of_twelve_pages_is_waited_out_and_nothing_is_missing(quick: World, acme: str) -> None:
    quick.sandbox.faults.add("storm", method="GET", path="/v1/invoices", nth=7, reason="endpoint-rate")
    tally = Tally()
    catch_up(quick.ctx, tally=tally)
    assert tally.rate_limited == 1
    assert overview.figures(quick.ctx)[0].outstanding.minor == _owed()


def test_what_cannot_be_read_leaves_the_last_whole_picture_with_its_age(quick: World) -> None:
    payer = quick.customer()
    quick.invoice(payer, 9900)
    quick.sync()
    quick.wait(7200)
    for _ in range(3):
        quick.invoice(payer, 5000)
    quick.wire.cut("/v1/invoices", method="get", times=10_000)
    quick.wire.cut("/v1/events", method="get", times=10_000)
    with pytest.raises(Unavailable):
        quick.sync()
    assert overview.figures(quick.ctx)[0].outstanding.minor == 9900
    fresh = freshness.get(quick.ctx)
    assert (fresh.stale, fresh.age >= 7200) == (True, True)
    quick.wire.mend()
    quick.sync()
    assert overview.figures(quick.ctx)[0].outstanding.minor == 9900 + 3 * 5000


def test_a_lock_timeout_on_a_change_is_sent_again_with_the_same_key_and_posts_once(quick: World) -> None:
    payer = quick.customer()
    quick.sandbox.faults.add("lock_timeout", method="POST", path="/v1/customers/*/balance_transactions", times=2)
    adjust(quick, payer)
    assert quick.entries(payer) == [("adjustment", -4500, -4500)]
    [intent] = quick.intents()
    assert (intent.state, intent.attempts, intent.generation) == ("done", 3, 1)
