"""How an entry of the log reads: what was done, about whom, over how much."""

from __future__ import annotations

from typing import Any

from lib.audit import VERBS, WANTED
from lib.money import Money
from lib.text import shown


def say_verb(verb: str, state: str | None) -> str:
    """What an entry says: what was done, or what is wanted where that is not what became of it."""
    return VERBS[verb] if state in (None, "done") else WANTED.get(verb, VERBS[verb])


def say_about(row: Any) -> str:
    """Whom an entry is about: the name, or the invoice's number, as they are now; the id where neither is known."""
    if row.name or row.number:
        return shown(row.name or "") or row.number
    return row.subject or row.result or ""


def say_amount(detail: dict[str, Any]) -> str:
    """What an entry says it was about in money, with currency and direction; empty where it was not."""
    if "currency" not in detail or not ("amount" in detail or "total" in detail):
        return ""
    if "amount" in detail:
        return f"{Money(abs(detail['amount']), detail['currency'])} {'credit' if detail['amount'] < 0 else 'debit'}"
    return str(Money(detail["total"], detail["currency"]))
