"""Customers: whoever can be billed."""

from __future__ import annotations

import re
from typing import Any

from lib.sandbox import ids
from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, Refusal
from lib.sandbox.resources import account, balance, common, invoice_draft, tax_ids
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
PLAIN = ("description", "email", "name", "phone", "business_name", "individual_name", "next_invoice_sequence")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
PREFIX = re.compile(r"[A-Z0-9]{1,12}")


def create(call: Call) -> Body:
    _check(call.params)
    body = _fresh(call)
    _apply(call, body)
    if call.params.get("balance"):
        body["currency"] = account.CURRENCY
        entry = balance.new_entry(call, body, call.params["balance"], account.CURRENCY, "initial")
        body["balance"] = entry["ending_balance"]
        balance.enter(call, entry)
    call.store.add("customer", body)
    call.emit("customer.created", body)
    for given in call.params.get("tax_id_data", []):
        tax_ids.add(call, body["id"], given, "tax_id_data")
    return body


def _fresh(call: Call) -> Body:
    ident = call.new_id("cus_")
    return {
        "id": ident,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": call.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": ids.invoice_prefix(call.seed, ident),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def _check(params: dict[str, Any]) -> None:
    """What can be refused without looking anything up."""
    common.short(params, name=256, email=512, phone=20, business_name=150, individual_name=150)
    email = params.get("email")
    if email and not EMAIL.fullmatch(email):
        raise Malformed(f"Invalid email address: {email}", code="email_invalid", param="email")
    prefix = params.get("invoice_prefix")
    if prefix is not None and not PREFIX.fullmatch(prefix):
        raise Malformed("Invoice number prefix must be 1–12 uppercase letters or numbers.")
    fields = params.get("invoice_settings", {}).get("custom_fields")
    custom_fields(fields, "invoice_settings[custom_fields]")


def custom_fields(given: Any, name: str) -> None:
    """At most four, a name of forty characters and a value of a hundred and forty."""
    if not given:
        return
    if len(given) > 4:
        raise Malformed("You can have at most 4 custom fields.", param=name)
    for number, field in enumerate(given):
        for part, limit in (("name", 40), ("value", 140)):
            if len(field[part]) > limit:
                said = f"Invalid string: {field[part][:10]}...{field[part][-10:]}; must be at most {limit} characters"
                raise Malformed(said, param=f"{name}[{number}][{part}]")


def _apply(call: Call, body: Body) -> None:
    """Put the parameters that were sent into the body; leave the rest."""
    params = call.params
    for name in PLAIN:
        if name in params:
            body[name] = common.clear(params[name])
    if "metadata" in params:
        body["metadata"] = common.merged(body["metadata"], params["metadata"])
    if "address" in params:
        body["address"] = _address(body["address"], params["address"])
    if "shipping" in params:
        body["shipping"] = _shipping(body["shipping"], params["shipping"])
    if "preferred_locales" in params:
        body["preferred_locales"] = params["preferred_locales"] or []
    if "tax_exempt" in params:
        body["tax_exempt"] = params["tax_exempt"] or "none"
    if "invoice_settings" in params:
        body["invoice_settings"] = _settings(body["invoice_settings"], params["invoice_settings"])
    if "invoice_prefix" in params:
        body["invoice_prefix"] = _own_prefix(call, body, params["invoice_prefix"])


def _address(held: Body | None, given: Any) -> Body | None:
    """Whatever part is sent, all six parts come back."""
    if given == "":
        return None
    held = held or dict.fromkeys(ADDRESS)
    return held | {part: common.clear(value) for part, value in given.items()}


def _shipping(held: Body | None, given: Any) -> Body | None:
    if given == "":
        return None
    held = held or {"address": None, "name": None, "phone": None}
    rest = {part: common.clear(value) for part, value in given.items() if part != "address"}
    return {**held, **rest, "address": _address(held["address"], given["address"])}


def _settings(held: Body, given: Body) -> Body:
    found = held | {part: common.clear(value) for part, value in given.items()}
    if given.get("rendering_options"):
        found["rendering_options"] = {"amount_tax_display": None, "template": None, **given["rendering_options"]}
    return found


def _own_prefix(call: Call, body: Body, prefix: str) -> str:
    holder = call.store.exists("customer", ("invoice_prefix = ?", prefix))
    if holder and holder != body["id"]:
        said = f"This invoice number prefix is taken by customer: {holder}. Please enter a different prefix."
        raise Refusal(said, param="invoice_prefix")
    return prefix


def retrieve(call: Call) -> Body:
    """A deleted customer still answers, as a stub."""
    if call.store.is_gone("customer", call.path["customer"]):
        return common.stub("customer", call.path["customer"])
    return of_path(call)


def of_path(call: Call) -> Body:
    return call.get("customer", call.path["customer"])


def update(call: Call) -> Body:
    _check(call.params)
    before = of_path(call)
    after = dict(before)
    _apply(call, after)
    if "balance" in call.params and call.params["balance"] != before["balance"]:
        _set_balance(call, after, call.params["balance"])
    call.updated("customer", before, after)
    refresh_drafts(call, after)
    return after


def _set_balance(call: Call, after: Body, wanted: int) -> None:
    """Writing the balance enters the difference in the ledger."""
    after["currency"] = after["currency"] or account.CURRENCY
    entry = balance.new_entry(call, after, wanted - after["balance"], after["currency"], "adjustment")
    balance.enter(call, entry)
    after["balance"] = entry["ending_balance"]


def use_currency(call: Call, customer: Body, currency: str) -> None:
    """The first billing decides a customer's currency."""
    if customer["currency"] is None:
        after = customer | {"currency": currency, "balance": call.store.ledger(customer["id"], currency)}
        call.updated("customer", customer, after)
        customer |= after


def set_delinquent(call: Call, ident: str, value: bool) -> None:
    """Whether the last thing that happened to an invoice of theirs was that its day passed."""
    before = call.store.find("customer", ident)
    if before is not None:
        call.updated("customer", before, before | {"delinquent": value})


def refresh_drafts(call: Call, customer: Body) -> None:
    """Drafts follow their customer until they are finalised."""
    wanted = ("customer = ?", customer["id"]), ("status = ?", "draft")
    for draft in call.store.select("invoice", *wanted):
        invoice_draft.recompute(call, draft)
        call.store.save("invoice", draft)


def delete(call: Call) -> Body:
    body = of_path(call)
    call.store.remove("customer", body["id"])
    call.emit("customer.deleted", body)
    return common.stub("customer", body["id"])


def list_(call: Call) -> Page:
    if call.params.get("test_clock"):
        return Page([], False, call.url)
    return common.listing(call, "customer", *common.same(call, "email"))
