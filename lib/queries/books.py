"""How our books stand against Stripe, and what was found when the records were last looked through."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import func, select

from lib.context import Context
from lib.mirror import compared
from lib.mirror.database import reading
from lib.mirror.ours import comparisons, differences
from lib.mirror.tables import customers, invoices, sync_state
from lib.money import Money
from lib.text import shown

_MOST = 200


@dataclass(frozen=True)
class Standing:
    """The last comparison: `at` (Stripe's seconds; None when there was none yet), how many things were `checked`, how
    many of them are `explained`, how many copies were `healed`, how many differences are `waiting` for a person now,
    and whether another comparison is `wanted` and has not begun.
    """

    at: int | None
    checked: int
    explained: int
    healed: int
    waiting: int
    wanted: bool

    @property
    def percent(self) -> float:
        """Explained of a hundred, rounded down: 100 means everything."""
        return compared.percent(self.explained, self.checked)


def standing(ctx: Context) -> Standing:
    """How the books stand."""
    with reading(ctx.engine) as conn:
        last = conn.execute(select(comparisons).order_by(comparisons.c.at.desc()).limit(1)).first()
        waiting = conn.execute(select(func.count()).where(differences.c.agreed_at == 0)).scalar_one()
        wanted = conn.execute(select(sync_state.c.value).where(sync_state.c.key == "books_wanted")).scalar()
    if last is None:
        return Standing(None, 0, 0, 0, waiting, bool(wanted))
    explained = compared.explained(last.checked, waiting)
    return Standing(last.at, last.checked, explained, last.healed, waiting, bool(wanted))


def table(ctx: Context) -> pd.DataFrame:
    """Differences that wait for a person, newest first: id, found_at, about (a name or a number), object, what (the
    figures of both sides in words). At most 200.
    """
    columns = (differences.c.id, differences.c.kind, differences.c.object, differences.c.detail, differences.c.found_at)
    wanted = (
        select(*columns, customers.c.name, invoices.c.number)
        .outerjoin(customers, customers.c.id == differences.c.object)
        .outerjoin(invoices, invoices.c.id == differences.c.object)
        .where(differences.c.agreed_at == 0)
        .order_by(differences.c.found_at.desc(), differences.c.id)
        .limit(_MOST)
    )
    with reading(ctx.engine) as conn:
        found = conn.execute(wanted).all()
    rows = [(row.id, row.found_at, _about(row), row.object, say(row.kind, json.loads(row.detail))) for row in found]
    return pd.DataFrame(rows, columns=["id", "found_at", "about", "object", "what"])


def say(kind: str, detail: dict[str, Any]) -> str:
    """A difference in words, with the figures of both sides."""
    ours, theirs, thing = _amount(detail, "ours"), _amount(detail, "theirs"), detail.get("thing", "")
    return {
        "ledger": f"The entries come to {ours}, and the balance stands at {theirs}.",
        "tag": f"{thing}{f' over {theirs}' if theirs else ''} carries our mark, and no change on record asked for it.",
        "twice": f"{thing} over {theirs} is there besides what was asked for: it was done twice, or copied.",
        "missing": f"We have on record that {thing}{f' over {ours}' if ours else ''} was made, and Stripe has none.",
        "other": f"We asked for {ours}, and {thing} in Stripe is over {theirs}.",
        "event": f"Stripe reports a change of ours ({detail.get('type', '')}) that we have no record of.",
    }[kind]


def _amount(detail: dict[str, Any], side: str) -> str:
    """£5.00 credit or debit for what moves a balance, signed as Stripe signs it."""
    if side not in detail or "currency" not in detail:
        return ""
    amount = Money(detail[side], detail["currency"])
    if str(detail.get("thing", "")).startswith(("in_", "cn_")):
        return str(amount)
    return f"{abs(amount)} {'credit' if amount.minor < 0 else 'debit'}" if amount.minor else str(amount)


def _about(row: Any) -> str:
    return shown(row.name or "") or row.number or row.object


def last_look(ctx: Context) -> tuple[int | None, list[dict[str, str]]]:
    """When the records were last looked through by the nightly round, and what was found: name, state (ok, wrong or
    unknown) and words, one each.
    """
    with reading(ctx.engine) as conn:
        text = conn.execute(select(sync_state.c.value).where(sync_state.c.key == "doctor")).scalar()
    told = json.loads(text) if text else {}
    return told.get("at"), told.get("findings", [])
