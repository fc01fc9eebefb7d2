"""What a browser can open: the invoice as its payer sees it, its PDF, and a plain stand-in for Stripe's dashboard.

Whatever a person typed is escaped: a customer's name is text, never markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from lib.sandbox.call import Call
from lib.sandbox.engine import Sandbox
from lib.sandbox.money import said
from lib.sandbox.paper import document
from lib.sandbox.resources import payments
from lib.sandbox.schema import Body

SHELL = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #1a1f36 }}
table {{ width: 100%; border-collapse: collapse }}
td {{ padding: .4rem 0; border-bottom: 1px solid #e3e8ee }}
td:last-child {{ text-align: right; font-variant-numeric: tabular-nums }}
pre {{ white-space: pre-wrap; background: #f6f8fa; padding: 1rem }}
small {{ color: #697386 }}
button {{ font: inherit; margin: 1.5rem 0; padding: .6rem 1rem; cursor: pointer }}
</style></head>
<body>{body}<p><small>A sandbox: no real invoice, no real money.</small></p></body></html>"""
SAFE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"}
BUTTON = '<form method="post"><button>Pay {amount} with a test card</button></form>'
NOTE_IN_ADDRESS = re.compile(r"test_(cn_\w+?)_\w{24}")
IN_ADDRESS = re.compile(r"test_(in_\w+?)_\w{24}")


def routes(sandbox: Sandbox) -> list[Route]:
    return [
        Route("/i/{account}/{invoice}", _with_invoice(sandbox, _page), methods=["GET"]),
        Route("/i/{account}/{invoice}", _payment(sandbox), methods=["POST"]),
        Route("/invoice/{account}/{invoice}/pdf", _with_invoice(sandbox, _pdf)),
        Route("/credit_notes/{account}/{note}/pdf", _note(sandbox)),
        Route("/dashboard/{kind}/{ident}", _dashboard(sandbox)),
    ]


def _with_invoice(sandbox: Sandbox, show: Callable[[Body, list[Body]], Response]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        with sandbox.reading() as call:
            invoice = _asked_for(call, request)
            if invoice is None:
                return _not_found()
            lines = call.store.select("line_item", ("invoice = ?", invoice["id"]))
            if newest := show is _page and invoice["latest_revision"]:
                address = call.get("invoice", newest)["hosted_invoice_url"]
                return RedirectResponse(urlsplit(address).path, 303)
        return show(invoice, lines)

    return answer


def _asked_for(call: Call, request: Request) -> Body | None:
    """The invoice of the address, which cannot be guessed from its id."""
    found = IN_ADDRESS.fullmatch(request.path_params["invoice"])
    invoice = call.store.find("invoice", found.group(1)) if found else None
    address = f"/{request.path_params['invoice']}?"
    return invoice if invoice and address in (invoice["hosted_invoice_url"] or "") else None


def _payment(sandbox: Sandbox) -> Callable[[Request], Response]:
    """The button: a test card that always works."""

    def answer(request: Request) -> Response:
        with sandbox.writing() as call:
            invoice = _asked_for(call, request)
            if invoice is None:
                return _not_found()
            if invoice["status"] in payments.PAYABLE:
                payments.by_card(call, invoice)
        return RedirectResponse(request.url.path, 303)

    return answer


def _not_found() -> Response:
    return HTMLResponse(SHELL.format(title="Not found", body="<h1>There is no such page</h1>"), 404, SAFE)


def _day(timestamp: int | None) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC):%-d %B %Y}" if timestamp else "on receipt"


def _page(invoice: Body, lines: list[Body]) -> Response:
    currency = invoice["currency"]
    entries = [(line["description"] or "", line["amount"]) for line in lines]
    sums = [("Subtotal", invoice["subtotal"]), ("VAT", sum(tax["amount"] for tax in invoice["total_taxes"]))]
    sums.append(("Total", invoice["total"]))
    noted = invoice["pre_payment_credit_notes_amount"]
    for words, taken in (
        ("Applied balance", invoice["total"] - invoice["amount_due"] - noted),
        ("Credit notes", noted),
        ("Paid", invoice["amount_paid"]),
    ):
        sums += [(words, -taken)] if taken else []
    sums.append(("Amount due", invoice["amount_remaining"]))
    rows = "".join(f"<tr><td>{escape(text)}<td>{said(amount, currency)}" for text, amount in [*entries, *sums])
    head = f"<h1>Invoice {escape(invoice['number'])}</h1><p>{escape(invoice['account_name'])}"
    head += (
        f" to {escape(invoice['customer_name'] or '')} · {escape(invoice['status'])} · due {_day(invoice['due_date'])}"
    )
    pay = (
        BUTTON.format(amount=said(invoice["amount_remaining"], currency))
        if invoice["status"] in payments.PAYABLE
        else ""
    )
    body = f"{head}<table>{rows}</table>{pay}"
    return HTMLResponse(SHELL.format(title=escape(invoice["number"]), body=body), 200, SAFE)


def _pdf(invoice: Body, lines: list[Body]) -> Response:
    amounts = [f"{line['description'] or ''}   {said(line['amount'], line['currency'])}" for line in lines]
    due = f"Amount due {said(invoice['amount_remaining'], invoice['currency'])}"
    text = [f"Invoice {invoice['number']}", invoice["customer_name"] or "", "", *amounts, "", due]
    return Response(document(text), media_type="application/pdf")


def _note(sandbox: Sandbox) -> Callable[[Request], Response]:
    """The paper of a credit note."""

    def answer(request: Request) -> Response:
        found = NOTE_IN_ADDRESS.fullmatch(request.path_params["note"])
        with sandbox.reading() as call:
            note = call.store.find("credit_note", found.group(1)) if found else None
            if note is None or f"/{request.path_params['note']}/" not in note["pdf"]:
                return _not_found()
            lines = call.store.select("credit_note_line_item", ("credit_note = ?", note["id"]))
        amounts = [f"{line['description'] or ''}   {said(line['amount'], note['currency'])}" for line in lines]
        total = f"Credited {said(note['total'], note['currency'])}"
        text = [f"Credit note {note['number']}", note["memo"] or "", "", *amounts, "", total]
        return Response(document(text), media_type="application/pdf")

    return answer


def _dashboard(sandbox: Sandbox) -> Callable[[Request], Response]:
    """What "Open in Stripe" leads to."""
    kinds = {"customers": "customer", "invoices": "invoice", "credit_notes": "credit_note"}

    def answer(request: Request) -> Response:
        kind, ident = kinds.get(request.path_params["kind"]), request.path_params["ident"]
        with sandbox.reading() as call:
            body = call.store.find(kind, ident) if kind else None
        if body is None:
            return _not_found()
        shown = escape(json.dumps(body, indent=2, ensure_ascii=False))
        return HTMLResponse(
            SHELL.format(title=escape(ident), body=f"<h1>{escape(ident)}</h1><pre>{shown}</pre>"), 200, SAFE
        )

    return answer
