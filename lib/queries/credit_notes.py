"""Credit notes of an invoice, and what of it can still be credited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import select

from lib.context import Context
from lib.mirror import store
from lib.mirror.database import reading
from lib.mirror.tables import credit_notes, invoices
from lib.money import Money
from lib.queries._sql import whole
from lib.queries.invoices import Invoice

_LINES = ("id", "description", "quantity", "amount", "whole", "currency")


@dataclass(frozen=True)
class Standing:
    """An invoice as the screen showed it: what it came to, what is left to pay, and what notes have taken off so far
    (before and after it was paid). Amounts in minor units of `currency`.
    """

    invoice: str
    payer: str
    currency: str
    status: str
    total: int
    remaining: int
    noted: int
    carried: int = 0  # a debit that came over from the account: owed, but not creditable

    @property
    def most(self) -> Money:
        """The most that can still be credited."""
        return Money(max(self.total - self.noted, 0), self.currency)

    def split(self, amount: Money) -> tuple[Money, Money]:
        """What of a note lowers what is to pay, and what had been paid already and must go somewhere."""
        before = min(amount.minor, self.remaining)
        return Money(before, self.currency), Money(amount.minor - before, self.currency)


def of_invoice(ctx: Context, invoice: str) -> pd.DataFrame:
    """An invoice's credit notes, newest first: id, number, amount, pre_payment, post_payment, outside, currency,
    status (issued, void), reason, memo, pdf_url, created, voided_at, can_void.

    Minor units and Stripe's seconds; `pre_payment` is what a note took off what was to pay, `post_payment` what had
    been paid and went somewhere. A note can be voided while its invoice is open and nothing of it was given back.
    """
    c = credit_notes.c
    names = ("id", "number", "amount", "pre_payment", "post_payment", "outside", "currency", "status", "reason")
    columns = [c[name] for name in (*names, "memo", "pdf_url", "created", "voided_at")]
    still_asked = invoices.c.status.in_(("open", "uncollectible"))
    can = ((c.status == "issued") & (c.post_payment == 0) & still_asked).label("can_void")
    source = credit_notes.join(invoices, invoices.c.id == c.invoice)
    found = whole(
        ctx,
        select(*columns, can).select_from(source).where(c.invoice == invoice).order_by(c.created.desc(), c.id.desc()),
    )
    found["can_void"] = [bool(each) for each in found["can_void"]]
    return found


def standing(ctx: Context, found: Invoice) -> Standing:
    """What can still be credited of an invoice, by its own counters of credit notes."""
    with reading(ctx.engine) as conn:
        body = store.body(conn, found.id) or {}
    noted = [body.get(f"{when}_payment_credit_notes_amount") or 0 for when in ("pre", "post")]
    after = found.ending_balance.minor if found.ending_balance else 0
    return Standing(
        found.id,
        found.payer,
        found.total.currency,
        found.status,
        found.total.minor,
        found.remaining.minor,
        sum(noted),
        max(found.starting_balance.minor - after, 0),
    )


def lines(ctx: Context, invoice: str) -> pd.DataFrame:
    """Lines that can be credited as a whole: id (il_), description, quantity, amount, whole (with its VAT), currency;
    minor units.
    """
    with reading(ctx.engine) as conn:
        body = store.body(conn, invoice) or {"lines": {"data": []}}
    found = [_line(line) for line in body["lines"]["data"] if line["amount"] > 0 and line.get("quantity")]
    return pd.DataFrame(found, columns=_LINES, dtype=object)


def _line(line: dict[str, Any]) -> tuple[Any, ...]:
    """A line, and what crediting it comes to: VAT that is not in its amount is added."""
    on_top = sum(tax["amount"] for tax in line.get("taxes") or [] if tax.get("tax_behavior") == "exclusive")
    return (line["id"], line.get("description") or "", line["quantity"], line["amount"], line["amount"] + on_top,
            line["currency"])  # fmt: skip
