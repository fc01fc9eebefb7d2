"""The shell: `python -m lib sandbox | sync | export | people | doctor | backup | restore | reconcile`."""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lib import memory
from lib.context import Context, open_context
from lib.dates import say_age, say_moment
from lib.errors import PayerdeskError, Refused, Unavailable
from lib.people import SHELL
from lib.settings import load_settings
from lib.sync import leader, news
from lib.sync.follow import catch_up
from lib.sync.reader import Tally

if TYPE_CHECKING:
    from lib.queries.freshness import Freshness

SECRETS = Path(".streamlit/secrets.toml")


def main(argv: list[str]) -> int:
    """Carry out one command; what went wrong is one line on stderr."""
    command, rest = (argv[0], argv[1:]) if argv else ("--help", [])
    if command not in COMMANDS:
        print(
            __doc__ if command in ("-h", "--help") else f"There is no command {command!r}.\n{__doc__}", file=sys.stderr
        )
        return 0 if command in ("-h", "--help") else 2
    memory.share_among_threads()
    try:
        return COMMANDS[command](rest)
    except PayerdeskError as wrong:
        print(f"{command}: {wrong.words}", file=sys.stderr)
        return 1


@contextmanager
def opened(*, needs_stripe: bool = True) -> Iterator[Context]:
    """The context of this machine's settings, with the embedded sandbox where there is no key."""
    settings = load_settings(os.environ, SECRETS)
    if settings.mode == "sandbox" and needs_stripe:
        from lib import embedded

        running = embedded.start(settings)
        try:
            yield open_context(settings, stripe=running.stripe).as_actor(SHELL)
        finally:
            running.stop()
    else:
        yield open_context(settings, ask=needs_stripe).as_actor(SHELL)


def _sandbox(argv: list[str]) -> int:
    from lib.sandbox.command import run

    return run(argv)


def _people(argv: list[str]) -> int:
    from lib.people import command as people_command

    if {"-h", "--help"} & set(argv) or not argv:
        return people_command.run(None, argv)  # type: ignore[arg-type]
    with opened(needs_stripe=False) as ctx:
        return people_command.run(ctx, argv)


def _sync(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m lib sync", description="Bring the local copy up to date.")
    parser.add_argument("--once", action="store_true", required=True, help="catch up, say what came, and exit")
    parser.parse_args(argv)
    with opened() as ctx, leader.leading(ctx, patience=20) as led:
        began, tally = time.monotonic(), Tally()
        counts = catch_up(led, check_anchor=True, say=_aside, tally=tally)
        took = round(time.monotonic() - began, 2)
        told = {"objects": counts, **tally.told(), "seconds": took, "peak_mb": _peak()}
        print(json.dumps(told))
    return 0


def _aside(words: str) -> None:
    """How far it is, beside the one line that a program reads."""
    print(f"sync: {words}", file=sys.stderr, flush=True)


def _peak() -> int:
    """In MB. The system's own count would begin with the memory of whoever started this process."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) // 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024)


def _export(argv: list[str]) -> int:
    # What only an export needs is large, and a copy has to be small.
    from lib.actions import exports
    from lib.queries.reports import REPORTS

    parser = argparse.ArgumentParser(prog="python -m lib export", description="A list as CSV on standard output.")
    parser.add_argument("report", choices=sorted(REPORTS))
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to a file instead")
    parser.add_argument("--as-is", action="store_true", help="do not ask Stripe for news first")
    options = parser.parse_args(argv)
    with opened() as ctx:
        if not options.as_is:
            _freshen(ctx)
        _be_whole(ctx)
        pieces = exports.export(ctx, options.report)
        if options.output:
            _write(options.output, pieces)
        else:
            _print(pieces)
    return 0


def _freshen(ctx: Context) -> None:
    """Old figures are better than none, as long as it is said that they are old."""
    try:
        news.bring(ctx, patience=60)
    except PayerdeskError as away:
        last = _be_whole(ctx, away.words)
        when = f"{say_moment(last.as_of, ctx.settings.zone)} ({say_age(last.age)})"
        print(f"export: {away.words} These are the figures of the last look, {when}.", file=sys.stderr)


def _be_whole(ctx: Context, why: str = "") -> Freshness:
    """A list made before the first copy has ended would pass for all there is."""
    from lib.queries import freshness  # brings pandas, which a copy has no use for

    last = freshness.get(ctx)
    if last.as_of is None:
        raise Unavailable(f"{why} The first copy from Stripe has not ended: there is no whole list yet.".strip())
    return last


def _print(pieces: Iterator[bytes]) -> None:
    try:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever reads has read enough (`| head`); what is still in the buffer must not be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    """All of the file or nothing: a half-written list must not pass for a whole one."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as out:
            out.writelines(pieces)
        part.replace(path)
    except OSError as wrong:
        raise Refused(f"{path} cannot be written: {wrong.strerror}.") from wrong
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _doctor(argv: list[str]) -> int:
    from lib import records_command

    return records_command.examine(opened, lambda: load_settings(os.environ, SECRETS), argv)


def _backup(argv: list[str]) -> int:
    from lib import records_command

    return records_command.make_backup(opened, argv)


def _restore(argv: list[str]) -> int:
    from lib import records_command

    return records_command.put_back(load_settings(os.environ, SECRETS), argv)


def _reconcile(argv: list[str]) -> int:
    from lib import records_command

    return records_command.compare(opened, argv)


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "sandbox": _sandbox,
    "sync": _sync,
    "export": _export,
    "people": _people,
    "doctor": _doctor,
    "backup": _backup,
    "restore": _restore,
    "reconcile": _reconcile,
}
