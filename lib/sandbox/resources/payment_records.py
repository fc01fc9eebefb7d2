"""Payment records: money that reached the practice without Stripe, such as a bank transfer, told to Stripe afterwards.

A record goes to one invoice. A refund that was made without Stripe is told here too; a credit note can then name it.
"""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, Refusal, required
from lib.sandbox.resources import common
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

KIND, WORD, REFUND = "payment_record", "payment record", "payment_record_refund"
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
PERSON = ("email", "name", "phone")
WHEN = {"guaranteed": "guaranteed_at", "failed": "failed_at", "canceled": "canceled_at"}
OUTSIDE = "Paid out of band"


def report(call: Call) -> Body:
    params = call.params
    outcome = params.get("outcome")
    if outcome and outcome not in params:
        raise required(f"{outcome}[{WHEN[outcome]}]")
    customer = params.get("customer_details", {}).get("customer")
    if customer:
        call.named("customer", customer, "customer_details[customer]")
    amount = _positive(params["amount_requested"], "amount_requested")
    body = _fresh(call, amount["value"], amount["currency"], outcome)
    body |= _told(params)
    call.store.add(KIND, body)
    return body


def _positive(given: Body, name: str) -> Body:
    if given["value"] < 1:
        raise Malformed("Invalid positive integer", param=f"{name}[value]")
    return {"currency": common.currency(given["currency"]), "value": given["value"]}


def _fresh(call: Call, value: int, currency: str, outcome: str | None) -> Body:
    def money(*outcomes: str | None) -> Body:
        return {"currency": currency, "value": value if outcome in outcomes else 0}

    return {
        "id": call.new_id("pr_"),
        "object": KIND,
        "amount": {"currency": currency, "value": value},
        "amount_authorized": money("guaranteed"),
        "amount_canceled": money("canceled"),
        "amount_failed": money("failed"),
        "amount_guaranteed": money("guaranteed"),
        "amount_refunded": {"currency": currency, "value": 0},
        "amount_requested": {"currency": currency, "value": value},
        "application": None,
        "created": call.now,
        "customer_details": None,
        "customer_presence": None,
        "description": None,
        "latest_payment_attempt_record": call.new_id("par_"),
        "livemode": False,
        "metadata": {},
        "payment_method_details": _method({}),
        "processor_details": {"type": "custom"},
        "reported_by": "self",
        "shipping_details": None,
    }


def _told(params: dict[str, Any]) -> Body:
    """What the report says beside the amount."""
    found: Body = {
        "customer_presence": params.get("customer_presence"),
        "description": common.clear(params.get("description")),
        "metadata": common.merged({}, params.get("metadata", "")),
        "payment_method_details": _method(params["payment_method_details"]),
        "processor_details": params.get("processor_details", {"type": "custom"}),
    }
    if "customer_details" in params:
        found["customer_details"] = dict.fromkeys(("customer", *PERSON)) | params["customer_details"]
    if "shipping_details" in params:
        found["shipping_details"] = _person(params["shipping_details"], ("name", "phone"))
    return found


def _method(given: Body) -> Body:
    custom = {"display_name": "Custom", "type": None, **given.get("custom", {})}
    return {
        "billing_details": _person(given.get("billing_details", {}), PERSON),
        "custom": custom,
        "payment_method": given.get("payment_method"),
        "type": given.get("type", "custom"),
    }


def _person(given: Body, parts: tuple[str, ...]) -> Body:
    found = {part: given.get(part) for part in parts}
    return {"address": dict.fromkeys(ADDRESS) | given.get("address", {}), **found}


def outside(call: Call, invoice: Body, amount: int) -> Body:
    """The record behind "paid out of band"."""
    body = _fresh(call, amount, invoice["currency"], "guaranteed")
    people = {part: invoice[f"customer_{part}"] for part in PERSON}
    body["customer_details"] = {"customer": invoice["customer"], **people}
    body["payment_method_details"] = _method({"custom": {"display_name": OUTSIDE}})
    call.store.add(KIND, body)
    return body


def retrieve(call: Call) -> Body:
    return call.get(KIND, call.path["record"], WORD)


def list_(call: Call) -> Page:
    limits = (("created_after", ">"), ("created_before", "<"))
    where = [(f"rank {compare} ?", call.params[name]) for name, compare in limits if name in call.params]
    return common.listing(call, KIND, *where, word=WORD)


def left(body: Body) -> int:
    """What of the money has not gone back."""
    return body["amount_guaranteed"]["value"] - body["amount_refunded"]["value"]


def report_refund(call: Call) -> Body:
    before = retrieve(call)
    params = call.params
    given = params.get("amount", {"currency": before["amount"]["currency"], "value": left(before)})
    amount = _positive(given, "amount")
    reference = params["processor_details"].get("custom", {}).get("refund_reference")
    if not reference:
        raise required("processor_details[custom][refund_reference]")
    if amount["currency"] != before["amount"]["currency"] or amount["value"] > left(before):
        raise Refusal("The refund is greater than what remains of the payment.", param="amount")
    if call.store.find(REFUND, reference):
        raise Refusal("This refund reference has been used already.", param="processor_details[custom]")
    refund = {"id": reference, "created": call.now, "payment_record": before["id"], "amount": amount["value"]}
    call.store.add(REFUND, refund | {"number": call.new_id("re_"), "credited": 0})
    refunded = before["amount_refunded"]["value"] + amount["value"]
    after = before | {"amount_refunded": amount | {"value": refunded}}
    call.store.save(KIND, after)
    return after
