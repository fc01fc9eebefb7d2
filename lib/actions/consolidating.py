"""Consolidated invoice: the drafts of many patients for one organisation become one invoice, grouped by patient.

Stripe cannot merge invoices, so one is made anew from the drafts' lines and held against their sums, VAT by VAT, before
the first draft is deleted (scenario 22; B1: patients stand on the lines' metadata, never many in one value; B6: the
organisation may ask for neutral words in place of clinical ones).
"""

from __future__ import annotations

from collections.abc import Sequence

from lib.actions import _checks
from lib.actions._compare import beforehand
from lib.actions._consolidate_checks import checked, look
from lib.actions._consolidate_steps import empty_draft, together
from lib.actions._consolidate_sums import before, draft_of, sums
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._landed import deleted, on_invoice
from lib.actions._submit import submit, was_sent
from lib.actions.consolidated import Part, Wording, grouped
from lib.context import Context
from lib.errors import Refused, Together
from lib.people import need


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
    with Together() as check:
        told = check(_checks.within, reference, "reference", 140), check(_checks.within, memo, "memo", 500)
    if len(parts) < 2:
        raise Refused("Tick at least two drafts.", field="rows")
    with beforehand():
        drafts = [] if was_sent(ctx, form) else checked(ctx, organisation, parts)

    def steps(intent: str) -> list[Step]:
        if not drafts:
            return []
        empty = empty_draft(ctx, organisation, drafts[0]["currency"], len(parts), told, intent)
        return together(ctx, grouped(parts), drafts, wording, empty, intent)

    return submit(
        ctx,
        CONSOLIDATE,
        form=form,
        target=organisation,
        steps=steps,
        seen=_seen(organisation, parts, drafts),
        detail={"drafts": [part.draft for part in parts][:50], "count": len(parts), **_amount(drafts)},
        content={
            "drafts": sorted(part.draft for part in parts),
            "wording": [wording.prefix, wording.neutral],
            "printed": list(told),
        },
    )


def _seen(organisation: str, parts: Sequence[Part], drafts: Sequence[Object]) -> Object:
    shown = {part.draft: part.seen for part in parts}
    return {"payer": organisation, "sums": sums(drafts), "drafts": shown, **_amount(drafts)}


def _amount(drafts: Sequence[Object]) -> Object:
    currency = drafts[0]["currency"] if drafts else ""
    return {"total": sum(draft["total"] for draft in drafts), "currency": currency}


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    return deleted(ctx, draft_of(step)) if step.name.startswith("delete") else on_invoice(ctx, intent, step)


def _affected(intent: Intent) -> list[tuple[str, str]]:
    gone = [("invoice_or_stub", draft_of(step)) for step in intent.steps if step.method == "delete"]
    return [("invoice", intent.made("create")), *gone]


CONSOLIDATE = register(Kind("invoice.consolidate", "invoice:consolidate", look, _landed, _affected, before=before))
