"""Where a screenful by what is overdue lies. That changes with the day and stands in no index, but it is never more
than what is owed, which does: who owes most is asked first, until nobody further on can come before those found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import eq, le
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select

from lib.mirror.tables import customers
from lib.queries._accounts import BY_ID, by_index
from lib.queries._paging import Key, Part

# So many of those who owe most are looked through, until that is enough.
_SOME = (192, 512, 2048)
_BY_OWING = "organisations_by_owing"
# Who is in it, by which index, and whether all are that come before one with so much overdue.
_Way = tuple[ColumnElement[bool], str, Callable[[int], bool]]


def parts(mine: Select[Any], keys: Key, conn: Connection, key: Key, down: bool, size: int) -> Iterator[Part]:
    """Parts of the organisations that `mine` says (their ids), in which so many rows beyond the key may be found
    without a look at the others: what is overdue in minor units, and the id; empty at an end of the list.
    """
    ways = _who_owe_most(conn, mine, key) if down else _who_owe_nothing(conn, mine, key, size)
    for only, index, enough in ways:
        yield Part(by_index(conn, mine.where(only), index), keys, lambda last, enough=enough: enough(last[0]))


def _who_owe_most(conn: Connection, mine: Select[Any], key: Key) -> Iterator[_Way]:
    """Among those who owe more than is overdue of the one at the key, nobody can come behind it and be enough."""
    owing = by_index(conn, mine.with_only_columns(customers.c.owing), _BY_OWING)
    descending = owing.order_by(customers.c.owing.desc(), customers.c.id.desc())
    for many in _SOME:
        least = conn.execute(descending.limit(1).offset(many)).scalar()
        if least and (not key or least <= key[0]):
            yield customers.c.owing >= least, _BY_OWING, partial(le, least)


def _who_owe_nothing(conn: Connection, mine: Select[Any], key: Key, size: int) -> Iterator[_Way]:
    """As far as there are so many of those alone, whoever else has nothing overdue among them."""
    if key and key[0]:
        return
    after = customers.c.id > (key[1] if key else "")
    nothing = by_index(conn, mine.where(customers.c.owing == 0, after), _BY_OWING)
    furthest = conn.execute(nothing.order_by(customers.c.id).limit(1).offset(size - 1)).scalar()
    if furthest:
        yield after & (customers.c.id <= furthest), BY_ID, partial(eq, 0)
