"""The form of requests and answers: bracketed bodies in, JSON envelopes out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from lib.sandbox.errors import Malformed

ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. `whole` is the length that was announced when less than that arrives."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: int | None = None

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Page:
    """One page of a list, its entries still the stored text so that they can be passed on unread."""

    entries: list[str]
    has_more: bool
    url: str

    def text(self) -> str:
        more = "true" if self.has_more else "false"
        return f'{{"object":"list","data":[{",".join(self.entries)}],"has_more":{more},"url":{json.dumps(self.url)}}}'

    def parsed(self) -> dict[str, Any]:
        data = [json.loads(entry) for entry in self.entries]
        return {"object": "list", "data": data, "has_more": self.has_more, "url": self.url}


def dump(value: Any) -> str:
    return ENCODER.encode(value)


def decode(form: str) -> dict[str, Any]:
    """`a[b][0]=x` becomes `{"a": {"b": {"0": "x"}}}`; whether digits are an array is decided by what is expected."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        _put(found, _parts(name), value)
    return found


def _parts(name: str) -> list[str]:
    head, *rest = name.split("[")
    return [head, *(part.removesuffix("]") for part in rest)]


def _put(into: dict[str, Any], parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        key = part or str(len(into))
        held = into.setdefault(key, {})
        if not isinstance(held, dict):
            raise Malformed("Invalid form encoding", param=parts[0])
        into = held
    into[parts[-1] or str(len(into))] = value


def encode(params: Mapping[str, Any]) -> str:
    """The other way round, as the official SDK writes it."""
    return urlencode(list(_flat(params, "")))


def _flat(value: Any, name: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{index}]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, "" if value is None else str(value)
