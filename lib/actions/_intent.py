"""The spine of every change: what is wanted is stored first, then Stripe is asked to do it, then what came of it is
stored.

An intent is kept under the key of the form it was sent from, so a second click, a reload or a repeated message finds
the first one's outcome. Its steps are frozen as they were meant and sent verbatim, each with a key of its own made
from the intent, and tagged with the intent's id, so that what an earlier attempt did can be found again after Stripe
has forgotten the key.

States: waiting (for a second person) | planned (nothing sent), sent, unknown (the line broke) | done, refused (for
certain), changed (somebody was first), review (a person must look).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select, update

from lib import audit
from lib.context import Context
from lib.mirror.database import reading, writing
from lib.mirror.ours import intents
from lib.money import Money

OPEN = ("planned", "sent", "unknown")
# It happened, may have, or may yet: whoever asks for the same again is told.
MAY_HAVE = ("done", "review", "waiting", *OPEN)
# Stripe's clock and ours may differ by so much.
_CLOCKS = 300

NOT_CONFIRMED = (
    "Stripe has not confirmed this yet. It may or may not have happened; it is being looked up and will show under "
    "Activity. "
    "Please do not send it again."
)


@dataclass(frozen=True)
class Step:
    """One call that changes Stripe. `{word}` in the path, or made(word) among the params, stands for the id that the
    step of that name brought.
    """

    name: str
    path: str
    params: dict[str, Any]
    method: str = "post"


def made(step: str) -> dict[str, str]:
    """Among a step's params: the id that an earlier step brings."""
    return {"pd_made_by": step}


def filled(params: Any, progress: dict[str, dict[str, Any]]) -> Any:
    """Params with every made(…) replaced by what was made. Text is never looked into: it may hold anything."""
    if isinstance(params, dict):
        if set(params) == {"pd_made_by"}:
            return progress[params["pd_made_by"]]["id"]
        return {name: filled(value, progress) for name, value in params.items()}
    return [filled(value, progress) for value in params] if isinstance(params, list) else params


@dataclass(frozen=True)
class Intent:
    """A stored wish: its frozen steps, what the person saw (`seen`), and how far it came (`progress`: step -> id,
    status, total). `began` is when it was last let go: asked for, approved, or tried again by a person. `amount` is
    what the thresholds are held against.
    """

    id: str
    kind: str
    target: str
    steps: tuple[Step, ...]
    seen: dict[str, Any]
    actor: str
    role: str
    state: str
    generation: int
    progress: dict[str, dict[str, Any]]
    result: str
    words: str
    field: str
    created: int
    updated: int
    began: int
    amount: Money | None = None

    @property
    def since(self) -> int:
        """From when on Stripe is asked for what an earlier attempt made, by Stripe's clock."""
        return self.created - _CLOCKS

    def made(self, step: str) -> str:
        """The id that a step brought; empty when it did not get that far."""
        return self.progress.get(step, {}).get("id", "")

    def keys(self, step: str) -> str:
        """What the keys begin with under which a step is sent, whenever it is tried: Stripe's events name them."""
        return f"pd1:{self.id}:{step}:"


@dataclass(frozen=True)
class Outcome:
    """A change that is done. `result` is the Stripe id; `again`: this very form had been sent before, nothing was done
    twice.
    """

    result: str
    again: bool = False


Object = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What the spine must know of one kind of change.

    `look` re-reads the target from Stripe and raises Changed, Refused or NotFound; `landed` finds what an earlier
    attempt at a step did (through list and retrieve only: search lags); `affected` names what to read again
    afterwards; `needless` says that a step has become pointless; `ready` raises Changed when what came before a step
    is not what was meant; `before` asks Stripe once more ahead of a step and raises Changed or Refused; `stands` says
    in words what is in Stripe of one that stopped half-way. `stored` keeps a record of our own in the transaction that
    stores the wish (its row of `intents`), `settled` mends it in the one that stores how it ended (its state).
    """

    name: str
    verb: str
    look: Callable[[Context, Intent], None]
    landed: Callable[[Context, Intent, Step], Object | None]
    affected: Callable[[Intent], list[tuple[str, str]]]
    needless: Callable[[Intent, Step], bool] = field(default=lambda _intent, _step: False)
    ready: Callable[[Intent, Step], None] = field(default=lambda _intent, _step: None)
    before: Callable[[Context, Intent, Step], None] = field(default=lambda _ctx, _intent, _step: None)
    stands: Callable[[Intent], str] = field(default=lambda _intent: "")
    stored: Callable[[Connection, Object], None] = field(default=lambda _conn, _row: None)
    settled: Callable[[Connection, Intent, str], None] = field(default=lambda _conn, _intent, _state: None)


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Make a kind known, so that an intent found after a crash can be driven to its end."""
    KINDS[kind.name] = kind
    return kind


def note(conn: Connection, kind: Kind, actor: str, role: str, subject: str, intent: str, detail: Object) -> None:
    """An audit entry for a change."""
    audit.record(conn, actor=actor, role=role, verb=kind.verb, subject=subject, intent=intent, detail=detail)


def load(ctx: Context, intent_id: str) -> Intent:
    """The intent as it stands now."""
    with reading(ctx.engine) as conn:
        return _intent(conn.execute(select(intents).where(intents.c.id == intent_id)).one())


def change(ctx: Context, intent: Intent, **values: Any) -> Intent:
    """Write how far an intent came, and keep the lease on it unless `lease_until` says otherwise."""
    if "progress" in values:
        values["progress"] = json.dumps(values["progress"], sort_keys=True)
    kept = {"updated": ctx.now, "lease_until": ctx.now + 60, **values}
    with writing(ctx.engine) as conn:
        conn.execute(update(intents).where(intents.c.id == intent.id, intents.c.state.in_(OPEN)).values(kept))
    return load(ctx, intent.id)


def _intent(row: Row[Any]) -> Intent:
    body = json.loads(row.body)
    return Intent(
        id=row.id,
        kind=row.kind,
        target=row.target,
        steps=tuple(Step(**step) for step in body["steps"]),
        seen=body["seen"],
        actor=row.actor,
        role=row.role,
        state=row.state,
        generation=row.generation,
        progress=json.loads(row.progress),
        result=row.result,
        words=row.words,
        field=row.field,
        created=row.created,
        updated=row.updated,
        began=body.get("began", row.created),
        amount=Money(body["amount"]["minor"], body["amount"]["currency"]) if body.get("amount") else None,
    )
