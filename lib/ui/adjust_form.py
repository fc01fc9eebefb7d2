"""The form that posts a credit or a debit: what it will do is said in words while it is typed, and once more before it
is posted.

What is to be posted is frozen when "Post adjustment" is pressed, with the balance that its before and after were made
from. Only that is ever sent, and the fields stand still until it is confirmed or cancelled.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from lib.actions import balances
from lib.context import Context
from lib.errors import NotFound, Refused, Together
from lib.money import Money, symbol
from lib.queries import customers, invoices
from lib.queries.customers import Account
from lib.queries.invoices import Filters
from lib.ui import adjust_steps, feedback, page, pickers, typed_twice
from lib.ui.adjust_steps import Wish
from lib.ui.balance_words import say_change, say_position
from lib.ui.forms import Form

_OPEN, _WISH, _DONE = "adjust.open", "adjust.wish", "adjust.done"
_FIELDS = ("customer", "kind", "amount", typed_twice.FIELD, "reason", "note")
_CAPTIONS = ("We owe them: it reduces their next invoice.", "They owe us: it is added to their next invoice.")


def is_open() -> bool:
    """Whether somebody is adjusting a balance on this page (on this account, where the page is about one)."""
    return st.session_state.get(_OPEN) == _place()


def open_for(customer: str = "") -> None:
    """Show an empty form, for this customer or for one still to be chosen. A button's callback."""
    form = Form("adjust")
    form.finish()
    st.session_state.update({_OPEN: _place(), _WISH: None, _DONE: None})
    st.session_state[form.field("customer")] = customer or None


def close() -> None:
    """Back to the page. A button's callback."""
    st.session_state.update({_OPEN: None, _WISH: None, _DONE: None})


def show(ctx: Context) -> None:
    """The form, the question before posting, or what was posted."""
    if done := st.session_state.get(_DONE):
        _result(ctx, *done)
        return
    form = Form("adjust")
    wish = _wish_on_screen(ctx, form)
    st.subheader("Adjust balance", anchor=False)
    form.trouble()
    typed = _fields(ctx, form, locked=wish is not None)
    if wish:
        _ask(ctx, form, wish)
        return
    with st.container(horizontal=True):
        pressed = st.button("Post adjustment", type="primary", key=form.field("post"))
        st.button("Cancel", key=form.field("close"), on_click=close)
    if pressed:
        with form.submitting(_FIELDS, waiting="Checking…"):
            st.session_state[_WISH] = _wish(ctx, **typed)
        st.rerun()


def _place() -> str:
    """An account's page is about one customer: a form that was left open there is not open on another's."""
    return st.query_params.get("id", "")


def _wish_on_screen(ctx: Context, form: Form) -> Wish | None:
    """What waits for a yes. A refusal, or fields that were lost by leaving the page, send it back to the form."""
    wish: Wish | None = st.session_state.get(_WISH)
    if wish and form.field("amount") not in st.session_state:
        wish = None
    if wish:
        _hold(form, wish)
    if wish and form.failed:
        wish = None
    elif wish and form.asked and not wish.despite:
        now = customers.get(ctx, wish.customer).balance(wish.amount.currency)
        wish = replace(wish, despite=True, seen=now)
    st.session_state[_WISH] = wish
    return wish


def _hold(form: Form, wish: Wish) -> None:
    """Fields show what waits for a yes: a browser forgets what was typed a blink before its field was locked."""
    typed = st.session_state.get(form.field("amount")) or wish.amount.plain
    held = {"customer": wish.customer, "kind": wish.kind, "amount": typed, "reason": wish.reason, "note": wish.note}
    if wish.retyped:
        held[typed_twice.FIELD] = st.session_state.get(form.field(typed_twice.FIELD)) or wish.retyped.plain
    st.session_state.update({form.field(name): value for name, value in held.items()})


def _fields(ctx: Context, form: Form, *, locked: bool) -> dict[str, Any]:
    """Draw the fields outside any st.form, so that the preview follows what is typed."""
    account = _customer(ctx, form, locked)
    kind = st.radio(
        "Direction", balances.KINDS, captions=_CAPTIONS, horizontal=True, key=form.field("kind"), disabled=locked
    )
    form.wrong("kind")
    left, right = st.columns(2)
    with left:
        hint = f"{symbol(account.currency)}{Money(4500, account.currency).decimal}" if account else "45.00"
        amount = st.text_input(
            "Amount",
            key=form.field("amount"),
            placeholder=hint,
            live=True,
            on_change=form.mend,
            disabled=locked,
        )
        parsed = _preview(form, account, kind, amount or "")
        again = typed_twice.field(ctx, form, parsed, locked=locked)
    with right:
        reason = form.choice(
            "Reason",
            "reason",
            balances.REASONS,
            index=None,
            placeholder="Why the balance changes",
            on_change=form.mend,
            disabled=locked,
        )
        note = form.text("Note", "note", disabled=locked, placeholder="Kept with the entry in Stripe")
    _next_invoice(ctx, account, kind)
    typed = {"account": account, "kind": kind, "amount": amount or "", "reason": reason or "", "note": note}
    return {**typed, "retyped": again}


def _customer(ctx: Context, form: Form, locked: bool) -> Account | None:
    """Choose among customers that Stripe still has."""
    hint = "Name, email, postcode or reference"
    chosen = pickers.pick(ctx, "Customer", form.field("customer"), placeholder=hint, disabled=locked)
    form.wrong("customer")
    try:
        return customers.get(ctx, chosen) if chosen else None
    except NotFound:
        return None


def _preview(form: Form, account: Account | None, kind: str, typed: str) -> Money | None:
    """One box under the amount, always there so that nothing jumps: what it will do, or what is wrong with it. Returns
    the amount, where it is one.
    """
    if not typed.strip() or account is None:
        form.wrong("amount")
        st.info("Choose a customer and enter an amount to see what it will do.", icon=":material/visibility:")
        return None
    try:
        amount = Money.parse(typed, account.currency)
    except Refused as no:
        st.error(feedback.safe_sentence(no.words), icon=":material/error:")
        return None
    form.wrong("amount")
    before = account.balance(account.currency)
    after = before + Money(balances.stripe_amount(kind, amount), account.currency)
    st.info(feedback.safe_sentence(say_change(before, after)), icon=":material/visibility:")
    return amount


def _next_invoice(ctx: Context, account: Account | None, kind: str) -> None:
    """Said before posting: what is open stays as it is (scenario 8)."""
    words = (
        "Stripe uses credit on the next invoice that is finalised, never on one that is already open."
        if kind == "Credit"
        else "Stripe adds a debit to the next invoice that is finalised, never to one that is already open."
    )
    if account is None:
        st.caption(words)
        return
    count = invoices.sums(ctx, Filters(payer=account.id, age="Outstanding"), whole=True).total
    owing = ", ".join(str(money) for money in account.outstanding)
    many = "1 open invoice" if count == 1 else f"{count} open invoices"
    still = f"They have {many}, {owing} in all, which stays as it is." if count else "They have no open invoice now."
    st.caption(feedback.safe_sentence(f"{say_position(account.balance(account.currency))}. {still} {words}"))


def _wish(
    ctx: Context,
    *,
    account: Account | None,
    kind: str,
    amount: str,
    reason: str,
    note: str,
    retyped: Money | None,
) -> Wish:
    """Raises Refused with every field at fault; what an amount is depends on whose account it is."""
    fresh = customers.get(ctx, account.id) if account else None
    with Together() as check:
        check(_chosen, fresh, "customer")
        money = check(Money.parse, amount, fresh.currency) if fresh else None
        check(_chosen, reason, "reason")
        noted = check(balances.written, note)
        check(typed_twice.check, ctx, money or None, retyped)
    return Wish(
        customer=fresh.id,
        kind=kind,
        amount=money,
        reason=reason,
        note=noted,
        seen=fresh.balance(fresh.currency),
        retyped=retyped,
    )


def _chosen(choice: object, field: str) -> None:
    if not choice:
        raise Refused(f"Choose a {field}.", field=field)


def _ask(ctx: Context, form: Form, wish: Wish) -> None:
    """The question before anything is posted; a second one where the same was posted a moment ago."""
    with st.container(border=True):
        if form.asked:
            st.warning(feedback.safe_sentence(form.asked.words), icon=":material/group:")
        else:
            st.markdown("**Post this?** It cannot be taken back, only answered by its opposite.")
        adjust_steps.restate(ctx, wish)
        yes = f"Post another {wish.amount} anyway" if wish.despite else "Yes, post it"
        with st.container(horizontal=True):
            pressed = st.button(feedback.safe_sentence(yes), type="primary", key=form.field(f"yes.{wish.despite}"))
            st.button("Cancel", key=form.field("no"), on_click=_think_again, args=(form,))
    if pressed:
        _post(ctx, form, wish)


def _think_again(form: Form) -> None:
    form.forget_question()
    if wish := st.session_state.get(_WISH):
        _hold(form, wish)
    st.session_state[_WISH] = None


def _post(ctx: Context, form: Form, wish: Wish) -> None:
    with form.submitting(_FIELDS):
        posted = balances.adjust_balance(
            ctx,
            customer=wish.customer,
            kind=wish.kind,
            amount=wish.amount,
            reason=wish.reason,
            note=wish.note,
            seen=wish.seen,
            form=f"{form.key}.{wish.mark}",
            despite_recent=wish.despite,
            retyped=wish.retyped,
        )
    form.finish()
    st.session_state.update({_WISH: None, _DONE: (wish, posted.result)})
    st.rerun()


def _result(ctx: Context, wish: Wish, entry: str) -> None:
    adjust_steps.result(ctx, wish, entry)
    with st.container(horizontal=True):
        st.button("Done", type="primary", key="adjust.close", on_click=close)
        st.button("Adjust another balance", key="adjust.again", on_click=open_for)
        if not _place() and st.button("Open account", key="adjust.account"):
            close()
            page.go("customer", id=wish.customer)
