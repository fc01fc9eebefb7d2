"""What time does to invoices, subscriptions' drafts among them, and what very large ones come to."""

from __future__ import annotations

import pytest

from lib.sandbox import SandboxError
from tests.sandbox.conftest import NOON
from tests.sandbox.helpers import balance, kinds, last_event, ledger, refused

DAY = 86_400
LATE = ["invoice.will_be_due", "invoice.overdue"]


@pytest.fixture
def told(client):
    """What was said about invoices' days."""

    def look() -> list[str]:
        return [kind for kind in kinds(client) if kind in LATE]

    return look


@pytest.fixture
def membership(box, acme):
    """A draft that a subscription made."""

    def make(**terms):
        return box.seed_subscription_invoice(acme, [{"amount": 3000, "description": "Membership"}], **terms)

    return make


def test_a_day_that_comes_near_and_passes_is_told(client, box, acme, finalised, told):
    finalised(acme, 10000)
    box.clock.set(NOON + 23 * DAY - 1)
    assert (told(), client.v1.customers.retrieve(acme).delinquent) == ([], False)
    box.clock.set(NOON + 30 * DAY)
    assert (told(), client.v1.customers.retrieve(acme).delinquent) == (LATE[:1], False)
    box.clock.advance(1)
    assert (told(), client.v1.customers.retrieve(acme).delinquent) == (LATE, True)


@pytest.mark.parametrize("ending", ["pay", "mark_uncollectible", "void_invoice"])
def test_what_was_settled_in_time_is_never_late(client, box, acme, finalised, told, ending):
    invoice = finalised(acme, 10000)
    getattr(client.v1.invoices, ending)(invoice.id, {"paid_out_of_band": True} if ending == "pay" else {})
    box.clock.advance(40 * DAY)
    assert (told(), client.v1.customers.retrieve(acme).delinquent) == ([], False)


@pytest.mark.parametrize(("ending", "after"), [("pay", False), ("mark_uncollectible", False), ("void_invoice", True)])
def test_paying_or_writing_off_clears_a_late_customer(client, box, acme, finalised, ending, after):
    invoice = finalised(acme, 10000, days_until_due=1)
    box.clock.advance(2 * DAY)
    getattr(client.v1.invoices, ending)(invoice.id, {"paid_out_of_band": True} if ending == "pay" else {})
    assert client.v1.customers.retrieve(acme).delinquent is after


def test_the_draft_of_a_subscription_cannot_be_deleted_or_stripped(client, acme, membership):
    draft = client.v1.invoices.retrieve(membership(days_until_due=14)["id"])
    assert (draft.billing_reason, draft.auto_advance, draft.parent.type) == (
        "subscription_cycle",
        True,
        "subscription_details",
    )
    assert refused(client.v1.invoices.delete, draft.id)[3] == (
        "Draft invoices that a subscription made cannot be deleted."
    )
    gone = {"lines": [{"id": draft.lines.data[0].id, "behavior": "delete"}]}
    assert "subscription" in refused(client.v1.invoices.remove_lines, draft.id, gone)[3]


def test_the_draft_of_a_subscription_takes_more_lines_and_finalises_itself(client, box, membership):
    draft = membership(days_until_due=14)
    client.v1.invoices.add_lines(draft["id"], {"lines": [{"amount": 500, "description": "Kit"}]})
    box.clock.advance(3600)
    invoice = client.v1.invoices.retrieve(draft["id"])
    assert (invoice.status, invoice.total, invoice.due_date) == ("open", 3500, NOON + 14 * DAY)
    assert (
        "subscription"
        in refused(client.v1.invoices.create, {"from_invoice": {"action": "revision", "invoice": invoice.id}})[3]
    )


def test_invoices_are_found_by_their_subscription(client, acme, draft, membership):
    found, _, _ = membership(subscription="sub_1"), membership(subscription="sub_2"), draft(acme, 100)
    assert [invoice.id for invoice in client.v1.invoices.list({"subscription": "sub_1"}).data] == [found["id"]]
    assert client.v1.invoices.list({"subscription": "sub_3"}).data == []


def test_a_subscriptions_invoice_needs_a_customer(box):
    with pytest.raises(SandboxError, match="No such customer"):
        box.seed_subscription_invoice("cus_nope", [{"amount": 1}])


def test_more_than_can_be_charged_is_carried_over(client, acme, finalised):
    most = finalised(acme, 99_999_999)
    over = finalised(acme, 99_999_999, 1)
    assert (most.status, over.status, over.amount_due, over.total) == ("open", "paid", 0, 100_000_000)
    assert ledger(client, acme) == [("invoice_too_large", 100_000_000, 100_000_000)]
    assert balance(client, acme) == 100_000_000


@pytest.mark.parametrize("few", [True, False])
def test_a_range_of_due_dates_is_the_same_found_one_way_or_the_other(client, monkeypatch, acme, draft, few):
    monkeypatch.setattr("lib.sandbox.resources.invoices.MANY", 1000 if few else 1)
    made = [draft(acme, days_until_due=days).id for days in (5, 60, 0, 30, 30)]

    def due(**limits):
        found = client.v1.invoices.list({"due_date": limits}).data
        return [made.index(invoice.id) for invoice in found]

    assert due(gte=NOON + 5 * DAY, lt=NOON + 60 * DAY) == [4, 3, 0]
    assert (due(lte=NOON), due(gt=NOON + 60 * DAY), due(gt=NOON + 59 * DAY)) == ([2], [], [1])
    assert len(client.v1.invoices.list({"due_date": NOON + 30 * DAY}).data) == 2


def test_a_draft_that_would_advance_by_itself_stays_one_when_its_customer_was_deleted(client, box, acme, draft):
    waiting = draft(acme, 5000, auto_advance=True).id
    client.v1.customers.delete(acme)
    box.clock.advance(3600)
    found = client.v1.invoices.retrieve(waiting)
    assert (found.status, found.auto_advance, found.automatically_finalizes_at) == ("draft", False, None)
    assert found.last_finalization_error.message == f"No such customer: '{acme}'"
    assert last_event(client, "invoice.finalization_failed")["data"]["object"]["id"] == waiting
