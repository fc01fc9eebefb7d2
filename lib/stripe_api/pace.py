"""How fast Stripe may be asked: one pace for all that a process asks and changes, by endpoint and for the account.

Stripe gives an endpoint 25 requests a second by default and a live account 100, but neither is the same everywhere.
So we begin at 25, double after a while without complaint, and are careful to leave: the first "too many" (429) stops
everybody at once, sends us back to what was proved before, and from then on we only creep up, ever more rarely.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

ACCOUNT, FIRST, LEAST = 100.0, 25.0, 2.0
PAUSE = 0.6  # how long everybody waits after a 429
BURST = 0.1  # how many seconds' worth may go out at once
CREEP = 30.0  # seconds without complaint before the first careful step up
IDLE = 2.5  # seconds after which it is looked at anew whether a rate is used
SLOW = 4.0  # so many times the best latency is a server in trouble

# No list and no verb has a digit or a capital in its name.
_IDS = re.compile(r"/[a-z]+_(?=\w*[0-9A-Z])\w+")


@dataclass
class Gate:
    """One limit: an endpoint's, or the account's."""

    rate: float
    most: float
    proved: float  # the fastest that went well for a while
    left: float = 1.0
    at: float = 0.0
    since: float = 0.0  # when this rate began
    used: int = 0  # requests since then
    refused_at: float = 0.0  # a rate that was too fast; 0 when none is known
    patience: float = CREEP
    closed_until: float = 0.0
    cut_at: float = -1.0
    best: float = 0.0
    usual: float = 0.0
    served: deque[float] = field(default_factory=lambda: deque(maxlen=256))
    turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def burst(self) -> float:
        return max(1.0, self.rate * BURST)

    def fill(self, now: float) -> None:
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now

    def wait(self, now: float, spared: float = 0.0) -> float:
        """Seconds until the next request may go; 0 when it may go now. `spared` is the share of what may go out at
        once that is left to others.
        """
        if now < self.closed_until:
            return self.closed_until - now
        self.fill(now)
        return max(0.0, (max(1.0, spared * self.burst) - self.left) / self.rate)

    def spend(self) -> None:
        self.left -= 1
        self.used += 1

    def change(self, rate: float, now: float) -> None:
        self.rate = min(self.most, max(LEAST, rate))
        self.since, self.used = now, 0

    def refused(self, now: float) -> None:
        """A 429: everybody stops, and comes back at what was proved or served, whichever is less."""
        while self.served and self.served[0] < now - 1:
            self.served.popleft()
        self.refused_at, again = self.rate, self.refused_at > 0
        self.patience = min(600.0, self.patience * 2) if again else self.patience
        self.proved = self.proved if self.proved < self.rate else self.rate * 0.8
        self.change(min(self.proved, max(float(len(self.served)), self.rate / 4)), now)
        self.cut_at, self.closed_until, self.left = now, now + PAUSE, 0.0

    def went_well(self, seconds: float, now: float) -> None:
        self.served.append(now)
        self.usual = seconds if not self.usual else self.usual * 0.95 + seconds * 0.05
        self.best = self.usual if not self.best else min(self.best, self.usual)
        age = now - self.since
        if self.usual > max(1.0, self.best * SLOW):
            if age > 2:
                self.change(self.rate * 0.8, now)
        elif self.rate < self.most and self.used >= age * self.rate * 0.7:
            self._faster(age, now)
        elif age > IDLE and not self.refused_at:
            self.since, self.used = now, 0  # what was asked when little was wanted says nothing of the rate

    def _faster(self, age: float, now: float) -> None:
        """Only what was really used has been tried."""
        doubling = not self.refused_at or self.rate * 2 <= self.refused_at * 0.6
        if doubling and age >= (1.0 if self.rate <= FIRST else 1.6):
            self.proved = self.rate
            self.change(self.rate * 2, now)
        elif not doubling and age >= self.patience:
            self.proved = self.rate
            self.change(self.rate * 1.05, now)


class Pace:
    """Asks leave for every request: `sent_at = take(endpoint)`, then `answered` or `refused` with that moment."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._sleep, self._lock = clock, sleep, threading.Lock()
        self._account = Gate(ACCOUNT, ACCOUNT, ACCOUNT, left=10, at=clock(), since=clock())
        self._gates: dict[str, Gate] = {}

    def take(self, endpoint: str, *, urgent: bool = False, leisurely: bool = False) -> float:
        """Wait for leave; the moment it was given. Who is urgent (somebody waits at a screen) does not queue; who is
        leisurely takes what the account has left over.
        """
        gate, spared = self._gate(endpoint), 0.5 if leisurely else 0.0
        with nullcontext() if urgent else gate.turn:  # one waits for the next place, the others behind it
            while True:
                with self._lock:
                    now = self._clock()
                    wait = max(gate.wait(now), self._account.wait(now, spared))
                    if wait <= 0:
                        gate.spend()
                        self._account.spend()
                        return now
                self._sleep(max(wait, 0.001))

    def answered(self, endpoint: str, sent_at: float) -> None:
        """It was served."""
        with self._lock:
            now = self._clock()
            for gate in (self._gates[endpoint], self._account):
                gate.went_well(now - sent_at, now)

    def refused(self, endpoint: str, sent_at: float, reason: str) -> None:
        """It was one too many. What was on its way when the brake was pulled says nothing new."""
        with self._lock:
            gate = self._account if reason.startswith("global") else self._gates[endpoint]
            if sent_at > gate.cut_at:
                gate.refused(self._clock())

    def rate(self, endpoint: str) -> float:
        """Requests a second, as things stand."""
        return min(self._gate(endpoint).rate, self._account.rate)

    def _gate(self, endpoint: str) -> Gate:
        with self._lock:
            now = self._clock()
            return self._gates.setdefault(endpoint, Gate(FIRST, ACCOUNT, FIRST, left=5, at=now, since=now))


def endpoint(path: str) -> str:
    """What Stripe counts together: a path whatever the ids in it."""
    return _IDS.sub("/id", path)
