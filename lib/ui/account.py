"""The parts of a customer's account page."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import streamlit as st

from lib import hero
from lib.actions import organisations
from lib.actions.organisation_details import Details, details_of
from lib.context import Context
from lib.money import Money
from lib.queries import customers, patients
from lib.queries import invoices as invoice_queries
from lib.queries.customers import Account
from lib.queries.invoices import Filters
from lib.queries.payer_history import payer_history
from lib.text import shown
from lib.ui import (
    adjust_form,
    consolidate_form,
    downloads,
    feedback,
    organisation_form,
    page,
    payer_form,
    preview,
    rebill_many,
    stripe_links,
    tables,
)
from lib.ui.forms import Form
from lib.ui.tables import Column

_KINDS = {
    "organisation": "Organisation",
    "patient": "Patient",
    "": "Customer, neither marked as organisation nor synced as patient",
}

_INVOICES = (
    Column("number", "Number"),
    Column("status", "Status", "status"),
    Column("payer_name", "Payer", width="medium"),
    Column("patient_name", "Patient", width="medium"),
    Column("total", "Total", "money"),
    Column("remaining", "Remaining", "money"),
    Column("created", "Created", "day"),
    Column("due_at", "Due", "day"),
    Column("overdue_days", "Days overdue", "whole"),
)
_PATIENTS = (
    Column("name", "Patient", width="medium"),
    Column("email", "Email", width="medium"),
    Column("postcode", "Postcode"),
    Column("practitioner", "Practitioner"),
)


def heading(ctx: Context, found: Account) -> None:
    """What kind of customer this is, and whether Stripe still has it."""
    parts = (_KINDS[found.kind], found.email, found.reference, found.id)
    st.text(" · ".join(part for part in parts if part))
    if found.deleted:
        st.error(
            "Deleted in Stripe: nothing can be raised or posted here any more. What is still open stays payable.",
            icon=":material/delete:",
        )
    if found.payer_deleted:
        st.warning("This patient's default payer was deleted in Stripe. Choose another one.", icon=":material/warning:")


def actions(ctx: Context, found: Account) -> None:
    """What can be done with this account, for those who may."""
    money = page.may(ctx, "money")
    with st.container(horizontal=True):
        if money and not found.deleted:
            if st.button("New invoice", type="primary", icon=":material/note_add:"):
                page.go("new_invoice", **({"patient": found.id} if found.kind == "patient" else {"payer": found.id}))
            st.button(
                "Adjust balance",
                icon=":material/account_balance_wallet:",
                on_click=adjust_form.open_for,
                args=(found.id,),
            )
            _by_kind(ctx, found)
        st.link_button("Open in Stripe", stripe_links.customer(ctx, found.id), icon=":material/open_in_new:")
        if found.reference and ctx.settings.hero_link:
            st.link_button(
                "Open in Hero",
                ctx.settings.hero_link.replace("{reference}", quote(found.reference, safe="")),
                icon=":material/open_in_new:",
            )


def _by_kind(ctx: Context, found: Account) -> None:
    if found.kind == "patient":
        st.button("Change payer", icon=":material/swap_horiz:", on_click=payer_form.open_for, args=([found.id],))
    elif found.kind == "organisation":
        st.button("Edit details", icon=":material/edit:", on_click=organisation_form.open_change, args=(found.id,))
        if found.outstanding and st.button("Record a remittance", icon=":material/payments:"):
            page.go("remittances", payer=found.id)
        st.button(
            "Consolidated invoice",
            icon=":material/merge:",
            on_click=consolidate_form.open_for,
            args=(found.id,),
        )
    else:
        _marking(ctx, found, Form(f"mark.{found.id}"))


def _marking(ctx: Context, found: Account, form: Form) -> None:
    form.trouble()
    if not st.button("Mark as organisation", icon=":material/domain_add:"):
        return
    with form.submitting(()):
        organisations.mark_as_organisation(ctx, found.id, form=form.key)
    form.finish()
    feedback.flash("It is an organisation now: patients can be put on its account.")
    st.rerun()


def sums(label: str, amounts: Sequence[Money], currency: str) -> None:
    """One metric a currency; zero in the account's own where there is nothing."""
    for amount in amounts or (Money(0, currency),):
        st.metric(label, str(amount), border=True)


def say(balance: Money) -> str:
    """A balance for a metric."""
    return tables.say_account(balance.minor, balance.currency) or "Nothing"


def invoices(ctx: Context, found: Account) -> None:
    """Invoices billed to this account, or for this patient's care whoever is billed."""
    filters = Filters(patient=found.id) if found.kind == "patient" else Filters(payer=found.id)
    key = f"account.invoices.{found.id}"
    shown = invoice_queries.table(ctx, filters, place=tables.place(key))
    rows = shown.rows
    rows["overdue_days"] = rows["overdue_days"].replace(0, None)
    if rows.empty:
        feedback.empty("No invoice yet.", "Raise one with New invoice.")
        return
    picked = tables.table(rows, _INVOICES, ctx.settings.zone, key="account.invoices", pick="single-row")
    tables.pages(key, shown, "invoices")
    downloads.csv_button(ctx, "invoices", filters=filters)
    if picked:
        page.go("invoice", id=picked[0])


def people(ctx: Context, found: Account) -> None:
    """Whom an organisation covers; who pays for a patient, and who changed that when."""
    if found.kind == "patient":
        _payer(ctx, found)
        return
    key = f"account.patients.{found.id}"
    covered = patients.table(ctx, payer=found.id, place=tables.place(key))
    if not covered.total:
        feedback.empty("Nobody is on this account.", "Under Patients, pick some and press Change payer.")
        return
    picked = tables.table(covered.rows, _PATIENTS, ctx.settings.zone, key="account.patients", pick="single-row")
    tables.pages(key, covered, "patients")
    if picked:
        page.go("customer", id=picked[0])


def _payer(ctx: Context, found: Account) -> None:
    own = found.payer == found.id
    st.text("The patient pays for themselves." if own else f"{customers.name_of(ctx, found.payer)} pays by default.")
    if not own and st.button("Open the payer's account"):
        page.go("customer", id=found.payer)
    rebill_many.show(ctx, [found.id], "" if own else found.payer, key=found.id)
    history = payer_history(ctx, found.id)
    if history.empty:
        st.caption("Nobody has changed this here yet.")
        return
    for column in ("was", "now"):
        history[column] = [_named(ctx, found, who) for who in history[column]]
    columns = (Column("at", "When", "moment"), Column("actor", "Who"), Column("was", "From"), Column("now", "To"))
    tables.table(history, columns, ctx.settings.zone, key=f"account.payers.{found.id}")


def _named(ctx: Context, found: Account, customer: str) -> str:
    return "The patient" if customer == found.id else customers.name_of(ctx, customer)


def details(ctx: Context, found: Account) -> None:
    """What is printed on invoices, or what Hero says of a patient."""
    known = (
        _patient_details(ctx, found) if found.kind == "patient" else _billing_details(details_of(found.object), found)
    )
    if not any(known.values()):
        feedback.empty("No details are known.")
        return
    told = [(label, shown(value, 500)) for label, value in known.items() if value]
    preview.table(told, strong=(), right=False)


def _billing_details(have: Details, found: Account) -> dict[str, str]:
    known = (found.object.get("tax_ids") or {}).get("data", [])
    tax = next((tax for tax in known if (tax["type"], tax["value"]) == ("gb_vat", have.vat_number)), {})
    checked = f" ({tax['verification']['status']})" if tax.get("verification") else ""
    return {
        "Address": ", ".join(part for part in have.address if part),
        "Phone": have.phone,
        "VAT number": f"{have.vat_number}{checked}" if have.vat_number else "",
        "Payment terms": f"{have.terms_days} days" if have.terms_days else "None of its own",
        "Purchase order": have.purchase_order,
        "Language": have.language,
        "Footer": have.footer,
        "Neutral text": have.neutral_text,
    }


def _patient_details(ctx: Context, found: Account) -> dict[str, str]:
    """Date of birth and mobile stay hidden until somebody asks for them."""
    known = hero.read(found.object.get("metadata") or {}, ctx.settings.hero_labels)
    hidden = {"date_of_birth", "mobile"}
    if hidden & set(known) and not st.toggle("Show date of birth and mobile", key=f"account.private.{found.id}"):
        known |= dict.fromkeys(hidden & set(known), "••••••")
    words = (
        "full_name",
        "email",
        "postcode",
        "registered_practitioner",
        "reference",
        "gender",
        "date_of_birth",
        "mobile",
    )
    return {ctx.settings.hero_labels[word]: known.get(word, "") for word in words}
