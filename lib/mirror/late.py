"""What is put off while an empty mirror is filled, because at once it takes a fraction of the time: the indexes of
invoices and customers but for those that the copy itself goes by, the index of words, and the sums, which are made anew
now and then meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, exists, select

from lib.mirror import search
from lib.mirror.database import sorting_in_files, writing
from lib.mirror.indexes import LATE
from lib.mirror.tables import invoices


def put_off(conn: Connection) -> bool:
    """Do without them for now, where there is no invoice yet; True when that is so."""
    if conn.execute(select(exists().select_from(invoices))).scalar():
        return False
    for index in LATE:
        index.drop(conn, checkfirst=True)
    search.put_off(conn)
    return True


def make(engine: Engine, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Make those that are missing, each in a transaction of its own; `meanwhile` comes after each."""
    for index in LATE:
        with writing(engine) as conn, sorting_in_files(conn):
            index.create(conn, checkfirst=True)
        meanwhile()
    with writing(engine) as conn, sorting_in_files(conn):
        search.make(conn)
