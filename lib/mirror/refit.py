"""A mirror of an older shape is thrown away and filled again: it is a copy, and Stripe has all that was in it."""

from __future__ import annotations

from sqlalchemy import Engine, inspect

from lib.mirror.database import metadata
from lib.mirror.tables import MIRROR


def refit(engine: Engine) -> bool:
    """Make the mirror's tables what this program expects; True when that emptied them."""
    if all(_fits(engine, table.name, set(table.c.keys())) for table in MIRROR):
        return False
    metadata.drop_all(engine, tables=list(MIRROR))
    metadata.create_all(engine, tables=list(MIRROR))
    return True


def _fits(engine: Engine, table: str, wanted: set[str]) -> bool:
    return {column["name"] for column in inspect(engine).get_columns(table)} == wanted
