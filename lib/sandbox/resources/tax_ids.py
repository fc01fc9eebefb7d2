"""Tax ids of a customer. The form is checked at once; the verification comes a moment later, as an event."""

from __future__ import annotations

import re
from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Refusal, missing
from lib.sandbox.resources import common, customers
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

FORMS = {
    "gb_vat": re.compile(r"GB(\d{9}|\d{12}|GD\d{3}|HA\d{3})"),
    "eu_vat": re.compile(r"[A-Z]{2}[A-Z0-9]{2,12}"),
    "ch_vat": re.compile(r"CHE-?\d{3}\.?\d{3}\.?\d{3} ?(MWST|TVA|IVA)"),
    "us_ein": re.compile(r"\d{2}-\d{7}"),
}
MOMENT = 2
UNVERIFIED, PENDING = "111111111", "222222222"


def create(call: Call) -> Body:
    customer = customers.of_path(call)
    return add(call, customer["id"], call.params, "")


def add(call: Call, customer: str, given: dict[str, Any], prefix: str) -> Body:
    value = given["value"].replace(" ", "").upper() if given["type"] in ("gb_vat", "eu_vat") else given["value"]
    form = FORMS.get(given["type"])
    if form and not form.fullmatch(value):
        name = f"{prefix}[0][value]" if prefix else "value"
        raise Refusal(f"Invalid value for {given['type']}.", code="tax_id_invalid", param=name)
    body = _body(call, customer, given["type"], value)
    call.store.add("tax_id", body)
    call.store.plan(call.now + MOMENT, "verify_tax_id", body["id"])
    call.emit("customer.tax_id.created", body)
    invoices_follow(call, customer)
    return body


def _body(call: Call, customer: str, kind: str, value: str) -> Body:
    country = value[:2] if kind == "eu_vat" else kind[:2].upper()
    return {
        "id": call.new_id("txi_"),
        "object": "tax_id",
        "country": country,
        "created": call.now,
        "customer": customer,
        "customer_account": None,
        "livemode": False,
        "owner": {"customer": customer, "customer_account": None, "type": "customer"},
        "type": kind,
        "value": value,
        "verification": {"status": "pending", "verified_address": None, "verified_name": None},
    }


def invoices_follow(call: Call, customer: str) -> None:
    body = call.store.find("customer", customer)
    if body is not None:
        customers.refresh_drafts(call, body)


def verify(call: Call, ident: str) -> None:
    """What the tax office answers; two magic numbers say no, and nothing."""
    before = call.store.find("tax_id", ident)
    if before is None or before["value"].endswith(PENDING):
        return
    status = "unverified" if before["value"].endswith(UNVERIFIED) else "verified"
    after = before | {"verification": before["verification"] | {"status": status}}
    call.updated("tax_id", before, after, event="customer.tax_id.updated")


def retrieve(call: Call) -> Body:
    customer = customers.of_path(call)
    body = call.get("tax_id", call.path["tax_id"], "tax_id")
    if body["customer"] != customer["id"]:
        raise missing("tax_id", body["id"])
    return body


def delete(call: Call) -> Body:
    body = retrieve(call)
    call.store.remove("tax_id", body["id"])
    call.emit("customer.tax_id.deleted", body)
    invoices_follow(call, body["customer"])
    return common.stub("tax_id", body["id"])


def list_(call: Call) -> Page:
    customer = customers.of_path(call)
    return common.listing(call, "tax_id", ("customer = ?", customer["id"]))
