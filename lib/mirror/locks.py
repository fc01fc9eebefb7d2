"""The audit log refuses to be changed: the database itself says no to whoever updates, deletes or empties it.

Somebody who owns the database can take the triggers away; what they do then shows in the seals (lib/audit_seal.py).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, event

_NO = "the audit log is append-only"
SQLITE = (
    ("audit_no_update", "BEFORE UPDATE ON audit"),
    ("audit_no_delete", "BEFORE DELETE ON audit"),
    # REPLACE takes a row away without a word to the trigger above.
    ("audit_no_replace", "BEFORE INSERT ON audit WHEN NEW.seq <= (SELECT max(seq) FROM audit)"),
    ("audit_head_no_delete", "BEFORE DELETE ON audit_head"),
    ("audit_head_no_return", "BEFORE UPDATE ON audit_head WHEN NEW.seq < OLD.seq OR NEW.id != OLD.id"),
)
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{_NO}'; END $$
"""
POSTGRES = (
    ("audit_no_update", "BEFORE UPDATE OR DELETE ON audit FOR EACH ROW"),
    ("audit_no_truncate", "BEFORE TRUNCATE ON audit FOR EACH STATEMENT"),
    ("audit_head_no_delete", "BEFORE DELETE ON audit_head FOR EACH ROW"),
    ("audit_head_no_truncate", "BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT"),
    ("audit_head_no_return", "BEFORE UPDATE ON audit_head FOR EACH ROW WHEN (NEW.seq < OLD.seq OR NEW.id != OLD.id)"),
)


def shut(conn: Connection) -> None:
    """Put the triggers on; where the app does not own the tables, their owner has taken the rights away besides."""
    if conn.dialect.name == "sqlite":
        for name, when in SQLITE:
            conn.exec_driver_sql(f"CREATE TRIGGER IF NOT EXISTS {name} {when} BEGIN SELECT RAISE(ABORT, '{_NO}'); END")
        return
    conn.exec_driver_sql(_FUNCTION)
    for name, when in POSTGRES:
        conn.exec_driver_sql(f"CREATE OR REPLACE TRIGGER {name} {when} EXECUTE FUNCTION audit_is_append_only()")
    conn.exec_driver_sql("REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM PUBLIC, CURRENT_USER")


def missing(conn: Connection) -> list[str]:
    """The triggers that somebody has taken away or switched off."""
    if conn.dialect.name == "sqlite":
        found = set(conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())
        return [name for name, _ in SQLITE if name not in found]
    on = conn.exec_driver_sql(
        "SELECT tgname FROM pg_trigger WHERE tgrelid IN ('audit'::regclass, 'audit_head'::regclass) AND tgenabled = 'O'"
    )
    there = set(on.scalars())
    return [name for name, _ in POSTGRES if name not in there]


def keep_shut(log: Table, head: Table) -> None:
    """As soon as both tables are made in a new database."""

    def made(_table: Table, conn: Connection, **_: Any) -> None:
        shut(conn)

    head.add_is_dependent_on(log)  # the triggers speak of both
    event.listen(head, "after_create", made)
