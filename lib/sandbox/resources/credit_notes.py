"""Credit notes: what is taken off an invoice after it was finalised.

A note first lowers what is still asked for. The rest of it was paid already, and goes back in the ways its maker says.
The invoice's total never changes; all notes that stand cannot come to more than it.
"""

from __future__ import annotations

from dataclasses import replace

from lib.sandbox import ids
from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, Refusal, required
from lib.sandbox.resources import common, credit_note_lines, credit_refunds, included, payments, taxes
from lib.sandbox.resources.lifecycle import HOSTED
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

KIND, WORD = "credit_note", "credit note"
CREDITABLE = ("open", "paid", "uncollectible")
NOT_CREDITABLE = "Credit notes can only be issued for finalized invoices that are not void. This invoice is {status}."
TOO_MUCH = (
    "The amount of the credit note ({amount}) is more than what can still be credited of this invoice ({most}). What "
    "was carried over from the customer's balance cannot be credited."
)
NOT_VOIDABLE = "A credit note can only be voided while its invoice is open and none of it has been paid back."
ELSEWHERE = 1_000_003


def create(call: Call) -> Body:
    params = call.params
    credit_refunds.check(params)
    common.one_of(params, "amount", "lines")
    if params.get("amount", 1) < 1:
        raise Malformed("Invalid positive integer", param="amount")
    if not params.get("amount") and not params.get("lines"):
        raise required("amount")
    invoice = call.named("invoice", params["invoice"], "invoice")
    if invoice["status"] not in CREDITABLE:
        raise Refusal(NOT_CREDITABLE.format(status=invoice["status"]))
    lines = _lines(call, invoice)
    body = _drawn(call, invoice, lines)
    return _issue(call, invoice, body, lines)


def _lines(call: Call, invoice: Body) -> list[Body]:
    found: list[Body] = []
    for number, given in enumerate(call.params.get("lines", [])):
        found.append(credit_note_lines.make(call, invoice, given, f"lines[{number}]", found))
    if "amount" in call.params:
        _within(call, invoice, call.params["amount"])
        found.append(credit_note_lines.of_amount(call, invoice, call.params["amount"]))
    return found


def _within(call: Call, invoice: Body, amount: int) -> None:
    """All notes together are not more than the invoice."""
    standing = [note for note in of_invoice(call, invoice["id"]) if note["status"] == "issued"]
    most = invoice["total"] - sum(note["total"] for note in standing)
    if amount > most:
        raise Refusal(TOO_MUCH.format(amount=amount, most=max(most, 0)))


def of_invoice(call: Call, ident: str) -> list[Body]:
    return call.store.select(KIND, ("invoice = ?", ident))


def _drawn(call: Call, invoice: Body, lines: list[Body]) -> Body:
    """The note as it would be, with every amount in it; refused if it cannot be."""
    sums = taxes.sums(lines)
    if sums["total"] < 1:
        raise Refusal("The amount of a credit note must be more than nought.")
    _within(call, invoice, sums["total"])
    pre = min(sums["total"], invoice["amount_remaining"])
    post = sums["total"] - pre
    refunds = credit_refunds.arrange(call, invoice, post)
    return _fresh(call, invoice, call.new_id("cn_")) | {
        **sums,
        "amount": sums["total"],
        "post_payment_amount": post,
        "pre_payment_amount": pre,
        "refunds": refunds,
        "type": "mixed" if pre and post else "pre_payment" if pre else "post_payment",
    }


def _fresh(call: Call, invoice: Body, ident: str) -> Body:
    params = call.params
    number = call.store.count(KIND, ("invoice = ?", invoice["id"])) + 1
    secret = ids.letters(f"{call.seed}/note/{ident}", 24)
    return {
        "id": ident,
        "object": KIND,
        "amount": 0,
        "amount_shipping": 0,
        "created": call.now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": params.get("effective_at", call.now),
        "invoice": invoice["id"],
        "lines": {},
        "livemode": False,
        "memo": common.clear(params.get("memo")),
        "metadata": common.merged({}, params.get("metadata", "")),
        "number": f"{invoice['number']}-CN-{number:02d}",
        "out_of_band_amount": params.get("out_of_band_amount"),
        "pdf": f"{HOSTED}/credit_notes/{ids.account(call.seed)}/test_{ident}_{secret}/pdf?s=ap",
        "pretax_credit_amounts": [],
        "reason": params.get("reason"),
        "shipping_cost": None,
        "status": "issued",
        "voided_at": None,
    }


def _issue(call: Call, invoice: Body, body: Body, lines: list[Body]) -> Body:
    if amount := call.params.get("credit_amount"):
        body["customer_balance_transaction"] = credit_refunds.onto_balance(call, invoice, body["id"], amount)
    body["lines"] = included.listed(lines, f"/v1/credit_notes/{body['id']}/lines")
    for line in lines:
        place = -call.store.next("line place")
        call.store.add(credit_note_lines.KIND, line, rank=place, beside={"credit_note": body["id"]})
    call.store.add(KIND, body)
    call.emit("credit_note.created", body)
    _lower(call, invoice, body["pre_payment_amount"], body["post_payment_amount"])
    return body


def _lower(call: Call, before: Body, pre: int, post: int) -> None:
    """Less is asked for; when nothing is, the invoice is paid."""
    after = before | {
        "amount_due": before["amount_due"] - pre,
        "amount_remaining": before["amount_remaining"] - pre,
        "post_payment_credit_notes_amount": before["post_payment_credit_notes_amount"] + post,
        "pre_payment_credit_notes_amount": before["pre_payment_credit_notes_amount"] + pre,
    }
    if before["status"] == "paid" or after["amount_remaining"]:
        payments.follow(call, after)
        call.updated("invoice", before, after)
        return
    payments.mark_paid(call, after)
    call.store.save("invoice", after)
    call.emit("invoice.paid", after)


def preview(call: Call) -> Body:
    """The same steps, undone; its ids are nobody else's."""
    with call.store.undone():
        return create(replace(call, seed=call.seed + ELSEWHERE))


def preview_lines(call: Call) -> Page:
    with call.store.undone():
        note = create(replace(call, seed=call.seed + ELSEWHERE))
        return _lines_of(call, note)


def of_path(call: Call) -> Body:
    return call.get(KIND, call.path["note"], WORD)


def retrieve(call: Call) -> Body:
    return of_path(call)


def list_(call: Call) -> Page:
    return common.listing(call, KIND, *common.of_customer(call), *common.same(call, "invoice"), word=WORD)


def list_lines(call: Call) -> Page:
    return _lines_of(call, of_path(call))


def _lines_of(call: Call, note: Body) -> Page:
    word = "credit note line item"
    return common.listing(call, credit_note_lines.KIND, ("credit_note = ?", note["id"]), word=word)


def update(call: Call) -> Body:
    before = of_path(call)
    after = dict(before)
    if "memo" in call.params:
        after["memo"] = common.clear(call.params["memo"])
    if "metadata" in call.params:
        after["metadata"] = common.merged(before["metadata"], call.params["metadata"])
    call.updated(KIND, before, after)
    return after


def void(call: Call) -> Body:
    """Asks for the money again."""
    body = of_path(call)
    if body["status"] == "void":
        raise Refusal("This credit note has already been voided.")
    invoice = call.get("invoice", body["invoice"])
    if invoice["status"] not in payments.PAYABLE or body["post_payment_amount"]:
        raise Refusal(NOT_VOIDABLE)
    body |= {"status": "void", "voided_at": call.now}
    call.store.save(KIND, body)
    call.emit("credit_note.voided", body)
    _lower(call, invoice, -body["pre_payment_amount"], 0)
    return body
