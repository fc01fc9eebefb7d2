"""Organisations: add one, change its details, mark a customer that somebody made by hand.

An organisation is a Stripe customer with `pd_kind=organisation` in its metadata. Never deleted from here: Stripe's
deletion cannot be undone.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lib.actions._compare import beforehand, living_customer, tagged
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._submit import submit, was_sent
from lib.actions.organisation_details import PURCHASE_ORDER, Details, comparable, details_of, printed, tax_ids
from lib.context import Context
from lib.errors import AskFirst, Changed
from lib.people import need
from lib.queries import organisations
from lib.text import shown


def add_organisation(ctx: Context, details: Details, *, form: str, despite_duplicates: bool = False) -> Outcome:
    """Create an organisation in Stripe (scenarios 1 and 2); the outcome's result is its customer id.

    Raises AskFirst with the likely duplicates unless `despite_duplicates`, Refused with the field at fault.
    """
    need(ctx, "money")
    wanted = details.checked()
    if not (despite_duplicates or was_sent(ctx, form)):
        with beforehand():
            _ask_about_duplicates(ctx, wanted)
    return submit(
        ctx, CREATE, form=form, target="", steps=lambda intent: [_creation(wanted, intent)], seen={}, detail={}
    )


def change_organisation(ctx: Context, customer: str, details: Details, *, seen: Details, form: str) -> Outcome:
    """Change an organisation's details; `seen` is what the form was filled with. Raises Changed when Stripe has
    something else by now.
    """
    need(ctx, "money")
    wanted = details.checked()
    return submit(
        ctx,
        UPDATE,
        form=form,
        target=customer,
        seen=comparable(seen),
        detail={},
        steps=lambda _intent: _update_steps(ctx, customer, wanted, seen),
        content=asdict(wanted),
    )


def mark_as_organisation(ctx: Context, customer: str, *, form: str) -> Outcome:
    """Mark a customer that was made by hand in Stripe as an organisation."""
    step = Step("customer", f"/v1/customers/{customer}", {"metadata": {"pd_kind": "organisation"}})
    return submit(ctx, MARK, form=form, target=customer, steps=lambda _intent: [step], seen={}, detail={})


def _creation(wanted: Details, intent: str) -> Step:
    params = {key: value for key, value in wanted.params().items() if value}
    params["address"] = {part: text for part, text in params["address"].items() if text} or None
    params["invoice_settings"] = {key: value for key, value in params["invoice_settings"].items() if value} or None
    params["metadata"] = {**{key: text for key, text in params["metadata"].items() if text}, "pd_intent": intent}
    if wanted.vat_number:
        params["tax_id_data"] = [{"type": "gb_vat", "value": wanted.vat_number}]
    return Step("customer", "/v1/customers", {key: value for key, value in params.items() if value is not None})


def _update_steps(ctx: Context, customer: str, wanted: Details, seen: Details) -> list[Step]:
    path, now = f"/v1/customers/{customer}", living_customer(ctx, customer)
    steps = []
    if wanted.vat_number != seen.vat_number:
        # The new number first: Stripe may refuse it, and then nothing else has been changed.
        if wanted.vat_number:
            steps.append(Step("add_vat", f"{path}/tax_ids", {"type": "gb_vat", "value": wanted.vat_number}))
        old = [tax for tax in tax_ids(now) if tax["value"] == seen.vat_number]
        steps += [Step("drop_vat", f"{path}/tax_ids/{tax['id']}", {}, "delete") for tax in old]
    return [*steps, Step("customer", path, _beside_others(wanted.params(), now))]


def _beside_others(params: Object, now: Object) -> Object:
    """Stripe replaces the printed fields as a whole: those that are not ours are sent back as they are."""
    settings = params["invoice_settings"]
    others = [each for each in printed(now) if each["name"] != PURCHASE_ORDER]
    return {**params, "invoice_settings": {**settings, "custom_fields": [*others, *settings["custom_fields"]] or ""}}


def _ask_about_duplicates(ctx: Context, wanted: Details) -> None:
    found = organisations.likely_duplicates(ctx, wanted.name, wanted.email)
    known = {match[0] for match in found}
    # Stripe's own filter is case-sensitive; it is asked all the same, for what was made there a moment ago.
    for address in dict.fromkeys((wanted.email, wanted.email.lower())):
        for obj in ctx.stripe.every("/v1/customers", email=address):
            if obj["id"] not in known:
                known.add(obj["id"])
                found.append((obj["id"], f"{shown(obj.get('name') or 'No name')} · {obj.get('email') or ''}"))
    if found:
        raise AskFirst("This looks like somebody who is in Stripe already. Nothing was created.", tuple(found))


def _look_at_nothing(_ctx: Context, _intent: Intent) -> None:
    """A new customer has no earlier state to compare."""


def _look(ctx: Context, intent: Intent) -> None:
    fresh = living_customer(ctx, intent.target)
    if intent.seen and comparable(details_of(fresh)) != intent.seen:
        raise Changed("Somebody changed these details meanwhile. Nothing was saved; the form shows what is there now.")


def _created(ctx: Context, intent: Intent, _step: Step) -> Object | None:
    return tagged(ctx.stripe.every("/v1/customers", created={"gte": intent.since}), intent.id)


def _updated(ctx: Context, intent: Intent, step: Step) -> Object | None:
    fresh = living_customer(ctx, intent.target)
    if step.name == "add_vat":
        return next((tax for tax in tax_ids(fresh) if tax["value"] == step.params["value"]), None)
    if step.name == "drop_vat":
        gone = step.path.rsplit("/", 1)[1]
        return None if any(tax["id"] == gone for tax in tax_ids(fresh)) else {"id": gone}
    return fresh if _holds(fresh, step.params) else None


def _holds(have: Any, want: Any) -> bool:
    """Whether an object already is as the parameters want it; empty and absent are the same."""
    if isinstance(want, dict):
        return all(_holds((have or {}).get(key), value) for key, value in want.items())
    return (have or "") == (want or "")


def _made(intent: Intent) -> list[tuple[str, str]]:
    return [("customer", intent.target or intent.made("customer"))]


CREATE = register(Kind("organisation.create", "organisation:create", _look_at_nothing, _created, _made))
UPDATE = register(Kind("organisation.update", "organisation:update", _look, _updated, _made))
MARK = register(Kind("organisation.mark", "organisation:mark", _look, _updated, _made))
