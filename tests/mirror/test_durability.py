"""What is confirmed is on the disk, and whoever writes holds the lock from the first moment."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from lib.mirror.database import in_bulk, on_file, open_database, sorting_in_files, writing

PRAGMAS = {"synchronous": 2, "foreign_keys": 1, "journal_mode": "wal", "busy_timeout": 10_000}


def test_every_connection_waits_for_the_disk_and_for_its_turn(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'payerdesk.sqlite'}")
    with ExitStack() as held:
        for conn in [held.enter_context(engine.connect()) for _ in range(8)]:
            assert {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS} == PRAGMAS
    with in_bulk(engine) as bulk, bulk.connect() as conn:  # only what Stripe has is written there
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 1
    engine.dispose()


def test_what_sorts_the_whole_mirror_does_it_in_files_and_is_never_refused_that(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'payerdesk.sqlite'}")
    with in_bulk(engine) as bulk, bulk.connect() as conn:
        assert _where_it_sorts(conn) == (2, 1, 2)  # memory, files, memory
    with writing(engine) as conn:
        conn.exec_driver_sql("CREATE TEMP TABLE asked_for (id)")
        assert 2 not in _where_it_sorts(conn)
    engine.dispose()


def _where_it_sorts(conn: Connection) -> tuple[int, int, int]:
    """SQLite's word for it before, meanwhile and afterwards."""
    before = conn.exec_driver_sql("PRAGMA temp_store").scalar_one()
    with sorting_in_files(conn):
        meanwhile = conn.exec_driver_sql("PRAGMA temp_store").scalar_one()
    return before, meanwhile, conn.exec_driver_sql("PRAGMA temp_store").scalar_one()


def test_two_never_write_at_once_and_who_comes_second_fails_before_the_first_word(tmp_path: Path) -> None:
    engine, other = (on_file(tmp_path / "payerdesk.sqlite") for _ in range(2))
    with other.connect() as conn:
        conn.exec_driver_sql("PRAGMA busy_timeout=10")
        conn.rollback()
    with writing(engine), pytest.raises(OperationalError, match="locked"), writing(other):
        raise AssertionError("the second one was let in")
    engine.dispose()
    other.dispose()
