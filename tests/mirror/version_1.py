"""What is ours to lose, as databases of version 1 have it: never changed again, whatever becomes of the code."""

TABLES = """
CREATE TABLE stamp (id INTEGER NOT NULL PRIMARY KEY, mode VARCHAR NOT NULL, account VARCHAR NOT NULL);
CREATE TABLE audit_head (id INTEGER NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, hash VARCHAR NOT NULL);
CREATE TABLE audit (
    seq {whole} NOT NULL PRIMARY KEY, at BIGINT NOT NULL, actor VARCHAR NOT NULL, role VARCHAR NOT NULL,
    verb VARCHAR NOT NULL, subject VARCHAR NOT NULL, intent VARCHAR NOT NULL, detail TEXT NOT NULL,
    prev VARCHAR NOT NULL, hash VARCHAR NOT NULL
);
CREATE TABLE intents (
    id VARCHAR NOT NULL PRIMARY KEY, form VARCHAR NOT NULL UNIQUE, kind VARCHAR NOT NULL, target VARCHAR NOT NULL,
    body TEXT NOT NULL, actor VARCHAR NOT NULL, role VARCHAR NOT NULL, state VARCHAR NOT NULL,
    attempts INTEGER NOT NULL, generation INTEGER NOT NULL, progress TEXT NOT NULL, result VARCHAR NOT NULL,
    words TEXT NOT NULL, field VARCHAR NOT NULL, request_id VARCHAR NOT NULL, created BIGINT NOT NULL,
    updated BIGINT NOT NULL, lease_until BIGINT NOT NULL, lease_owner VARCHAR NOT NULL
);
CREATE TABLE users (
    username VARCHAR(64) NOT NULL PRIMARY KEY, name TEXT NOT NULL, password TEXT NOT NULL, role VARCHAR(16) NOT NULL,
    active BOOLEAN NOT NULL, epoch INTEGER NOT NULL, demo BOOLEAN NOT NULL, created BIGINT NOT NULL
);
CREATE TABLE sessions (
    id VARCHAR(64) NOT NULL PRIMARY KEY, username VARCHAR(64) NOT NULL REFERENCES users (username),
    epoch INTEGER NOT NULL, born BIGINT NOT NULL, seen BIGINT NOT NULL, dead BIGINT
);
CREATE TABLE tickets (
    id VARCHAR(64) NOT NULL PRIMARY KEY, username VARCHAR(64) NOT NULL REFERENCES users (username),
    epoch INTEGER NOT NULL, born BIGINT NOT NULL, used BIGINT
);
CREATE TABLE guesses (
    account VARCHAR(64) NOT NULL PRIMARY KEY, fails INTEGER NOT NULL, until BIGINT NOT NULL, recent TEXT NOT NULL,
    last BIGINT NOT NULL
)
"""

INDEXES = """
CREATE INDEX audit_by_subject ON audit (subject, seq);
CREATE INDEX intents_by_state ON intents (state, updated);
CREATE INDEX intents_by_target ON intents (target, created);
CREATE UNIQUE INDEX intents_one_a_target ON intents (target)
    WHERE state IN ('planned', 'sent', 'unknown') AND target != '';
CREATE INDEX ix_sessions_username ON sessions (username)
"""


def statements(dialect: str, *, indexes: bool = True) -> list[str]:
    """One by one, for `sqlite` or `postgresql`."""
    whole = "INTEGER" if dialect == "sqlite" else "BIGINT"
    return (TABLES.format(whole=whole) + (";" + INDEXES if indexes else "")).split(";")
