"""The context every query and action takes first, and the only wiring of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from lib import audit_keys, belonging, dates
from lib.errors import NotAllowed, SettingsError, Unavailable
from lib.mirror import ours, search, stamp, tables
from lib.mirror.database import open_database
from lib.mirror.refit import refit
from lib.people import tables as people_tables
from lib.settings import Settings, data_folder
from lib.stripe_api.client import StripeApi, connect

if TYPE_CHECKING:
    from lib.people import Actor

# Stands where a key would: what it opens cannot call Stripe.
NO_KEY = "sk_test_none"

# Imported so that a new database gets every table, and the index over trigrams.
TABLES = (tables, search, ours, people_tables)


@dataclass(frozen=True)
class Context:
    """Where to read, whom to ask, who is acting and what time it is."""

    settings: Settings
    engine: Engine
    stripe: StripeApi
    actor: Actor | None = None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    fence: int | None = None  # the number of whoever leads the sync; see lib/sync/fence.py

    def as_actor(self, actor: Actor | None) -> Context:
        """The same context in somebody's hands."""
        return replace(self, actor=actor)

    @property
    def now(self) -> int:
        """Stripe's seconds."""
        return int(self.clock())

    @property
    def today(self) -> date:
        """The practice's day."""
        return dates.day(self.now, self.settings.zone)


def open_context(settings: Settings, *, stripe: StripeApi | None = None, ask: bool = True) -> Context:
    """Open the database and the road to Stripe. Raises SettingsError when the two do not belong together.

    Where Stripe is out of reach by now, and without `ask` (for what needs the database alone), that is seen to before
    the first question or change.
    """
    data_folder(settings)
    engine = _database(settings.database_url)
    api = stripe or connect(settings.stripe_key or NO_KEY, settings.stripe_base)
    stamp.check(engine, settings.mode, "")
    ctx = Context(settings=settings, engine=engine, stripe=api)
    api.threshold.guard(lambda: belonging.prove(ctx))
    if ask:
        with suppress(Unavailable, NotAllowed):
            api.threshold.cross()
    audit_keys.settle(engine, settings, time.time())
    return ctx


def _database(url: str) -> Engine:
    try:
        engine = open_database(url)
        refit(engine)
    except (SQLAlchemyError, OSError, ImportError, ValueError) as wrong:
        # The message may hold the address with its password; its kind is enough to go by.
        name = type(wrong).__name__
        raise SettingsError(
            f"The database cannot be opened ({name}): check DATABASE_URL and PAYERDESK_DATA."
        ) from wrong
    return engine


_shared: list[Context] = []


def share(ctx: Context) -> None:
    """Make this the process's context: done once at start, by whoever runs the program."""
    _shared[:] = [ctx]


def shared() -> Context:
    """The process's context, without an actor."""
    if not _shared:
        raise RuntimeError("the context was not opened: start the program with `streamlit run app.py`")
    return _shared[0]
