"""A Postgres database with every table, emptied between tests: making one anew takes ten times as long.

It gets another name each time, so that whatever an earlier test left running finds nothing under the old one. A test
that changes the shape of the database ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.postgres import Postgres

_SHAPE = (
    "SELECT md5(string_agg(concat_ws(',', attrelid::regclass, attname, atttypid, attnotnull), ';' ORDER BY attrelid, "
    "attnum)) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace "
    "AND NOT attisdropped"
)
_TABLES = (
    "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
    "AND relname != 'schema_version'"
)
_COUNT_ANEW = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"
_END_OTHERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"


class Furnished:
    """Gives one database at a time. `furnish` puts every table into an empty one."""

    def __init__(self, server: Postgres, furnish: Callable[[str], object]) -> None:
        self._server, self._furnish = server, furnish
        self._kept, self._shape = "", ""

    @contextmanager
    def database(self) -> Iterator[str]:
        """The SQLAlchemy URL of a database with every table and no row."""
        name = self._renamed() if self._kept else self._made()
        try:
            yield self._server.url(name)
        finally:
            self._kept = name if self._emptied(name) else ""

    def _renamed(self) -> str:
        name = self._server.new_name()
        with self._server.connect() as control:
            control.execute(_END_OTHERS, [self._kept])  # who came back since
            control.execute(f"ALTER DATABASE {self._kept} RENAME TO {name}")
        return name

    def _made(self) -> str:
        name = self._server.new_name()
        with self._server.connect() as control:
            control.execute(f"CREATE DATABASE {name}")
        self._furnish(self._server.url(name))
        self._shape = self._shape_of(name)
        return name

    def _emptied(self, name: str) -> bool:
        """False when it had lost its shape and is gone."""
        with self._server.connect() as control:
            control.execute(_END_OTHERS, [name])
            if self._shape_of(name) != self._shape:
                control.execute(f"DROP DATABASE {name} WITH (FORCE)")
                return False
        with self._server.connect(name) as inside, inside.transaction():
            inside.execute("SET LOCAL session_replication_role = replica")  # in any order, whoever refers to whom
            for (table,) in inside.execute(_TABLES).fetchall():
                inside.execute(f"DELETE FROM {table}")
            inside.execute(_COUNT_ANEW)
        return True

    def _shape_of(self, name: str) -> str:
        with self._server.connect(name) as inside:
            [shape] = inside.execute(_SHAPE).fetchone() or [""]
            return str(shape)
