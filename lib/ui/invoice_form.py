"""The form for a new invoice: for whom, to whom, on which terms; its lines; what it comes to; draft or sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from lib.actions.organisation_details import details_of
from lib.context import Context
from lib.queries.customers import Account
from lib.ui import feedback, pickers
from lib.ui.forms import Form

Seen = TypeVar("Seen")

NAME = "new_invoice"
FIELDS = ("patient", "payer", "terms_days", "reference", "purchase_order", "memo", "lines")


@dataclass(frozen=True)
class Parties:
    """Whose care it is (nobody's in particular: None) and who pays; whether that becomes the patient's default."""

    patient: Account | None
    payer: Account | None
    make_default: bool


def begin(ctx: Context) -> Form:
    """The form as it stands; empty, or as the address says (?patient=cus_…&payer=cus_…), when the page is opened."""
    form = Form(NAME)
    if form.field("patient") not in st.session_state:
        form.finish()
        patient, payer = (pickers.living(ctx, st.query_params.get(name, "")) for name in ("patient", "payer"))
        st.session_state[form.field("patient")] = patient.id if patient and patient.kind == "patient" else None
        st.session_state[form.field("payer")] = payer.id if payer else None
        _touched(form)["payer"] = payer is not None
    return form


def parties(ctx: Context, form: Form) -> Parties:
    """Patient, payer, and whether to keep the two together."""
    patient = _patient(ctx, form)
    payer = _payer(ctx, form, patient)
    if patient is None or payer is None or payer.id == patient.payer:
        return Parties(patient, payer, make_default=False)
    ticked = st.checkbox("Make this payer the patient's default", key=form.field("make_default"))
    return Parties(patient, payer, ticked)


def currency(ctx: Context, payer: Account | None) -> str:
    """The currency of the invoice: it goes with the payer's account and is not chosen."""
    if payer is None:
        return ctx.settings.currency
    whose = "the currency of their account" if payer.object.get("currency") else "the practice's currency"
    st.caption(f"Billed in {payer.currency.upper()}, {whose}.")
    return payer.currency


def terms(ctx: Context, form: Form, payer: Account | None) -> str:
    """Days until it is due: the payer's own until the person changes them."""
    own = ctx.settings.terms_days if payer is None or payer.terms_days is None else payer.terms_days
    return _follow(form, "Payment terms (days)", "terms_days", str(own))


def printed(form: Form, payer: Account | None) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    """Reference, purchase order (the payer's own until the person changes it), memo, and what Stripe prints on all of
    this payer's invoices.
    """
    own = details_of(payer.object).purchase_order if payer else ""
    left, right = st.columns(2)
    with left:
        reference = form.text("Reference", "reference", on_change=form.mend)
    with right:
        order = _follow(form, "Purchase order", "purchase_order", own)
    also = _also_printed(payer)
    if also:
        st.caption(feedback.safe_sentence("Also printed: " + "; ".join(f"{name}: {value}" for name, value in also)))
    memo = form.area("Memo", "memo", height=80, on_change=form.mend)
    return reference, order, memo, also


def _also_printed(payer: Account | None) -> tuple[tuple[str, str], ...]:
    fields = ((payer.object if payer else {}).get("invoice_settings") or {}).get("custom_fields") or []
    ours = ("Reference", "Purchase order")
    return tuple((each["name"], each["value"]) for each in fields if each["name"] not in ours)


def as_shown(form: Form, name: str, now: Seen) -> Seen:
    """What stood on the screen when the person pressed, which is what they agreed to; from now on it is `now`."""
    shown = form.keep("shown", {})
    before = shown.get(name, now)
    shown[name] = now
    return before


def _patient(ctx: Context, form: Form) -> Account | None:
    known = st.session_state.get(form.field("patient")) or ""
    names = pickers.labels(
        pickers.choices(ctx, kinds=("patient",), key=form.field("patient"), find="Find a patient", keep=known)
    )
    chosen = form.choice(
        "Patient",
        "patient",
        [*names, ""],  # last, or a patient's half-typed name ("for", "pat") would pick it
        index=None,
        format_func=lambda one: names.get(one, "Not for a patient"),
        placeholder="Name, email, postcode or Hero reference",
        on_change=form.mend,
    )
    return pickers.living(ctx, chosen or "")


def _payer(ctx: Context, form: Form, patient: Account | None) -> Account | None:
    """Starts at the patient's default and follows the patient until the person chooses."""
    touched = _touched(form)
    if patient and not touched["payer"]:
        usual = pickers.living(ctx, patient.payer)
        st.session_state[form.field("payer")] = usual.id if usual else None
    known = st.session_state.get(form.field("payer")) or ""
    kinds = ("organisation", "patient")
    names = pickers.labels(pickers.choices(ctx, kinds=kinds, key=form.field("payer"), find="Find who pays", keep=known))
    chosen = form.choice(
        "Bill to",
        "payer",
        list(names),
        index=None,
        format_func=lambda one: names.get(one, one),
        placeholder="An organisation or a patient",
        on_change=_chosen,
        args=(form, "payer"),
    )
    payer = pickers.living(ctx, chosen or "")
    _say_default(patient, payer)
    return payer


def _say_default(patient: Account | None, payer: Account | None) -> None:
    """In words, where the payer is not simply the one that is on record."""
    if patient is None or (payer and payer.id == patient.payer):
        return
    usual = "the patient" if patient.payer == patient.id else patient.payer_name
    if patient.payer_deleted:
        words = f"The patient's default payer, {usual}, was deleted in Stripe. Choose who pays instead."
        st.warning(feedback.safe_sentence(words), icon=":material/warning:")
    elif payer:
        st.caption(feedback.safe_sentence(f"Not the default: that is {usual}."))


def _follow(form: Form, label: str, name: str, own: str, **options: Any) -> str:
    """A field that shows the payer's own until the person types another."""
    if not _touched(form)[name]:
        st.session_state[form.field(name)] = own
    return form.text(label, name, on_change=_chosen, args=(form, name), **options)


def _chosen(form: Form, name: str) -> None:
    _touched(form)[name] = True
    form.mend()


def _touched(form: Form) -> dict[str, bool]:
    return form.keep("touched", {"payer": False, "terms_days": False, "purchase_order": False})
