"""The parts of an invoice's page."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from lib.billing import Preview, settled
from lib.context import Context
from lib.dates import say_day
from lib.money import Money, exponent, symbol
from lib.queries import invoices, timeline
from lib.queries.invoices import Invoice
from lib.text import shown
from lib.ui import feedback, page, preview, stripe_links, tables
from lib.ui.tables import STATUS, Column

_LINES = (
    Column("description", "Description", width="medium"),
    Column("quantity", "Quantity", "figure"),
    Column("unit", "Unit price", "figure"),
    Column("vat", "VAT rate"),
    Column("tax", "VAT", "money"),
    Column("amount", "Amount", "money"),
)
_HISTORY = (
    Column("at", "When", "moment"),
    Column("what", "What", width="medium"),
    Column("detail", "Details", width="large"),
    Column("who", "Who"),
)


def heading(ctx: Context, found: Invoice) -> None:
    """Where it stands, and the ways to it elsewhere."""
    word, colour = STATUS.get(found.status, (found.status, "gray"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(word, color=colour)
        if found.overdue_days:
            st.badge(f"{found.overdue_days} {'day' if found.overdue_days == 1 else 'days'} overdue", color="red")
    with st.container(horizontal=True):
        for label, url in (("Hosted page", found.hosted_url), ("PDF", found.pdf_url)):
            if url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
                st.link_button(label, url, icon=":material/open_in_new:")
        st.link_button("Open in Stripe", stripe_links.invoice(ctx, found.id), icon=":material/open_in_new:")


def parties(found: Invoice) -> None:
    """Who is billed, and for whom."""
    name = shown(found.payer_name) or found.payer
    page.link("customer", f"Billed to {name}", icon=":material/account_circle:", id=found.payer)
    if found.payer_deleted:
        st.warning("This payer was deleted in Stripe. The invoice stays payable.", icon=":material/delete:")
    elif found.payer_now and found.payer_now != found.payer_name:
        st.caption(feedback.safe_sentence(f"The invoice keeps this name; the account is called {found.payer_now} now."))
    if found.patient and found.patient != found.payer:
        page.link("customer", f"For {shown(found.patient_name)}", icon=":material/person:", id=found.patient)
    elif not found.patient:
        st.text(f"For {shown(found.patient_name)}" if found.patient_name else "Not for a patient")


def facts(ctx: Context, found: Invoice) -> None:
    """Dates, and what is printed beside the lines."""
    zone, issued = ctx.settings.zone, found.status != "draft"
    known = [
        ("Created", say_day(found.created, zone)),
        ("Finalised", say_day(found.finalized_at, zone)),
        ("Due by", _due(found, zone) if issued and found.due_at else ""),
        ("Due date in Stripe", say_day(found.stripe_due, zone) if issued else ""),
        ("Practitioner", found.practitioner),
        ("Location", found.location),
        *found.custom_fields,
        ("Memo", found.memo),
    ]
    preview.table([(label, shown(value, 500)) for label, value in known if value], strong=(), right=False)


def _due(found: Invoice, zone: ZoneInfo) -> str:
    """The day, and whose: the payer's terms count where they give more time than Stripe's due date."""
    day = say_day(found.due_at, zone)
    if found.payer_terms is None:
        why = "Stripe's due date; the payer has no terms of its own"
    elif day == say_day(found.stripe_due, zone):
        why = f"Stripe's due date; the payer's terms are {_days(found.payer_terms)}"
    else:
        why = f"{_days(found.payer_terms)} after it was issued, the payer's terms"
    return f"{day}: {why}"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def figures(found: Invoice) -> None:
    """What it came to; credit and debit as they were applied when it was finalised."""
    applied = settlement(found)
    rows = preview.rows(applied, found.discount)[:-1]
    if found.credit_notes:
        rows.append(("Credit notes", str(-found.credit_notes)))
    rows += [("Due", str(found.due)), ("Paid", str(found.paid)), ("Remaining", str(found.remaining))]
    preview.table(rows, strong=("Total", "Due", "Remaining"))
    words = [part for part in _words(found, applied) if part]
    if words:
        st.caption(feedback.safe_sentence(" ".join(words)))


def settlement(found: Invoice) -> Preview:
    """What finalising did to it, from the balances that stand on it."""
    after = found.ending_balance or Money(0, found.total.currency)
    due = found.total + found.starting_balance - after
    return Preview(found.subtotal, found.tax, found.total, found.starting_balance, to_pay=due, balance_after=after)


def forecast(found: Invoice, balance: Money) -> Preview:
    """What finalising will do to a draft."""
    return settled(found.subtotal, found.tax, found.total, balance)


def lines(ctx: Context, found: Invoice) -> None:
    """All of them, and whether they add up."""
    rows = invoices.lines(ctx, found.id)
    if rows.empty:
        feedback.empty("There is no line on this invoice.")
        return
    rows["unit"] = [_unit(one.unit_amount, one.currency) for one in rows.itertuples()]
    rows["vat"] = [one.rate or ("" if one.tax else "Exempt") for one in rows.itertuples()]
    tables.table(rows, _LINES, ctx.settings.zone, key="invoice.lines")
    _sum_check(found, rows)


def history(ctx: Context, found: Invoice) -> None:
    """What happened, oldest first."""
    tables.table(timeline.timeline(ctx, found.id), _HISTORY, ctx.settings.zone, key="invoice.history")


def _words(found: Invoice, applied: Preview) -> list[str]:
    if found.status == "void":
        return ["Voided: nothing is owed, and what the balance had paid went back to the account."]
    if applied.too_small:
        return [f"{applied.balance_after} was too little to charge and was carried to the next invoice."]
    if applied.credit_used and applied.nothing_to_pay:
        return ["Credit on account paid it at once; no payment request went out."]
    return [
        f"{applied.credit_used} credit used." if applied.credit_used else "",
        f"{applied.debit_added} debit added." if applied.debit_added else "",
    ]


def _sum_check(found: Invoice, rows: pd.DataFrame) -> None:
    total = Money(int(rows["amount"].sum()), found.subtotal.currency)
    count = f"{len(rows)} {'line' if len(rows) == 1 else 'lines'}"
    if total == found.subtotal:
        st.caption(f"{count}, {total} in all: the subtotal of the invoice.")
        return
    words = f"{count} add up to {total}, but the invoice's subtotal is {found.subtotal}. Look at it in Stripe."
    st.warning(words, icon=":material/warning:")


def _unit(minor: str, currency: str) -> str:
    """A unit price, which may have fractions of a penny."""
    try:
        amount = Decimal(minor)
    except InvalidOperation:
        return ""
    if amount == amount.to_integral_value():
        return str(Money(int(amount), currency))
    return f"{symbol(currency)}{amount.scaleb(-exponent(currency)).normalize():f}"
