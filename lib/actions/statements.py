"""Taking a payer's statement away, as PDF or CSV: whose it was is on record, what stood in it is not."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from datetime import date

from lib import audit
from lib.context import Context
from lib.documents.statement import Statement, as_csv
from lib.errors import NotFound
from lib.mirror.database import writing
from lib.people import need
from lib.queries import statements

# What a ticket calls it -> its media type and the end of its name.
KINDS = {"statement-pdf": ("application/pdf", "pdf"), "statement-csv": ("text/csv; charset=utf-8", "csv")}


def take(
    ctx: Context, kind: str, payer: str, first: str = "", last: str = ""
) -> tuple[str, str, Generator[bytes, None, None]]:
    """The file's name, its media type and its pieces. `first` and `last` are ISO days, both empty for what is open now.

    Raises NotAllowed, or NotFound for an unknown payer or kind. The audit entry is written before anything leaves.
    """
    actor = need(ctx, "export")
    if kind not in KINDS:
        raise NotFound("There is no such document.")
    days = {"first": date.fromisoformat(first), "last": date.fromisoformat(last)} if first and last else {}
    found = statements.get(ctx, payer, **days)
    with writing(ctx.engine) as conn:
        detail = {"report": kind, "first": first, "last": last}
        audit.record(conn, actor=actor.username, role=actor.role, verb="export:csv", subject=payer, detail=detail)
    media, ending = KINDS[kind]
    return f"payerdesk-statement-{payer}-{ctx.today.isoformat()}.{ending}", media, _each(_made(kind, found))


def _made(kind: str, found: Statement) -> Iterable[bytes]:
    if kind == "statement-csv":
        return as_csv(found)
    from lib.documents.statement_pdf import as_pdf  # large, and few ask for it

    return [as_pdf(found)]


def _each(pieces: Iterable[bytes]) -> Generator[bytes, None, None]:
    yield from pieces
