"""Whole objects: what Stripe leaves out of an ordinary answer is asked for here, and nowhere else."""

from __future__ import annotations

from typing import Any

from lib.errors import NotFound
from lib.stripe_api.client import StripeApi

Object = dict[str, Any]

CUSTOMER_EXTRAS = ["tax_ids", "invoice_credit_balance"]


def customer(api: StripeApi, customer_id: str) -> Object:
    """A customer with tax ids and its balance in every currency; a stub with `deleted` where it is gone."""
    return {"object": "customer", **api.get(f"/v1/customers/{customer_id}", expand=CUSTOMER_EXTRAS)}


def invoice(api: StripeApi, invoice_id: str) -> Object:
    """An invoice with all its lines: Stripe puts only the first ten inside."""
    return with_all_lines(api, api.get(f"/v1/invoices/{invoice_id}"))


def credit_note(api: StripeApi, note_id: str) -> Object:
    """A credit note, with its first lines."""
    return api.get(f"/v1/credit_notes/{note_id}")


def invoice_or_stub(api: StripeApi, invoice_id: str) -> Object:
    """An invoice with all its lines, or a stub with `deleted` where it was a draft and is gone."""
    try:
        return invoice(api, invoice_id)
    except NotFound:
        return {"object": "invoice", "id": invoice_id, "deleted": True}


def drafts(api: StripeApi, customer_id: str) -> list[Object]:
    """A customer's drafts with all their lines: what each will ask for follows the balance, and no event says so."""
    return [with_all_lines(api, found) for found in api.every("/v1/invoices", customer=customer_id, status="draft")]


def with_all_lines(api: StripeApi, found: Object) -> Object:
    """The same invoice, its lines completed."""
    if not found["lines"]["has_more"]:
        return found
    lines = api.every(f"/v1/invoices/{found['id']}/lines")
    return {**found, "lines": {**found["lines"], "data": lines, "has_more": False}}


def ledger(api: StripeApi, customer_id: str) -> list[Object]:
    """A customer's balance transactions, newest first, all of them."""
    return api.every(f"/v1/customers/{customer_id}/balance_transactions")
