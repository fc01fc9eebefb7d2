"""The program is killed in the middle of a change, at any point one likes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lib.actions import _drive


@contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, *, answers: int = 0, sends: int | None = None) -> Iterator[None]:
    """The process dies with the answer number `answers` (from 0) in its hands and not yet noted; with `sends`, when it
    is about to send its request of that number.
    """
    count, change = {"answers": 0, "sends": 0}, _drive.change

    def die(ctx: Any, intent: Any, **values: Any) -> Any:
        kind = "answers" if "request_id" in values else "sends" if values.get("state") == "sent" else ""
        if kind and count[kind] == (answers if kind == "answers" and sends is None else sends):
            raise KeyboardInterrupt
        if kind:
            count[kind] += 1
        return change(ctx, intent, **values)

    with monkeypatch.context() as dying:
        dying.setattr(_drive, "change", die)
        with pytest.raises(KeyboardInterrupt):
            yield


__all__ = ["killed"]
