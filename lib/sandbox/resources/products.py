"""Products: what a practice sells."""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Refusal, empty
from lib.sandbox.resources import common, prices
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

PLAIN = (
    "active",
    "description",
    "images",
    "marketing_features",
    "name",
    "package_dimensions",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "tax_details",
    "unit_label",
    "url",
)
LISTS = ("images", "marketing_features")


def fresh(call: Call, ident: str, given: dict[str, Any]) -> Body:
    body: Body = {
        "id": ident,
        "object": "product",
        "active": True,
        "attributes": [],
        "created": call.now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": None,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "tax_details": None,
        "type": given.get("type", "service"),
        "unit_label": None,
        "updated": call.now,
        "url": None,
    }
    _apply(body, given)
    return body


def _apply(body: Body, given: dict[str, Any]) -> None:
    for name in PLAIN:
        if name in given:
            body[name] = given[name] or [] if name in LISTS else common.clear(given[name])
    if "metadata" in given:
        body["metadata"] = common.merged(body["metadata"], given["metadata"])


def free_id(call: Call, given: dict[str, Any]) -> str:
    """An id of one's own choice, if nobody has had it, or a new one."""
    ident = given.get("id") or call.new_id("prod_")
    if call.store.place("product", ident):
        raise Refusal("Product already exists.", code="resource_already_exists", param="id")
    return ident


def create(call: Call) -> Body:
    params = call.params
    ident = free_id(call, params)
    body = fresh(call, ident, params)
    price = None
    if "default_price_data" in params:
        price = prices.build(call, {**params["default_price_data"], "product": ident}, "default_price_data")
        body["default_price"] = price["id"]
    call.store.add("product", body)
    call.emit("product.created", body)
    if price:
        prices.keep(call, price)
    return body


def retrieve(call: Call) -> Body:
    return call.get("product", call.path["product"])


def update(call: Call) -> Body:
    before = retrieve(call)
    if call.params.get("name") == "":
        raise empty("name")
    after = dict(before)
    _apply(after, call.params)
    if "default_price" in call.params:
        price = call.named("price", call.params["default_price"], "default_price")
        after["default_price"] = price["id"]
    if after != before:
        after["updated"] = call.now
    call.updated("product", before, after)
    return after


def delete(call: Call) -> Body:
    body = retrieve(call)
    if call.store.exists("price", ("product = ?", body["id"])):
        raise Refusal("This product cannot be deleted because it has one or more user-created prices.")
    call.store.remove("product", body["id"])
    call.emit("product.deleted", body | {"active": False})
    return common.stub("product", body["id"])


def list_(call: Call) -> Page:
    where = common.same(call, "active", "type")
    for name in ("url", "shippable"):
        if name in call.params:
            where.append((f"json_extract(body, '$.{name}') IS ?", call.params[name]))
    if wanted := call.params.get("ids"):
        where.append((f"id IN ({', '.join('?' * len(wanted))})", wanted))
    return common.listing(call, "product", *where)
