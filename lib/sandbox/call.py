"""One call under way: what was asked, by which request, at what time, and what it may touch."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from lib.sandbox import errors, ids, older
from lib.sandbox.schema import Body
from lib.sandbox.store import Store

EVENTS_KEPT = 30 * 86_400


@dataclass
class Call:
    """Handed to every resource. `path` holds the ids of the URL, `params` the checked parameters."""

    store: Store
    now: int
    seed: int
    params: dict[str, Any] = field(default_factory=dict)
    path: dict[str, str] = field(default_factory=dict)
    url: str = ""
    request_id: str | None = None
    key: str | None = None
    version: str = ""
    numbering: str = "account"
    search_lag: int = 60
    event_version: str | None = None

    def new_id(self, prefix: str) -> str:
        return ids.make(prefix, self.seed, self.store.next(prefix), self.now)

    def get(self, kind: str, ident: str, word: str | None = None, param: str = "id", *, status: int = 404) -> Body:
        """The object, or Stripe's words for its absence."""
        found = self.store.find(kind, ident)
        if found is None:
            raise errors.missing(word or kind, ident, param, status=status)
        return found

    def named(self, kind: str, ident: str, param: str, word: str | None = None) -> Body:
        """An object that a parameter names."""
        return self.get(kind, ident, word, param, status=400)

    def emit(self, kind: str, body: Body, previous: Body | None = None) -> None:
        """An event for a write; the object is frozen as it is now."""
        data: Body = {"object": self._told(body)}
        if previous is not None:
            data["previous_attributes"] = previous
        event = {
            "id": self.new_id("evt_"),
            "object": "event",
            "api_version": self.event_version or self.version,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": self.request_id, "idempotency_key": self.key},
            "type": kind,
        }
        self.store.add("event", event)

    def updated(self, kind: str, before: Body, after: Body, *, event: str | None = None) -> None:
        """Store a change and tell of it, if it is one."""
        changed = difference(before, after)
        if changed:
            self.store.save(kind, after)
            self.emit(event or f"{kind}.updated", after, difference(self._told(before), self._told(after)))

    def _told(self, body: Body) -> Body:
        """The object as events show it: in the shape of the account's own API version, whatever the request's."""
        return older.shape(self.store, body, self.event_version) if self.event_version else copy.copy(body)


def difference(before: Body, after: Body) -> Body:
    """The old values of what changed: nested hashes key by key, null for what was not there."""
    found: Body = {}
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and old.get("object") != "list":
            found[key] = difference(old, new)
        else:
            found[key] = old
    return found
