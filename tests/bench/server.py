"""A Postgres that keeps the made-up practices, with the memory that a server for a large practice has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from tests.bench.practice import FOLDER, Practice, copy, found, on_file, shape
from tests.support.postgres import Postgres

# Only what decides how fast it reads; nothing here must survive a power cut.
_SETTINGS = (
    "shared_buffers=512MB",
    "effective_cache_size=4GB",
    "work_mem=16MB",
    "maintenance_work_mem=256MB",
    "random_page_cost=1.1",
    "max_wal_size=4GB",
    "fsync=off",
    "listen_addresses=",
)


@contextmanager
def running(folder: Path = FOLDER) -> Iterator[Postgres]:
    """The server, from start to stop."""
    (folder / "pg").mkdir(parents=True, exist_ok=True)
    postgres = Postgres(folder / "pg", _SETTINGS).start()
    try:
        yield postgres
    finally:
        postgres.stop()


def on_postgres(postgres: Postgres, invoices: int, folder: Path = FOLDER, *, rebuild: bool = False) -> Practice:
    """The practice of this size, copied now from the one in a file unless the server has it already."""
    name, part = f"practice_{invoices}_{shape()}", f"practice_{invoices}_part"
    with psycopg.connect(host=str(postgres.folder), user="postgres", dbname="postgres", autocommit=True) as control:
        there = {row[0] for row in control.execute("SELECT datname FROM pg_database")}
        if rebuild or name not in there:
            for old in (one for one in there if one.startswith(f"practice_{invoices}_")):
                control.execute(f"DROP DATABASE {old}")
            control.execute(f"CREATE DATABASE {part}")
            copy(on_file(invoices, folder), _url(postgres, part))
            control.execute(f"ALTER DATABASE {part} RENAME TO {name}")
    return found(_url(postgres, name))


def maker(over: ExitStack, folder: Path, *, postgres: bool) -> Callable[[int], Practice]:
    """What makes or finds a practice of a size: in files, or on a server that runs until `over` ends."""
    if not postgres:
        return lambda invoices: on_file(invoices, folder)
    running_ = over.enter_context(running(folder))
    return lambda invoices: on_postgres(running_, invoices, folder)


def _url(postgres: Postgres, database: str) -> str:
    return f"postgresql+psycopg://postgres@/{database}?host={postgres.folder}"
