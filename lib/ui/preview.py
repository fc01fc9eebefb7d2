"""What an invoice comes to and what the balance on account does to it, in figures and in words.

The same part for a preview and for an invoice that has been finalised.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from lib.billing import Preview
from lib.money import Money
from lib.ui import feedback, tables

Row = tuple[str, str]


def rows(figures: Preview, discount: Money | None = None) -> list[Row]:
    """Label and amount, down to what is asked for; what the balance does not touch is left out."""
    found = [("Subtotal", figures.subtotal)]
    if discount:
        found.append(("Discount", -discount))
    found += [(_vat(figures, discount), figures.tax), ("Total", figures.total)]
    if figures.credit_used:
        found.append(("Credit used", -figures.credit_used))
    if figures.debit_added:
        found.append(("Debit added", figures.debit_added))
    if figures.too_small:
        found.append(("Carried to the next invoice", -figures.balance_after))
    if figures.total.minor < 0 and figures.nothing_to_pay:
        found.append(("Goes onto the account", abs(figures.total)))
    return [(label, str(amount)) for label, amount in [*found, ("To pay", figures.to_pay)]]


def words(figures: Preview) -> str:
    """What finalising does: "£150.00 credit used, £50.00 to pay."."""
    used = [f"{figures.credit_used} credit used"] if figures.credit_used else []
    used += [f"{figures.debit_added} debit added"] if figures.debit_added else []
    if not figures.nothing_to_pay:
        return f"{', '.join([*used, f'{figures.to_pay} to pay'])}."
    return " ".join([*(f"{part}." for part in used), f"{_why_nothing(figures)}, so no payment request goes out."])


def afterwards(balance: Money) -> str:
    """What is left on the payer's account."""
    return f"{tables.say_account(balance.minor, balance.currency) or 'Nothing'} on account afterwards."


def show(figures: Preview) -> None:
    """The figures, what they mean, and what is left on account."""
    table(rows(figures))
    say = st.info if figures.nothing_to_pay else st.success
    say(feedback.safe_sentence(words(figures)), icon=":material/payments:")
    st.caption(feedback.safe_sentence(afterwards(figures.balance_after)))


def table(shown: Sequence[Row], strong: Sequence[str] = ("Total", "To pay"), *, right: bool = True) -> None:
    """Labels at the left; amounts at the right, one under the other, or words beside their labels."""
    value = "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums" if right else "width:99%"
    label = "" if right else "opacity:.75;white-space:nowrap"
    told = "".join(
        f'<tr style="font-weight:{650 if name in strong else 400};vertical-align:top">'
        f'<td style="padding:.2rem 1rem .2rem 0;{label}">{escape(name)}</td>'
        f'<td style="padding:.2rem 0;overflow-wrap:anywhere;{value}">{escape(said)}</td></tr>'
        for name, said in shown
    )
    # An amount far from its label is read in the wrong row.
    wide = "max-width:34rem;" if right else ""
    st.html(f'<table style="width:100%;{wide}border-collapse:collapse">{told}</table>')


def _vat(figures: Preview, discount: Money | None) -> str:
    """VAT, and how much of it the prices contain already."""
    inside = figures.subtotal + figures.tax - figures.total - (discount or Money(0, figures.total.currency))
    if not inside:
        return "VAT"
    return "VAT, in the prices" if inside == figures.tax else f"VAT, {inside} of it in the prices"


def _why_nothing(figures: Preview) -> str:
    if figures.too_small:
        return f"Nothing to pay yet: {figures.balance_after} is less than Stripe can charge and is carried forward"
    if figures.credit_used:
        return "Nothing to pay: credit covers it"
    if figures.total.minor < 0:
        return "Nothing to pay: the total is below zero and becomes credit on account"
    return "Nothing to pay: the total is zero"
