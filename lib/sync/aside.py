"""What was read and could not be stored: Stripe leaves a field out, or says what the database does not take.

It holds up nothing else. The screen says what is lacking, and that the figures are those from before it came; it is
asked for again with its next event and every few minutes, until the program can store it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lib.errors import PayerdeskError
from lib.sync import state
from lib.sync.named import Target
from lib.sync.reader import Stopped

_AGAIN, _NAMED = 50, 3  # so many are asked for again at a time, and named on the screen
_NOUNS = {"ledger": "balance history of", "drafts": "drafts of"}


def at_fault(trouble: Exception) -> bool:
    """Whether it is the object's fault: Stripe, the database and whoever leads now are others'."""
    if isinstance(trouble, DBAPIError) and trouble.connection_invalidated:
        return False
    return not isinstance(trouble, PayerdeskError | Stopped | OperationalError | PoolTimeout)


def known(conn: Connection) -> set[Target]:
    """All of it."""
    return {(kind, ident) for kind, ident in json.loads(state.recall(conn).get("aside", "[]"))}


def some(conn: Connection) -> list[Target]:
    """As many as are asked for again at a time."""
    found = sorted(known(conn))
    return random.sample(found, min(_AGAIN, len(found)))


def keep(conn: Connection, found: Collection[Target]) -> None:
    """From now on it is these."""
    state.remember(conn, aside=json.dumps(sorted(found)) if found else "")


def words(found: Collection[Target]) -> str:
    """For the screen; nothing where nothing is lacking."""
    if not found:
        return ""
    names = [f"{_NOUNS.get(kind, kind.replace('_', ' '))} {ident}" for kind, ident in sorted(found)]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return (
        f"What Stripe says of this could not be stored: {', '.join(names[:_NAMED])}{more}. Everything else has been "
        "followed since."
    )
