"""Invoices: drafts, what may be changed when, and the lists of them. What happens at finalising is in `lifecycle`."""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, Refusal
from lib.sandbox.resources import account, common, customers, invoice_draft, invoice_lines, revisions, tax_rates
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

OF_SUBSCRIPTION = "Draft invoices that a subscription made cannot be deleted."
HOUR, DAY = 3600, 86_400
MANY = 1000
OPEN_TO_CHANGE = {"metadata", "auto_advance", "payment_settings"}
NEEDS_DUE = "If invoice collection method is 'send_invoice', you must specify 'due_date' or 'days_until_due'."
HAS_DUE = "You can only specify 'due_date' or 'days_until_due' if invoice collection method is 'send_invoice'."


def create(call: Call) -> Body:
    if revised := revisions.original(call):
        call = revisions.with_terms(call, revised)
    params = call.params
    _due_is_sensible(params, params.get("collection_method", "charge_automatically"))
    customer = call.named("customer", common.needed(params, "customer"), "customer")
    swept = _pending(call, customer) if params.get("pending_invoice_items_behavior") == "include" else []
    currency = _currency(params, customer, swept)
    body = invoice_draft.fresh(call, call.new_id("in_"), customer, currency)
    _apply(call, body)
    call.store.add("invoice", body)
    customers.use_currency(call, customer, currency)
    if revised:
        revisions.copy_lines(call, body, revised)
    _sweep(call, body, swept)
    invoice_draft.recompute(call, body)
    call.store.save("invoice", body)
    call.emit("invoice.created", body)
    return body


def _pending(call: Call, customer: Body) -> list[Body]:
    return call.store.select("invoiceitem", ("customer = ?", customer["id"]), ("invoice IS NULL", ()))


def _currency(params: dict[str, Any], customer: Body, swept: list[Body]) -> str:
    """As said; or the customer's; or that of what is waiting; or the account's."""
    if "currency" in params:
        return common.currency(params["currency"])
    return customer["currency"] or (swept[0]["currency"] if swept else account.CURRENCY)


def _sweep(call: Call, body: Body, pending: list[Body]) -> None:
    """Items of another currency stay where they are; the rest comes next time."""
    fitting = [item for item in pending if item["currency"] == body["currency"]]
    for item in fitting[: invoice_lines.MOST]:
        invoice_lines.attach(call, body, item)


def sweep_all(call: Call, body: Body, customer: Body) -> None:
    _sweep(call, body, _pending(call, customer))


def _due_is_sensible(params: dict[str, Any], method: str) -> None:
    common.one_of(params, "due_date", "days_until_due")
    given = "due_date" in params or "days_until_due" in params
    if method == "send_invoice" and not given:
        raise Malformed(NEEDS_DUE)
    if method != "send_invoice" and given:
        raise Malformed(HAS_DUE)


def set_terms(call: Call, body: Body, params: dict[str, Any]) -> None:
    """How it is to be paid, until when, and whether it advances by itself."""
    body["collection_method"] = params.get("collection_method", body["collection_method"])
    _due(body, params)
    _schedule(call, body, params)


def _apply(call: Call, body: Body) -> None:
    params = call.params
    for name in ("description", "footer", "statement_descriptor", "custom_fields", "effective_at"):
        if name in params:
            body[name] = common.clear(params[name])
    customers.custom_fields(params.get("custom_fields"), "custom_fields")
    if "metadata" in params:
        body["metadata"] = common.merged(body["metadata"], params["metadata"])
    if "default_tax_rates" in params:
        body["default_tax_rates"] = tax_rates.chosen(call, params["default_tax_rates"], "default_tax_rates")
    for name in ("rendering", "payment_settings"):
        if name in params:
            body[name] = _deep(body[name] or {}, params[name] or {})
    if "number" in params:
        body["number"] = _free_number(call, body, common.clear(params["number"]))
    set_terms(call, body, params)


def _deep(held: Body, given: Body) -> Body:
    found = dict(held)
    for key, value in given.items():
        found[key] = _deep(held.get(key) or {}, value) if isinstance(value, dict) else common.clear(value)
    return found


def _free_number(call: Call, body: Body, number: str | None) -> str | None:
    holder = number and call.store.exists("invoice", ("number = ?", number))
    if holder and holder != body["id"]:
        raise Refusal(f"The invoice number {number} is already in use.", param="number")
    return number


def _due(body: Body, params: dict[str, Any]) -> None:
    if body["collection_method"] != "send_invoice":
        body["due_date"] = None
    elif "days_until_due" in params:
        body["due_date"] = body["created"] + params["days_until_due"] * DAY
    elif "due_date" in params:
        body["due_date"] = params["due_date"]


def _schedule(call: Call, body: Body, params: dict[str, Any]) -> None:
    """A draft that advances by itself says when."""
    if "auto_advance" in params:
        body["auto_advance"] = params["auto_advance"]
    if body["status"] != "draft":
        return
    held = body["automatically_finalizes_at"] or body["created"] + HOUR
    at = params.get("automatically_finalizes_at", held) if body["auto_advance"] else None
    sends = body["collection_method"] == "send_invoice"
    if at is not None and at != body["automatically_finalizes_at"]:
        call.store.plan(at, "finalize_invoice", body["id"])
    body["automatically_finalizes_at"] = at
    body["next_payment_attempt"] = None if sends or at is None else body["created"] + HOUR


def of_path(call: Call, param: str) -> Body:
    """The invoice of the URL; which parameter a 404 names differs by verb."""
    return call.get("invoice", call.path["invoice"], param=param)


def retrieve(call: Call) -> Body:
    return of_path(call, "invoice")


def editable(call: Call, param: str) -> Body:
    """An invoice whose lines may change."""
    body = of_path(call, param)
    must_be_draft(body)
    return body


def must_be_draft(body: Body) -> None:
    if body["status"] != "draft":
        raise Refusal("Invalid invoice: This invoice is no longer editable", code="invoice_not_editable")


def update(call: Call) -> Body:
    before = of_path(call, "id")
    if before["status"] != "draft":
        for name in call.params:
            if name not in OPEN_TO_CHANGE:
                raise Refusal("Finalized invoices can't be updated in this way", param=name)
    else:
        _due_still_sensible(call.params, before)
    after = dict(before)
    _apply(call, after)
    if after["status"] == "draft":
        invoice_draft.recompute(call, after)
    call.updated("invoice", before, after)
    return after


def _due_still_sensible(params: dict[str, Any], before: Body) -> None:
    method = params.get("collection_method", before["collection_method"])
    if method == "send_invoice" and before["due_date"] is not None:
        common.one_of(params, "due_date", "days_until_due")
    else:
        _due_is_sensible(params, method)


def delete(call: Call) -> Body:
    """Only a draft can go; its items go with it."""
    body = of_path(call, "invoice")
    if body["status"] != "draft":
        raise Refusal("You can only delete draft invoices.")
    if body["parent"]:
        raise Refusal(OF_SUBSCRIPTION)
    call.store.remove("invoice", body["id"])
    call.emit("invoice.deleted", body)
    return common.stub("invoice", body["id"])


def list_(call: Call) -> Page:
    where = common.of_customer(call) + common.same(call, "status", "collection_method", "subscription")
    return common.listing(call, "invoice", *where, *_due_between(call))


def _due_between(call: Call) -> list[tuple[str, Any]]:
    """A range of due dates. Few invoices in it are found by their due date. Of many, the newest are wanted, and those
    are found by their creation: an invoice falls due at least so soon and at most so late after it was made."""
    limits = common.between("due_date", call.params.get("due_date"))
    if not limits:
        return []
    few = call.store.first(MANY, "invoice", *limits)
    if len(few) < MANY:
        return [(f"seq IN ({', '.join('?' * len(few))})", few)]
    soonest, latest = call.store.terms()
    found = [(f"+{condition}", value) for condition, value in limits]
    for condition, value in limits:
        if ">" in condition or " = " in condition:
            found.append(("rank >= ?", value - latest))
        if "<" in condition or " = " in condition:
            found.append(("rank <= ?", value - soonest))
    return found
