"""The sandbox before a second judge: the core journeys through Stripe's official client for Node.

`make test` installs the client beforehand (scripts/get_node_client.sh), so that nothing here leaves this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lib.sandbox import Answer, Sandbox
from lib.sandbox.server import serve
from tests.conftest import cannot_run
from tests.support.annotations import check

HERE = Path(__file__).parent
CLIENT = HERE / "node_modules" / "stripe"
JOURNEYS = (
    "an unknown parameter is refused by its name",
    "a live key is refused",
    "a restricted key is told which permission it lacks",
    "something unknown is not found",
    "a credit larger than the total pays the invoice at once",
    "a void gives back what was applied",
    "an invoice is raised with VAT, sent and paid once",
    "a part payment is reported and put on its invoice",
    "a credit note lowers an open invoice and refunds a paid one to the balance",
    "the same key is done once, and refused for something else",
    "a list is walked through by itself, to the end and in order",
    "what is left out appears when it is asked for",
    "metadata is merged and unset key by key",
    "an event tells what was there before",
    "a deleted customer answers as a stub and takes no more entries",
    "a storm of refusals is a rate limit error",
    "a lost answer, a reset and a busy object are tried again by the client and done once",
    "a page instead of JSON and a truncated answer are errors although the work was done",
    "a pinned 500 is told again and never done twice",
)
pytestmark = pytest.mark.node


def told(url: str) -> dict[str, str | None]:
    """Every journey with its error, if there was one."""
    node = shutil.which("node")
    if node is None or not CLIENT.exists():
        cannot_run(
            "node", f"{'Node' if node is None else CLIENT} is missing (scripts/get_node_client.sh gets the client)"
        )
    done = subprocess.run(
        [node, HERE / "journeys.mjs", url],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {line["name"]: line["error"] for line in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def journeys():
    """What Node has to say, and what does not fit the annotations of the other official SDK."""
    box, misfits = Sandbox(), []

    def watch(method: str, path: str, answer: Answer) -> None:
        misfits.extend(f"{method} {path}: {misfit}" for misfit in check(json.loads(answer.body)))

    box.observers.append(watch)
    running = serve(box)
    yield told(running.url)
    running.stop()
    box.close()
    assert misfits == []


def test_every_journey_of_the_script_is_one_of_these(journeys):
    assert tuple(journeys) == JOURNEYS


@pytest.mark.parametrize("name", JOURNEYS)
def test_through_node(journeys, name):
    assert journeys[name] is None
