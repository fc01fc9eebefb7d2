"""The numbered steps of migrations.py, oldest first: each leads from its version to the next, and is never changed once
it was released.
"""

from __future__ import annotations

from sqlalchemy import Connection

from lib.mirror import locks


def keyed_audit(conn: Connection) -> None:
    """1 to 2: the audit log gets a key, and a head that is sealed; the database refuses to change what stands in it."""
    for column in ("keyed_from BIGINT", "unproved_to BIGINT"):
        conn.exec_driver_sql(f"ALTER TABLE audit_head ADD COLUMN {column} NOT NULL DEFAULT 0")
    conn.exec_driver_sql("ALTER TABLE audit_head ADD COLUMN seal VARCHAR NOT NULL DEFAULT ''")
    locks.shut(conn)
