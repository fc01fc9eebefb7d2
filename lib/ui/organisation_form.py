"""The form for an organisation's details, to add one or to change one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import streamlit as st
from babel import Locale

from lib.actions import organisations
from lib.actions.organisation_details import Details, details_of
from lib.context import Context
from lib.queries.customers import Account
from lib.text import shown
from lib.ui import feedback, page
from lib.ui.forms import Form

_OPEN, _CHANGING = "organisation.adding", "organisation.changing"
_FIELDS = (
    "name",
    "email",
    "line1",
    "line2",
    "city",
    "postal_code",
    "country",
    "phone",
    "vat_number",
    "terms_days",
    "purchase_order",
    "footer",
    "neutral_text",
)
_LANGUAGES = {
    "": "Stripe's choice",
    "en-GB": "English (UK)",
    "fr": "French",
    "de": "German",
    "es": "Spanish",
    "it": "Italian",
    "ar": "Arabic",
    "ja": "Japanese",
    "pl": "Polish",
    "pt": "Portuguese",
    "zh": "Chinese",
}


def is_open() -> bool:
    """Whether somebody is adding an organisation on this screen."""
    return bool(st.session_state.get(_OPEN))


def open_form() -> None:
    """Show an empty form instead of the list. A button's callback."""
    Form("organisation").finish()
    st.session_state[_OPEN] = True


def close_form() -> None:
    """Back to the list. A button's callback."""
    st.session_state[_OPEN] = False


def add(ctx: Context) -> None:
    """The form for a new organisation, with the question about likely duplicates."""
    form = Form("organisation")
    st.subheader("Add organisation", anchor=False)
    details, pressed = _fields(form, Details("", ""), "Save organisation")
    st.button("Cancel", on_click=close_form)
    if pressed:
        _save(ctx, form, details, despite_duplicates=False)
    # Who left this page and came back finds the fields empty: what was asked about is gone.
    if form.asked and details.name:
        _ask(ctx, form, details)


def is_changing(customer: str) -> bool:
    """Whether somebody is changing this organisation's details on this screen."""
    return st.session_state.get(_CHANGING) == customer


def open_change(customer: str) -> None:
    """Show the details to be changed, as they are now. A button's callback."""
    Form(f"organisation.{customer}").finish()
    st.session_state[_CHANGING] = customer


def close_change() -> None:
    """Back to the account. A button's callback."""
    st.session_state.pop(_CHANGING, None)


def change(ctx: Context, found: Account) -> None:
    """The form for an organisation that is there, filled with what the mirror has."""
    form = Form(f"organisation.{found.id}")
    st.subheader("Edit details", anchor=False)
    seen = form.keep("seen", details_of(found.object))
    details, pressed = _fields(form, seen, "Save changes")
    st.button("Cancel", on_click=close_change)
    if pressed:
        with form.submitting(_FIELDS, start_over=True):
            organisations.change_organisation(ctx, found.id, details, seen=seen, form=form.key)
        form.finish()
        close_change()
        feedback.flash("The details were saved.")
        st.rerun()


def _fields(form: Form, start: Details, label: str) -> tuple[Details, bool]:
    """Draw the fields; what was typed when a button was last pressed, and whether this form's own was pressed now."""
    with st.form(form.field("form"), enter_to_submit=False):
        form.trouble()
        name = form.text("Organisation name", "name", value=start.name)
        email = form.text("Invoice email", "email", value=start.email, help="Invoices and reminders go there.")
        st.subheader("Billing details", anchor=False, help="All of it can be left empty and filled in later.")
        rest = _billing(form, start)
        form.reminder(*_FIELDS)
        pressed = st.form_submit_button(label, type="primary")
    return Details(name, email, **rest), pressed


def _billing(form: Form, start: Details) -> dict:
    left, right = st.columns(2)
    with left:
        address = [
            form.text(label, part, value=value)
            for label, part, value in zip(
                ("Address", "Address, second line", "Town or city", "Postcode"),
                ("line1", "line2", "city", "postal_code"),
                start.address,
                strict=False,
            )
        ]
        country = _one_of(form, "Country", "country", _countries(), start.address[4] or "GB")
    with right:
        rest = {
            "phone": form.text("Phone", "phone", value=start.phone),
            "vat_number": form.text("VAT number", "vat_number", value=start.vat_number, placeholder="GB123456789"),
            "terms_days": form.text("Payment terms (days)", "terms_days", value=start.terms_days, placeholder="30"),
            "purchase_order": form.text(
                "Purchase order", "purchase_order", value=start.purchase_order, help="Printed on each invoice."
            ),
            "language": _one_of(form, "Language", "language", _languages(start.language), start.language),
        }
    rest["footer"] = form.area("Footer", "footer", value=start.footer, help="Printed at the foot of each invoice.")
    rest["neutral_text"] = form.text(
        "Neutral text",
        "neutral_text",
        value=start.neutral_text,
        placeholder="Medical services",
        help="Stands in place of what was done, with a reference, where this organisation must not read it: "
        "Medical services – ref P-1042.",
    )
    # A country alone is kept where there was one, and not made up where nothing was typed.
    return {"address": (*address, country if any((*address, start.address[4])) else ""), **rest}


def _one_of(form: Form, label: str, name: str, words: Mapping[str, str], now: str) -> str:
    """A choice that starts at what is there, also where that is nothing we have a word for."""
    options = list(words) if now in words else [now, *words]
    return form.choice(label, name, options, format_func=lambda code: words.get(code, code), index=options.index(now))


def _save(ctx: Context, form: Form, details: Details, *, despite_duplicates: bool) -> None:
    with form.submitting(_FIELDS):
        made = organisations.add_organisation(ctx, details, form=form.key, despite_duplicates=despite_duplicates)
    form.finish()
    close_form()
    feedback.flash("The organisation was added. Patients can be put on its account now.")
    page.go("customer", id=made.result)


def _ask(ctx: Context, form: Form, details: Details) -> None:
    """A likely duplicate: what is there is shown, and only a second, explicit yes creates another."""
    st.warning(feedback.safe_sentence(form.asked.words), icon=":material/warning:")
    for customer, words in form.asked.matches:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(words)
            if st.button("Open this one", key=f"duplicate.{customer}"):
                close_form()
                page.go("customer", id=customer)
    # What is typed after the question counts once "Save organisation" is pressed again.
    st.text(f"Not created yet: {shown(details.name)} · {shown(details.email)}")
    if st.button("Create it all the same", key=form.field("despite")):
        _save(ctx, form, details, despite_duplicates=True)


@cache
def _countries() -> dict[str, str]:
    names = Locale("en", "GB").territories
    return {
        code: name
        for code, name in sorted(names.items(), key=lambda item: item[1])
        if len(code) == 2 and code not in ("EU", "UN", "EZ", "ZZ", "QO", "XA", "XB")
    }


def _languages(now: str) -> dict[str, str]:
    """Stripe has no way back from a language to none."""
    return {code: word for code, word in _LANGUAGES.items() if code or not now}
