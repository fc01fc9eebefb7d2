"""Rows in and out by the many, with the same words on SQLite and Postgres."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    String,
    Table,
    any_,
    bindparam,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

_Item = TypeVar("_Item")
_AT_ONCE = 128
_THOSE = "those"


def upsert(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows or replace those with the same primary key."""
    if not rows:
        return
    _hand_over(conn, rows, *_upserting(conn.dialect, table, tuple(rows[0])))


def _hand_over(conn: Connection, rows: list[dict[str, Any]], sql: str, places: list[str] | None) -> None:
    """On SQLite many rows with one statement: after each of them every other thread might come first."""
    if places is None:
        conn.exec_driver_sql(sql, rows)
        return
    values, at = list(map(itemgetter(*places), rows)), 0
    for count in _heaps(len(values)):
        conn.exec_driver_sql(_many(sql, len(places), count), tuple(chain.from_iterable(values[at : at + count])))
        at += count


def _heaps(count: int) -> Iterator[int]:
    """So many in heaps of few different sizes, the largest first: each size is a statement of its own."""
    size = _AT_ONCE
    while count:
        if size <= count:
            yield size
            count -= size
        else:
            size >>= 1


@lru_cache(maxsize=128)
def _many(sql: str, width: int, count: int) -> str:
    """The statement for so many rows at once."""
    one = f"({', '.join('?' * width)})"
    head, found, tail = sql.partition(f"VALUES {one}")
    if not found:
        raise ValueError(f"no place for more rows in {sql}")
    return f"{head}VALUES {', '.join([one] * count)}{tail}"


@lru_cache(maxsize=256)
def _upserting(dialect: Any, table: Table, names: tuple[str, ...]) -> tuple[str, list[str] | None]:
    """The statement as the driver takes it, and the order of its values where they go by place.

    Handing rows straight to the driver is three times as fast as going through the statement every time.
    """
    build = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    statement = build(table)
    keys = [column.name for column in table.primary_key]
    changes = {name: statement.excluded[name] for name in names if name not in keys}
    whole = statement.on_conflict_do_update(index_elements=keys, set_=changes)
    compiled = whole.compile(dialect=dialect, column_keys=list(names))
    return str(compiled), compiled.positiontup


def insert_all(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, passing over those whose primary key stands."""
    if not rows:
        return
    _hand_over(conn, rows, *_inserting(conn.dialect, table, tuple(rows[0])))


@lru_cache(maxsize=64)
def _inserting(dialect: Any, table: Table, names: tuple[str, ...]) -> tuple[str, list[str] | None]:
    build = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    compiled = build(table).on_conflict_do_nothing().compile(dialect=dialect, column_keys=list(names))
    return str(compiled), compiled.positiontup


def among(conn: Connection, column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """A column that is one of any number of values, handed over as one: a statement takes only so many."""
    dialect = conn.dialect.name
    return _one_of(dialect, column, literal(_handed(dialect, values), _handed_as(dialect, column)))


def those(
    conn: Connection, wanted: Select[Any], column: ColumnElement[Any], values: Iterable[Any], **more: Any
) -> CursorResult[Any]:
    """The rows of a statement whose column is `among` these. For statements that are kept and asked over and over: put
    together once, they take half the time. What is `among_those` in them is among these too; `more` is bound by name.
    """
    dialect = conn.dialect.name
    return conn.execute(_of_those(wanted, column, dialect), {_THOSE: _handed(dialect, values), **more})


@lru_cache(maxsize=64)
def _of_those(wanted: Select[Any], column: ColumnElement[Any], dialect: str) -> Select[Any]:
    return wanted.where(among_those(dialect, column))


def among_those(dialect: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """`among` the values that `those` is given when the statement is asked."""
    return _one_of(dialect, column, bindparam(_THOSE, type_=_handed_as(dialect, column)))


def _one_of(dialect: str, column: ColumnElement[Any], given: ColumnElement[Any]) -> ColumnElement[bool]:
    if dialect == "sqlite":
        return column.in_(select(func.json_each(given).table_valued("value").c.value))
    return column == any_(given)


def _handed(dialect: str, values: Iterable[Any]) -> Any:
    return json.dumps(list(values)) if dialect == "sqlite" else list(values)


def _handed_as(dialect: str, column: ColumnElement[Any]) -> Any:
    return String() if dialect == "sqlite" else ARRAY(column.type)


def by_id(found: CursorResult[Any]) -> dict[str, dict[str, Any]]:
    """Rows whose first column is an id, by that id."""
    names = tuple(found.keys())
    return {row[0]: dict(zip(names, row, strict=True)) for row in found.all()}


def in_heaps(found: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Some at a time."""
    left = iter(found)
    while heap := list(islice(left, size)):
        yield heap


def insert_once(conn: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row unless one with the same unique key stands; True when it is new."""
    build = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = build(table).values(row).on_conflict_do_nothing().returning(*table.primary_key)
    return conn.execute(statement).first() is not None


def add(conn: Connection, table: Table, row: dict[str, Any]) -> None:
    """Insert one row; a duplicate is an error."""
    conn.execute(insert(table).values(row))
