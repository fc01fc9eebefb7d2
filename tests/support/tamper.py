"""Somebody who holds the database, and nothing else, at work on the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from lib.mirror import locks
from lib.mirror.database import writing


def unlock(conn: Connection) -> None:
    """Get past what refuses to change the log, until this transaction ends (Postgres) or `lock` puts it back."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        return
    for name, _ in locks.SQLITE:
        conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def lock(conn: Connection) -> None:
    """Cover the tracks."""
    if conn.dialect.name == "sqlite":
        locks.shut(conn)


@contextmanager
def tampering(engine: Engine) -> Iterator[Connection]:
    """One transaction that changes what must not be changed."""
    with writing(engine) as conn:
        unlock(conn)
        yield conn
        lock(conn)
