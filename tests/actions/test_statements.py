"""Taking a statement away: by who may, once, of the payer that was asked for, with a line in the log."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO

import pytest
from pypdf import PdfReader

from lib.actions import exports, statements
from lib.context import Context
from lib.errors import NotAllowed, NotFound
from lib.people import sessions, who
from tests.support.world import World


def in_a_browser(world: World, username: str, role: str) -> Context:
    """Somebody who is signed in."""
    world.person(username, role)
    cookie = sessions.begin(world.ctx.engine, username, world.ctx.now)
    return world.ctx.as_actor(who(world.ctx.engine, cookie, world.ctx.now))


def fetched(ctx: Context, kind: str, **wanted: str) -> tuple[exports.File, bytes]:
    file = exports.fetch(ctx, exports.ticket(ctx, kind, **wanted))
    return file, b"".join(file.pieces)


def test_a_statement_leaves_as_pdf_and_as_csv_and_says_the_same(world: World) -> None:
    acme, other = world.customer("Acme Ltd"), world.customer("Other Ltd")
    number = world.in_stripe("invoice", world.invoice(acme, 12_000))["number"]
    elsewhere = world.in_stripe("invoice", world.invoice(other, 777))["number"]
    world.sync()
    viewer = in_a_browser(world, "vera", "viewer")
    file, pdf = fetched(viewer, "statement-pdf", payer=acme)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    assert (file.media, file.name) == ("application/pdf", f"payerdesk-statement-{acme}-2026-11-16.pdf")
    file, content = fetched(viewer, "statement-csv", payer=acme)
    [row] = csv.DictReader(StringIO(content.decode("utf-8-sig")))
    assert (file.media, row["Invoice"], row["Remaining"]) == ("text/csv; charset=utf-8", number, "120.00")
    assert number in text
    assert "£120.00" in text
    assert elsewhere not in text


def test_who_took_whose_statement_is_on_record_without_a_name(world: World) -> None:
    acme = world.customer("Acme Ltd")
    world.sync()
    fetched(in_a_browser(world, "vera", "viewer"), "statement-csv", payer=acme, first="2026-11-01", last="2026-11-16")
    [entry] = [entry for entry in world.audited() if entry.verb == "export:csv"]
    assert (entry.actor, entry.subject, json.loads(entry.detail)["first"]) == ("vera", acme, "2026-11-01")
    assert "Acme" not in entry.detail


def test_a_ticket_is_good_once_and_for_who_asked(quick: World) -> None:
    acme = quick.customer()
    quick.sync()
    vera, nia = in_a_browser(quick, "vera", "viewer"), in_a_browser(quick, "nia", "manager")
    ticket = exports.ticket(vera, "statement-pdf", payer=acme)
    with pytest.raises(NotFound):
        exports.fetch(nia, ticket)
    exports.fetch(vera, ticket).pieces.close()
    with pytest.raises(NotFound):
        exports.fetch(vera, ticket)


def test_a_stranger_and_somebody_disabled_take_nothing(quick: World) -> None:
    acme = quick.customer()
    quick.sync()
    vera = in_a_browser(quick, "vera", "viewer")
    ticket = exports.ticket(vera, "statement-pdf", payer=acme)
    quick.change_person("vera", active=False)
    for ctx in (vera, quick.ctx.as_actor(None)):
        with pytest.raises(NotAllowed):
            exports.fetch(ctx, ticket)
        with pytest.raises(NotAllowed):
            statements.take(ctx, "statement-pdf", acme)
    assert [entry for entry in quick.audited() if entry.verb == "export:csv"] == []


def test_nobodys_statement_and_an_unknown_kind_are_not_found(quick: World) -> None:
    for kind, payer in (("statement-pdf", "cus_nobody"), ("statement-doc", "cus_nobody")):
        with pytest.raises(NotFound):
            statements.take(quick.ctx, kind, payer)
