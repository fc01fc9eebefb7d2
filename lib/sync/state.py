"""What the sync remembers of itself: how far it came, when, and what went wrong last."""

from __future__ import annotations

from sqlalchemy import Connection, select

from lib.mirror.database import upsert
from lib.mirror.tables import sync_state


def remember(conn: Connection, **values: object) -> None:
    """Keep values under their names; an empty text forgets one."""
    upsert(conn, sync_state, [{"key": key, "value": str(value)} for key, value in values.items()])


def recall(conn: Connection) -> dict[str, str]:
    """Everything remembered: copied_at, fresh_at (both seconds), cursor, anchor, progress, problem."""
    return {row.key: row.value for row in conn.execute(select(sync_state)) if row.value}
