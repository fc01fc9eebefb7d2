"""Paging by keys: a screenful begins beside a row, not at a number, so that rows that come or go while somebody pages
are neither shown twice nor passed over, and the thousandth page takes no longer than the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import ColumnElement, Connection, CursorResult, Integer, Select, literal, tuple_

from lib.context import Context
from lib.mirror.database import reading
from lib.queries._sql import listed

SIZE = 50
# So many rows are visited to count a list or add it up while somebody waits.
MOST = 10_000


@dataclass(frozen=True)
class Order:
    """What a list is sorted by: expressions that are never NULL, all one way; the last ones tell any two rows apart."""

    keys: tuple[ColumnElement[Any], ...]
    descending: bool = False

    def by(self, labels: Sequence[Any] = ()) -> list[ColumnElement[Any]]:
        """For ORDER BY; by the labels that the keys have in the statement, if any."""
        return [key.desc() if self.descending else key.asc() for key in labels or self.keys]

    def beyond(self, key: tuple[Any, ...]) -> ColumnElement[bool]:
        """Rows behind the one with these values, whether it is still there or not."""
        # Bound with the type of its column, or Postgres would have to guess.
        values = [literal(value, each.type) for value, each in zip(key, self.keys, strict=True)]
        return tuple_(*self.keys) < tuple_(*values) if self.descending else tuple_(*self.keys) > tuple_(*values)

    def off_index(self) -> Order:
        """The same, by expressions that stand in no index: where few rows are known to be left, they are gathered."""
        return replace(self, keys=tuple(key + 0 if isinstance(key.type, Integer) else key + "" for key in self.keys))


@dataclass(frozen=True)
class Place:
    """Which screenful: at an end of the list, or beside the row that sorts at `key`. `start` is the number of its first
    row as far as is known, counted when the list had `total` rows (None: nobody knew).
    """

    way: str = "first"  # first, after, before, last
    key: tuple[Any, ...] = ()
    start: int | None = 1
    total: int | None = None


FIRST = Place()


@dataclass(frozen=True)
class Page:
    """One screenful: `rows` as a DataFrame, `total` rows in all (None: more than were counted), the number of the first
    one (`start`, None where nobody counted; `exact` unless the list has changed since), and whether there are rows on
    either side.
    """

    rows: pd.DataFrame
    total: int | None
    start: int | None = 1
    exact: bool = True
    before: bool = False
    after: bool = False
    keys: list[tuple[Any, ...]] = field(default_factory=list)

    def place(self, way: str) -> Place:
        """Where a step from here leads: first, before, after, last."""
        if way in ("first", "last") or not self.keys:
            return Place("last" if way == "last" else "first")
        steps = len(self.keys) if way == "after" else -SIZE
        start = None if self.start is None else max(1, self.start + steps)
        return Place(way, self.keys[-1 if way == "after" else 0], start, self.total)


Key = tuple[Any, ...]


@dataclass(frozen=True)
class Part:
    """A statement of some rows of a list among which a screenful may lie, with what the list is sorted by: it does
    where `enough` says so of the key of its last row, since no other row can come before that.
    """

    statement: Select[Any]
    keys: tuple[ColumnElement[Any], ...]
    enough: Callable[[Key], bool]


Fill = Callable[[Connection, list[Key]], CursorResult[Any]]
Tell = Callable[[Sequence[Any]], pd.DataFrame]
# Asked with the key beside which a screenful begins (empty: an end of the list), whether it goes down from there, and
# how many rows are wanted.
Parts = Callable[[Connection, Key, bool, int], Iterable[Part]]


def page(
    ctx: Context,
    statement: Select[Any],
    order: Order,
    place: Place,
    total: int | None,
    *,
    size: int = SIZE,
    fill: Fill | None = None,
    tell: Tell | None = None,
    parts: Parts | None = None,
) -> Page:
    """Cut one screenful out of a statement that has no order yet.

    With `fill` the statement says only which ones (ids), and `fill` is asked for their rows, the ids first again: what
    is joined is joined for those that are shown, not for all that were looked through. One may have several rows.
    `tell` makes a DataFrame of what `fill` found, where that is more than its columns: asked afterwards, so that it may
    read for itself. With `parts` these are looked through first, and all rows only where none of them was enough.
    """
    with reading(ctx.engine) as conn:
        cut = _Cutting(conn, statement, order, total, size, fill, parts).at(place)
    rows = tell(cut.rows) if tell else listed(map(tuple, cut.rows), cut.names)
    return Page(rows, total, cut.start, cut.exact, cut.before, cut.after, cut.keys)


class _Cut(NamedTuple):
    rows: list[Any]
    names: tuple[str, ...]
    start: int | None
    exact: bool
    before: bool
    after: bool
    keys: list[Key]


@dataclass(frozen=True)
class _Cutting:
    conn: Connection
    statement: Select[Any]
    order: Order
    total: int | None
    size: int
    fill: Fill | None
    parts: Parts | None

    def at(self, place: Place) -> _Cut:
        """The screenful there; the first or the last one where it would not be full."""
        backwards = place.way in ("before", "last")
        found, more = self._read(place, backwards=backwards)
        if place.way == "before" and not more:
            return self.at(FIRST)
        if place.way == "after" and not found:
            return self.at(Place("last"))
        before = more if backwards else place.way == "after"
        after = place.way == "before" if backwards else more
        start, exact = self._number(place, len(found), before=before, after=after)
        width = len(self.order.keys)
        rows, names = self._rows([row[:-width] for row in found])
        return _Cut(rows, names, start, exact, before, after, [row[-width:] for row in found])

    def _read(self, place: Place, *, backwards: bool) -> tuple[list[tuple[Any, ...]], bool]:
        size = self.size
        if place.way == "last" and self.total:  # as short as if somebody had walked there
            size = self.total % size or size
        found = self._found(place.key, size + 1, backwards=backwards)
        return found[:size][::-1] if backwards else found[:size], len(found) > size

    def _found(self, beside: Key, size: int, *, backwards: bool) -> list[Key]:
        """So many rows from there on, or fewer where there are no more."""
        order = replace(self.order, descending=self.order.descending != backwards)
        for part in self.parts(self.conn, beside, order.descending, size) if self.parts else ():
            found = self._run(part.statement, replace(order, keys=part.keys), beside, size)
            if len(found) == size and part.enough(found[-1][-len(part.keys) :]):
                return found
        return self._run(self.statement, order, beside, size)

    def _run(self, statement: Select[Any], order: Order, beside: Key, size: int) -> list[Key]:
        keys = [key.label(f"key_{n}") for n, key in enumerate(order.keys)]
        keyed = statement.add_columns(*keys)
        keyed = keyed.where(order.beyond(beside)) if beside else keyed
        # By their labels, or what is worked out for each row would be worked out twice.
        ordered = keyed.order_by(*order.by(keys)).limit(size)
        return [tuple(row) for row in self.conn.execute(ordered)]

    def _rows(self, found: list[Key]) -> tuple[list[Any], tuple[str, ...]]:
        names = tuple(column.name for column in self.statement.selected_columns)
        if not self.fill:
            return found, names
        filled = self.fill(self.conn, found)
        told: dict[Key, list[Any]] = {}
        for row in filled:
            told.setdefault(tuple(row[: len(names)]), []).append(row)
        return [row for ids in found for row in told.get(ids, ())], tuple(filled.keys())

    def _number(self, place: Place, shown: int, *, before: bool, after: bool) -> tuple[int | None, bool]:
        """The number of the first row, and whether it is certain."""
        if not before:
            return 1, True
        if not after and self.total is not None:
            return max(1, self.total - shown + 1), True
        return None if place.way == "last" else place.start, self.total == place.total
