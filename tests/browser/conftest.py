"""A practice for each file of browser tests: its Stripe, what is there before the dashboard starts, the dashboard."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from lib.sandbox import Answer
from tests.browser.practice import Practice, StripeSide, dashboard, stripe_side
from tests.support.annotations import check

if TYPE_CHECKING:
    from tests.support.app_server import AppServer


@pytest.fixture(scope="module")
def side() -> Iterator[StripeSide]:
    """A Stripe for this file. Any answer that does not fit the SDK's annotations fails its last test."""
    found, misfits = stripe_side(), []

    def watch(method: str, path: str, answer: Answer) -> None:
        misfits.extend(f"{method} {path}: {misfit}" for misfit in check(json.loads(answer.body)))

    found.sandbox.observers.append(watch)
    yield found
    found.close()
    assert not misfits, "\n".join(["Answers do not fit the SDK's annotations:", *dict.fromkeys(misfits)])


@pytest.fixture(scope="module")
def there(side: StripeSide) -> dict[str, str]:
    """Who is in Stripe before the dashboard starts, by a short name. A file with customers overrides it."""
    return {}


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """Settings of the dashboard beyond the usual ones. A file that needs some overrides it."""
    return {}


@pytest.fixture(scope="module")
def practice(
    side: StripeSide, there: dict[str, str], told: dict[str, str], start_app: Callable[..., AppServer]
) -> Iterator[Practice]:
    """The dashboard of this file. Tests share it, so each has customers of its own."""
    found = dashboard(side, start_app, **told)
    yield found
    found.app.stop()
