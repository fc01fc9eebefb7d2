"""Prices: what a product costs, once or again and again. A price is never deleted and its amount never changes."""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, Refusal, not_imitated
from lib.sandbox.resources import common, products
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

NOT_IMITATED = ("currency_options", "custom_unit_amount", "tiers", "tiers_mode", "transform_quantity")
NO_PRODUCT = "You must specify either `product` or `product_data` when creating a price."


def amounts(given: dict[str, Any], prefix: str = "") -> tuple[int | None, str]:
    """The unit amount as an integer, where it is one, and as a decimal."""
    common.one_of(given, "unit_amount", "unit_amount_decimal", prefix=prefix)
    if "unit_amount" in given:
        return given["unit_amount"], str(given["unit_amount"])
    if "unit_amount_decimal" not in given:
        raise Malformed("Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.")
    text = plain(given["unit_amount_decimal"])
    return (None if "." in text else int(text)), text


def plain(decimal: str) -> str:
    """A decimal without noughts at its end."""
    return decimal.rstrip("0").rstrip(".") if "." in decimal else decimal


def build(call: Call, given: dict[str, Any], prefix: str = "") -> Body:
    """A price that is not yet kept."""
    for name in NOT_IMITATED:
        if name in given:
            raise not_imitated(f"{prefix}[{name}]" if prefix else name)
    unit, decimal = amounts(given, prefix)
    return {
        "id": call.new_id("price_"),
        "object": "price",
        "active": given.get("active", True),
        "billing_scheme": "per_unit",
        "created": call.now,
        "currency": common.currency(given["currency"]),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": common.clear(given.get("lookup_key")),
        "metadata": common.merged({}, given.get("metadata", "")),
        "nickname": common.clear(given.get("nickname")),
        "product": given["product"],
        "recurring": _recurring(given.get("recurring")),
        "tax_behavior": given.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if given.get("recurring") else "one_time",
        "unit_amount": unit,
        "unit_amount_decimal": decimal,
    }


def _recurring(given: Body | None) -> Body | None:
    standard = {"interval_count": 1, "meter": None, "trial_period_days": None, "usage_type": "licensed"}
    return None if given is None else {**standard, **given}


def keep(call: Call, body: Body) -> None:
    call.store.add("price", body)
    call.emit("price.created", body)


def create(call: Call) -> Body:
    params = dict(call.params)
    common.one_of(params, "product", "product_data")
    if "product" not in params and "product_data" not in params:
        raise Malformed(NO_PRODUCT)
    amounts(params)
    if "product" in params:
        call.named("product", params["product"], "product")
    else:
        product = products.fresh(call, products.free_id(call, params["product_data"]), params["product_data"])
        call.store.add("product", product)
        call.emit("product.created", product)
        params["product"] = product["id"]
    body = build(call, params)
    _claim(call, body)
    keep(call, body)
    return body


def _claim(call: Call, body: Body) -> None:
    """A lookup key belongs to one price; it can be taken over on request."""
    key = body["lookup_key"]
    holder = key and call.store.exists("price", ("lookup_key = ?", key))
    if not holder or holder == body["id"]:
        return
    if not call.params.get("transfer_lookup_key"):
        raise Refusal(f"A price (`{holder}`) already uses that lookup key.", param="lookup_key")
    before = call.get("price", holder)
    call.updated("price", before, before | {"lookup_key": None})


def retrieve(call: Call) -> Body:
    return call.get("price", call.path["price"], param="price")


def update(call: Call) -> Body:
    before = retrieve(call)
    params = call.params
    after = dict(before)
    for name in NOT_IMITATED:
        if name in params:
            raise not_imitated(name)
    for name in ("active", "lookup_key", "nickname", "tax_behavior"):
        if name in params:
            after[name] = common.clear(params[name])
    if "metadata" in params:
        after["metadata"] = common.merged(before["metadata"], params["metadata"])
    _claim(call, after)
    call.updated("price", before, after)
    return after


def list_(call: Call) -> Page:
    where = common.same(call, "active", "currency", "product", "type")
    if keys := call.params.get("lookup_keys"):
        where.append((f"lookup_key IN ({', '.join('?' * len(keys))})", keys))
    for name, value in call.params.get("recurring", {}).items():
        where.append((f"json_extract(body, '$.recurring.{name}') = ?", value))
    return common.listing(call, "price", *where)
