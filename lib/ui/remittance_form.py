"""Recording a remittance: who paid what, how it is shared out, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.actions import remittances as actions
from lib.actions.sharing import Payment, checked
from lib.context import Context
from lib.errors import Refused
from lib.money import Money
from lib.queries import customers, remittances
from lib.ui import feedback, payment_fields, pickers, remittance_shares, typed_twice
from lib.ui.forms import Form
from lib.ui.payment_frame import Frame, Plan
from lib.ui.remittance_shares import Sharing

_OPEN, _NAME = "remittance.open", "remittance"
_NAMES = ("payer", "amount", *payment_fields.NAMES, "shares", "list", "surplus", typed_twice.FIELD)


def is_open() -> bool:
    """Whether somebody is recording one."""
    return bool(st.session_state.get(_OPEN))


def arrive(payer: str) -> None:
    """Somebody comes from a payer's page: a form that was left open for another one is not theirs."""
    if st.session_state.get(_OPEN) != payer:
        open_for(payer)


def open_for(payer: str = "") -> None:
    """Show an empty form, for this payer or one still to be chosen. A button's callback."""
    form = Form(_NAME)
    form.finish()
    st.session_state.update({_OPEN: payer or "-", f"{_NAME}.wish": None, f"{_NAME}.done": None})
    st.session_state[form.field("payer")] = payer or None


def close() -> None:
    """Back to the list. A button's callback."""
    st.session_state[_OPEN] = ""
    st.query_params.clear()


def show(ctx: Context) -> None:
    """Fields, question and outcome."""
    frame = Frame(Form(_NAME), "Record a remittance", _NAMES, close, stays=("payer", *payment_fields.NAMES))
    frame.show(ctx, lambda locked: _fields(ctx, frame.form, locked))


def _fields(ctx: Context, form: Form, locked: bool) -> Callable[[], Plan]:
    payer = _payer(ctx, form, locked)
    if not payer:
        return _nobody
    left, right = st.columns([1, 3])
    with left:
        currency = _currency(ctx, form, payer, locked)
        amount = payment_fields.amount_of(form, "Amount received", "amount", "", currency, locked=locked)
    with right:
        received = payment_fields.received(ctx, form, locked=locked)
    sharing = remittance_shares.draw(ctx, form, payer, amount, currency, locked=locked)
    keep = _surplus(form, amount, sharing, locked)
    again = typed_twice.field(ctx, form, amount, locked=locked)
    balance: Money = form.keep(f"balance.{payer}.{currency}", customers.get(ctx, payer).balance(currency))

    def plan() -> Plan:
        right = received.checked(ctx)
        arrived = payment_fields.parsed(form, "amount", currency)
        return _plan(ctx, Payment(payer, arrived, right, sharing.checked()), balance, keep=keep, again=again)

    return plan


def _nobody() -> Plan:
    raise Refused("Choose whose payment this is.", field="payer")


def _payer(ctx: Context, form: Form, locked: bool) -> str:
    payer = pickers.pick(ctx, "Payer", form.field("payer"), placeholder="Who paid", disabled=locked)
    form.wrong("payer")
    return payer


def _currency(ctx: Context, form: Form, payer: str, locked: bool) -> str:
    """The one that the payer owes in; asked for where there are several."""
    found = remittances.currencies(ctx, payer) or [ctx.settings.currency]
    currency = found[0]
    if len(found) > 1:
        currency = st.selectbox("Currency", found, key=form.field("currency"), format_func=str.upper, disabled=locked)
    return currency


def _surplus(form: Form, amount: Money | None, sharing: Sharing, locked: bool) -> bool:
    """What is left over becomes credit only by a tick of its own, for this very figure (scenario 28)."""
    form.wrong("surplus")
    if amount is None or not sharing.shares:
        return False
    total = sharing.total(amount.currency)
    rest = amount - total
    st.caption(feedback.safe_sentence(_shared_words(amount, total)))
    if rest.minor <= 0:
        return False
    label = feedback.safe_sentence(f"Keep the {rest} that is left over as credit on the payer's account")
    return st.checkbox(label, key=form.field(f"surplus.{rest.minor}.{rest.currency}"), disabled=locked)


def _shared_words(amount: Money, total: Money) -> str:
    if total == amount:
        return f"All of {amount} is shared out."
    if total.minor < amount.minor:
        return f"{total} of {amount} is shared out; {amount - total} is left over."
    return f"{total} is shared out, {total - amount} more than the {amount} that arrived."


def _plan(ctx: Context, wanted: Payment, balance: Money, *, keep: bool, again: Money | None) -> Plan:
    right = checked(ctx, wanted, keep_surplus=keep)
    typed_twice.check(ctx, right.amount, again)

    def send(ctx: Context, key: str, despite: bool) -> object:
        return actions.record_remittance(
            ctx, right, balance=balance, keep_surplus=keep, form=key, retyped=again, despite_same=despite
        )

    count = f"{len(right.shares)} {'invoice' if len(right.shares) == 1 else 'invoices'}"
    rows = (
        ("Payer", customers.name_of(ctx, right.payer)),
        ("Received", str(right.amount)),
        *payment_fields.told(right.received),
        ("Shared out", f"{right.allocated} over {count}"),
        ("Becomes credit on account", str(right.surplus)),
    )
    done = f"{right.amount} was recorded over {count}."
    yes = f"Yes, record {right.amount}"
    return Plan(rows, _words(right, count), yes, send, done, right.payer, right.amount, begun=remittances.begun)


def _words(right: Payment, count: str) -> str:
    settled = sum(1 for share in right.shares if share.amount == share.remaining)
    parts = [f"{settled} of {count} {'is' if settled == 1 else 'are'} paid in full."] if len(right.shares) > 1 else []
    if not parts and settled:
        parts = [f"{right.shares[0].number or right.shares[0].invoice} is paid in full."]
    for share in right.shares:
        if share.amount < share.remaining and len(parts) < 4:
            left = Money(share.remaining - share.amount, right.amount.currency)
            parts.append(f"{share.number or share.invoice} stays open at {left}.")
    if right.surplus:
        parts.append(f"{right.surplus} becomes credit on the account.")
    return " ".join(parts)
