"""The whole API without a network: one request in, one answer out.

A request is checked (key, address, parameters, expand) before anything is executed; a POST or DELETE is then one
transaction, so that a refused call changes nothing. One lock makes requests follow each other.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lib.sandbox import api, errors, expand, idempotency, ids, keys, params, render, wire
from lib.sandbox.call import EVENTS_KEPT, Call
from lib.sandbox.clock import Clock
from lib.sandbox.errors import Malformed, Refusal, SandboxError
from lib.sandbox.faults import Faults
from lib.sandbox.keys import Keyring
from lib.sandbox.resources import deadlines, lifecycle, subscriptions, tax_ids
from lib.sandbox.store import Store
from lib.sandbox.strikes import NOTHING, Strike, no_retry
from lib.sandbox.wire import Answer

Observer = Callable[[str, str, Answer], None]
BY_ITSELF = {
    "verify_tax_id": tax_ids.verify,
    "finalize_invoice": lifecycle.finalize_by_itself,
    **deadlines.ACTIONS,
}


@dataclass
class Request:
    """A request that has been understood."""

    method: str
    path: str
    form: str
    id: str
    key: str | None = None
    version: str = keys.PINNED
    strike: Strike = NOTHING
    mark: str | None = None


class Sandbox:
    """A Stripe account on this machine. Without a path it lives in memory; with one it survives a restart."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        seed: int = 1,
        latency_ms: int = 0,
        rate: int = 0,
        numbering: str = "account",
        search_lag: int = 60,
        keys_kept: int = idempotency.DAY,
        event_version: str | None = None,
    ) -> None:
        self.clock = Clock()
        self.observers: list[Observer] = []
        self.origin = lifecycle.HOSTED
        self.seed, self.numbering, self.search_lag, self.keys_kept = seed, numbering, search_lag, keys_kept
        self.faults, self.keys = Faults(seed), Keyring()
        self.event_version = event_version
        if latency_ms:
            self.faults.add("latency", ms=latency_ms)
        if rate:
            self.faults.add("rate_limit", rate=rate)
        self._store = Store(path)
        self._lock, self._keys = threading.RLock(), threading.Lock()
        self._busy: set[str] = set()
        self._started = self._store.next("started")
        self._requests = itertools.count(1)
        self._next_due = self._store.next_due()

    def close(self) -> None:
        with self._lock:
            self._store.close()

    def digest(self) -> str:
        """A fingerprint of all that is stored, but for the answers kept under idempotency keys."""
        with self._lock:
            return self._store.digest(without=("keys",))

    # The door

    def handle(
        self,
        method: str,
        path: str,
        query: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        patience: float | None = None,
    ) -> Answer:
        """Answer one HTTP request, or raise `Broken` where a fault leaves it without an answer. `patience`: after how
        many seconds its caller stops waiting.
        """
        strike = self.faults.strike(method, unquote(path), patience)
        try:
            return strike.deliver(strike.arrive() or self._answer(strike, method, path, query, body, headers))
        finally:
            strike.end()

    def _answer(
        self, strike: Strike, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        lowered = {name.lower(): value for name, value in headers.items()}
        request = Request(method, unquote(path), "", self._request_id(), version="", strike=strike)
        try:
            status, text, extra = self._understand(request, query, body, lowered)
        except Refusal as refusal:
            status, text, extra = refusal.status, self._refused(refusal, request), refusal.headers
        answer = Answer(status, {**self._headers(request), **extra}, self._placed(text))
        for observer in self.observers:
            observer(method, path, answer)
        return answer

    def call(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> dict[str, Any]:
        """A call with nested Python parameters, past every fault; a refusal is raised."""
        form = wire.encode(params or {})
        sent = {"Authorization": f"Bearer {keys.DIRECT}", **({"Idempotency-Key": key} if key else {})}
        query, body = ("", form.encode()) if method == "POST" else (form, b"")
        answer = self._answer(NOTHING, method, path, query, body, sent)
        if answer.status != 200:
            raise SandboxError(answer.status, answer.json()["error"])
        return answer.json()

    @contextmanager
    def reading(self) -> Iterator[Call]:
        """A look at what is stored, for the pages that a browser shows."""
        with self._lock:
            yield self._call(Request("GET", "", "", ""))

    @contextmanager
    def writing(self) -> Iterator[Call]:
        """A change that comes from such a page and not through the API."""
        with self._lock:
            with self._store.transaction():
                yield self._call(Request("POST", "", "", self._request_id()))
            self._next_due = self._store.next_due()

    def seed_subscription_invoice(self, customer: str, lines: list[dict[str, Any]], **terms: Any) -> dict[str, Any]:
        """A draft as a subscription makes it, which the API alone cannot make here; see `resources.subscriptions`."""
        try:
            with self.writing() as call:
                return subscriptions.draft(call, customer, lines, **terms)
        except Refusal as refusal:
            raise SandboxError(refusal.status, refusal.brief()) from refusal

    def _request_id(self) -> str:
        return "req_" + ids.letters(f"{self.seed}/request/{self._started}/{next(self._requests)}", 14)

    def _headers(self, request: Request) -> dict[str, str]:
        found = {"Content-Type": "application/json", "Request-Id": request.id}
        if request.version:
            found["Stripe-Version"] = request.version
        if request.key:
            found["Idempotency-Key"] = request.key
        return found

    def _refused(self, refusal: Refusal, request: Request) -> str:
        return wire.dump({"error": refusal.error(request.id)})

    def _placed(self, text: str) -> bytes:
        """Links to pages lead to this sandbox's own server, wherever it is running now."""
        body = text.encode()
        return (
            body if self.origin == lifecycle.HOSTED else body.replace(lifecycle.HOSTED.encode(), self.origin.encode())
        )

    # One request

    def _understand(
        self, request: Request, query: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str, dict[str, str]]:
        found = api.find(request.method, request.path)
        self._admit(request, headers, found[0].path if found else request.path)
        if found is None:
            raise errors.unknown_url(request.method, request.path)
        request.form = "&".join(part for part in (query, body.decode(errors="replace")) if part)
        if request.method != "POST" or not headers.get("idempotency-key"):
            return self._checked(request, *found)
        request.key = headers["idempotency-key"]
        return self._once(request, *found)

    def _admit(self, request: Request, headers: Mapping[str, str], endpoint: str) -> None:
        """The key, its permissions, and the limits."""
        key, strike = self.keys.check(headers), request.strike
        if strike.takes("key_revoked"):
            raise keys.expired(key)
        request.version = keys.version(headers)
        strike.at_door(f"{request.method} {endpoint}", self.clock)
        owner = ids.account(self.seed)
        self.keys.allow(key, request.method, request.path, owner)
        if strike.takes("permission_removed"):
            raise keys.forbidden(key, request.method, request.path, owner)

    def _once(self, request: Request, route: api.Route, path: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """A POST with a key: replayed if it was done before, refused while it is being done."""
        key = str(request.key)
        idempotency.check_length(key)
        request.mark = idempotency.fingerprint(request.path, request.form)
        with self._keys:
            if key in self._busy:
                raise idempotency.in_use(key)
            self._busy.add(key)
        try:
            with self._lock:
                held = idempotency.replay(self._store, key, request.mark, self.clock.now() - self.keys_kept)
            if held:
                return *held, {"Idempotent-Replayed": "true", **no_retry(held[0])}
            return self._first_time(request, route, path)
        finally:
            self._busy.discard(key)

    def _first_time(self, request: Request, route: api.Route, path: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        try:
            return self._checked(request, route, path)
        except Malformed:
            raise
        except Refusal as refusal:
            text = self._refused(refusal, request)
            with self._lock, self._store.transaction():
                self._keep(request, refusal.status, text)
            return refusal.status, text, refusal.headers

    def _keep(self, request: Request, status: int, text: str) -> None:
        if request.key and request.mark:
            idempotency.keep(self._store, request.key, request.mark, self.clock.now(), status, text)

    def _checked(self, request: Request, route: api.Route, path: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """Check the parameters, then execute."""
        given = params.check(route.params, wire.decode(request.form))
        for name in route.not_imitated & given.keys():
            if given[name] not in ("", [], {"enabled": False}):
                raise errors.not_imitated(name)
        wanted = given.pop("expand", None) or []
        expand.check(route.kind, wanted, listed=route.listed, search=route.search)
        request.strike.begin()
        with self._lock:
            self._let_time_pass()
            call = self._call(request, params=given, path=path)
            if request.method == "GET":
                answered = request.strike.outcome(render.text(call, route, route.handler(call), wanted), request.id)
            else:
                answered = self._written(request, call, route, wanted)
        request.strike.linger()
        return answered

    def _call(self, request: Request, **more: Any) -> Call:
        return Call(
            self._store,
            self.clock.now(),
            self.seed,
            url=request.path,
            request_id=request.id or None,
            key=request.key,
            version=request.version,
            numbering=self.numbering,
            search_lag=self.search_lag,
            event_version=self.event_version,
            **more,
        )

    def _written(
        self, request: Request, call: Call, route: api.Route, wanted: list[str]
    ) -> tuple[int, str, dict[str, str]]:
        """The work and the memory of its answer, both or neither."""
        with self._store.transaction():
            text = render.text(call, route, route.handler(call), wanted)
            answered = request.strike.outcome(text, request.id)
            self._keep(request, *answered[:2])
            self._store.drop_older("event", call.now - EVENTS_KEPT)
        self._next_due = self._store.next_due()
        return answered

    def _let_time_pass(self) -> None:
        """Do what has fallen due since the last request."""
        now = self.clock.now()
        if self._next_due is None or self._next_due > now:
            return
        with self._store.transaction():
            call = self._call(Request("", "", "", ""))
            for kind, ident in self._store.fallen_due(now):
                BY_ITSELF[kind](call, ident)
        self._next_due = self._store.next_due()
