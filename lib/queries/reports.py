"""The lists that can be taken away, the same on the screen and in the shell: which rows, which columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select

from lib.context import Context
from lib.documents.csv_export import Column
from lib.queries import (
    activity,
    balances,
    drafts,
    invoices,
    misdirected,
    organisations,
    patients,
    reminder_log,
    remittances,
)


@dataclass(frozen=True)
class Report:
    """A list: what it is called, its rows (given the filters of its page) and its columns."""

    name: str
    rows: Callable[..., Select[Any]]
    columns: tuple[Column, ...]
    fixed: dict[str, Any] = field(default_factory=dict)


_INVOICE_COLUMNS = (
    Column("Invoice ID", "id"),
    Column("Number", "number"),
    Column("Status", "status"),
    Column("Payer ID", "payer"),
    Column("Payer", "payer_name"),
    Column("Patient ID", "patient"),
    Column("Patient", "patient_name"),
    Column("Currency", "currency"),
    Column("Net", "net", "money"),
    Column("VAT", "tax", "money"),
    Column("Total", "total", "money"),
    Column("Due", "due", "money"),
    Column("Paid", "paid", "money"),
    Column("Remaining", "remaining", "money"),
    Column("Created", "created", "day"),
    Column("Due date", "stripe_due", "day"),
    Column("Due by terms", "due_at", "day"),
    Column("Days overdue", "overdue_days", "whole"),
    Column("Practitioner", "practitioner"),
    Column("Location", "location"),
)


def _invoices(ctx: Context, *, filters: invoices.Filters | None = None, **order: Any) -> Select[Any]:
    return invoices.statement(ctx, filters or invoices.Filters(), **order)


def _outstanding(ctx: Context, **order: Any) -> Select[Any]:
    return invoices.statement(
        ctx, invoices.Filters(age="Outstanding"), **{"sort": "Due date", "descending": False, **order}
    )


REPORTS = {
    "organisations": Report(
        "organisations",
        organisations.statement,
        (
            Column("Customer ID", "id"),
            Column("Organisation", "name"),
            Column("Invoice email", "email"),
            Column("Patients", "patients", "whole"),
            Column("Drafts", "drafts", "whole"),
            Column("Currency", "currency"),
            Column("Outstanding", "outstanding", "money"),
            Column("Overdue", "overdue", "money"),
            Column("Credit", "balance", "credit"),
            Column("Debit", "balance", "debit"),
            Column("Last invoice", "last_invoice", "day"),
            Column("Terms (days)", "terms_days", "whole"),
            Column("Deleted in Stripe", "deleted", "yes"),
        ),
    ),
    "patients": Report(
        "patients",
        patients.statement,
        (
            Column("Customer ID", "id"),
            Column("Patient", "name"),
            Column("Email", "email"),
            Column("Postcode", "postcode"),
            Column("Hero reference", "reference"),
            Column("Practitioner", "practitioner"),
            Column("Payer ID", "payer"),
            Column("Default payer", "payer_name"),
            Column("Currency", "currency"),
            Column("Outstanding", "outstanding", "money"),
            Column("Credit", "balance", "credit"),
            Column("Debit", "balance", "debit"),
        ),
    ),
    "invoices": Report("invoices", _invoices, _INVOICE_COLUMNS),
    "outstanding": Report("outstanding", _outstanding, _INVOICE_COLUMNS),
    "drafts": Report(
        "drafts",
        drafts.statement,
        (
            Column("Invoice ID", "id"),
            Column("Number", "number"),
            Column("Payer ID", "payer"),
            Column("Payer", "payer_name"),
            Column("Patient ID", "patient"),
            Column("Patient", "patient_name"),
            Column("Currency", "currency"),
            Column("Net", "net", "money"),
            Column("VAT", "tax", "money"),
            Column("Total", "total", "money"),
            Column("Created", "created", "day"),
            Column("Days old", "days_old", "whole"),
            Column("Old", "old", "yes"),
        ),
    ),
    "misdirected": Report(
        "misdirected",
        misdirected.statement,
        (
            Column("Invoice ID", "id"),
            Column("Number", "number"),
            Column("Patient", "patient_name"),
            Column("Billed to", "payer_name"),
            Column("Default payer", "default_name"),
            Column("Status", "status"),
            Column("Currency", "currency"),
            Column("Remaining", "remaining", "money"),
        ),
    ),
    "balances": Report(
        "balances",
        balances.statement,
        (
            Column("Customer ID", "id"),
            Column("Customer", "name"),
            Column("Kind", "kind"),
            Column("Invoice email", "email"),
            Column("Currency", "currency"),
            Column("Credit", "balance", "credit"),
            Column("Debit", "balance", "debit"),
            Column("Last entry", "last_entry", "day"),
            Column("Deleted in Stripe", "deleted", "yes"),
        ),
    ),
    "activity": Report(
        "activity",
        activity.statement,
        (
            Column("Entry", "seq", "whole"),
            Column("When", "at", "moment"),
            Column("Person", "actor"),
            Column("Role", "role"),
            Column("Verb", "verb"),
            Column("About", "subject"),
            Column("Amount", "amount", "money"),
            Column("Currency", "currency"),
            Column("Outcome", "outcome"),
            Column("Why", "words"),
        ),
    ),
    "reminders": Report(
        "reminders",
        reminder_log.statement,
        (
            Column("Reminder ID", "id"),
            Column("Payer ID", "payer"),
            Column("Payer", "name"),
            Column("Stage (days)", "stage", "whole"),
            Column("Sent to", "email"),
            Column("Invoices", "invoices"),
            Column("Currency", "currency"),
            Column("Amount", "amount", "money"),
            Column("State", "state"),
            Column("Sent by", "actor"),
            Column("Sent at", "at", "moment"),
        ),
    ),
    "remittances": Report(
        "remittances",
        remittances.statement,
        (
            Column("Remittance ID", "id"),
            Column("Payer ID", "payer"),
            Column("Payer", "payer_name"),
            Column("Reference", "reference"),
            Column("Method", "method"),
            Column("Received on", "received_on"),
            Column("Currency", "currency"),
            Column("Amount", "amount", "money"),
            Column("Allocated", "allocated", "money"),
            Column("Surplus", "surplus", "money"),
            Column("Invoices", "invoices", "whole"),
            Column("Recorded by", "actor"),
            Column("Recorded at", "at", "moment"),
            Column("State", "state"),
        ),
    ),
}
