"""What must be true before a re-billing begins: of the old invoice, of who pays instead, and that none was begun."""

from __future__ import annotations

from lib.actions._compare import living_customer, same_balance
from lib.actions._intent import Intent, Object
from lib.actions._rebill_pair import as_shown, link_of
from lib.actions.rebill_refusals import refuse
from lib.context import Context
from lib.errors import Refused
from lib.queries import rebills
from lib.stripe_api import reading


def checked(ctx: Context, invoice: str, payer: str, seen: str) -> Object:
    """The old invoice as Stripe has it now, fit to be made again for this payer."""
    if not payer:
        raise Refused("Choose who pays instead.", field="payer")
    old = as_shown(ctx, invoice, seen)
    if payer == old["customer"]:
        raise Refused("This invoice goes to them already. Choose somebody else.", field="payer")
    refuse(old)
    to = living_customer(ctx, payer, field="payer")
    if to.get("currency") and to["currency"] != old["currency"]:
        theirs, ours = to["currency"].upper(), old["currency"].upper()
        raise Refused(f"They are billed in {theirs} and this invoice is in {ours}.", field="payer")
    return old


def look(ctx: Context, intent: Intent) -> None:
    """Once more just before: the old invoice, the new payer and its balance as the page showed it, and no third one."""
    old = as_shown(ctx, intent.target, intent.seen["signature"])
    refuse(old)
    payer, balance = intent.seen["payer"], intent.seen["balance"]
    to = living_customer(ctx, payer, field="payer")
    if balance is not None:
        same_balance(to, intent.seen["currency"], balance)
    _refuse_third(ctx, intent.target, payer, old["created"])


def _refuse_third(ctx: Context, invoice: str, payer: str, since: int) -> None:
    """A new one that was begun is finished, and no other is made. Raises Refused."""
    theirs = ctx.stripe.every("/v1/invoices", customer=payer, created={"gte": since})
    begun = [each for each in theirs if each["status"] != "void" and link_of(each) == invoice]
    known = rebills.pair_of(ctx, invoice)
    if begun or (known and known.new != invoice and _stands(ctx, known.new)):
        raise Refused("A new invoice was made for this one already. Finish that re-billing, or delete the new draft.")


def _stands(ctx: Context, invoice: str) -> bool:
    found = reading.invoice_or_stub(ctx.stripe, invoice)
    return not found.get("deleted") and found["status"] != "void"
