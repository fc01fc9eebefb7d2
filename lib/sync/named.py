"""What an event asks us to read again. It is only a name: what is stored is always our own later reading.

- The object itself, where it is one that we mirror; the invoice, where something names one (a line, a payment, a credit
  note).
- The customer's ledger, whose entries have no event: when a customer's event says that a balance moved (Stripe names
  every property that did, so +10 and -10 between two looks are two such events), and with every credit note.
- The customer's drafts, which follow the customer without an event of their own, unless only something moved that no
  invoice shows.

What else must be read follows from what was found; see account.py.
"""

from __future__ import annotations

from typing import Any

Target = tuple[str, str]  # a kind, and the id of an object; for a ledger and for drafts that of their customer
KINDS = ("customer", "invoice", "credit_note", "product", "price", "tax_rate")
_MONEY = {"balance", "invoice_credit_balance", "cash_balance"}
_UNSEEN = {"metadata", "delinquent", "next_invoice_sequence"}  # no draft shows these


def named(event: dict[str, Any]) -> list[Target]:
    """What to read again because of it."""
    about, noun = event["data"]["object"], event["type"].partition(".")[0]
    if noun == "customer":
        return _customer(event, about)
    found: list[Target] = []
    # What is only announced (invoice.upcoming) has no id.
    if noun in KINDS and about.get("object") == noun and about.get("id"):
        found.append((noun, about["id"]))
    if invoice := _id(about.get("invoice")):
        found.append(("invoice", invoice))
    if noun == "credit_note" and (customer := _id(about.get("customer"))):
        found += [("customer", customer), ("ledger", customer)]
    return found


def _customer(event: dict[str, Any], about: dict[str, Any]) -> list[Target]:
    """A customer's own events, and those of what hangs on it, such as a VAT number."""
    itself = about.get("object") == "customer"
    customer = about.get("id") if itself else _id(about.get("customer"))
    if not customer:
        return []
    found: list[Target] = [("customer", customer)]
    if itself and event["type"] != "customer.updated":
        return found
    moved = event["data"].get("previous_attributes") if itself else {}
    if moved is None or moved.keys() & _MONEY:
        found.append(("ledger", customer))
    if not itself or moved is None or moved.keys() - _UNSEEN:
        found.append(("drafts", customer))
    return found


def _id(reference: Any) -> str:
    """The id behind a reference that may be expanded, or missing."""
    found = reference.get("id") if isinstance(reference, dict) else reference
    return found if isinstance(found, str) else ""
