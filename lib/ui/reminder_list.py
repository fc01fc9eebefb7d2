"""The list of payers with something overdue, and the way from it to the messages."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from lib import mail
from lib.actions.reminder_pauses import say_pause
from lib.context import Context
from lib.dates import say_day, say_moment
from lib.queries import Page
from lib.ui import page, reminder_send, tables
from lib.ui.reminder_log import STATES
from lib.ui.tables import Column

_COLUMNS = (
    Column("name", "Payer", width=256),
    Column("overdue", "Overdue", "money"),
    Column("invoices", "Invoices", "whole"),
    Column("days", "Days overdue", "whole", help="Of the oldest invoice, by the payer's terms"),
    Column("now", "Stage now due"),
    Column("last", "Last reminder", width="medium"),
    Column("next", "Next due", width=110),
    Column("pause", "Paused"),
)


def stages(ctx: Context) -> str:
    """7, 21 or 45."""
    *some, last = map(str, ctx.settings.reminder_days)
    return f"{', '.join(some)} or {last}" if some else last


def road(ctx: Context) -> None:
    """Said where there is no mail server."""
    if not mail.can_send(ctx.settings):
        st.warning("No mail server is set: reminders can be read here, not sent.", icon=":material/mail_off:")


def show(ctx: Context, found: Page) -> None:
    """The rows; those that are ticked can be reminded after a look at the messages."""
    rows = found.rows
    rows["name"] = tables.with_state(rows)
    rows["now"] = [f"{row.stage} days" if row.due else "–" for row in rows.itertuples()]
    rows["last"] = [_last(ctx, row) for row in rows.itertuples()]
    rows["next"] = [_next(ctx, row) for row in rows.itertuples()]
    rows["pause"] = [say_pause(row.paused_until) if row.paused else "" for row in rows.itertuples()]
    money = page.may(ctx, "money") and mail.can_send(ctx.settings)
    pick = "multi-row" if money else "single-row"
    picked = tables.table(rows, _COLUMNS, ctx.settings.zone, key="reminders.table", pick=pick)
    tables.pages("reminders.page", found, "payers")
    if rows["deleted"].any():
        st.caption("Who was deleted in Stripe cannot be written to from here. What they owe stays payable.")
    if money:
        _ways(ctx, rows, picked)
    elif picked:
        page.go("customer", id=picked[0].partition(":")[0])


def _ways(ctx: Context, rows: pd.DataFrame, picked: list[str]) -> None:
    due = [str(row.id) for row in rows.itertuples() if row.due]
    chosen = picked or due
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Preview {len(chosen)} of those ticked" if picked else f"Preview all {len(due)} due on this page"
        pressed = st.button(label, type="primary", icon=":material/mail:", disabled=not chosen, key="reminders.preview")
        if len(picked) == 1 and st.button("Open account", key="reminders.account"):
            page.go("customer", id=picked[0].partition(":")[0])
    if pressed:
        reminder_send.prepare(ctx, [_pair(row) for row in chosen])
        st.rerun()


def _pair(row: str) -> tuple[str, str]:
    payer, _, currency = row.partition(":")
    return payer, currency


def _last(ctx: Context, row: Any) -> str:
    if row.last_at is None or pd.isna(row.last_at):
        return "Never"
    when = say_moment(int(row.last_at), ctx.settings.zone)
    return f"{STATES.get(row.last_state, row.last_state)} {when} · {row.last_stage} days · {row.last_by}"


def _next(ctx: Context, row: Any) -> str:
    if row.due:
        return "Now"
    if row.deleted:
        return "Not from here"
    return "" if row.next_due is None or pd.isna(row.next_due) else say_day(int(row.next_due), ctx.settings.zone)
