"""Where the money of a credit note goes when the invoice was already paid: back by card, back without Stripe, or onto
the balance. Together the ways must come to exactly what was paid and is now credited."""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, Refusal, missing, required
from lib.sandbox.resources import balance, payment_records, payments
from lib.sandbox.schema import Body

WAYS = ("refund_amount", "credit_amount", "out_of_band_amount")
NOT_EQUAL = (
    "The sum of refunds, `credit_amount` and `out_of_band_amount` ({given}) must equal the post-payment amount of the "
    "credit note ({wanted})."
)


def check(params: dict[str, Any]) -> None:
    for name in WAYS:
        if params.get(name, 0) < 0:
            raise Malformed("Invalid non-negative integer", param=name)


def arrange(call: Call, invoice: Body, post: int) -> list[Body]:
    """The refunds of a note, once all ways together come to what was paid."""
    params = call.params
    refunds = [_linked(call, invoice, given, f"refunds[{at}]") for at, given in enumerate(params.get("refunds", []))]
    if params.get("refund_amount"):
        refunds.append(_by_card(call, invoice, params["refund_amount"]))
    given = sum(refund["amount_refunded"] for refund in refunds)
    given += params.get("credit_amount", 0) + params.get("out_of_band_amount", 0)
    if given != post:
        raise Refusal(NOT_EQUAL.format(given=given, wanted=post))
    return refunds


def _by_card(call: Call, invoice: Body, amount: int) -> Body:
    notes = call.store.select("credit_note", ("invoice = ?", invoice["id"]))
    gone = sum(refund["amount_refunded"] for note in notes for refund in note["refunds"] if refund["type"] == "refund")
    left = payments.paid_with(call, invoice["id"], "payment_intent") - gone
    if amount > left:
        said = f"Only {left} of this invoice was paid by card and not refunded; {amount} cannot be refunded."
        raise Refusal(said, param="refund_amount")
    return _refund(call.new_id("re_"), amount, "refund", None)


def _refund(ident: str, amount: int, kind: str, of_record: Body | None) -> Body:
    return {"amount_refunded": amount, "payment_record_refund": of_record, "refund": ident, "type": kind}


def _linked(call: Call, invoice: Body, given: Body, name: str) -> Body:
    """A refund that was reported on a payment record of this invoice."""
    if given.get("type", "refund") == "refund":
        raise missing("refund", given.get("refund", ""), f"{name}[refund]", status=400)
    if "payment_record_refund" not in given:
        raise required(f"{name}[payment_record_refund]")
    said = given["payment_record_refund"]
    refund = call.store.find(payment_records.REFUND, said["refund_group"])
    if refund is None or refund["payment_record"] != said["payment_record"]:
        raise missing("refund", said["refund_group"], f"{name}[payment_record_refund][refund_group]", status=400)
    held = ("payment_record = ?", said["payment_record"]), ("invoice = ?", invoice["id"])
    if not call.store.exists(payments.KIND, *held):
        raise Refusal("The refunded payment was not made for this invoice.", param=name)
    amount = given.get("amount_refunded", refund["amount"] - refund["credited"])
    if not 0 < amount <= refund["amount"] - refund["credited"]:
        raise Refusal("The refund is smaller than the amount that was linked.", param=f"{name}[amount_refunded]")
    call.store.save(payment_records.REFUND, refund | {"credited": refund["credited"] + amount})
    return _refund(refund["number"], amount, "payment_record_refund", said)


def onto_balance(call: Call, invoice: Body, note: str, amount: int) -> str:
    """The entry in the customer's ledger."""
    customer = call.named("customer", invoice["customer"], "customer")
    entry = balance.new_entry(call, customer, -amount, invoice["currency"], "credit_note", invoice["id"])
    entry["credit_note"] = note
    balance.post(call, entry)
    return entry["id"]
