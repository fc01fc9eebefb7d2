"""Where people, their sessions, their one-time tickets and their wrong guesses are kept.

Secrets are never stored: a password as bcrypt, a session and a ticket as SHA-256 of what the browser holds. Times are
Unix seconds.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text

from lib.mirror.database import metadata

users = Table(
    "users",
    metadata,
    Column("username", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("epoch", Integer, nullable=False),  # a session and a ticket die when this moves on
    Column("demo", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("username", String(64), ForeignKey("users.username"), nullable=False, index=True),
    Column("epoch", Integer, nullable=False),
    Column("born", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("dead", BigInteger),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("username", String(64), ForeignKey("users.username"), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("born", BigInteger, nullable=False),
    Column("used", BigInteger),
)

# What somebody asked to take away a moment ago, until their browser fetches it: the row goes with the first fetch.
downloads = Table(
    "downloads",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("session", String(64), nullable=False),
    Column("username", String(64), nullable=False),
    Column("wanted", Text, nullable=False),
    Column("born", BigInteger, nullable=False, index=True),
)

# Kept beside the users and not in them: names that nobody has must slow down exactly like names that somebody has.
guesses = Table(
    "guesses",
    metadata,
    Column("account", String(64), primary_key=True),  # SHA-256 of the name typed: some type a password there
    Column("fails", Integer, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("recent", Text, nullable=False),
    Column("last", BigInteger, nullable=False),
)
