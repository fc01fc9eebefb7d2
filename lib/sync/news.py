"""News at once, whoever leads: by ourselves where nobody does, else by asking the one who leads to look now.

The dashboard may look only every few minutes while nobody has a page open; the shell beside it must not take that for
all there is.
"""

from __future__ import annotations

import time

from lib.context import Context
from lib.errors import Unavailable
from lib.mirror.database import reading, writing
from lib.sync import aside, leader, state
from lib.sync.follow import catch_up


def bring(ctx: Context, *, patience: float) -> None:
    """Bring the mirror up to now. Raises Unavailable when Stripe, or the one who leads, does not answer in time, or
    when something could not be stored.
    """
    release = leader.try_to_lead(ctx)
    if release is None:
        _ask_the_leader(ctx, patience)
    else:
        try:
            catch_up(leader.numbered(ctx), check_anchor=True)
        finally:
            release()
    with reading(ctx.engine) as conn:
        lacking = aside.known(conn)
    if lacking:
        raise Unavailable(aside.words(lacking))


def expect(ctx: Context) -> int:
    """Ask whoever leads to look now; the look that answers begins at this moment or later.

    Looks are timed in whole seconds: only one that begins in the next second is surely later than this question.
    """
    asked = ctx.now + 1
    with writing(ctx.engine) as conn:
        state.remember(conn, wanted_at=asked)
    return asked


def wanted(ctx: Context, known: dict[str, str]) -> bool:
    """Whether somebody has asked for a look that began later than the last one."""
    return int(known.get("looked_at", 0)) < int(known.get("wanted_at", 0)) <= ctx.now


def _ask_the_leader(ctx: Context, patience: float) -> None:
    asked, until = expect(ctx), time.monotonic() + patience
    while time.monotonic() < until:
        ctx.sleep(0.25)
        with reading(ctx.engine) as conn:
            if int(state.recall(conn).get("looked_at", 0)) >= asked:
                return
    raise Unavailable("The process that follows Stripe has not answered.")
