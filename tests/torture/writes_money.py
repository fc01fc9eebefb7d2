"""The changes of an invoice's later life, for `tests/torture`: money received, taken off, given back, moved elsewhere.

What a page would show is read from Stripe just before, with everything working: fate strikes afterwards.
"""

from __future__ import annotations

from typing import Any

from lib.actions import (
    consolidated,
    consolidating,
    credit_notes,
    drafts,
    drafts_copy,
    invoice_state,
    payments,
    rebilling,
    remittances,
    reversals,
    voiding,
)
from lib.actions.received import Received
from lib.actions.sharing import Payment, Share
from lib.context import Context
from lib.dates import day
from lib.money import Money
from lib.queries.credit_notes import Standing
from lib.stripe_api import reading
from tests.support.world import NOON, World
from tests.torture.writes import Facts, Write, bills

_NOTHING = Money(0, "gbp")


def _gbp(minor: int) -> Money:
    return Money(minor, "gbp")


def _received(ctx: Context) -> Received:
    # The same day however much later the form is pressed again: another would be another payment.
    return Received("Bank transfer", "BACS 7", day(NOON - 90_000, ctx.settings.zone))


def _an_entry(world: World, number: int) -> Facts:
    customer = world.customer(f"Acme {number}")
    return {"customer": customer, "entry": world.entry(customer, -1000 - number), "minor": -1000 - number}


def _undo(ctx: Context, facts: Facts, form: str) -> object:
    amount = _gbp(facts["minor"])
    entry = facts["entry"]
    return reversals.undo_entry(ctx, customer=facts["customer"], entry=entry, amount=amount, seen=amount, form=form)


def _undone(world: World, facts: Facts) -> tuple[int, int]:
    return len(world.entries(facts["customer"])) - 1, 0


def _an_invoice(world: World, number: int) -> Facts:
    payer = world.customer(f"Acme {number}")
    world.entry(payer, -300)
    minor = 10_000 + number
    return {"customer": payer, "invoice": world.invoice(payer, minor), "minor": minor, "remaining": minor - 300}


def _void(ctx: Context, facts: Facts, form: str) -> object:
    return voiding.void(
        ctx,
        facts["invoice"],
        payer=facts["customer"],
        remaining=_gbp(facts["remaining"]),
        applied=_gbp(-300),
        form=form,
    )


def _in_state(status: str) -> Any:
    def count(world: World, facts: Facts) -> tuple[int, int]:
        return int(world.in_stripe("invoice", facts["invoice"])["status"] == status), 0

    return count


def _write_off(ctx: Context, facts: Facts, form: str) -> object:
    owed = _gbp(facts["remaining"])
    return voiding.write_off(
        ctx, facts["invoice"], payer=facts["customer"], remaining=owed, reason="Moved away", form=form
    )


def _pay(ctx: Context, facts: Facts, form: str) -> object:
    owed = _gbp(facts["remaining"])
    return payments.pay_in_full(ctx, facts["invoice"], amount=owed, remaining=owed, received=_received(ctx), form=form)


def _pay_part(ctx: Context, facts: Facts, form: str) -> object:
    return payments.pay_part(
        ctx,
        facts["invoice"],
        payer=facts["customer"],
        amount=_gbp(4000),
        remaining=_gbp(facts["remaining"]),
        received=_received(ctx),
        form=form,
        despite_recent=True,
    )


def _part_paid(world: World, facts: Facts) -> tuple[int, int]:
    paid = world.in_stripe("invoice", facts["invoice"])["amount_paid"]
    return paid // 4000, paid % 4000


def _three_invoices(world: World, number: int) -> Facts:
    payer = world.customer(f"Acme {number}")
    return {"customer": payer, "invoices": [world.invoice(payer, minor) for minor in (5000, 4000, 3500)]}


def _remit(ctx: Context, facts: Facts, form: str) -> object:
    owing = zip(facts["invoices"], (5000, 4000, 3500), strict=True)
    shares = tuple(Share(invoice, invoice[-6:], owed, owed) for invoice, owed in owing)
    wanted = Payment(facts["customer"], _gbp(13_000), _received(ctx), shares)
    return remittances.record_remittance(ctx, wanted, balance=_NOTHING, keep_surplus=True, form=form, despite_same=True)


def _remitted(world: World, facts: Facts) -> tuple[int, int]:
    found = [world.in_stripe("invoice", invoice) for invoice in facts["invoices"]]
    paid = sum(bill["amount_paid"] for bill in found) - world.balance(facts["customer"])
    return paid // 13_000, paid % 13_000


def _standing(facts: Facts) -> Standing:
    return Standing(
        invoice=facts["invoice"],
        payer=facts["customer"],
        status="open",
        currency="gbp",
        total=facts["minor"],
        remaining=facts["remaining"],
        noted=0,
    )


def _credit(ctx: Context, facts: Facts, form: str) -> object:
    wanted = credit_notes.Wanted(_gbp(2500), "order_change", _NOTHING, _NOTHING)
    return credit_notes.create_credit_note(ctx, _standing(facts), wanted, form=form)


def _credited(world: World, facts: Facts) -> tuple[int, int]:
    off = world.in_stripe("invoice", facts["invoice"])["pre_payment_credit_notes_amount"]
    return off // 2500, off % 2500


def _two_payers(issued: bool) -> Any:
    def prepare(world: World, number: int) -> Facts:
        old, new = world.customer(f"Acme {number}"), world.customer(f"Globex {number}")
        make = world.invoice if issued else world.draft
        invoice = make(old, 7000 + number, 500)
        body = reading.invoice(world.ctx.stripe, invoice)
        return {
            "old": old,
            "customer": new,
            "invoice": invoice,
            "total": 7500 + number,
            "seen": invoice_state.signature(body),
        }

    return prepare


def _rebill(ctx: Context, facts: Facts, form: str) -> object:
    return rebilling.rebill(ctx, facts["invoice"], facts["customer"], seen=facts["seen"], balance=_NOTHING, form=form)


def _rebilled(world: World, facts: Facts) -> tuple[int, int]:
    """The new one stands and the old one is gone; either alone is half of it."""
    new = [bill for bill in bills(world, facts["customer"]) if bill["total"] == facts["total"]]
    old = [bill for bill in bills(world, facts["old"]) if bill["status"] != "void"]
    return (len(new), 0) if not old else (max(0, len(new) - 1), min(1, len(new)))


def _some_draft(world: World, number: int) -> Facts:
    payer = world.customer(f"Acme {number}")
    invoice = world.draft(payer, 6000 + number)
    body = reading.invoice(world.ctx.stripe, invoice)
    return {"customer": payer, "invoice": invoice, "minor": 6000 + number, "seen": invoice_state.signature(body)}


def _delete(ctx: Context, facts: Facts, form: str) -> object:
    return drafts.delete(ctx, facts["invoice"], seen=facts["seen"], form=form)


def _deleted(world: World, facts: Facts) -> tuple[int, int]:
    return int(not bills(world, facts["customer"])), 0


def _duplicate(ctx: Context, facts: Facts, form: str) -> object:
    return drafts_copy.duplicate(ctx, facts["invoice"], form=form)


def _duplicated(world: World, facts: Facts) -> tuple[int, int]:
    found = [bill["total"] for bill in bills(world, facts["customer"])]
    whole = found.count(facts["minor"])
    return whole - 1, len(found) - whole


def _two_drafts(world: World, number: int) -> Facts:
    payer = world.customer(f"Acme {number}")
    ids = [world.draft(payer, minor, metadata={"pd_patient": f"cus_{minor}"}) for minor in (5000 + number, 250)]
    seen = [invoice_state.signature(reading.invoice(world.ctx.stripe, one)) for one in ids]
    return {"customer": payer, "drafts": ids, "seen": seen, "total": 5250 + number}


def _consolidate(ctx: Context, facts: Facts, form: str) -> object:
    parts = [
        consolidated.Part(one, seen, f"cus_{number}", f"Patient {number}", "")
        for number, (one, seen) in enumerate(zip(facts["drafts"], facts["seen"], strict=True))
    ]
    return consolidating.consolidate(ctx, facts["customer"], parts, wording=consolidated.Wording(), form=form)


def _consolidated(world: World, facts: Facts) -> tuple[int, int]:
    found = bills(world, facts["customer"])
    whole = sum(bill["total"] == facts["total"] for bill in found)
    left = sum(bill["id"] in facts["drafts"] for bill in found)
    return (whole, 0) if not left else (max(0, whole - 1), int(whole > 0))


MONEY = {
    write.name: write
    for write in (
        Write("balance.undo", _an_entry, _undo, _undone),
        Write("invoice.void", _an_invoice, _void, _in_state("void")),
        Write("invoice.write_off", _an_invoice, _write_off, _in_state("uncollectible")),
        Write("invoice.pay", _an_invoice, _pay, _in_state("paid")),
        Write("invoice.pay_part", _an_invoice, _pay_part, _part_paid),
        Write("remittance.record", _three_invoices, _remit, _remitted),
        Write("credit_note.create", _an_invoice, _credit, _credited),
        Write("invoice.rebill draft", _two_payers(issued=False), _rebill, _rebilled),
        Write("invoice.rebill open", _two_payers(issued=True), _rebill, _rebilled),
        Write("invoice.delete", _some_draft, _delete, _deleted),
        Write("invoice.duplicate", _some_draft, _duplicate, _duplicated),
        Write("invoice.consolidate", _two_drafts, _consolidate, _consolidated),
    )
}
