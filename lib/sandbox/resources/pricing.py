"""What an invoice item costs: from an amount, a price, or a unit amount times a quantity.

Stripe puts a price and a product behind every item, also behind a bare amount; those are made here and kept out of
lists.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lib.sandbox import ids
from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, Refusal, only_one, required
from lib.sandbox.resources import common, prices, products
from lib.sandbox.schema import Body
from lib.sandbox.store import HIDDEN

WAYS = ("amount", "pricing", "price_data", "unit_amount_decimal")


def whole(value: Decimal) -> int:
    """To the penny, half away from nought."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def said(params: dict[str, Any], prefix: str = "") -> bool:
    """Whether the parameters say what it costs; in one way only."""
    if "amount" in params and ("quantity" in params or "quantity_decimal" in params):
        raise only_one(f"{prefix}[amount]" if prefix else "amount", "amount", "quantity")
    common.one_of(params, *WAYS, prefix=prefix)
    common.one_of(params, "quantity", "quantity_decimal", prefix=prefix)
    if params.get("quantity", 0) < 0:
        raise Malformed("Invalid non-negative integer", param=f"{prefix}[quantity]" if prefix else "quantity")
    return any(way in params for way in WAYS)


def apply(call: Call, item: Body, params: dict[str, Any], prefix: str = "") -> None:
    """Put the cost into an item: new, or changed in part."""
    if said(params, prefix):
        _priced(call, item, params, prefix)
    elif item["pricing"] is None:
        raise required(f"{prefix}[amount]" if prefix else "amount")
    if "amount" in params:
        item |= {"amount": params["amount"], "quantity": 1, "quantity_decimal": "1"}
        return
    quantity = Decimal(str(params.get("quantity_decimal", params.get("quantity", item["quantity_decimal"]))))
    item |= {"quantity": int(quantity), "quantity_decimal": prices.plain(str(quantity))}
    item["amount"] = whole(Decimal(item["pricing"]["unit_amount_decimal"]) * quantity)


def _priced(call: Call, item: Body, params: dict[str, Any], prefix: str) -> None:
    if "pricing" in params:
        price = _existing(
            call, item, params["pricing"].get("price", ""), f"{prefix}[pricing][price]" if prefix else "pricing[price]"
        )
    elif "price_data" in params:
        price = _from_data(call, item, params["price_data"], f"{prefix}[price_data]" if prefix else "price_data")
    else:
        unit = str(params["amount"]) if "amount" in params else prices.plain(params["unit_amount_decimal"])
        price = _behind(call, item, unit)
    item["pricing"] = {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }
    if item["description"] is None:
        product = call.store.find("product", price["product"])
        item["description"] = product and product["name"]


def _existing(call: Call, item: Body, ident: str, name: str) -> Body:
    price = call.named("price", ident, name)
    if price["type"] != "one_time":
        said = "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`."
        raise Refusal(said, param=name)
    if not price["active"]:
        raise Refusal("The price specified is inactive. This field only accepts active prices.", param=name)
    _same_currency(item, price["currency"], name)
    return price


def _same_currency(item: Body, currency: str, name: str) -> None:
    if item["currency"] != currency:
        said = f"The price specified only supports `{currency}`. This doesn't match the expected currency: "
        raise Refusal(f"{said}`{item['currency']}`.", param=name)


def _from_data(call: Call, item: Body, given: Body, name: str) -> Body:
    _same_currency(item, common.currency(given["currency"]), name)
    if "product_data" in given:
        product = products.fresh(call, call.new_id("prod_"), {**given["product_data"], "active": False})
        call.store.add("product", product, state=HIDDEN)
    elif "product" in given:
        product = call.named("product", given["product"], f"{name}[product]")
    else:
        raise required(f"{name}[product]")
    _, unit = prices.amounts(given, name)
    return _hidden_price(call, product["id"], item["currency"], unit)


def _behind(call: Call, item: Body, unit: str) -> Body:
    """The price behind a bare amount; its product goes by the description, and stays when the amount changes."""
    held = item["pricing"] and item["pricing"]["price_details"]["product"]
    return _hidden_price(call, held or _hidden_product(call, item["description"]), item["currency"], unit)


def _hidden_product(call: Call, description: str | None) -> str:
    ident = ids.make("prod_", call.seed, f"one-off/{description}")
    if call.store.text("product", ident) is None:
        body = products.fresh(call, ident, {"name": description or "Invoice item", "active": False})
        call.store.add("product", body, state=HIDDEN)
    return ident


def _hidden_price(call: Call, product: str, currency: str, unit: str) -> Body:
    ident = ids.make("price_", call.seed, f"one-off/{product}/{currency}/{unit}")
    found = call.store.find("price", ident)
    if found is None:
        given = {"product": product, "currency": currency, "unit_amount_decimal": unit, "active": False}
        found = prices.build(call, given) | {"id": ident}
        call.store.add("price", found, state=HIDDEN)
    return found
