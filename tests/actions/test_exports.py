"""Taking lists away: who may, what is on record, and what a spreadsheet makes of them."""

from __future__ import annotations

import dataclasses
import io
import re
from datetime import date
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import literal, select

from lib.actions import exports
from lib.context import Context
from lib.errors import NotAllowed, NotFound
from lib.people import sessions, who
from lib.queries.invoices import Filters
from lib.queries.reports import REPORTS
from tests.support.builders import bill, line
from tests.support.world import World


def _read(world: World, report: str, **filters: Any) -> pd.DataFrame:
    whole = b"".join(exports.export(world.ctx, report, **filters))
    return pd.read_csv(io.BytesIO(whole), encoding="utf-8-sig", dtype=str, keep_default_na=False)


def test_invoices_come_as_net_vat_and_gross_in_plain_figures(world: World) -> None:
    """Scenario 21, its second half."""
    acme = world.customer()
    vat = world.sandbox.call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})
    draft = world.draft(acme, 18_000)
    medical = {"amount": 25_000, "description": "Employment medical", "tax_rates": [vat["id"]]}
    world.sandbox.call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": [medical]})
    world.sandbox.call("POST", f"/v1/invoices/{draft}/finalize")
    world.sync()
    row = _read(world, "invoices").iloc[0]
    assert (row["Net"], row["VAT"], row["Total"], row["Remaining"]) == ("430.00", "50.00", "480.00", "480.00")
    assert (row["Invoice ID"], row["Status"], row["Payer ID"], row["Payer"]) == (draft, "open", acme, "Acme Ltd")
    assert (row["Currency"], row["Created"], row["Due date"]) == ("gbp", "2026-11-16", "2026-12-16")


def test_yen_are_whole_in_a_file_too(world: World) -> None:
    world.invoice(world.customer("Embassy"), 12_000, currency="jpy")
    world.sync()
    assert list(_read(world, "outstanding")["Total"]) == ["12000"]


def test_thirty_seven_lines_are_one_invoice_with_their_sum(world: World) -> None:
    """Scenario 22, its export."""
    bill(world, world.customer(), *[line(2500)] * 37)
    assert list(_read(world, "invoices")["Total"]) == ["925.00"]


def test_organisations_have_credit_and_debit_in_two_columns_without_a_sign(world: World) -> None:
    held, owing = world.customer("Acme Ltd"), world.customer("Corvane")
    world.entry(held, -5000)
    world.entry(owing, 1250)
    world.sync()
    found = _read(world, "organisations")
    assert [tuple(row) for row in found[["Organisation", "Credit", "Debit"]].to_numpy()] == [
        ("Acme Ltd", "50.00", "0.00"),
        ("Corvane", "0.00", "12.50"),
    ]


@pytest.mark.parametrize("report", ["organisations", "balances"])
def test_who_was_deleted_in_stripe_is_said_with_a_yes_and_nothing_is_said_of_the_others(
    quick: World, report: str
) -> None:
    here, gone = quick.customer("Acme Ltd"), quick.customer("Corvane")
    for customer in (here, gone):
        quick.invoice(customer, 9000)
        quick.entry(customer, -5000)
    quick.sync()
    quick.sandbox.call("DELETE", f"/v1/customers/{gone}")
    quick.sync()
    rows = _read(quick, report)
    assert dict(zip(rows["Customer ID"], rows["Deleted in Stripe"], strict=True)) == {here: "", gone: "yes"}


@pytest.mark.parametrize("report", sorted(REPORTS))
def test_an_amount_never_leaves_without_its_currency(report: str) -> None:
    columns = REPORTS[report].columns
    if any(column.kind in ("money", "credit", "debit") for column in columns):
        assert ("Currency", "currency") in [(column.title, column.field) for column in columns]


@pytest.mark.parametrize("report", sorted(REPORTS))
def test_every_list_has_its_headings_even_when_it_is_empty(world: World, report: str) -> None:
    assert list(_read(world, report)) == [column.title for column in REPORTS[report].columns]


@pytest.mark.parametrize(
    ("report", "columns"),
    [
        (
            "invoices",
            "Invoice ID,Number,Status,Payer ID,Payer,Patient,Currency,Total,Due,Paid,Remaining,Created,Due date",
        ),
        ("organisations", "Customer ID,Organisation,Currency,Outstanding,Overdue,Credit"),
    ],
)
def test_the_promised_columns_are_there(report: str, columns: str) -> None:
    assert {*columns.split(",")} <= {column.title for column in REPORTS[report].columns}


def test_a_file_holds_what_the_page_was_narrowed_to(quick: World) -> None:
    acme = quick.customer()
    opened, _draft = quick.invoice(acme, 9000), quick.draft(acme, 100)
    quick.sync()
    assert list(_read(quick, "invoices", filters=Filters(statuses=("open",)))["Invoice ID"]) == [opened]


def test_a_formula_for_a_name_is_harmless_in_the_file(quick: World) -> None:
    quick.customer('=HYPERLINK("http://evil.example","Acme")')
    quick.sync()
    assert _read(quick, "organisations").iloc[0]["Organisation"].startswith("'=HYPERLINK")


def test_who_took_which_list_is_on_record_before_the_first_row_leaves(world: World) -> None:
    exports.export(world.ctx, "invoices", filters=Filters(text="Byrne"))
    [entry] = [entry for entry in world.audited() if entry.verb == "export:csv"]
    assert (entry.actor, entry.subject) == ("mira", "invoices")
    assert "Byrne" not in entry.detail


@pytest.mark.parametrize(("text", "narrowed"), [("", "false"), ("Byrne", "true")])
def test_the_record_says_whether_a_list_was_whole(quick: World, text: str, narrowed: str) -> None:
    exports.export(quick.ctx, "invoices", filters=Filters(text=text), sort="Created", descending=True)
    exports.export(quick.ctx, "organisations", search=text, sort="Name", descending=False)
    told = [entry.detail for entry in quick.audited() if entry.verb == "export:csv"]
    assert [f'"filtered": {narrowed}' in detail for detail in told] == [True, True]


def test_a_viewer_may_take_lists_away_and_a_stranger_may_not(world: World) -> None:
    assert list(exports.export(world.person("vera", "viewer"), "invoices"))
    with pytest.raises(NotAllowed):
        exports.export(world.ctx.as_actor(None), "invoices")


def _at_the_screen(world: World, username: str = "mira") -> Context:
    """Somebody in a browser: their session, not only their name."""
    cookie = sessions.begin(world.ctx.engine, username, world.ctx.now)
    return world.ctx.as_actor(who(world.ctx.engine, cookie, world.ctx.now))


NARROWED = Filters(
    statuses=("open", "draft"),
    created_from=date(2026, 11, 1),
    created_to=date(2026, 11, 30),
    text="Byrne",
    payer="cus_1",
)


@pytest.mark.parametrize(
    ("report", "filters"),
    [
        ("invoices", {"filters": NARROWED, "sort": "Total", "descending": False}),
        ("invoices", {"filters": Filters(), "sort": "Created", "descending": True}),
        ("invoices", {}),
        ("organisations", {"search": 'Zoë, "=1"', "sort": "Name", "descending": True}),
    ],
)
def test_a_ticket_brings_exactly_what_the_page_was_narrowed_to(
    world: World, monkeypatch: pytest.MonkeyPatch, report: str, filters: dict[str, Any]
) -> None:
    asked: list[dict[str, Any]] = []
    seen = dataclasses.replace(REPORTS[report], rows=lambda ctx, **told: asked.append(told) or select(literal(1)))
    monkeypatch.setitem(REPORTS, report, seen)
    mira = _at_the_screen(world)
    exports.fetch(mira, exports.ticket(mira, report, **filters))
    assert asked == [filters]


def test_a_ticket_says_nothing_of_what_was_searched_for_and_is_no_download_yet(world: World) -> None:
    mira = _at_the_screen(world)
    ticket = exports.ticket(mira, "invoices", filters=Filters(text="Byrne"))
    assert re.fullmatch(r"[\w-]{43}", ticket)
    assert "export:csv" not in [entry.verb for entry in world.audited()]
    file = exports.fetch(mira, ticket)
    assert "export:csv" in [entry.verb for entry in world.audited()]
    assert file.name.startswith("payerdesk-invoices-2026-11-16-")
    assert b"".join(file.pieces) == b"".join(exports.export(mira, "invoices", filters=Filters(text="Byrne")))


@pytest.mark.parametrize("change", ["sign out", "role", "disable"])
def test_between_the_press_and_the_file_a_right_that_was_taken_away_counts(world: World, change: str) -> None:
    cookie = sessions.begin(world.ctx.engine, "mira", world.ctx.now)
    mira = world.ctx.as_actor(who(world.ctx.engine, cookie, world.ctx.now))
    ticket = exports.ticket(mira, "invoices")
    if change == "sign out":
        sessions.end(world.ctx.engine, cookie, world.ctx.now)
    elif change == "role":
        world.change_person("mira", role="nobody")
    else:
        world.change_person("mira", active=False)
    with pytest.raises(NotAllowed):
        exports.fetch(mira, ticket)
    assert "export:csv" not in [entry.verb for entry in world.audited()]


def test_a_ticket_is_for_whoever_asked_and_for_once(world: World) -> None:
    mira, vera = _at_the_screen(world), world.person("vera", "admin")
    ticket = exports.ticket(mira, "invoices")
    for stranger in (_at_the_screen(world), _at_the_screen(world, vera.actor.username if vera.actor else "")):
        with pytest.raises(NotFound, match="Press Download CSV again"):
            exports.fetch(stranger, ticket)
    exports.fetch(mira, ticket)
    with pytest.raises(NotFound, match="fetched before"):
        exports.fetch(mira, ticket)


def test_there_is_no_ticket_without_a_browser_nor_for_a_list_that_does_not_exist(quick: World) -> None:
    with pytest.raises(NotAllowed, match="browser"):
        exports.ticket(quick.ctx, "invoices")
    with pytest.raises(NotFound, match="balances"):
        exports.ticket(_at_the_screen(quick), "everything")


def test_a_report_that_does_not_exist_is_said_with_those_that_do(quick: World) -> None:
    with pytest.raises(NotFound, match="balances"):
        exports.export(quick.ctx, "everything")


def test_a_file_is_named_for_what_it_is_and_as_of_when_and_no_two_share_a_name(quick: World) -> None:
    quick.sync()
    first, second = (exports.file_name(quick.ctx, "invoices") for _ in range(2))
    assert re.fullmatch(r"payerdesk-invoices-2026-11-16-120000-[0-9a-f]{4}\.csv", first)
    assert first != second
