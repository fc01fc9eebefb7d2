"""When our own database fails: full, locked, read-only or damaged. Nothing is sent that is not on record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from lib.context import Context
from lib.errors import NotConfirmed, Refused

_WHY = (
    (("i/o",), "the disk is full or cannot be written to"),
    (("full", "no space"), "the disk is full"),
    (("readonly", "read-only"), "it may not be written to"),
    (("locked", "timeout"), "another program holds it"),
    (("malformed", "not a database", "corrupt"), "it is damaged"),
)
_ASK = "Tell whoever looks after Payerdesk at your practice."


@contextmanager
def before_sending(ctx: Context) -> Iterator[None]:
    """Around everything until a wish is stored: what cannot be written down is not sent. Raises Refused.

    A Postgres that is lost just as it commits may have stored it all the same: then NotConfirmed, under the same form.
    """
    try:
        yield
    except DBAPIError as broken:
        words = f"This could not be written down, because of our own database: {_why(broken)}. Nothing was sent."
        if ctx.engine.dialect.name == "sqlite":
            raise Refused(f"{words} {_ASK}", type(broken).__name__) from broken
        raise NotConfirmed(
            f"{words} Press again in a minute: it will not be done twice.", type(broken).__name__
        ) from broken


@contextmanager
def while_sending() -> Iterator[None]:
    """Around everything after that: the wish is on record, and is looked up and finished later. Raises NotConfirmed."""
    try:
        yield
    except DBAPIError as broken:
        words = (
            f"Our own database failed: {_why(broken)}. What you asked for is on record. It may or may not have "
            "happened in Stripe, and is looked up and finished when the database works again. Please do not send it "
            f"again. {_ASK}"
        )
        raise NotConfirmed(words, type(broken).__name__) from broken


def _why(broken: DBAPIError) -> str:
    told = str(broken.orig).lower()
    return next((words for signs, words in _WHY if any(sign in told for sign in signs)), "it does not answer")
