"""Taking a list away: who did it, which list and whether all of it is on record, what stood in it is not."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from contextlib import closing
from typing import Any

from sqlalchemy import Select

from lib import audit
from lib.context import Context
from lib.dates import moment
from lib.documents.csv_export import csv_pieces
from lib.errors import NotFound
from lib.mirror.database import writing
from lib.people import need
from lib.queries import freshness
from lib.queries._stream import batches
from lib.queries.invoices import Filters
from lib.queries.reports import REPORTS, Report


def export(ctx: Context, report: str, **filters: Any) -> Generator[bytes, None, None]:
    """A report as CSV, a piece at a time. Raises NotAllowed, or NotFound for a report that does not exist.

    `filters` are those of the report's page. The audit entry is written before the first row leaves.
    """
    actor = need(ctx, "export")
    if report not in REPORTS:
        raise NotFound(f"There is no report called {report}. There are: {', '.join(REPORTS)}.")
    wanted = REPORTS[report]
    with writing(ctx.engine) as conn:
        detail = {"report": report, "filtered": _narrowed(filters)}
        audit.record(conn, actor=actor.username, role=actor.role, verb="export:csv", subject=report, detail=detail)
    return _pieces(ctx, wanted, wanted.rows(ctx, **filters))


def _pieces(ctx: Context, wanted: Report, statement: Select[Any]) -> Generator[bytes, None, None]:
    with closing(batches(ctx, statement)) as found:
        yield from csv_pieces(found, wanted.columns, ctx.settings.zone)


def _narrowed(filters: dict[str, Any]) -> bool:
    """Whether anything was left out; an order leaves nothing out."""
    return any(told and told != Filters() for name, told in filters.items() if name not in ("sort", "descending"))


def file_name(ctx: Context, report: str) -> str:
    """What the list is and as of when, for example payerdesk-invoices-2026-11-22-140500-3f9c.csv.

    The end is drawn anew for each: Streamlit may serve the first of two large files that share a name.
    """
    as_of = freshness.get(ctx).as_of or ctx.now
    stamp = f"{moment(as_of, ctx.settings.zone):%Y-%m-%d-%H%M%S}"
    return f"payerdesk-{report}-{stamp}-{secrets.token_hex(2)}.csv"
