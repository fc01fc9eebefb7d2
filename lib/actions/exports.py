"""Taking a list away: who did it, which list and whether all of it is on record, what stood in it is not."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Select
from sqlalchemy.exc import SQLAlchemyError

from lib import audit
from lib.actions import statements
from lib.context import Context
from lib.dates import moment
from lib.documents.csv_export import csv_pieces
from lib.errors import NotAllowed, NotFound, Unavailable
from lib.mirror.database import writing
from lib.people import downloads, need
from lib.queries import freshness
from lib.queries._stream import batches
from lib.queries.invoices import Filters
from lib.queries.reports import REPORTS, Report


@dataclass(frozen=True)
class File:
    """A file's name, and its pieces, which must be closed when nobody wants the rest."""

    name: str
    pieces: Generator[bytes, None, None]
    media: str = "text/csv; charset=utf-8"


def export(ctx: Context, report: str, **filters: Any) -> Generator[bytes, None, None]:
    """A report as CSV, a piece at a time. Raises NotAllowed, or NotFound for a report that does not exist.

    `filters` are those of the report's page. The audit entry is written before the first row leaves. What leaves raises
    Unavailable where the database breaks off.
    """
    actor, wanted = need(ctx, "export"), _known(report)
    statement = wanted.rows(ctx, **filters)
    with writing(ctx.engine) as conn:
        detail = {"report": report, "filtered": _narrowed(filters)}
        audit.record(conn, actor=actor.username, role=actor.role, verb="export:csv", subject=report, detail=detail)
    return _pieces(ctx, wanted, statement)


def ticket(ctx: Context, report: str, **filters: Any) -> str:
    """What the browser fetches a report with, once and within a minute. Raises NotAllowed, or NotFound.

    The address that it makes says nothing of the filters: they may hold a name.
    """
    actor = need(ctx, "export")
    if actor.session is None:
        raise NotAllowed("A download takes a browser that is signed in.")
    name = report if report in statements.KINDS else _known(report).name
    wanted = msgspec.json.encode({"report": name, "filters": filters})
    return downloads.mint(ctx.engine, actor, wanted.decode(), ctx.now)


def fetch(ctx: Context, ticket: str) -> File:
    """Trade a ticket for the file, in the hands of whoever holds the cookie now. Raises NotAllowed, or NotFound."""
    actor = need(ctx, "export")
    wanted = downloads.claim(ctx.engine, actor, ticket, ctx.now)
    if wanted is None:
        raise NotFound("This download was fetched before, or is too old. Press Download CSV again.")
    asked = msgspec.json.decode(wanted)
    if asked["report"] in statements.KINDS:
        name, media, pieces = statements.take(ctx, asked["report"], **asked["filters"])
        return File(name, pieces, media)
    filters = {name: _read(name, told) for name, told in asked["filters"].items()}
    return File(file_name(ctx, asked["report"]), export(ctx, asked["report"], **filters))


def _read(name: str, told: Any) -> Any:
    return msgspec.convert(told, Filters) if name == "filters" and told is not None else told


def _known(report: str) -> Report:
    if report not in REPORTS:
        raise NotFound(f"There is no report called {report}. There are: {', '.join(REPORTS)}.")
    return REPORTS[report]


def _pieces(ctx: Context, wanted: Report, statement: Select[Any]) -> Generator[bytes, None, None]:
    fields = {"currency", *(column.field for column in wanted.columns)}
    try:
        with closing(batches(ctx, statement, fields)) as found:
            yield from csv_pieces(found, wanted.columns, ctx.settings.zone)
    except SQLAlchemyError as wrong:
        # Its own words hold what was searched for.
        raise Unavailable("The list broke off before its end: it is not whole.", type(wrong).__name__) from None


def _narrowed(filters: dict[str, Any]) -> bool:
    """Whether anything was left out; an order leaves nothing out."""
    return any(told and told != Filters() for name, told in filters.items() if name not in ("sort", "descending"))


def file_name(ctx: Context, report: str) -> str:
    """What the list is and as of when, for example payerdesk-invoices-2026-11-22-140500-3f9c.csv.

    The end is drawn anew for each: two lists of one look at Stripe may be narrowed differently.
    """
    as_of = freshness.get(ctx).as_of or ctx.now
    stamp = f"{moment(as_of, ctx.settings.zone):%Y-%m-%d-%H%M%S}"
    return f"payerdesk-{report}-{stamp}-{secrets.token_hex(2)}.csv"
