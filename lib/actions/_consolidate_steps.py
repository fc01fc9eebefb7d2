"""The steps of a consolidated invoice: an empty draft, the lines of all with their patients, the old drafts deleted."""

from __future__ import annotations

from collections.abc import Sequence

from lib.actions import _copying
from lib.actions._compare import living_customer
from lib.actions._consolidate_checks import DRAFT
from lib.actions._intent import Object, Step
from lib.actions._issue_steps import MOST_PRINTED, creating, terms_for
from lib.actions._lines import adding
from lib.actions.consolidated import Part, Wording
from lib.actions.invoice_state import fields_of
from lib.context import Context
from lib.hero import read


def together(
    ctx: Context, parts: Sequence[Part], drafts: Sequence[Object], wording: Wording, empty: Step, intent: str
) -> list[Step]:
    """All of them, from the step that makes the empty draft; `drafts` in the order of `parts`."""
    catalogue = _copying.in_catalogue(ctx, drafts)
    lines = [
        _line(ctx, part, line, draft, wording, catalogue)
        for part, draft in zip(parts, drafts, strict=True)
        for line in draft["lines"]["data"]
    ]
    gone = [Step(f"delete{n}", f"/v1/invoices/{draft['id']}", {}, "delete") for n, draft in enumerate(drafts)]
    return [empty, *adding(lines, intent), *gone]


def empty_draft(ctx: Context, organisation: str, currency: str, count: int, told: tuple[str, str], intent: str) -> Step:
    """The draft that the lines of `count` drafts go on, on the organisation's own terms; `told`: what is printed as
    its reference, and its memo.
    """
    payer = living_customer(ctx, organisation)
    return creating(
        organisation,
        currency,
        terms_for(ctx, payer),
        tags={"pd_intent": intent, "pd_consolidated": str(count)},
        printed=_printed(payer, told[0]),
        description=told[1],
    )


def _printed(payer: Object, reference: str) -> list[tuple[str, str]]:
    """The reference in place of the payer's own, then what else stands on all of the payer's invoices."""
    theirs = fields_of(payer.get("invoice_settings") or {})
    own = [(name, value) for name, value in theirs if name != "Reference" or not reference]
    return [*([("Reference", reference)] if reference else []), *own][:MOST_PRINTED]


def _line(ctx: Context, part: Part, line: Object, draft: Object, wording: Wording, catalogue: frozenset[str]) -> Object:
    """A draft's line with the patient's name before it, or neutral words in its place; whose it is stands behind it."""
    known = read(draft.get("metadata") or {}, ctx.settings.hero_labels)
    more = {DRAFT: draft["id"], "pd_patient": part.patient}
    more |= {f"pd_{word}": known.get(word, "") for word in ("practitioner", "location")}
    return _copying.copied(
        line,
        catalogue,
        description=wording.of(part, line.get("description") or ""),
        more={name: value for name, value in more.items() if value},
    )
