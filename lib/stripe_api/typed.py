"""A page becomes objects: their text as it came, and of each only the fields that the mirror's columns are made of."""

from __future__ import annotations

import json
from typing import Any, TypedDict

import msgspec

from lib.errors import Unavailable

Object = dict[str, Any]


class _Page(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool = False


class _Address(TypedDict, total=False):
    postal_code: str | None


class _Customer(TypedDict, total=False):
    object: str
    id: str
    deleted: bool
    created: int
    name: str | None
    email: str | None
    phone: str | None
    metadata: dict[str, str] | None
    currency: str | None
    balance: int | None
    address: _Address | None
    invoice_credit_balance: dict[str, int] | None


class _Tax(TypedDict, total=False):
    amount: int


class _Lines(TypedDict, total=False):
    has_more: bool


class _Moments(TypedDict, total=False):
    finalized_at: int | None
    paid_at: int | None
    voided_at: int | None
    marked_uncollectible_at: int | None


class _Invoice(TypedDict, total=False):
    object: str
    id: str
    deleted: bool
    number: str | None
    status: str
    customer: Any
    customer_name: str | None
    customer_email: str | None
    currency: str
    subtotal: int
    total: int
    total_excluding_tax: int | None
    total_taxes: list[_Tax] | None
    amount_due: int
    amount_paid: int
    amount_remaining: int
    starting_balance: int
    ending_balance: int | None
    created: int
    due_date: int | None
    metadata: dict[str, str] | None
    status_transitions: _Moments
    description: str | None
    hosted_invoice_url: str | None
    invoice_pdf: str | None
    lines: _Lines


_PAGE = msgspec.json.Decoder(_Page)
_KINDS: dict[str, msgspec.json.Decoder[Any]] = {
    "customer": msgspec.json.Decoder(_Customer),
    "invoice": msgspec.json.Decoder(_Invoice),
}


def page(body: bytes) -> tuple[list[bytes], bool]:
    """The objects of a page as text, and whether there are more. Raises Unavailable when this is no page."""
    try:
        found = _PAGE.decode(body)
    except msgspec.MsgspecError:
        raise Unavailable("Stripe's answer could not be read.", "a list that is none") from None
    return [bytes(raw) for raw in found.data], found.has_more


def read(kind: str, text: bytes) -> Object:
    """An object: of customers and invoices the fields we keep in columns, of anything else all. Where Stripe writes a
    field in another way than we know, everything is read, and the column's own reader decides.
    """
    try:
        return _KINDS[kind].decode(text) if kind in _KINDS else msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return json.loads(text)


def whole(text: bytes) -> Object:
    """Every field of an object."""
    return json.loads(text)
