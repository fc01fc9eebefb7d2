"""A remittance: one payment of a payer, under one reference, that covers several invoices (scenario 28).

Each invoice gets a payment record of its own, because a record goes to one invoice; what is left over becomes credit on
account, when that was agreed to, and only then. The whole is one intent: cut off anywhere, it goes on at the next
invoice, and before each it asks Stripe whether that invoice still owes what it is given. Our record of it is written in
the transaction that stores the intent, under the intent's id.
"""

from __future__ import annotations

from lib.actions import _entries
from lib.actions._compare import living_customer, same_balance
from lib.actions._entries import posting
from lib.actions._intent import Intent, Kind, Object, Outcome, Step, register
from lib.actions._payment_record import landed, loose, owes_as_shown, payment
from lib.actions._remittance_record import ask_about_same, settled, stored
from lib.actions._standing import same_invoice
from lib.actions._submit import submit
from lib.actions.balances import stripe_amount
from lib.actions.invoice_state import PAYABLE
from lib.actions.sharing import Payment, checked
from lib.context import Context
from lib.errors import Refused
from lib.money import Money
from lib.people import need

_ON_ACCOUNT = "Payment received on account"
# So few invoices are asked for one by one; more are read from the payer's list.
_FEW = 8


def record_remittance(
    ctx: Context,
    wanted: Payment,
    *,
    balance: Money,
    keep_surplus: bool,
    form: str,
    retyped: Money | None = None,
    despite_same: bool = False,
) -> Outcome:
    """Record a remittance. `balance` is the payer's balance on the screen; `keep_surplus` that what is left over may
    become credit.

    Raises Refused with the field at fault, AskFirst when this payer's remittance of this reference and amount is there
    already, Changed when an invoice owes something else by now.
    """
    need(ctx, "money")
    right = checked(ctx, wanted, keep_surplus=keep_surplus)
    if not despite_same:
        ask_about_same(ctx, right, form)
    return submit(
        ctx,
        RECORD,
        form=form,
        target=right.payer,
        steps=lambda intent: _steps(ctx, right, intent),
        seen=_seen(right, balance),
        detail={
            "total": right.amount.minor,
            "currency": right.amount.currency,
            "surplus": right.surplus.minor,
            "invoices": [[share.invoice, share.amount] for share in right.shares],
        },
        amount=right.amount,
        retyped=retyped,
    )


def _steps(ctx: Context, wanted: Payment, intent: str) -> list[Step]:
    found: list[Step] = []
    for number, share in enumerate(wanted.shares):
        part = Money(share.amount, wanted.amount.currency)
        noted = {"metadata": {**wanted.received.tags, "pd_remittance": intent}}
        found += payment(ctx, share.invoice, wanted.payer, part, wanted.received, f"{intent}:{number}")
        found.append(Step(f"note{number}", f"/v1/invoices/{share.invoice}", noted))
    if wanted.surplus:
        signed = stripe_amount("Credit", wanted.surplus)
        words, tags = f"{_ON_ACCOUNT}: {wanted.received.reference}", {"pd_intent": intent}
        found.append(posting(wanted.payer, signed, wanted.amount.currency, words, tags, name="surplus"))
    return found


def _seen(wanted: Payment, balance: Money) -> Object:
    return {
        "payer": wanted.payer,
        "currency": wanted.amount.currency,
        "amount": wanted.amount.minor,
        "surplus": wanted.surplus.minor,
        "balance": balance.minor,
        "shares": [[share.invoice, share.remaining, share.amount] for share in wanted.shares],
        **wanted.received.tags,
    }


def _look(ctx: Context, intent: Intent) -> None:
    """Every invoice is the payer's and owes what the screen showed; and so does the account, when it gets the rest."""
    seen = intent.seen
    payer = living_customer(ctx, seen["payer"], field="payer")
    if seen["surplus"]:
        _can_hold(payer, seen["currency"])
        same_balance(payer, seen["currency"], seen["balance"])
    known = _open_invoices(ctx, seen["payer"]) if len(seen["shares"]) > _FEW else {}
    for invoice, remaining, _ in seen["shares"]:
        _payable(ctx, seen, known.get(invoice), invoice, remaining)


def _can_hold(payer: Object, currency: str) -> None:
    home = payer.get("currency") or currency
    if home != currency:
        raise Refused(
            f"This account is kept in {home.upper()}: {currency.upper()} cannot become credit on it.", field="surplus"
        )


def _open_invoices(ctx: Context, payer: str) -> dict[str, Object]:
    return {found["id"]: found for found in ctx.stripe.every("/v1/invoices", customer=payer, status="open")}


def _payable(ctx: Context, seen: Object, known: Object | None, invoice: str, remaining: int) -> None:
    right = known and known["amount_remaining"] == remaining and known["currency"] == seen["currency"]
    fresh = known if right else same_invoice(ctx, invoice, Money(remaining, seen["currency"]), PAYABLE)
    if fresh and fresh["customer"] != seen["payer"]:
        number = fresh.get("number") or invoice
        raise Refused(f"{number} is billed to somebody else: this payment cannot go to it.", field="shares")


def _landed(ctx: Context, intent: Intent, step: Step) -> Object | None:
    return _entries.landed(ctx, intent, step) if step.name == "surplus" else landed(ctx, intent, step)


def _before(ctx: Context, intent: Intent, step: Step) -> None:
    if step.name.startswith(("record", "attach")):
        invoice, remaining, _ = intent.seen["shares"][int(step.name.removeprefix("record").removeprefix("attach"))]
        owes_as_shown(ctx, invoice, Money(remaining, intent.seen["currency"]))


def _stands(intent: Intent) -> str:
    currency = intent.seen["currency"]
    given = [gets for number, (_, _, gets) in enumerate(intent.seen["shares"]) if intent.made(f"attach{number}")]
    kept = intent.seen["surplus"] if intent.made("surplus") else 0
    got, whole = Money(sum(given) + kept, currency), Money(intent.seen["amount"], currency)
    return f"{got or 'Nothing'} of the {whole} is recorded. {loose(intent)}".rstrip()


def _affected(intent: Intent) -> list[tuple[str, str]]:
    """Every invoice, those that got nothing first: where it stopped, it is one of them that somebody else moved."""
    shares = sorted(enumerate(intent.seen["shares"]), key=lambda share: bool(intent.made(f"attach{share[0]}")))
    account = _entries.affected(intent) if intent.seen["surplus"] else []
    return [*(("invoice", share[0]) for _, share in shares), *account]


RECORD = register(
    Kind(
        "remittance.record",
        "remittance:record",
        _look,
        _landed,
        _affected,
        before=_before,
        stands=_stands,
        stored=stored,
        settled=settled,
    )
)
