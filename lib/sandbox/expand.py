"""`expand`: ids that become objects, and fields that are absent until somebody asks for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed
from lib.sandbox.resources import included
from lib.sandbox.schema import Body

DEPTH = 4
Include = Callable[[Call, Body], Any]


@dataclass(frozen=True)
class Field:
    """One field that can be expanded: an id of a kind, a nested list of a kind, or something made when asked for."""

    kind: str | None = None
    inside: bool = False
    make: Include | None = None


PRICE = {"pricing.price_details.price": Field("price")}
FIELDS: dict[str, dict[str, Field]] = {
    "customer": {
        "cash_balance": Field(make=included.nothing),
        "default_source": Field(),
        "invoice_credit_balance": Field(make=included.credit_by_currency),
        "invoice_settings.default_payment_method": Field(),
        "sources": Field(make=included.no_list("sources")),
        "subscriptions": Field(make=included.no_list("subscriptions")),
        "tax": Field(make=included.tax),
        "tax_ids": Field("tax_id", inside=True, make=included.tax_ids),
        "test_clock": Field(),
    },
    "tax_id": {"customer": Field("customer"), "owner.customer": Field("customer")},
    "customer_balance_transaction": {
        "credit_note": Field("credit_note"),
        "customer": Field("customer"),
        "invoice": Field("invoice"),
    },
    "product": {"default_price": Field("price"), "tax_code": Field()},
    "price": {
        "currency_options": Field(make=included.currency_options),
        "product": Field("product"),
        "tiers": Field(make=included.nothing),
    },
    "invoice": {
        "account_tax_ids": Field(),
        "amount_paid_off_stripe": Field(make=included.paid_off_stripe),
        "confirmation_secret": Field(make=included.nothing),
        "customer": Field("customer"),
        "default_payment_method": Field(),
        "default_source": Field(),
        "discounts": Field(),
        "latest_revision": Field("invoice"),
        "lines": Field("line_item", inside=True),
        "on_behalf_of": Field(),
        "payments": Field("invoice_payment", inside=True, make=included.payments_of),
        "test_clock": Field(),
    },
    "line_item": {"discounts": Field(), **PRICE},
    "invoiceitem": {
        "customer": Field("customer"),
        "discounts": Field(),
        "invoice": Field("invoice"),
        "test_clock": Field(),
        **PRICE,
    },
    "credit_note": {
        "customer": Field("customer"),
        "customer_balance_transaction": Field("customer_balance_transaction"),
        "invoice": Field("invoice"),
        "lines": Field("credit_note_line_item", inside=True),
    },
    "credit_note_line_item": {},
    "invoice_payment": {"invoice": Field("invoice"), "payment.payment_record": Field("payment_record")},
    "payment_record": {},
    "tax_rate": {},
    "event": {},
    "account": {},
}


def check(kind: str | None, wanted: list[str], *, listed: bool, search: bool = False) -> None:
    """Refuse what cannot be expanded before anything is executed."""
    for path in wanted:
        inner = path
        if search and path == "total_count":
            continue
        if listed:
            inner = path.removeprefix("data.")
        ok = _known(kind, inner)
        if ok and (not listed or inner != path):
            if path.replace("pricing.price_details.", "").count(".") >= DEPTH:
                raise Malformed(f"You cannot expand more than {DEPTH} levels of a property: {path}")
            continue
        hint = f" You may want to try expanding 'data.{path}' instead." if ok else ""
        raise Malformed(f"This property cannot be expanded ({path}).{hint}")


def _split(kind: str | None, path: str) -> tuple[str, Field, str] | None:
    """The first field of the path, and what is left of it."""
    for name, field in FIELDS.get(kind or "", {}).items():
        if path == name or path.startswith(name + "."):
            return name, field, path[len(name) + 1 :]
    return None


def _known(kind: str | None, path: str) -> bool:
    found = _split(kind, path)
    if found is None:
        return False
    _, field, rest = found
    if field.inside:
        rest = rest.removeprefix("data").removeprefix(".")
    return not rest or _known(field.kind, rest)


def apply(call: Call, body: Body, kind: str, wanted: list[str]) -> Body:
    """The object with what was asked for in it."""
    if body.get("deleted"):
        return body
    for path in sorted(wanted):
        name, field, rest = _split(kind, path) or ("", Field(), "")
        holder, leaf = _holder(body, name)
        if holder is not None:
            _fill(call, body, holder, leaf, field)
            _deeper(call, holder.get(leaf), field, rest)
    return body


def _holder(body: Body, name: str) -> tuple[Body | None, str]:
    *parents, leaf = name.split(".")
    holder: Body | None = body
    for parent in parents:
        holder = holder.get(parent) if holder else None
    return holder, leaf


def _fill(call: Call, body: Body, holder: Body, leaf: str, field: Field) -> None:
    value = holder.get(leaf)
    if field.make is not None:
        if leaf not in holder:
            holder[leaf] = field.make(call, body)
    elif field.kind and isinstance(value, str):
        text = call.store.text(field.kind, value)
        holder[leaf] = json.loads(text) if text else {"id": value, "object": field.kind, "deleted": True}


def _deeper(call: Call, value: Any, field: Field, rest: str) -> None:
    if field.inside:
        rest = rest.removeprefix("data").removeprefix(".")
    if not rest or not isinstance(value, dict) or field.kind is None:
        return
    for entry in value["data"] if field.inside else [value]:
        apply(call, entry, field.kind, [rest])
