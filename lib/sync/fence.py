"""Only the process that leads writes what it read. Whoever takes over counts one up; what an older leader still brings
is thrown away.
"""

from __future__ import annotations

import time

from sqlalchemy import Connection, select

from lib.errors import PayerdeskError
from lib.mirror.rows import upsert
from lib.mirror.tables import sync_state


class Superseded(PayerdeskError):
    """Another process follows Stripe now; nothing of this was written."""


def check(conn: Connection, fence: int | None) -> None:
    """Hold the fence for this transaction. Raises Superseded where it moved; without a number there is none to hold."""
    if fence is not None and _now(conn) != fence:
        raise Superseded("Another process follows Stripe now.", f"fence {fence}")


def raise_it(conn: Connection) -> int:
    """Shut out whoever led before; the new number, which is new also where the mirror was thrown away meanwhile."""
    fence = max(_now(conn) + 1, int(time.time()))
    upsert(conn, sync_state, [{"key": "fence", "value": str(fence)}])
    return fence


def _now(conn: Connection) -> int:
    row = select(sync_state.c.value).where(sync_state.c.key == "fence").with_for_update()
    return int(conn.execute(row).scalar() or 0)
