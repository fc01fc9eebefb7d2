"""Figure 7: the mirror is what Stripe is, after everything that may happen between them.

`python -m tests.bench.mirror_truth [--events 100000] [--kills 200] [--seed 1]`. Events shuffled, doubled and one in
twenty lost, then the day's round; a first copy killed with -9 at random moments, again and again; objects deleted while
a copy pages; a gap of forty days. Each is compared with Stripe object by object (tests/support/truth.py). Writes
docs/bench/mirror-truth-DATE-COMMIT.json; anything but no difference is an exit code of 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lib.context import Context, open_context
from lib.mirror.database import open_database
from lib.sandbox import Sandbox
from lib.sandbox.server import serve
from lib.sandbox.transport import InProcess
from lib.settings import Settings, load_settings
from lib.stripe_api.client import connect
from lib.sync import check, state
from lib.sync.follow import catch_up
from tests.bench import account
from tests.bench.results import save, where
from tests.bench.upheaval import BadList, Upheaval
from tests.support.truth import differences

DAY = 86_400
Told = dict[str, Any]


@contextmanager
def practice(invoices: int, customers: int, url: str = "") -> Iterator[tuple[Sandbox, Context]]:
    """A Stripe of this size whose time passes when told to, and an empty mirror beside it."""
    with tempfile.TemporaryDirectory() as folder:
        now = int(time.time())
        sandbox = account.build(None, invoices=invoices, customers=customers, now=now)
        sandbox.clock.set(now)
        engine = open_database(url or f"sqlite:///{folder}/payerdesk.sqlite")
        api = connect("sk_test_bench", http_client=InProcess(sandbox))
        yield sandbox, Context(Settings(mode="sandbox", data=Path(folder)), engine, api, clock=sandbox.clock.now)
        engine.dispose()
        sandbox.close()


def badly_told(sandbox: Sandbox, ctx: Context, events: int, seed: int, a_look: int = 1_000) -> Told:
    """So many events, some thousands between two looks, told badly; then the day's round, and the month's ledgers."""
    catch_up(ctx)
    hands, told = Upheaval(sandbox, seed), BadList(ctx, seed)
    looks = 0
    while len(told.told | told.kept_back) < events:
        hands.happen(a_look)
        sandbox.clock.advance(40)
        catch_up(ctx)
        looks += 1
    before = len(differences(ctx, sandbox))
    sandbox.clock.advance(10)
    healed = check.run(ctx, threading.Event())
    after_the_round = differences(ctx, sandbox)
    with state.writing(ctx) as conn:
        state.remember(conn, ledgers_owed=ctx.now)
    catch_up(ctx)
    return {
        "events told": len(told.told),
        "events lost": len(told.kept_back),
        "looks": looks,
        "wrong before the day's round": before,
        "pages of the round": healed.pages,
        "wrong after it": len(after_the_round),
        "wrong after the month's ledgers": len(differences(ctx, sandbox)),
    }


def deleted_while_it_pages(sandbox: Sandbox, ctx: Context, seed: int, first: int = 400) -> Told:
    """At each page of a first copy some objects go, often the one that the next page is to follow."""
    Upheaval(sandbox, seed).happen(first)
    ask, draw, gone, lock = ctx.stripe.bulk.ask, random.Random(seed), [0], threading.Lock()

    def asking(path: str, **params: Any) -> bytes:
        if path in ("/v1/customers", "/v1/invoices"):
            with lock:
                gone[0] += _some_go(sandbox, draw, params.get("starting_after", ""))
        return ask(path, **params)

    ctx.stripe.bulk.ask = asking  # type: ignore[method-assign]
    catch_up(ctx)
    ctx.stripe.bulk.ask = ask  # type: ignore[method-assign]
    sandbox.clock.advance(10)
    catch_up(ctx)
    return {"deleted": gone[0], "wrong": len(differences(ctx, sandbox))}


def _some_go(sandbox: Sandbox, draw: random.Random, cursor: str) -> int:
    wanted = [f"/v1/customers/{cursor}"] if cursor.startswith("cus_") and draw.random() < 0.5 else []
    people = sandbox.call("GET", "/v1/customers", {"limit": 100})["data"]
    drafts = sandbox.call("GET", "/v1/invoices", {"limit": 100, "status": "draft"})["data"]
    wanted += [f"/v1/customers/{one['id']}" for one in draw.sample(people, min(3, len(people)))]
    wanted += [f"/v1/invoices/{one['id']}" for one in draw.sample(drafts, min(2, len(drafts)))]
    for path in wanted:
        sandbox.call("DELETE", path)
    return len(wanted)


def gap_of_forty_days(sandbox: Sandbox, ctx: Context, seed: int, a_day: int = 30) -> Told:
    """Nobody looks for forty days, and Stripe forgets what happened in the first ten."""
    hands = Upheaval(sandbox, seed)
    catch_up(ctx)
    for _ in range(40):
        hands.happen(a_day)
        sandbox.clock.advance(DAY)
    before = len(differences(ctx, sandbox))
    counts = catch_up(ctx)
    return {"wrong before": before, "copied anew": "invoices" in counts, "wrong": len(differences(ctx, sandbox))}


def _sync(env: dict[str, str]) -> None:
    """`python -m lib sync --once` in a process of its own."""
    from lib import cli

    os.environ.update(env)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    sys.exit(cli.main(["sync", "--once"]))


def killed(kills: int, seed: int, *, invoices: int = 3_000, customers: int = 600) -> Told:
    """First copies, killed so many times in all; each is gone on with until it ends, and compared."""
    draw, told = random.Random(seed), {"kills": 0, "first copies": 0, "wrong": 0}
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["lib.cli", "lib.sync.follow"])
    sandbox = account.build(None, invoices=invoices, customers=customers, now=int(time.time()))
    sandbox.faults.add("latency", ms=40)
    running = serve(sandbox)
    longest = 3.0
    while told["kills"] < kills:
        with tempfile.TemporaryDirectory() as folder:
            env = {"STRIPE_API_KEY": "sk_test_bench", "STRIPE_API_BASE": running.url, "PAYERDESK_DATA": folder}
            while told["kills"] < kills and _cut_off(processes, env, draw.uniform(0, longest)):
                told["kills"] += 1
            began = time.monotonic()
            whole = processes.Process(target=_sync, args=(env,))
            whole.start()
            whole.join()
            longest = max(longest if told["first copies"] else 0.5, time.monotonic() - began)
            ctx = open_context(load_settings(env), ask=False)
            told["wrong"] += len(differences(ctx, sandbox)) + abs(whole.exitcode or 0)
            told["first copies"] += 1
            ctx.engine.dispose()
    running.stop()
    sandbox.close()
    return {**told, "killed within seconds": round(longest, 2)}


def _cut_off(processes: Any, env: dict[str, str], after: float) -> bool:
    """Kill a copy so long after it began; False when it had ended by then."""
    process = processes.Process(target=_sync, args=(env,))
    process.start()
    process.join(after)
    alive = process.exitcode is None
    process.kill()
    process.join()
    return alive


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="0 leaves this part out")
    parser.add_argument("--kills", type=int, default=200, help="0 leaves this part out")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    told: Told = {**where(), "seed": options.seed}
    if options.events:
        told["events told badly"] = _in(2_000, 400, lambda box, ctx: badly_told(box, ctx, options.events, options.seed))
    if options.kills:
        told["killed -9"] = killed(options.kills, options.seed)
    told["deleted while it pages"] = _in(2_000, 1_000, lambda box, ctx: deleted_while_it_pages(box, ctx, options.seed))
    told["a gap of forty days"] = _in(2_000, 400, lambda box, ctx: gap_of_forty_days(box, ctx, options.seed))
    save("mirror-truth", told)
    return 1 if any(wrong(part) for part in told.values() if isinstance(part, dict)) else 0


def wrong(part: Told) -> int:
    """How much was not as in Stripe in the end."""
    return part.get("wrong", 0) + part.get("wrong after the month's ledgers", 0)


def _in(invoices: int, customers: int, do: Callable[[Sandbox, Context], Told]) -> Told:
    with practice(invoices, customers) as (sandbox, ctx):
        began = time.monotonic()
        return {**do(sandbox, ctx), "seconds": round(time.monotonic() - began)}


if __name__ == "__main__":
    sys.exit(main())
