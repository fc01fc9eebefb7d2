"""What can go wrong on request, seeded and repeatable: the network, the limits, the servers, the keys, the clock.

A fault says what happens (`kind`) and to whom: a method and a path (a pattern with *), how many calls to let through
first (`skip`), how often it may strike (`times`), only the n-th (`nth`), and how likely (`chance`). A call can be
struck by several. What was decided does not depend on the time or on other faults: the same calls in the same order
break in the same way.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from lib.sandbox.limits import Bucket
from lib.sandbox.strikes import NOTHING, Strike

AIM = frozenset({"method", "path", "times", "skip", "nth", "chance"})
KINDS: dict[str, tuple[str, frozenset[str]]] = {
    "latency": ("the request is `ms` ± `jitter` on its way", frozenset({"ms", "jitter"})),
    "slow": ("done, but answered `ms` ± `jitter` later; the key stays in use", frozenset({"ms", "jitter"})),
    "rate_limit": ("429 for more than `rate` a second, by `scope`: global, endpoint", frozenset({"rate", "scope"})),
    "concurrency": ("429 for more than `most` at once, by `scope`: global, endpoint", frozenset({"most", "scope"})),
    "storm": ("429, with `reason` in Stripe-Rate-Limited-Reason", frozenset({"reason"})),
    "lock_timeout": ("429 of an object in use, which the SDK may repeat by itself", frozenset()),
    "error": (
        "`status` 500, 502 or 503, `when`: before or after the work; `pinned` to the idempotency key, as every 500 is",
        frozenset({"status", "when", "pinned"}),
    ),
    "reset": ("the connection is reset and nothing is done", frozenset()),
    "lost": ("done, but the answer never arrives", frozenset()),
    "truncated": ("done, but the answer stops after `keep` bytes, or half-way", frozenset({"keep"})),
    "html": (
        "a page for an answer, `status` 200 or 502, `when`: before or after the work",
        frozenset({"status", "when"}),
    ),
    "clock": ("the sandbox's clock moves `by` seconds or `to` a timestamp first", frozenset({"by", "to"})),
    "key_revoked": ("401, as if the key had expired", frozenset()),
    "permission_removed": ("403, as if the key lacked the permission", frozenset()),
}
LIMITS = ("rate_limit", "concurrency")
REASONS = ("global-rate", "endpoint-rate", "global-concurrency", "endpoint-concurrency", "resource-specific")
CHOICES: dict[str, tuple[Any, ...]] = {
    "scope": ("global", "endpoint"),
    "when": ("before", "after"),
    "reason": REASONS,
}
STATUS = {"error": (500, 502, 503), "html": (200, 502)}
NEEDED = {"rate_limit": ("rate",), "concurrency": ("most",), "latency": ("ms",), "slow": ("ms",)}


class BadFault(ValueError):
    """A fault that nobody can mean, with words for the person who asked for it."""


@dataclass
class Fault:
    """One thing that goes wrong."""

    kind: str
    method: str = "*"
    path: str = "*"
    times: int | None = None
    skip: int = 0
    nth: int | None = None
    chance: float = 1.0
    ms: int = 0
    jitter: int = 0
    rate: int = 0
    most: int = 0
    scope: str = "global"
    reason: str = "global-rate"
    status: int = 0
    when: str = "after"
    pinned: bool | None = None
    keep: int | None = None
    by: int = 0
    to: int | None = None
    id: int = 0
    seen: int = 0
    struck: int = 0
    _random: random.Random = field(default_factory=random.Random, repr=False)
    _buckets: dict[str, Bucket] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.nth is not None:
            self.skip, self.times = self.nth - 1, 1 if self.times is None else self.times
        if not self.status:
            self.status = 502 if self.kind == "html" else 500
        if self.pinned is None:
            self.pinned = self.status == 500

    def aims_at(self, method: str, path: str) -> bool:
        """Is this call one that the fault strikes? Each question counts, and draws a number if there is a chance."""
        if self.method.upper() not in ("*", method) or not fnmatchcase(path, self.path):
            return False
        self.seen += 1
        likely = self.chance >= 1 or self._random.random() < self.chance
        hit = self.seen > self.skip and (self.times is None or self.struck < self.times) and likely
        self.struck += hit and self.kind not in LIMITS
        return hit

    def delay(self) -> float:
        """In seconds."""
        return max(0.0, self.ms + self._random.uniform(-self.jitter, self.jitter)) / 1000

    def bucket(self, endpoint: str, now: Callable[[], float]) -> Bucket:
        """The bucket of the account, or of one endpoint."""
        name = "" if self.scope == "global" else endpoint
        return self._buckets.setdefault(name, Bucket(self.rate, now))

    def shown(self) -> dict[str, Any]:
        """Its aim, its options and how often it has struck."""
        return {
            name: getattr(self, name) for name in sorted({"id", "kind", "seen", "struck"} | AIM | KINDS[self.kind][1])
        }


class Faults:
    """The faults of one sandbox, in the order in which they were added."""

    def __init__(self, seed: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self.seed, self.now = seed, now
        self.wait: Callable[[float], None] = time.sleep
        self._faults: dict[int, Fault] = {}
        self._lock, self._added = threading.Lock(), 0
        self._under_way: list[Strike] = []

    def add(self, kind: str, **options: Any) -> Fault:
        """From now on. Raises BadFault."""
        _check(kind, options)
        fault = Fault(kind, **options)
        with self._lock:
            self._added += 1
            fault.id, fault._random = self._added, random.Random(f"{self.seed}/{self._added}/{kind}")
            self._faults[fault.id] = fault
        return fault

    def remove(self, number: int) -> bool:
        with self._lock:
            return self._faults.pop(number, None) is not None

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._faults.clear()

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults.values()))

    def strike(self, method: str, path: str, patience: float | None = None) -> Strike:
        """What goes wrong with one call; `patience` is after how many seconds its caller stops waiting."""
        if not self._faults:
            return NOTHING
        with self._lock:
            found = [fault for fault in self._faults.values() if fault.aims_at(method, path)]
            strike = Strike(self, found, patience)
            self._under_way.append(strike)
        return strike

    def end(self, strike: Strike) -> None:
        with self._lock:
            if strike in self._under_way:
                self._under_way.remove(strike)

    def too_many(self, fault: Fault, endpoint: str) -> bool:
        """Does this call go over a limit? Asking spends."""
        with self._lock:
            if fault.kind == "rate_limit":
                over = not fault.bucket(endpoint, self.now).spend()
            else:
                inside = [other for other in self._under_way if fault.scope == "global" or other.endpoint == endpoint]
                over = len(inside) > fault.most
            fault.struck += over
        return over


def parse(text: str) -> dict[str, Any]:
    """`error,path=/v1/invoices*,status=503,times=2`, or the same as JSON. Raises BadFault."""
    if text.lstrip().startswith("{"):
        return _read(text)
    kind, *pairs = [part.strip() for part in text.split(",")]
    found: dict[str, Any] = {"kind": kind}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadFault(f"{pair!r} is not an option of a fault: write name=value.")
        found[name] = _typed(name, value)
    return found


def _read(text: str) -> dict[str, Any]:
    try:
        return json.loads(text)
    except ValueError as wrong:
        raise BadFault(f"This is not JSON: {wrong}") from None


def _typed(name: str, value: str) -> Any:
    """Words for paths and choices, numbers for the rest."""
    if name in ("method", "path", "scope", "when", "reason"):
        return value
    if name == "pinned":
        return value == "true"
    try:
        return float(value) if name == "chance" else int(value)
    except ValueError:
        raise BadFault(f"{name}={value} is not a number.") from None


def added(faults: Faults, given: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Add one or several that came as JSON, all of them or none. Raises BadFault."""
    several = given if isinstance(given, list) else [given]
    for one in several:
        if not isinstance(one, dict):
            raise BadFault("A fault is an object with a kind, or a list of such objects.")
        _check(one.get("kind", ""), {name: value for name, value in one.items() if name != "kind"})
    return [faults.add(**one) for one in several]


def _check(kind: str, options: Mapping[str, Any]) -> None:
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadFault(f"There is no fault {kind!r}. There are {', '.join(KINDS)}.")
    known = AIM | KINDS[kind][1]
    if strange := sorted(options.keys() - known):
        raise BadFault(f"A fault {kind} has no option {strange[0]!r}. It has {', '.join(sorted(known))}.")
    for name in NEEDED.get(kind, ()):
        if not options.get(name):
            raise BadFault(f"A fault {kind} needs {name}.")
    for name, value in options.items():
        _check_value(kind, name, value)


def _check_value(kind: str, name: str, value: Any) -> None:
    fits, words = _meaning(name, value, STATUS.get(kind, ()) if name == "status" else CHOICES.get(name, ()))
    if not fits:
        raise BadFault(f"{name} of a fault is {value!r}; it must be {words}.")


def _meaning(name: str, value: Any, choices: tuple[Any, ...]) -> tuple[bool, str]:
    """Does the value fit its option, and what would."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if choices:
        return value in choices, f"one of {', '.join(map(str, choices))}"
    if name in ("method", "path"):
        return isinstance(value, str), "text"
    if name == "chance":
        return isinstance(value, int | float) and 0 <= value <= 1, "between 0 and 1"
    if name == "pinned":
        return isinstance(value, bool), "true or false"
    if name == "by":
        return whole, "a whole number of seconds"
    least = 1 if name in ("nth", "times", "rate") else 0
    return whole and value >= least, f"a whole number, {least} or more"
