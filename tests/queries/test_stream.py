"""All rows of a list, a few at a time: each once, in order, of one moment, and in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Select, insert, select, text

from lib.mirror.database import reading, writing
from lib.mirror.tables import sync_state
from lib.people.tables import users
from lib.queries import _stream
from tests.support.world import World

BATCH = 5


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_stream, "BATCH", BATCH)


def _store(world: World, *numbers: int) -> None:
    with writing(world.ctx.engine) as conn:
        conn.execute(insert(sync_state), [{"key": f"row {number:03d}", "value": str(number)} for number in numbers])


def _statement() -> Select[Any]:
    return select(sync_state.c.key, sync_state.c.value).where(sync_state.c.key.like("row %")).order_by(sync_state.c.key)


def _values(batches: Iterator[dict[str, Any]]) -> list[int]:
    return [int(value) for batch in batches for value in batch["value"]]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 10, 23])
def test_every_row_comes_once_and_in_order(world: World, count: int) -> None:
    if count:
        _store(world, *range(count))
    assert _values(_stream.batches(world.ctx, _statement())) == [*range(count)]


def test_only_the_fields_that_are_asked_for_are_read(world: World) -> None:
    _store(world, 1, 2)
    [batch] = _stream.batches(world.ctx, _statement(), {"value"})
    assert batch == {"value": ("1", "2")}


def test_no_batch_is_larger_than_it_may_be(world: World) -> None:
    _store(world, *range(12))
    assert [len(batch["key"]) for batch in _stream.batches(world.ctx, _statement())] == [5, 5, 2]


def test_what_is_written_meanwhile_is_not_seen_and_does_not_have_to_wait(world: World) -> None:
    _store(world, *range(0, 40, 2))
    batches = _stream.batches(world.ctx, _statement())
    first = _values(iter([next(batches)]))
    _store(world, *range(1, 40, 2))
    assert first + _values(batches) == [*range(0, 40, 2)]
    assert _values(_stream.batches(world.ctx, _statement())) == [*range(40)]


def test_a_yes_or_no_is_one_on_every_database(world: World) -> None:
    [batch] = _stream.batches(world.ctx, select(users.c.username, users.c.active))
    assert batch == {"username": ("mira",), "active": [True]}
    assert type(batch["active"][0]) is bool


def test_whoever_stops_half_way_leaves_no_connection_behind(world: World) -> None:
    _store(world, *range(23))
    batches = _stream.batches(world.ctx, _statement())
    next(batches)
    pool: Any = world.ctx.engine.pool
    assert pool.checkedout() == 1
    batches.close()
    assert pool.checkedout() == 0


def test_the_room_that_sqlite_gets_for_a_long_list_is_given_back(quick: World) -> None:
    with reading(quick.ctx.engine) as conn:
        usual = conn.exec_driver_sql("PRAGMA cache_size").scalar()
    _store(quick, *range(12))
    batches = _stream.batches(quick.ctx, _statement())
    next(batches)
    batches.close()
    with reading(quick.ctx.engine) as conn:
        assert conn.exec_driver_sql("PRAGMA cache_size").scalar() == usual


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.postgres
def test_rows_that_nobody_has_asked_for_yet_stay_on_the_server(world: World) -> None:
    """Otherwise the driver would fetch a million of them into memory before the first is written."""
    _store(world, *range(23))
    batches = _stream.batches(world.ctx, _statement())
    next(batches)
    with reading(world.ctx.engine) as conn:
        asked = (
            "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        assert [query.split()[0] for query in conn.execute(text(asked)).scalars()] == ["FETCH"]
    batches.close()
