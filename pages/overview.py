"""The practice at a glance; a bar that is clicked narrows the table beneath."""

import pandas as pd
import streamlit as st

from lib.money import Money
from lib.queries import invoices, overview
from lib.queries.invoices import Filters
from lib.ui import charts, feedback, later, page, rebill_misdirected, review_parts, tables
from lib.ui.tables import Column

OWED = (
    Column("number", "Number"),
    Column("payer_name", "Payer", width="medium"),
    Column("patient_name", "Patient", width="medium"),
    Column("remaining", "Remaining", "money"),
    Column("due_at", "Due", "day"),
    Column("overdue_days", "Days overdue", "whole"),
)

ctx = page.begin("Overview")
with st.container():
    review_parts.notice(ctx)
figures = overview.figures(ctx)

used = {figure.currency.upper(): figure for figure in figures}
chosen = figures[0].currency.upper()
if len(used) > 1:
    chosen = (
        st.segmented_control("Currency", list(used), default=chosen, key="overview.currency", required=True) or chosen
    )
now = used[chosen]

with st.container(horizontal=True):
    st.metric("Outstanding", str(now.outstanding), border=True, help="What is left to pay on open invoices")
    st.metric("Overdue", str(now.overdue), border=True, help="Past the payer's own terms")
    st.metric("Credit held", str(now.credit), border=True, help="Held for payers; Stripe uses it on their next invoice")
    st.metric("Debit carried", str(now.debit), border=True, help="Added to the payer's next invoice")
    st.metric("Drafts", f"{now.drafts} · {now.drafted}", border=True, help="Saved, not yet finalised")
    paid = (
        "All that was paid on invoices whose last payment came since the first of the month. A part payment counts "
        "once the rest is paid; credit that was used does not count."
    )
    st.metric("Paid in full this month", str(now.received), border=True, help=paid)

with st.container():
    rebill_misdirected.show(ctx)

if not now.outstanding:
    feedback.empty(
        f"Nothing is outstanding in {chosen}.",
        "What is finalised and not yet paid shows here. To raise an invoice, press New invoice under Invoices.",
    )
    st.stop()


def owing(rows: pd.DataFrame) -> list[Money]:
    """Each row's amount, in the currency that is looked at."""
    return [Money(int(owes), now.currency) for owes in rows["outstanding"]]


by_payer, by_age = overview.by_payer(ctx, now.currency), overview.by_age(ctx, now.currency)
drawn = later.ready("overview.bars")
left, right = st.columns(2)
with left, st.container(border=True):
    payer = charts.bars(
        "Outstanding by organisation",
        by_payer["name"],
        owing(by_payer),
        by_payer["payer"],
        key=f"overview.payer.{chosen}",
        colour="#26818b",
        drawn=drawn,
    )
with right, st.container(border=True):
    age = charts.bars(
        "Outstanding by days past due",
        by_age["age"],
        owing(by_age),
        by_age["age"],
        key=f"overview.age.{chosen}",
        colour="#cc7520",
        drawn=drawn,
    )

filters = Filters(currency=now.currency, payer=payer, age=age or "Outstanding")
found = invoices.table(ctx, filters, sort="Due date", descending=False)
found.rows["overdue_days"] = found.rows["overdue_days"].replace(0, None)
st.subheader("Longest due first", anchor=False)
st.caption(
    "Click a bar to narrow this list; click it again for all." if not (payer or age) else "Narrowed by the bars above."
)
picked = tables.table(found.rows, OWED, ctx.settings.zone, key="overview.table", pick="single-row")
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(tables.position(found, "invoices"))
    if st.button("See them under Invoices", key="overview.all"):
        page.go("invoices", age=filters.age, currency=now.currency, **({"payer": payer} if payer else {}))
if picked:
    page.go("invoice", id=picked[0])
