"""Consolidated invoice: the drafts of many patients for one organisation become one invoice, grouped by patient.

Stripe cannot merge invoices, so one is made anew from the drafts' lines and held against their sums, VAT by VAT, before
the first draft is deleted (scenario 22; B1: patients stand on the lines' metadata, never many in one value; B6: the
organisation may ask for neutral words in place of clinical ones).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lib.actions import _checks, _copying, _issue_steps
from lib.actions import _landed as found
from lib.actions._compare import beforehand, living_customer
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._line import rate_of
from lib.actions._lines import MOST_LINES, adding
from lib.actions._submit import submit, was_sent
from lib.actions.invoice_state import fields_of, is_of_subscription, signature, stands
from lib.context import Context
from lib.errors import Changed, NotFound, Refused
from lib.hero import read
from lib.money import Money
from lib.people import need
from lib.stripe_api import reading

NAME, REFERENCE = "name", "reference"
_LONGEST = 500
_DRAFT = "pd_draft"


@dataclass(frozen=True)
class Part:
    """One draft that goes in: its id, the signature of what was shown, whose care it was and Hero's reference."""

    draft: str
    seen: str
    patient: str
    name: str
    reference: str

    @property
    def ref(self) -> str:
        """What stands for the patient where no name may: Hero's reference, or the end of Stripe's id."""
        return self.reference or (self.patient or self.draft)[-8:]


@dataclass(frozen=True)
class Wording:
    """How each line reads: which of the patient's name and reference stands before it; with `neutral` that text and
    the reference stand in its place.
    """

    prefix: str = NAME
    neutral: str = ""

    def of(self, part: Part, description: str) -> str:
        """The line's text, shortened where Stripe would not take it."""
        if self.neutral:
            return f"{self.neutral} – ref {part.ref}"[:_LONGEST]
        who = part.ref if self.prefix == REFERENCE else part.name or part.ref
        text = f"{who}: {description}" if description else who
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def grouped(parts: Sequence[Part]) -> list[Part]:
    """By patient, whoever was raised first; patients by name."""
    return sorted(parts, key=lambda part: (part.name.casefold(), part.patient))


def too_many(counts: Sequence[int]) -> str:
    """Why so many lines (one count a draft, in order) do not go on one invoice, and where to split; or empty."""
    total, most = sum(counts), MOST_LINES
    if total <= most:
        return ""
    fit, lines = 0, 0
    while fit < len(counts) and lines + counts[fit] <= most:
        lines += counts[fit]
        fit += 1
    return (
        f"These drafts have {total} lines, and Stripe takes at most {most} on one invoice. Choose a shorter period, or "
        f"do it in two: the first {fit} drafts have {lines} lines."
    )


def consolidate(
    ctx: Context,
    organisation: str,
    parts: Sequence[Part],
    *,
    wording: Wording,
    reference: str = "",
    memo: str = "",
    form: str,
) -> Outcome:
    """Put drafts together into one new draft; the outcome's result is its id. Amounts and VAT stay to the penny.

    Raises Refused with the reason, Changed when a draft is not what was shown; the drafts go only when the new one is
    complete.
    """
    need(ctx, "money")
    with _checks.Together() as check:
        told = check(_checks.within, reference, "reference", 140), check(_checks.within, memo, "memo", 500)
    if len(parts) < 2:
        raise Refused("Tick at least two drafts.", field="rows")
    with beforehand():
        drafts = [] if was_sent(ctx, form) else _checked(ctx, organisation, parts)
    return submit(
        ctx,
        CONSOLIDATE,
        form=form,
        target=organisation,
        steps=lambda intent: _steps(ctx, organisation, parts, drafts, wording, told, intent) if drafts else [],
        seen={
            "payer": organisation,
            "sums": _sums(drafts),
            "total": sum(draft["total"] for draft in drafts),
            "currency": drafts[0]["currency"] if drafts else "",
            "drafts": {part.draft: part.seen for part in parts},
        },
        detail={
            "drafts": [part.draft for part in parts][:50],
            "count": len(parts),
            "total": sum(draft["total"] for draft in drafts),
            "currency": drafts[0]["currency"] if drafts else "",
        },
        content={
            "drafts": sorted(part.draft for part in parts),
            "wording": [wording.prefix, wording.neutral],
            "printed": list(told),
        },
    )


def _checked(ctx: Context, organisation: str, parts: Sequence[Part]) -> list[Object]:
    """The drafts as Stripe has them now, in the order of `grouped`."""
    living_customer(ctx, organisation)
    every = {draft["id"]: draft for draft in reading.drafts(ctx.stripe, organisation)}
    chosen = {part.draft: part.seen for part in parts}
    _refuse_twice(every, chosen)
    found = []
    for part in grouped(parts):
        draft = every.get(part.draft)
        if draft is None or signature(draft) != part.seen:
            raise Changed(
                "One of these drafts was changed, finalised or deleted meanwhile. Nothing was done; look again."
            )
        if words := _why_not(draft):
            raise Refused(f"The draft of {Money(draft['total'], draft['currency'])} cannot go in. {words}")
        found.append(draft)
    if len({draft["currency"] for draft in found}) > 1:
        raise Refused("These drafts are in different currencies: make one invoice of each.", field="rows")
    if words := too_many([len(draft["lines"]["data"]) for draft in found]):
        raise Refused(words, field="rows")
    return found


def _why_not(draft: Object) -> str:
    if is_of_subscription(draft):
        return "A membership made it, and it goes with the subscription."
    if not draft["lines"]["data"]:
        return "There is nothing on it."
    return _copying.why_not(draft)


def _refuse_twice(every: dict[str, Object], chosen: dict[str, str]) -> None:
    """An earlier attempt that was cut off, here or elsewhere, has put these lines on a draft already."""
    for draft in every.values():
        came = {(line.get("metadata") or {}).get(_DRAFT) for line in draft["lines"]["data"]}
        if draft["id"] not in chosen and came & chosen.keys():
            total = Money(draft["total"], draft["currency"])
            raise Refused(
                f"These drafts stand on a consolidated draft of {total} already, made before. Delete that one first, "
                "or the old drafts."
            )


def _steps(
    ctx: Context,
    organisation: str,
    parts: Sequence[Part],
    drafts: Sequence[Object],
    wording: Wording,
    told: tuple[str, str],
    intent: str,
) -> list[Step]:
    catalogue = _copying.in_catalogue(ctx, drafts)
    lines = [
        _line(ctx, part, line, draft, wording, catalogue)
        for part, draft in zip(grouped(parts), drafts, strict=True)
        for line in draft["lines"]["data"]
    ]
    create = _create(ctx, organisation, drafts[0]["currency"], told, len(parts), intent)
    gone = [Step(f"delete{n}", f"/v1/invoices/{draft['id']}", {}, "delete") for n, draft in enumerate(drafts)]
    return [create, *adding(lines, intent), *gone]


def _line(ctx: Context, part: Part, line: Object, draft: Object, wording: Wording, catalogue: frozenset[str]) -> Object:
    """A draft's line with the patient's name before it, or neutral words in its place; whose it is stands behind it."""
    known = read(draft.get("metadata") or {}, ctx.settings.hero_labels)
    more = {
        _DRAFT: draft["id"],
        "pd_patient": part.patient,
        **{f"pd_{word}": known.get(word, "") for word in ("practitioner", "location")},
    }
    description = wording.of(part, line.get("description") or "")
    return _copying.copied(
        line, catalogue, description=description, more={name: value for name, value in more.items() if value}
    )


def _create(ctx: Context, organisation: str, currency: str, told: tuple[str, str], count: int, intent: str) -> Step:
    payer = living_customer(ctx, organisation)
    reference, memo = told
    theirs = fields_of(payer.get("invoice_settings") or {})
    own = [(name, value) for name, value in theirs if name != "Reference" or not reference]
    printed = [*([("Reference", reference)] if reference else []), *own]
    return _issue_steps.creating(
        organisation,
        currency,
        _issue_steps.terms_for(ctx, payer),
        tags={"pd_intent": intent, "pd_consolidated": str(count)},
        printed=printed[: _issue_steps.MOST_PRINTED],
        description=memo,
    )


def _sums(drafts: Sequence[Object]) -> Object:
    """What the new one must come to: lines, before tax, with tax, and each rate's tax."""
    taxes: dict[str, int] = {}
    for draft in drafts:
        for line in draft["lines"]["data"]:
            for tax in line.get("taxes") or []:
                rate = rate_of(tax)
                taxes[rate] = taxes.get(rate, 0) + tax["amount"]
    return {
        "lines": sum(len(draft["lines"]["data"]) for draft in drafts),
        "subtotal": sum(draft["subtotal"] for draft in drafts),
        "total": sum(draft["total"] for draft in drafts),
        "taxes": taxes,
    }


def _look(ctx: Context, intent: Intent) -> None:
    drafts = {draft["id"]: draft for draft in reading.drafts(ctx.stripe, intent.target)}
    _refuse_twice(drafts, intent.seen["drafts"])
    for draft, seen in intent.seen["drafts"].items():
        if draft not in drafts or signature(drafts[draft]) != seen:
            raise Changed(
                "One of these drafts was changed, finalised or deleted meanwhile. Nothing was done; look again."
            )


def _still_the_same(ctx: Context, intent: Intent, step: Step) -> None:
    """Before the first draft goes, the new one is held against all of them; before each, that one against what was
    shown, and the new one must still be there.
    """
    if not step.name.startswith("delete"):
        return
    if step.name != "delete0" and not stands(ctx, intent.made("create"), intent.seen["total"]):
        raise Changed(
            "Somebody deleted, voided or changed the new invoice meanwhile: the old drafts that are left were not "
            "deleted."
        )
    if step.name == "delete0":
        now = _sums([_made(ctx, intent)])
        if now != intent.seen["sums"]:
            was = intent.seen["sums"]
            came, meant = (Money(sums["total"], intent.seen["currency"]) for sums in (now, was))
            raise Changed(
                f"The new draft comes to {came} on {now['lines']} lines, the old ones to {meant} on {was['lines']}: "
                "it was left as a draft, and no old draft was deleted."
            )
    draft = step.path.rsplit("/", 1)[1]
    found = reading.invoice_or_stub(ctx.stripe, draft)
    if found.get("deleted") or signature(found) != intent.seen["drafts"][draft]:
        raise Changed("One of the old drafts was changed, finalised or deleted meanwhile. It is on the new draft too.")


def _made(ctx: Context, intent: Intent) -> Object:
    try:
        return reading.invoice(ctx.stripe, intent.made("create"))
    except NotFound as gone:
        raise Changed("Somebody deleted the new draft meanwhile. No old draft was deleted.", gone.detail) from gone


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    if step.name.startswith("delete"):
        return found.deleted(ctx, step.path.rsplit("/", 1)[1])
    return found.on_invoice(ctx, intent, step)


def _affected(intent: Intent) -> list[tuple[str, str]]:
    gone = [step.path.rsplit("/", 1)[1] for step in intent.steps if step.method == "delete"]
    return [("invoice", intent.made("create")), *(("invoice_or_stub", draft) for draft in gone)]


CONSOLIDATE = register(
    Kind("invoice.consolidate", "invoice:consolidate", _look, _landed, _affected, before=_still_the_same)
)
