"""A practice with nobody in it yet, a clock that stands still until it is told to move, and quick hashing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from lib.context import Context
from lib.people import SHELL, passwords, register
from lib.settings import Settings

GOOD = "four plain english words"


@dataclass
class Clock:
    """A clock for tests."""

    at: float = 1_800_000_000

    def __call__(self) -> float:
        return self.at


@pytest.fixture(autouse=True)
def _quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shell(engine: Engine, clock: Clock, tmp_path: Path) -> Context:
    """The context as the command line holds it. No Stripe is needed to look after people."""
    nowhere: Any = None
    settings = Settings(mode="test", data=tmp_path, practice="Harbour Street Practice")
    return Context(settings=settings, engine=engine, stripe=nowhere, clock=clock, actor=SHELL)


@pytest.fixture
def person(shell: Context) -> Callable[..., Context]:
    """Add somebody and get the context in their hands: `person("mira", "manager")`."""

    def add(username: str, role: str) -> Context:
        return shell.as_actor(register.add(shell, username, GOOD, role))

    return add
