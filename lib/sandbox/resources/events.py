"""Events: what happened in the last thirty days, newest first. They can be read only."""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import EVENTS_KEPT, Call
from lib.sandbox.errors import Malformed, only_one
from lib.sandbox.resources import common
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

MOST_TYPES = 20


def retrieve(call: Call) -> Body:
    return call.get("event", call.path["event"])


def list_(call: Call) -> Page:
    where = [("rank >= ?", call.now - EVENTS_KEPT), *_types(call.params)]
    return common.listing(call, "event", *where)


def _types(params: dict[str, Any]) -> list[tuple[str, Any]]:
    if "type" in params and "types" in params:
        raise only_one("type", "type", "types")
    wanted = params.get("types") or [params["type"]] if "type" in params or params.get("types") else []
    if len(wanted) > MOST_TYPES:
        raise Malformed(f"You can pass at most {MOST_TYPES} event types.", param="types")
    if not wanted:
        return []
    exact = [kind for kind in wanted if "*" not in kind]
    parts = [f"type IN ({', '.join('?' * len(exact))})"] if exact else []
    parts += ["type GLOB ?"] * (len(wanted) - len(exact))
    return [(f"({' OR '.join(parts)})", [*exact, *(kind for kind in wanted if "*" in kind)])]
