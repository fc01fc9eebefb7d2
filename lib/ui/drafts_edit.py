"""Editing a draft: lines off and on, terms, and what is printed, with what it will come to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import streamlit as st

from lib.actions import drafts_edit as actions
from lib.actions import invoice_state
from lib.actions.edits import DISCOUNTED, Edit
from lib.billing import Preview, preview, settled
from lib.context import Context
from lib.money import Money, exponent, symbol
from lib.queries import catalogue, customers, drafts
from lib.queries.invoices import Invoice
from lib.text import shown
from lib.ui import feedback, invoice_open, page
from lib.ui import preview as figures
from lib.ui.forms import Form
from lib.ui.line_editor import LineEditor, say_rate

FIELDS = ("lines", "terms_days", "reference", "purchase_order", "memo")


def offered(ctx: Context, found: Invoice) -> bool:
    """A draft, for a payer whom Stripe still has, that no membership made."""
    if found.status != "draft" or found.payer_deleted:
        return False
    return not invoice_state.is_of_subscription(drafts.body(ctx, found.id))


def show(ctx: Context, found: Invoice) -> None:
    """The form, filled with what the draft is; what it will come to stands beside it."""
    form = Form(f"edit.{found.id}")
    kept: dict[str, Any] = form.keep("draft", {"body": drafts.body(ctx, found.id), "off": []})
    body, off = kept["body"], kept["off"]
    st.subheader("Edit draft", anchor=False)
    form.trouble()
    currency = found.total.currency
    editor = LineEditor(form, catalogue.items(ctx, currency), catalogue.rates(ctx), currency)
    fixed = invoice_state.is_discounted(body)
    typing, paper = st.columns([11, 9], gap="large")
    with typing:
        if fixed:
            st.info(DISCOUNTED, icon=":material/percent:")
        else:
            editor.draw()
        words = _printed(ctx, form, found, body)
    with paper, st.container(border=True):
        st.subheader("As it will be", anchor=False)
        for line in body["lines"]["data"]:
            _line(form, editor, line, kept, fixed=fixed)
        _added(editor)
        figures.show(_forecast(ctx, found, body, off, editor))
        _buttons(ctx, form, found, body, off, editor, words)


def _printed(ctx: Context, form: Form, found: Invoice, body: dict[str, Any]) -> dict[str, str]:
    """Terms, reference, purchase order and memo, as they are until somebody types over them."""
    own = customers.get(ctx, found.payer).terms_days
    usual = str(ctx.settings.terms_days if own is None else own)
    have = invoice_state.printed(body)
    left, right = st.columns(2)
    with left:
        terms = form.text("Payment terms (days)", "terms_days", value=invoice_state.terms_of(body) or usual)
        reference = form.text("Reference", "reference", value=have["Reference"])
    with right:
        order = form.text("Purchase order", "purchase_order", value=have["Purchase order"])
    memo = form.area("Memo", "memo", value=body.get("description") or "", height=80)
    return {"terms_days": terms, "reference": reference, "purchase_order": order, "memo": memo}


def _line(form: Form, editor: LineEditor, line: dict[str, Any], kept: dict[str, Any], *, fixed: bool) -> None:
    """A line that is on the draft: taken off, put back, or taken off and into the fields to be changed; where it is
    `fixed`, it is only shown.
    """
    gone = line["id"] in kept["off"]
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        with st.container(gap=None):
            st.text(shown(line.get("description") or "No description", 500))
            parts = [f"{line.get('quantity_decimal') or line.get('quantity')} × {_unit(line)}", "taken off" * gone]
            st.caption(feedback.safe_sentence(" · ".join(part for part in parts if part)))
        st.text(str(Money(line["amount"], line["currency"])), width="content")
        if fixed:
            return
        at = {"type": "tertiary", "on_click": _turn, "args": (form, editor, line, kept)}
        if gone:
            st.button("Put back", key=form.field(f"back.{line['id']}"), **at)
            return
        st.button("Remove", key=form.field(f"off.{line['id']}"), **at)
        if editor.can_change(line):
            st.button("Change", key=form.field(f"change.{line['id']}"), **{**at, "on_click": _change})


def _turn(form: Form, _editor: LineEditor, line: dict[str, Any], kept: dict[str, Any]) -> None:
    off = kept["off"]
    kept["off"] = [one for one in off if one != line["id"]] if line["id"] in off else [*off, line["id"]]
    form.mend()


def _change(form: Form, editor: LineEditor, line: dict[str, Any], kept: dict[str, Any]) -> None:
    _turn(form, editor, line, kept)
    editor.start_from(line)


def _unit(line: dict[str, Any]) -> str:
    unit = Decimal(str((line.get("pricing") or {}).get("unit_amount_decimal") or line["amount"]))
    if unit == int(unit):
        return str(Money(int(unit), line["currency"]))
    exact = unit.scaleb(-exponent(line["currency"]))
    return f"{symbol(line['currency'])}{exact.normalize():f}"


def _added(editor: LineEditor) -> None:
    for entry in editor.entries():
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            with st.container(gap=None):
                st.text(shown(entry.line.description, 500))
                said = f"{entry.line.quantity} × new · {say_rate(entry.line.rate)}"
                st.caption(feedback.safe_sentence(said if entry.number else f"{said} · being typed"))
            st.text(str(Money(entry.line.amount, entry.currency)), width="content")
            label = "Remove" if entry.number else "Clear"
            key = f"drafts_edit.remove.{entry.number}"
            st.button(label, key=key, type="tertiary", on_click=editor.remove, args=(entry.number,))


def _forecast(ctx: Context, found: Invoice, body: dict[str, Any], off: list[str], editor: LineEditor) -> Preview:
    """What stays, as Stripe has it, and what is new, as it will be."""
    stays = [line for line in body["lines"]["data"] if line["id"] not in off]
    taxes = [tax for line in stays for tax in line.get("taxes") or []]
    balance = customers.get(ctx, found.payer).balance(found.total.currency)
    new = preview([entry.line for entry in editor.entries()], balance)
    minus = Money(sum(part["amount"] for part in body.get("total_discount_amounts") or []), balance.currency)
    outside = sum(tax["amount"] for tax in taxes if tax.get("tax_behavior") != "inclusive")
    amounts = Money(sum(line["amount"] for line in stays), balance.currency)
    total = amounts + Money(outside, balance.currency) + new.total - minus
    inside_and_out = Money(sum(tax["amount"] for tax in taxes), balance.currency)
    return settled(amounts + new.subtotal, inside_and_out + new.tax, total, balance)


def _buttons(
    ctx: Context,
    form: Form,
    found: Invoice,
    body: dict[str, Any],
    off: list[str],
    editor: LineEditor,
    words: dict[str, str],
) -> None:
    st.caption("A draft moves no balance, and nobody is written to.")
    form.reminder(*FIELDS)
    with st.container(horizontal=True):
        pressed = st.button("Save changes", type="primary", key=form.field("save"))
        st.button("Cancel", key=form.field("close"), on_click=_close, args=(form,))
    if not pressed:
        return
    with form.submitting(FIELDS, start_over=True):
        wanted = Edit(tuple(off), editor.lines(), **words)
        actions.edit(ctx, found.id, wanted, seen=invoice_state.signature(body), form=form.key)
    _close(form)
    feedback.flash("The draft was saved.")
    page.go("invoice", id=found.id)


def _close(form: Form) -> None:
    form.finish()
    invoice_open.close()
