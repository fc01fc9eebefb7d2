"""Slowing down whoever guesses passwords, without locking anybody out for good.

The fifth miss in a row closes an account for 30 seconds, each further one doubles that up to 15 minutes, and an hour
without a miss forgets them all. Whatever happens, at most 10 guesses in any 5 minutes are looked at. It is counted in
the database, so a restart or a second process changes nothing, and by the name typed, so a name that nobody has behaves
like one that somebody has.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, delete, select

from lib.mirror.database import writing
from lib.mirror.rows import insert_once, upsert
from lib.people.tables import guesses

FREE_MISSES = 5
FIRST_WAIT, LONGEST_WAIT = 30, 15 * 60
WINDOW, GUESSES_IN_WINDOW = 5 * 60, 10
FORGET_AFTER = 60 * 60


@dataclass(frozen=True)
class Tally:
    """Misses in a row, closed until when, when the latest looked-at guesses were, and the last of all."""

    fails: int = 0
    until: int = 0
    recent: tuple[int, ...] = ()
    last: int = 0

    def wait(self, now: int) -> int:
        """Seconds until the next guess is looked at; 0 when it may be now."""
        recent = [at for at in self.recent if at > now - WINDOW]
        full = recent[-GUESSES_IN_WINDOW] + WINDOW if len(recent) >= GUESSES_IN_WINDOW else 0
        return max(self.until - now, full - now, 0)

    def trying(self, now: int) -> Tally:
        """A guess is about to be looked at: it counts before its outcome is known, or a burst would slip through."""
        fails = self.fails if now - self.last < FORGET_AFTER else 0
        return replace(self, fails=fails, recent=(*self.recent, now)[-GUESSES_IN_WINDOW:], last=now)

    def missed(self, now: int) -> Tally:
        """The guess was wrong."""
        fails = self.fails + 1
        wait = min(FIRST_WAIT * 2 ** min(fails - FREE_MISSES, 10), LONGEST_WAIT) if fails >= FREE_MISSES else 0
        return replace(self, fails=fails, until=now + wait if wait else 0)

    def got_in(self, began: int) -> Tally:
        """The guess was right: the misses are forgiven, and this one is not counted."""
        recent = list(self.recent)
        if began in recent:
            recent.remove(began)
        return Tally(recent=tuple(recent), last=self.last)


def try_now(engine: Engine, username: str, now: int) -> int:
    """Reserve one guess. 0 when it may be looked at, otherwise the seconds to wait (and nothing is counted)."""
    with writing(engine) as conn:
        conn.execute(delete(guesses).where(guesses.c.last < now - 24 * 3600))
        tally = _load(conn, username)
        wait = tally.wait(now)
        if wait == 0:
            _store(conn, username, tally.trying(now))
        return wait


def settle(conn: Connection, username: str, now: int, *, right: bool) -> None:
    """Write down how a reserved guess ended."""
    tally = _load(conn, username)
    _store(conn, username, tally.got_in(now) if right else tally.missed(now))


def _account(username: str) -> str:
    return hashlib.sha256(username.encode("utf-8", "surrogatepass")).hexdigest()


def _load(conn: Connection, username: str) -> Tally:
    account = _account(username)
    insert_once(conn, guesses, {"account": account, "fails": 0, "until": 0, "recent": "", "last": 0})
    row = conn.execute(select(guesses).where(guesses.c.account == account).with_for_update()).one()
    return Tally(row.fails, row.until, tuple(int(at) for at in row.recent.split()), row.last)


def _store(conn: Connection, username: str, tally: Tally) -> None:
    recent = " ".join(map(str, tally.recent))
    row = {
        "account": _account(username),
        "fails": tally.fails,
        "until": tally.until,
        "recent": recent,
        "last": tally.last,
    }
    upsert(conn, guesses, [row])
