"""What re-billing several will do, in figures, before it does."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lib.billing import Preview, settled
from lib.money import Money
from lib.text import shown
from lib.ui import feedback
from lib.ui.rebill_work import Piece


def show(ticked: Sequence[Piece]) -> dict[str, Money]:
    """All of it; and the new payers' balances that it was said with, as each will be before its invoice."""
    _consequences(ticked)
    asked = _asked_for(ticked)
    _on_account(ticked, asked)
    return {one: figures.balance for one, figures in asked.items()}


def _consequences(ticked: Sequence[Piece]) -> None:
    """What one press will do."""
    for currency in dict.fromkeys(one.total.currency for one in ticked):
        mine = [one for one in ticked if one.total.currency == currency]
        total = Money(sum(one.total.minor for one in mine), currency)
        names = list(dict.fromkeys(shown(one.to.name) for one in mine if one.to))
        old = sum(one.status == "draft" for one in mine)
        parts = [f"{old} old drafts are deleted" if old != 1 else "1 old draft is deleted"] if old else []
        parts += [f"{len(mine) - old} open invoices are voided and raised anew"] if len(mine) - old else []
        said = f"{total} in all goes to {', '.join(names[:3])}; {' and '.join(parts)}. They read every line."
        st.info(feedback.safe_sentence(said), icon=":material/visibility:")


def _asked_for(ticked: Sequence[Piece]) -> dict[str, Preview]:
    """What each open one will ask its new payer for: what one takes of a balance the next does not have."""
    now: dict[tuple[str, str], Money] = {}
    found: dict[str, Preview] = {}
    for one in ticked:
        if one.status == "open" and one.to:
            total, key = one.total, (one.to.id, one.total.currency)
            before = now.get(key, one.to.balance(total.currency))
            found[one.id] = settled(total, Money(0, total.currency), total, before)
            now[key] = found[one.id].balance_after
    return found


def _on_account(ticked: Sequence[Piece], asked: dict[str, Preview]) -> None:
    """What the new payers have on account goes into what is raised anew: said before it does (scenarios 3 to 5)."""
    told: dict[tuple[str, str], list[Preview]] = {}
    for one in ticked:
        if one.id in asked and one.to:
            told.setdefault((shown(one.to.name) or one.to.id, one.total.currency), []).append(asked[one.id])
    for (name, currency), each in told.items():
        if not (balance := each[0].balance):
            continue
        due = Money(sum(one.to_pay.minor for one in each), currency)
        way = "of credit on account is used" if balance.minor < 0 else "that is owed on account is asked for with it"
        moved = abs(each[-1].balance_after - balance)
        st.info(feedback.safe_sentence(f"{name}: {moved} {way}; {due} is to pay."), icon=":material/payments:")
