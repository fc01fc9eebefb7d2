"""Patients: who pays for them from now on.

Stripe knows no payer beside the customer of an invoice, so the choice is kept in the patient's metadata
(`pd_default_payer`) and is followed by invoices raised here. Hero keeps a choice of its own, which nothing can set
from outside: the screen says so. Work that is open under the old payer is shown, not moved.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lib.actions._compare import beforehand, living_customer
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._submit import submit
from lib.context import Context
from lib.errors import Changed, NotConfirmed, PayerdeskError, Refused
from lib.people import need

# As a payer: each patient pays for themselves.
SELF = "self"
# Several are under way at a time, and nobody waits longer for all of them than for one.
_AT_ONCE, _WAITED_FOR = 4, 15
_GOES_ON = "Stored, and being done: it shows under Activity in a few minutes."


@dataclass(frozen=True)
class Result:
    """What became of one patient in a change of many: `words` is empty when it was done; `pending` when it still may
    be, and nobody should ask for it again.
    """

    patient: str
    words: str
    pending: bool = False


def change_payer(ctx: Context, patients: dict[str, str], payer: str, *, form: str) -> list[Result]:
    """Set the default payer of each patient; `patients` maps a patient's customer id to the payer that the person saw.

    `payer` is a customer id, or SELF for "the patient pays". All are stored before the first is sent, one intent a
    patient: a stop half-way loses nothing, pressing again repeats nothing, and what takes longer than somebody waits at
    a screen goes on by itself. Raises NotAllowed; other refusals are told patient by patient.
    """
    need(ctx, "money")
    if not patients:
        raise Refused("Choose at least one patient.", field="patients")
    if not payer:
        raise Refused("Choose who pays from now on.", field="payer")
    if payer != SELF:
        with beforehand():
            living_customer(ctx, payer, field="payer")
    wishes = [
        (patient, patient if payer == SELF else payer, seen, f"{form}:{patient}") for patient, seen in patients.items()
    ]
    stored = [_one(ctx, *wish, later=True) for wish in wishes]
    until = ctx.clock() + _WAITED_FOR

    def do(wish: tuple[str, str, str, str], before: Result) -> Result:
        if before.words:
            return before
        return _one(ctx, *wish) if ctx.clock() < until else Result(wish[0], _GOES_ON, pending=True)

    with ThreadPoolExecutor(min(_AT_ONCE, len(wishes)), "payers") as pool:
        return list(pool.map(do, wishes, stored))


def set_default_payer(ctx: Context, patient: str, payer: str, *, seen: str, form: str, later: bool = False) -> Outcome:
    """Set one patient's default payer. Raises Changed when it is not `seen` any more."""
    wanted = "" if payer == patient else payer
    step = Step(
        "customer", f"/v1/customers/{patient}", {"metadata": {"pd_default_payer": wanted, "pd_kind": "patient"}}
    )
    return submit(
        ctx,
        PAYER,
        form=form,
        target=patient,
        steps=lambda _intent: [step],
        seen={"payer": "" if seen == patient else seen},
        detail={"from": seen, "to": wanted},
        later=later,
    )


def _one(ctx: Context, patient: str, payer: str, seen: str, form: str, *, later: bool = False) -> Result:
    try:
        set_default_payer(ctx, patient, payer, seen=seen, form=form, later=later)
    except PayerdeskError as no:
        return Result(patient, no.words, isinstance(no, NotConfirmed))
    return Result(patient, "")


def _look(ctx: Context, intent: Intent) -> None:
    tags = living_customer(ctx, intent.target).get("metadata") or {}
    if tags.get("pd_kind") == "organisation":
        raise Refused("This is an organisation, not a patient.")
    if tags.get("pd_default_payer", "") != intent.seen["payer"]:
        raise Changed(
            "Somebody changed this patient's payer meanwhile. Nothing was saved; look again before you decide."
        )


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    fresh = living_customer(ctx, intent.target)
    now = (fresh.get("metadata") or {}).get("pd_default_payer", "")
    return fresh if now == step.params["metadata"]["pd_default_payer"] else None


def _affected(intent: Intent) -> list[tuple[str, str]]:
    return [("customer", intent.target)]


PAYER = register(Kind("patient.payer", "patient:payer", _look, _landed, _affected))
