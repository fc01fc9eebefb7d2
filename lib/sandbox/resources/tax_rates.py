"""Tax rates: exclusive ones are added, inclusive ones are inside the price."""

from __future__ import annotations

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed
from lib.sandbox.resources import common
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

TEXTS = ("country", "description", "display_name", "jurisdiction", "state", "tax_type")
MOST = 5


def create(call: Call) -> Body:
    params = call.params
    if not 0 <= params["percentage"] <= 100:
        raise Malformed("Invalid percentage: must be between 0 and 100", param="percentage")
    body = {
        "id": call.new_id("txr_"),
        "object": "tax_rate",
        "active": params.get("active", True),
        "country": None,
        "created": call.now,
        "description": None,
        "display_name": params["display_name"],
        "effective_percentage": params["percentage"],
        "flat_amount": None,
        "inclusive": params["inclusive"],
        "jurisdiction": None,
        "jurisdiction_level": None,
        "livemode": False,
        "metadata": {},
        "percentage": params["percentage"],
        "rate_type": "percentage",
        "state": None,
        "tax_type": None,
    }
    _apply(call, body)
    call.store.add("tax_rate", body)
    call.emit("tax_rate.created", body)
    return body


def _apply(call: Call, body: Body) -> None:
    for name in TEXTS:
        if name in call.params:
            body[name] = common.clear(call.params[name])
    if "active" in call.params:
        body["active"] = call.params["active"]
    if "metadata" in call.params:
        body["metadata"] = common.merged(body["metadata"], call.params["metadata"])


def retrieve(call: Call) -> Body:
    return call.get("tax_rate", call.path["tax_rate"], "tax rate", "tax_rate")


def update(call: Call) -> Body:
    before = retrieve(call)
    after = dict(before)
    _apply(call, after)
    call.updated("tax_rate", before, after)
    return after


def list_(call: Call) -> Page:
    return common.listing(call, "tax_rate", *common.same(call, "active", "inclusive"), word="tax rate")


def chosen(call: Call, given: list[str] | str, name: str) -> list[Body]:
    """The rates that a parameter names, whole."""
    wanted = given or []
    if len(wanted) > MOST:
        raise Malformed(f"You can specify at most {MOST} tax rates.", param=name)
    return [call.named("tax_rate", ident, name, "tax rate") for ident in wanted]
