"""The text of an answer: an object or a page, with what was asked to be expanded."""

from __future__ import annotations

from typing import Any

from lib.sandbox import api, expand, wire
from lib.sandbox.call import Call
from lib.sandbox.wire import Page


def text(call: Call, route: api.Route, result: Any, wanted: list[str]) -> str:
    """A page that nothing is expanded in goes out as it is stored, unread."""
    if not isinstance(result, Page):
        return wire.dump(expand.apply(call, result, route.kind or "", wanted) if wanted else result)
    if not wanted and not route.search:
        return result.text()
    body = result.parsed()
    if route.search and "total_count" not in wanted:
        del body["total_count"]
    inner = [path.removeprefix("data.") for path in wanted if path != "total_count"]
    body["data"] = [expand.apply(call, entry, route.kind or "", inner) for entry in body["data"]]
    return wire.dump(body)
