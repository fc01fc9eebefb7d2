"""An existing database opened by a newer program, and a newer database by an older one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from lib.errors import SettingsError
from lib.mirror import migrations, ours
from lib.mirror.database import metadata, on_file, open_database, writing
from lib.mirror.indexes import LATE
from lib.mirror.refit import refit
from lib.mirror.tables import MIRROR
from lib.people import tables as people
from tests.mirror import version_1
from tests.support.app_server import ROOT

OURS = [table for table in metadata.sorted_tables if table not in MIRROR]
assert {ours.audit, people.users} <= set(OURS)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database in which nobody has made a table yet."""
    on_file = nullcontext(f"sqlite:///{tmp_path / 'payerdesk.sqlite'}")
    with on_file if request.param == "sqlite" else request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture
def old(database_url: str) -> Iterator[Engine]:
    """A database of version 1, from before versions had numbers, with somebody in it and without any index."""
    engine = create_engine(database_url)
    with engine.begin() as conn:
        for statement in version_1.statements(engine.dialect.name, indexes=False):
            conn.exec_driver_sql(statement)
        conn.exec_driver_sql("INSERT INTO users VALUES ('mia', 'Mia', 'x', 'admin', true, 1, false, 1)")
    yield engine
    engine.dispose()


def opened(engine: Engine) -> None:
    """A program starts on this database."""
    open_database(engine.url.render_as_string(hide_password=False)).dispose()


def version(engine: Engine) -> int:
    with engine.connect() as conn:
        return conn.execute(text("SELECT version FROM schema_version")).scalar_one()


def shape(engine: Engine) -> dict[str, Any]:
    """Columns and indexes of everything that is ours."""
    looking = inspect(engine)
    return {
        table.name: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in looking.get_columns(table.name)],
            looking.get_pk_constraint(table.name)["constrained_columns"],
            sorted((index["name"], index["column_names"], index["unique"]) for index in _indexes(looking, table.name)),
        )
        for table in OURS
    }


def _indexes(looking: Any, table: str) -> list[Any]:
    """Those with a name of their own; a unique column's is named by the database."""
    return [index for index in looking.get_indexes(table) if "duplicates_constraint" not in index]


def rename(conn: Connection) -> None:
    conn.exec_driver_sql("UPDATE users SET name = name || '!'")


def cut_off(conn: Connection) -> None:
    rename(conn)
    raise KeyboardInterrupt


def test_a_database_of_a_newer_program_is_refused_in_one_sentence_and_left_alone(
    old: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(migrations, "STEPS", (*migrations.STEPS, rename))
        opened(old)
    before = shape(old)
    with pytest.raises(SettingsError, match=r"^This database was changed by a newer Payerdesk: start that one, or .*"):
        opened(old)
    assert (shape(old), version(old)) == (before, len(migrations.STEPS) + 2)


def test_what_a_killed_step_did_is_undone_and_the_steps_before_it_stay(
    old: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "STEPS", (rename, cut_off))
    with pytest.raises(KeyboardInterrupt):
        opened(old)
    assert (names(old), version(old)) == (["Mia!"], 2)
    monkeypatch.setattr(migrations, "STEPS", (cut_off, rename))
    opened(old)
    assert (names(old), version(old)) == (["Mia!!"], 3)


def test_an_old_database_gets_the_indexes_that_are_new_and_keeps_what_is_in_it(old: Engine) -> None:
    opened(old)
    assert "intents_one_a_target" in {index["name"] for index in inspect(old).get_indexes("intents")}
    assert (names(old), version(old)) == (["Mia"], len(migrations.STEPS) + 1)


def test_an_old_database_ends_up_in_the_very_shape_of_a_new_one(
    old: Engine, tmp_path: Any, request: pytest.FixtureRequest
) -> None:
    opened(old)
    on_file = nullcontext(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with on_file if old.dialect.name == "sqlite" else request.getfixturevalue("postgres").database() as url:
        new = open_database(url)
        assert shape(old) == shape(new)
        new.dispose()


def test_a_new_database_takes_no_step(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "STEPS", (cut_off,))
    engine = open_database(database_url)
    assert version(engine) == 2
    engine.dispose()


def test_an_index_that_is_lost_is_made_again_also_on_a_copy(database_url: str) -> None:
    engine = open_database(database_url)
    index = next(index for table in MIRROR for index in table.indexes if index not in LATE)
    with engine.begin() as conn:
        index.drop(conn)
    opened(engine)
    assert index.name in {found["name"] for found in inspect(engine).get_indexes(index.table.name)}
    engine.dispose()


def test_a_copy_of_an_older_shape_is_no_obstacle(database_url: str) -> None:
    engine = open_database(database_url)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP TABLE customers")
        conn.exec_driver_sql("CREATE TABLE customers (id VARCHAR PRIMARY KEY)")
    opened(engine)
    engine.dispose()


def test_of_several_that_start_at_once_one_takes_each_step(old: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "STEPS", (rename, rename))
    together = threading.Barrier(4)

    def start(_: int) -> None:
        together.wait()
        opened(old)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    assert (names(old), version(old)) == (["Mia!!"], 3)


def test_of_several_that_find_an_older_copy_one_throws_it_away(database_url: str) -> None:
    engine, together = open_database(database_url), threading.Barrier(3)
    with engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE customers DROP COLUMN phone")

    def start(_: int) -> bool:
        together.wait()
        return refit(engine)

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(start, range(3))) == [False, False, True]
    engine.dispose()


@pytest.mark.slow
def test_two_processes_make_a_new_database_together(database_url: str) -> None:
    program = f"from lib.context import TABLES, open_database; open_database({database_url!r})"
    processes = [Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    opened(create_engine(database_url))


def test_whoever_opens_a_new_file_at_the_same_moment_is_let_in(tmp_path: Path) -> None:
    def open_it(path: Path) -> None:
        together.wait(30)
        engine = on_file(path)
        engine.connect().close()
        engine.dispose()

    together = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        for turn in range(60):
            list(pool.map(open_it, [tmp_path / f"{turn}.sqlite"] * 4))


def test_opening_a_database_that_fits_waits_for_nobody_who_writes(database_url: str) -> None:
    engine = open_database(database_url)
    with writing(engine) as conn:
        migrations.take_turns(conn)
        waiting = threading.Thread(target=opened, args=(engine,), daemon=True)
        waiting.start()
        waiting.join(5)
        assert not waiting.is_alive()
    engine.dispose()


def names(engine: Engine) -> list[str]:
    with engine.connect() as conn:
        return list(conn.execute(text("SELECT name FROM users")).scalars())
