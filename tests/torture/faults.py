"""Every kind of fault at every address that a change uses, each with a written outcome.

The addresses are found by a run without faults. A fault strikes once; the outcome is what the person is told, what
stands in our record when the line has been mended for some minutes, and what is in Stripe.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from lib.context import Context
from lib.errors import NotConfirmed, PayerdeskError
from tests.torture.desk import Desk, desk
from tests.torture.every import WRITES
from tests.torture.writes import Facts, Write


class Outcome(NamedTuple):
    """`told` on the screen, `states` of the record in the end, how often it `happened`."""

    told: tuple[str, ...]
    states: tuple[str, ...]
    happened: int


DONE = Outcome(("done",), ("done",), 1)
# It goes on by itself and is settled, whether or not the person was still there to see it.
IN_THE_END = Outcome(("done", "NotConfirmed"), ("done",), 1)
NO = Outcome(("Refused",), ("refused",), 0)
# Asked before anything was stored, or after: nothing happens either way.
NOT_BEGUN = Outcome(("Refused", "NotAllowed"), ("refused", "never stored"), 0)
# An error that Stripe keeps under the key: only a person can let it be sent under another one.
PARKED = Outcome(("NotConfirmed",), ("review",), 0)

# name -> (the sandbox's fault, what becomes of a change, what becomes of a question before it)
FAULTS: dict[str, tuple[dict[str, Any], Outcome, Outcome]] = {
    "connection reset": ({"kind": "reset"}, DONE, DONE),
    "answer lost": ({"kind": "lost"}, DONE, DONE),
    "answer cut short": ({"kind": "truncated"}, DONE, DONE),
    "a web page for an answer, nothing done": ({"kind": "html", "status": 200, "when": "before"}, DONE, DONE),
    "a web page for an answer, done": ({"kind": "html", "status": 200, "when": "after"}, DONE, DONE),
    "502 page, nothing done": ({"kind": "html", "status": 502, "when": "before"}, DONE, DONE),
    "502, done": ({"kind": "error", "status": 502, "when": "after"}, DONE, DONE),
    "503, nothing done": ({"kind": "error", "status": 503, "when": "before"}, DONE, DONE),
    "500 kept under the key, nothing done": ({"kind": "error", "status": 500, "when": "before"}, PARKED, DONE),
    "500 kept under the key, done": ({"kind": "error", "status": 500, "when": "after"}, DONE, DONE),
    "429 global rate": ({"kind": "storm", "reason": "global-rate"}, DONE, DONE),
    "429 endpoint concurrency": ({"kind": "storm", "reason": "endpoint-concurrency"}, DONE, DONE),
    "429 lock_timeout": ({"kind": "lock_timeout"}, DONE, DONE),
    "401 key revoked": ({"kind": "key_revoked"}, NO, NOT_BEGUN),
    "403 permission removed": ({"kind": "permission_removed"}, NO, NOT_BEGUN),
    "done, answered too late": ({"kind": "slow", "ms": 500}, IN_THE_END, DONE),
}
_ID = re.compile(r"(?<=/)(cus|in|ii|il|cn|cbtxn|pr|txi|txr|prod|price|inpay)_[A-Za-z0-9]+")


class Address(NamedTuple):
    """Where a change goes: the write it belongs to, the method, and the path with ids as *."""

    write: str
    method: str
    path: str
    first: bool  # nothing was changed before it
    last: bool  # nothing is changed after it


def addresses(at: Desk, names: list[str]) -> list[Address]:
    """Every address that these changes use, in order, each once a change."""
    found: dict[tuple[str, str, str], Address] = {}
    for number, name in enumerate(names):
        write, seen = WRITES[name], list[tuple[str, str]]()
        facts = write.prepare(at.world, 900_000 + number)
        write.act(_watched(at.ctx, seen), facts, f"watched-{number}")
        changes = [place for place, (method, _) in enumerate(seen) if method != "GET"]
        for place, (method, path) in enumerate(seen):
            # A fault strikes the first address that fits, which may be another one than was meant.
            struck = next(n for n, (way, other) in enumerate(seen) if way == method and fnmatchcase(other, path))
            address = Address(name, method, path, first=struck <= changes[0], last=place >= changes[-1])
            found.setdefault((name, method, path), address)
    return list(found.values())


def _watched(ctx: Context, seen: list[tuple[str, str]]) -> Context:
    """Notes every request up to the last change; what is read again afterwards cannot spoil anything."""
    api = ctx.stripe

    class Api:
        def __getattr__(self, name: str) -> Any:
            return getattr(api, name)

        def get(self, path: str, **params: Any) -> Any:
            return self._note("GET", path) or api.get(path, **params)

        def send(self, method: str, path: str, params: Any, *, key: str) -> Any:
            return self._note(method.upper(), path) or api.send(method, path, params, key=key)

        def _note(self, method: str, path: str) -> None:
            seen.append((method, _ID.sub("*", path)))

    return replace(ctx, stripe=Api())  # type: ignore[arg-type]


def cell(at: Desk, ctx: Context, address: Address, fault: dict[str, Any], number: int) -> tuple[str, str, int, int]:
    """What was told, the record's state in the end, and how often it happened, wholly and in part."""
    write, form = WRITES[address.write], f"form-{number}"
    facts = write.prepare(at.world, number)
    at.sandbox.faults.add(**fault, method=address.method, path=address.path, times=1)
    told = _tell(ctx, write, facts, form)
    at.settle()
    state = next((intent.state for intent in at.intents() if intent.form == form), "never stored")
    return told, state, *write.happened(at.world, facts)


def _tell(ctx: Context, write: Write, facts: Facts, form: str) -> str:
    try:
        write.act(ctx, facts, form)
    except PayerdeskError as no:
        return "NotConfirmed" if isinstance(no, NotConfirmed) else type(no).__name__
    return "done"


def expected(address: Address, name: str) -> Outcome:
    """What is written down for a cell."""
    fault, change, question = FAULTS[name]
    if address.method == "DELETE" and fault.get("status") == 500:
        return DONE  # Stripe keeps no answer for what has no key: it is sent again and done
    if address.method != "GET":
        return change
    return question if address.first or not address.last else DONE  # afterwards the mirror is brought up, no more


def fits(found: tuple[str, str, int, int], wanted: Outcome, address: Address) -> bool:
    """A change of several steps that is refused or stuck later on leaves what was done before, and says so."""
    told, state, whole, partly = found
    if told not in wanted.told or state not in wanted.states:
        return False
    if wanted.happened or address.first:
        return (whole, partly) == (wanted.happened, 0)
    return whole <= 1


def run(*, names: list[str] | None = None, kinds: list[str] | None = None, seed: int = 1) -> dict[str, Any]:
    """The whole matrix; `unexpected` must be empty."""
    unexpected: list[str] = []
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder), seed=seed) as at:
        hurried = replace(at.where, timeout=(3, 0.25)).open()
        found, number = addresses(at, names or list(WRITES)), 0
        for address in found:
            for name in kinds or list(FAULTS):
                number += 1
                result = cell(at, hurried, address, FAULTS[name][0], number)
                outcomes[f"{result[0]}, then {result[1]}"] += 1
                if not fits(result, expected(address, name), address):
                    unexpected.append(f"{name} at {address.method} {address.path} of {address.write}: {result}")
        hurried.engine.dispose()
    return {
        "kinds": len(kinds or FAULTS),
        "addresses": len({(address.method, address.path) for address in found}),
        "cells": number,
        "outcomes": dict(outcomes),
        "unexpected": unexpected,
    }
