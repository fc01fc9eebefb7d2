"""Every kind of change that moves something in Stripe: how it begins, how it is asked for, how often it happened.

`prepare` is somebody else's hand in Stripe beforehand and gives the ids; `act` is the manager; `happened` counts in
Stripe alone how often it took place as a whole, and how much of it lies about half-done.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from lib import billing
from lib.actions import balances, drafts_finalise, invoice_state, invoices, organisations, patients
from lib.actions.organisation_details import Details
from lib.billing import Line
from lib.context import Context
from lib.money import Money
from tests.support.world import World

Facts = dict[str, Any]


class Write(NamedTuple):
    """One kind of change."""

    name: str
    prepare: Callable[[World, int], Facts]
    act: Callable[[Context, Facts, str], object]
    happened: Callable[[World, Facts], tuple[int, int]]


def _customer(world: World, number: int) -> Facts:
    return {"customer": world.customer(f"Acme {number}"), "minor": 1000 + number}


def _adjust(ctx: Context, facts: Facts, form: str) -> object:
    return balances.adjust_balance(
        ctx,
        customer=facts["customer"],
        kind="Credit" if facts["minor"] % 2 else "Debit",
        amount=Money(facts["minor"], "gbp"),
        reason="Goodwill",
        seen=Money(0, "gbp"),
        form=form,
        despite_recent=True,
    )


def _adjusted(world: World, facts: Facts) -> tuple[int, int]:
    return len(world.entries(facts["customer"])), 0


def _patient_and_payer(world: World, number: int) -> Facts:
    patient, payer = world.patient(f"Patient {number}"), world.customer(f"Acme {number}")
    return {"patient": patient, "customer": payer, "minor": 1000 + number}


def _wanted(facts: Facts) -> invoices.Wanted:
    lines = tuple(Line(f"Consultation {n}", Decimal(facts["minor"]), 1, None) for n in range(60))
    return invoices.Wanted(
        patient=facts["patient"], payer=facts["customer"], lines=lines, currency="gbp", terms_days="30"
    )


def _raise(ctx: Context, facts: Facts, form: str) -> object:
    wanted = _wanted(facts)
    seen = billing.preview(wanted.lines, Money(0, "gbp"))
    return invoices.finalise_and_send(ctx, wanted, seen=seen, form=form)


def _draft(ctx: Context, facts: Facts, form: str) -> object:
    return invoices.save_draft(ctx, _wanted(facts), form=form)


def bills(world: World, customer: str) -> list[dict[str, Any]]:
    """Every invoice of a customer as Stripe has it."""
    return world.sandbox.call("GET", "/v1/invoices", {"customer": customer, "limit": 100})["data"]


def _raised(status: str) -> Callable[[World, Facts], tuple[int, int]]:
    def count(world: World, facts: Facts) -> tuple[int, int]:
        found = bills(world, facts["customer"])
        whole = [bill for bill in found if bill["status"] == status and bill["total"] == 60 * facts["minor"]]
        return len(whole), len(found) - len(whole)

    return count


def _a_draft(world: World, number: int) -> Facts:
    payer = world.customer(f"Acme {number}")
    draft = world.draft(payer, 1000 + number)
    seen = invoice_state.signature(world.in_stripe("invoice", draft))
    return {"customer": payer, "invoice": draft, "minor": 1000 + number, "seen": seen}


def _finish(ctx: Context, facts: Facts, form: str) -> object:
    total = Money(facts["minor"], "gbp")
    payer, nothing = facts["customer"], Money(0, "gbp")
    shown = {"payer": payer, "total": total, "balance": nothing, "seen": facts["seen"]}
    return drafts_finalise.finish_draft(ctx, facts["invoice"], **shown, form=form)


def _finished(world: World, facts: Facts) -> tuple[int, int]:
    found = bills(world, facts["customer"])
    return sum(bill["status"] == "open" for bill in found), len(found) - 1


def _pay_for(ctx: Context, facts: Facts, form: str) -> object:
    patient = facts["patient"]
    return patients.set_default_payer(ctx, patient, facts["customer"], seen=patient, form=form)


def _paid_for(world: World, facts: Facts) -> tuple[int, int]:
    tags = world.in_stripe("customer", facts["patient"])["metadata"]
    return int(tags.get("pd_default_payer") == facts["customer"]), 0


def _nobody(_world: World, number: int) -> Facts:
    return {"email": f"ap{number}@acme.example", "name": f"New {number}"}


def _add(ctx: Context, facts: Facts, form: str) -> object:
    details = Details(facts["name"], facts["email"], vat_number="GB123456789")
    return organisations.add_organisation(ctx, details, form=form, despite_duplicates=True)


def _added(world: World, facts: Facts) -> tuple[int, int]:
    found = world.sandbox.call("GET", "/v1/customers", {"email": facts["email"], "limit": 100})["data"]
    return len(found), 0


def _an_organisation(world: World, number: int) -> Facts:
    name, email = f"Acme {number}", f"ap{number}@acme.example"
    return {"customer": world.customer(name, email=email), "name": name, "email": email}


def _change(ctx: Context, facts: Facts, form: str) -> object:
    before = Details(facts["name"], facts["email"])
    after = Details(facts["name"] + " Ltd", facts["email"], vat_number="GB123456789", terms_days="14")
    return organisations.change_organisation(ctx, facts["customer"], after, seen=before, form=form)


def _changed(world: World, facts: Facts) -> tuple[int, int]:
    fresh = world.in_stripe("customer", facts["customer"])
    numbers = world.sandbox.call("GET", f"/v1/customers/{facts['customer']}/tax_ids")["data"]
    named = fresh["name"].endswith(" Ltd") and fresh["metadata"].get("pd_terms_days") == "14"
    return int(named and len(numbers) == 1), len(numbers) - int(named)


def _by_hand(world: World, number: int) -> Facts:
    return {"customer": world.customer(f"Acme {number}", kind="")}


def _mark(ctx: Context, facts: Facts, form: str) -> object:
    return organisations.mark_as_organisation(ctx, facts["customer"], form=form)


def _marked(world: World, facts: Facts) -> tuple[int, int]:
    return int(world.in_stripe("customer", facts["customer"])["metadata"].get("pd_kind") == "organisation"), 0


FIRST = {
    write.name: write
    for write in (
        Write("balance.adjust", _customer, _adjust, _adjusted),
        Write("invoice.raise", _patient_and_payer, _raise, _raised("open")),
        Write("invoice.draft", _patient_and_payer, _draft, _raised("draft")),
        Write("invoice.finish", _a_draft, _finish, _finished),
        Write("patient.payer", _patient_and_payer, _pay_for, _paid_for),
        Write("organisation.create", _nobody, _add, _added),
        Write("organisation.update", _an_organisation, _change, _changed),
        Write("organisation.mark", _by_hand, _mark, _marked),
    )
}
