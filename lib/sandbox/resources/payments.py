"""Invoice payments: which money went to which invoice.

Finalising makes a default payment that asks for what remains, and is the card's. Money that was told to Stripe is a
payment of its own. Whatever is more than an invoice asks for becomes credit.
"""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Refusal, required
from lib.sandbox.resources import balance, common, customers, invoices, payment_records
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

KIND, WORD = "invoice_payment", "invoice payment"
PAYABLE = ("open", "uncollectible")
NOT_PAYABLE = "Payments can only be attached to invoices that are open or uncollectible. This invoice is {status}."


def _fresh(call: Call, invoice: Body, amount: int, payment: Body, default: bool) -> Body:
    return {
        "id": call.new_id("inpay_"),
        "object": KIND,
        "amount_paid": None,
        "amount_requested": amount,
        "created": call.now,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": default,
        "livemode": False,
        "payment": payment,
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }


def expect(call: Call, invoice: Body) -> None:
    """The default payment of an invoice that has just been finalised."""
    payment = {"payment_intent": call.new_id("pi_"), "type": "payment_intent"}
    call.store.add(KIND, _fresh(call, invoice, invoice["amount_remaining"], payment, True))


def _default(call: Call, invoice: Body) -> Body | None:
    ident = call.store.exists(KIND, ("invoice = ?", invoice["id"]), ("status = 'open'", ()))
    return ident and call.store.find(KIND, ident)


def follow(call: Call, invoice: Body) -> None:
    """Keep the default payment at what remains; drop it when nothing is expected any more."""
    default = _default(call, invoice)
    if default is None:
        return
    if invoice["status"] in PAYABLE:
        default["amount_requested"] = invoice["amount_remaining"]
    else:
        default |= {"status": "canceled"}
        default["status_transitions"] = default["status_transitions"] | {"canceled_at": call.now}
    call.store.save(KIND, default)


def _paid(call: Call, payment: Body, amount: int) -> None:
    payment |= {"amount_paid": amount, "status": "paid"}
    payment["status_transitions"] = payment["status_transitions"] | {"paid_at": call.now}
    call.store.save(KIND, payment)
    call.emit("invoice_payment.paid", payment)


def mark_paid(call: Call, body: Body) -> None:
    """The end of an invoice's life; the caller stores it and tells of it."""
    body |= {"status": "paid", "status_details": None}
    body["status_transitions"] = body["status_transitions"] | {"paid_at": call.now}
    follow(call, body)
    customers.set_delinquent(call, body["customer"], False)


def by_card(call: Call, before: Body) -> None:
    """What remains, by the default payment."""
    default = _default(call, before)
    if default is not None:
        _paid(call, default, before["amount_remaining"])
    after = before | {"attempted": True, "attempt_count": before["attempt_count"] + 1}
    _credit(call, before, after, before["amount_remaining"])
    call.emit("invoice.payment_succeeded", call.get("invoice", before["id"]))


def by_record(call: Call, before: Body, record: Body) -> Body:
    """The money of a record, all of it."""
    amount = payment_records.left(record)
    payment = _fresh(call, before, amount, {"payment_record": record["id"], "type": "payment_record"}, False)
    call.store.add(KIND, payment)
    _paid(call, payment, amount)
    return _credit(call, before, dict(before), amount)


def _credit(call: Call, before: Body, after: Body, amount: int) -> Body:
    """Money is in: less remains, and nothing remaining is paid."""
    used = min(amount, before["amount_remaining"])
    after |= {"amount_paid": before["amount_paid"] + used, "amount_remaining": before["amount_remaining"] - used}
    if after["amount_remaining"]:
        follow(call, after)
        call.updated("invoice", before, after)
        return after
    after["amount_overpaid"] = amount - used
    mark_paid(call, after)
    call.store.save("invoice", after)
    _keep_excess(call, after)
    call.emit("invoice.paid", after)
    if after["amount_overpaid"]:
        call.emit("invoice.overpaid", after)
    return after


def _keep_excess(call: Call, invoice: Body) -> None:
    """What was too much waits for the next invoice."""
    customer = call.store.find("customer", invoice["customer"])
    if invoice["amount_overpaid"] and customer:
        excess = -invoice["amount_overpaid"]
        balance.post(
            call,
            balance.new_entry(call, customer, excess, invoice["currency"], "invoice_overpaid", invoice["id"]),
        )


def attach(call: Call) -> Body:
    """Put a reported payment on an invoice: part of what is due, all of it, or more."""
    invoice = invoices.of_path(call, "invoice")
    ident = call.params.get("payment_record")
    if not ident:
        raise required("payment_record")
    record = call.named(payment_records.KIND, ident, "payment_record", payment_records.WORD)
    if invoice["status"] not in PAYABLE:
        raise Refusal(NOT_PAYABLE.format(status=invoice["status"]))
    if record["amount"]["currency"] != invoice["currency"]:
        raise Refusal("The currency of the payment must match the currency of the invoice.", param="payment_record")
    if payment_records.left(record) < 1:
        raise Refusal("Only a guaranteed payment can be attached to an invoice.", param="payment_record")
    if call.store.exists(KIND, ("payment_record = ?", ident)):
        raise Refusal("This payment is already attached to an invoice.", param="payment_record")
    return by_record(call, invoice, record)


def of_invoice(call: Call, ident: str) -> list[Body]:
    """Newest first."""
    return call.store.select(KIND, ("invoice = ?", ident))


def paid_with(call: Call, ident: str, kind: str) -> int:
    """What of an invoice was paid by card (`payment_intent`) or outside Stripe (`payment_record`)."""
    found = call.store.select(KIND, ("invoice = ?", ident), ("status = 'paid'", ()))
    return sum(payment["amount_paid"] for payment in found if payment["payment"]["type"] == kind)


def retrieve(call: Call) -> Body:
    return call.get(KIND, call.path["payment"], WORD)


def list_(call: Call) -> Page:
    return common.listing(call, KIND, *common.same(call, "invoice", "status"), *_of_payment(call.params), word=WORD)


def list_of_invoice(call: Call) -> Page:
    """Where the list inside an invoice leads to."""
    invoice = invoices.of_path(call, "invoice")
    return common.listing(call, KIND, ("invoice = ?", invoice["id"]), word=WORD)


def _of_payment(params: dict[str, Any]) -> list[tuple[str, Any]]:
    given = params.get("payment")
    if given is None:
        return []
    kind = given["type"]
    if kind not in given:
        return [(f"{kind} IS NOT NULL", ())]
    return [(f"{kind} = ?", given[kind])]
