"""A mirror of an older shape is thrown away and filled again: it is a copy, and Stripe has all that was in it."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, inspect

from lib.mirror.database import metadata, reading, writing
from lib.mirror.migrations import take_turns
from lib.mirror.tables import MIRROR


def refit(engine: Engine) -> bool:
    """Make the mirror's tables what this program expects; True when that emptied them."""
    with reading(engine) as conn:
        if _all_fit(conn):
            return False
    with writing(engine) as conn:
        take_turns(conn)
        if _all_fit(conn):  # by now: another process started at the same time
            return False
        metadata.drop_all(conn, tables=list(MIRROR))
        metadata.create_all(conn, tables=list(MIRROR))
        return True


def _all_fit(conn: Connection) -> bool:
    return all(_fits(conn, table.name, set(table.c.keys())) for table in MIRROR)


def _fits(conn: Connection, table: str, wanted: set[str]) -> bool:
    return {column["name"] for column in inspect(conn).get_columns(table)} == wanted
