"""The list of routes: everything this Stripe answers, and by what it checks the parameters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.resources import (
    account,
    balance,
    credit_notes,
    customers,
    events,
    invoice_items,
    invoice_lines,
    invoices,
    lifecycle,
    payment_records,
    payments,
    previews,
    prices,
    products,
    search,
    tax_ids,
    tax_rates,
)

Handler = Callable[[Call], Any]
INVOICE_GAPS = (
    "account_tax_ids application_fee_amount automatic_tax default_payment_method default_source discounts issuer "
    "on_behalf_of shipping_cost shipping_details transfer_data"
)
CUSTOMER_GAPS = "cash_balance source tax validate"
SHIPPING = "shipping_cost"
ITEM_GAPS = "customer_account subscription"
PREVIEW_GAPS = (
    "automatic_tax customer_account customer_details discounts issuer on_behalf_of schedule schedule_details "
    "subscription subscription_details"
)


@dataclass(frozen=True)
class Route:
    """One method on one address."""

    method: str
    path: str
    handler: Handler
    params: str
    kind: str | None
    gaps: str = ""
    listed: bool = False

    @cached_property
    def not_imitated(self) -> frozenset[str]:
        """Parameters that Stripe knows and this sandbox refuses, openly."""
        return frozenset(self.gaps.split())

    @property
    def search(self) -> bool:
        return self.path.endswith("/search")


@dataclass(frozen=True)
class Noun:
    """The five usual routes of a kind, as far as it has them."""

    base: str
    kind: str
    params: str
    ident: str
    module: Any
    verbs: str = "create list retrieve update delete"
    gaps: dict[str, str] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [self._route(verb) for verb in self.verbs.split()]

    def _route(self, verb: str) -> Route:
        method = {"list": "GET", "retrieve": "GET", "delete": "DELETE"}.get(verb, "POST")
        path = self.base if verb in ("create", "list") else f"{self.base}/{{{self.ident}}}"
        handler = getattr(self.module, "list_" if verb == "list" else verb)
        params = f"{self.params}{verb.capitalize()}Params"
        gaps = self.gaps.get(verb, "")
        return Route(method, path, handler, params, self.kind, gaps, listed=verb == "list")


def _invoice(verb: str, handler: Handler, params: str, gaps: str = "") -> Route:
    return Route("POST", f"/v1/invoices/{{invoice}}/{verb}", handler, f"Invoice{params}Params", "invoice", gaps)


def _record(verb: str, handler: Handler, params: str) -> Route:
    return Route("POST", f"/v1/payment_records/{verb}", handler, f"PaymentRecord{params}Params", "payment_record")


NOUNS = [
    Noun(
        "/v1/customers",
        "customer",
        "Customer",
        "customer",
        customers,
        gaps={"create": f"{CUSTOMER_GAPS} payment_method test_clock", "update": f"{CUSTOMER_GAPS} default_source"},
    ),
    Noun(
        "/v1/customers/{customer}/tax_ids", "tax_id", "CustomerTaxId", "tax_id", tax_ids, "create list retrieve delete"
    ),
    Noun(
        "/v1/customers/{customer}/balance_transactions",
        "customer_balance_transaction",
        "CustomerBalanceTransaction",
        "entry",
        balance,
        "create list retrieve update",
    ),
    Noun("/v1/products", "product", "Product", "product", products),
    Noun("/v1/prices", "price", "Price", "price", prices, "create list retrieve update"),
    Noun("/v1/tax_rates", "tax_rate", "TaxRate", "tax_rate", tax_rates, "create list retrieve update"),
    Noun(
        "/v1/invoices",
        "invoice",
        "Invoice",
        "invoice",
        invoices,
        gaps={
            "create": f"{INVOICE_GAPS} customer_account subscription",
            "update": INVOICE_GAPS,
            "list": "customer_account",
        },
    ),
    Noun(
        "/v1/invoiceitems",
        "invoiceitem",
        "InvoiceItem",
        "item",
        invoice_items,
        gaps={"create": ITEM_GAPS, "list": "customer_account"},
    ),
    Noun(
        "/v1/credit_notes",
        "credit_note",
        "CreditNote",
        "note",
        credit_notes,
        "create list retrieve update",
        {"create": SHIPPING, "list": "customer_account"},
    ),
    Noun("/v1/invoice_payments", "invoice_payment", "InvoicePayment", "payment", payments, "list retrieve"),
    Noun("/v1/payment_records", "payment_record", "PaymentRecord", "record", payment_records, "list retrieve"),
    Noun("/v1/events", "event", "Event", "event", events, "list retrieve", {"list": "delivery_success"}),
]
ROUTES: list[Route] = [
    Route("GET", "/v1/account", account.retrieve, "AccountRetrieveCurrentParams", "account"),
    Route("GET", "/v1/customers/search", search.customers, "CustomerSearchParams", "customer", listed=True),
    Route("GET", "/v1/invoices/search", search.invoices, "InvoiceSearchParams", "invoice", listed=True),
    Route(
        "POST", "/v1/invoices/create_preview", previews.create, "InvoiceCreatePreviewParams", "invoice", PREVIEW_GAPS
    ),
    Route("GET", "/v1/credit_notes/preview", credit_notes.preview, "CreditNotePreviewParams", "credit_note", SHIPPING),
    Route(
        "GET",
        "/v1/credit_notes/preview/lines",
        credit_notes.preview_lines,
        "CreditNotePreviewLinesListParams",
        "credit_note_line_item",
        SHIPPING,
        listed=True,
    ),
    *(route for noun in NOUNS for route in noun.routes()),
    _invoice("finalize", lifecycle.finalize, "FinalizeInvoice"),
    _invoice("send", lifecycle.send, "SendInvoice"),
    _invoice("pay", lifecycle.pay, "Pay", "forgive mandate payment_method source"),
    _invoice("void", lifecycle.void, "VoidInvoice"),
    _invoice("mark_uncollectible", lifecycle.mark_uncollectible, "MarkUncollectible"),
    Route(
        "GET",
        "/v1/credit_notes/{note}/lines",
        credit_notes.list_lines,
        "CreditNoteLineItemListParams",
        "credit_note_line_item",
        listed=True,
    ),
    Route("POST", "/v1/credit_notes/{note}/void", credit_notes.void, "CreditNoteVoidCreditNoteParams", "credit_note"),
    _invoice("attach_payment", payments.attach, "AttachPayment", "payment_intent"),
    _record("report_payment", payment_records.report, "ReportPayment"),
    _record("{record}/report_refund", payment_records.report_refund, "ReportRefund"),
    _invoice("add_lines", invoice_lines.add, "AddLines"),
    _invoice("update_lines", invoice_lines.update_many, "UpdateLines"),
    _invoice("remove_lines", invoice_lines.remove_many, "RemoveLines"),
    Route(
        "GET",
        "/v1/invoices/{invoice}/lines",
        invoice_lines.list_,
        "InvoiceLineItemListParams",
        "line_item",
        listed=True,
    ),
    Route(
        "GET",
        "/v1/invoices/{invoice}/payments",
        payments.list_of_invoice,
        "InvoiceLineItemListParams",
        "invoice_payment",
        listed=True,
    ),
    Route(
        "POST",
        "/v1/invoices/{invoice}/lines/{line}",
        invoice_lines.update_one,
        "InvoiceLineItemUpdateParams",
        "line_item",
    ),
]


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


@cache
def _candidates(method: str, depth: int) -> list[Route]:
    return [route for route in ROUTES if route.method == method and route.path.count("/") == depth]


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route for a request, and the ids in its address."""
    for route in _candidates(method, path.count("/")):
        if match := _pattern(route.path).fullmatch(path):
            return route, match.groupdict()
    return None
