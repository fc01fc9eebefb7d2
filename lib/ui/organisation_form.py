"""The form for an organisation's details, to add one or to change one."""

from __future__ import annotations

import streamlit as st
from babel import Locale

from lib.actions import organisations
from lib.actions.organisations import Details
from lib.context import Context
from lib.queries.customers import Account
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
    """Show the form instead of the list. A button's callback."""
    st.session_state[_OPEN] = True


def close_form() -> None:
    """Back to the list. A button's callback."""
    st.session_state[_OPEN] = False


def add(ctx: Context) -> None:
    """The form for a new organisation, with the question about likely duplicates."""
    form = Form("organisation")
    st.subheader("Add organisation", anchor=False)
    details = _fields(form, Details("", ""), "Save organisation")
    st.button("Cancel", on_click=close_form)
    if details:
        _save(ctx, form, details, despite_duplicates=False)
    if form.asked:
        _ask(ctx, form)


def is_changing(customer: str) -> bool:
    """Whether somebody is changing this organisation's details on this screen."""
    return st.session_state.get(_CHANGING) == customer


def open_change(customer: str) -> None:
    """Show the details to be changed. A button's callback."""
    st.session_state[_CHANGING] = customer


def close_change() -> None:
    """Back to the account. A button's callback."""
    st.session_state.pop(_CHANGING, None)


def change(ctx: Context, found: Account) -> None:
    """The form for an organisation that is there, filled with what the mirror has."""
    form = Form(f"organisation.{found.id}")
    st.subheader("Edit details", anchor=False)
    seen = form.keep("seen", organisations.details_of(found.object))
    details = _fields(form, seen, "Save changes")
    st.button("Cancel", on_click=close_change)
    if details:
        with form.submitting(_FIELDS, start_over=True):
            organisations.change_organisation(ctx, found.id, details, seen=seen, form=form.key)
        form.finish()
        close_change()
        feedback.flash("The details were saved.")
        st.rerun()


def _fields(form: Form, start: Details, label: str) -> Details | None:
    """Draw the fields; what was typed comes back when the button was pressed."""
    with st.form(form.field("form"), enter_to_submit=False):
        form.trouble()
        name = form.text("Organisation name", "name", value=start.name)
        email = form.text("Invoice email", "email", value=start.email, help="Invoices and reminders go there.")
        st.subheader("Billing details", anchor=False, help="All of it can be left empty and filled in later.")
        rest = _billing(form, start)
        st.session_state[form.field("typed")] = Details(name, email, **rest)
        form.reminder(*_FIELDS)
        pressed = st.form_submit_button(label, type="primary")
    return st.session_state[form.field("typed")] if pressed else None


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
        country = form.choice(
            "Country",
            "country",
            [*_countries()],
            format_func=_country,
            index=[*_countries()].index(start.address[4] or "GB"),
        )
    with right:
        rest = {
            "phone": form.text("Phone", "phone", value=start.phone),
            "vat_number": form.text("VAT number", "vat_number", value=start.vat_number, placeholder="GB123456789"),
            "terms_days": form.text("Payment terms (days)", "terms_days", value=start.terms_days, placeholder="30"),
            "purchase_order": form.text(
                "Purchase order", "purchase_order", value=start.purchase_order, help="Printed on each invoice."
            ),
            "language": form.choice(
                "Language", "language", list(_LANGUAGES), format_func=_LANGUAGES.get, index=_place(start.language)
            ),
        }
    rest["footer"] = form.area("Footer", "footer", value=start.footer, help="Printed at the foot of each invoice.")
    return {"address": (*address, country if any(address) else ""), **rest}


def _save(ctx: Context, form: Form, details: Details, *, despite_duplicates: bool) -> None:
    with form.submitting(_FIELDS):
        made = organisations.add_organisation(ctx, details, form=form.key, despite_duplicates=despite_duplicates)
    form.finish()
    close_form()
    feedback.flash("The organisation was added. Patients can be put on its account now.")
    page.go("customer", id=made.result)


def _ask(ctx: Context, form: Form) -> None:
    """A likely duplicate: what is there is shown, and only a second, explicit yes creates another."""
    st.warning(feedback.safe_sentence(form.asked.words), icon=":material/warning:")
    for customer, words in form.asked.matches:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(words)
            if st.button("Open this one", key=f"duplicate.{customer}"):
                close_form()
                page.go("customer", id=customer)
    if st.button("Create it all the same", key=form.field("despite")):
        _save(ctx, form, st.session_state[form.field("typed")], despite_duplicates=True)


def _countries() -> dict[str, str]:
    names = Locale("en", "GB").territories
    return {
        code: name
        for code, name in sorted(names.items(), key=lambda item: item[1])
        if len(code) == 2 and code not in ("EU", "UN", "EZ", "ZZ", "QO", "XA", "XB")
    }


def _country(code: str) -> str:
    return _countries().get(code, code)


def _place(language: str) -> int:
    return list(_LANGUAGES).index(language) if language in _LANGUAGES else 0
