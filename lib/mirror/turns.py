"""One transaction at a time writes the mirror.

Sums are counted from what was to what is, and an invoice says what its customers say: nobody else may write in between.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_LOCK = 7_236_003  # a number of our own
_TAKE = text("SELECT pg_advisory_xact_lock(:lock)")


def take(conn: Connection) -> None:
    """Wait until nobody else writes, and keep it so until this transaction ends; asked for again, it is there already.
    SQLite has one writer anyway.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(_TAKE, {"lock": _LOCK})
