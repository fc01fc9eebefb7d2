"""The shell's commands about records: `python -m lib doctor | backup | restore | reconcile`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

from lib import audit, audit_keys, backup, backup_restore, doctor
from lib.context import Context
from lib.errors import PayerdeskError
from lib.mirror.database import open_database, writing
from lib.people import SHELL
from lib.settings import Settings
from lib.stripe_api.client import connect
from lib.sync import leader, reconcile

Opened = Callable[[], AbstractContextManager[Context]]


def examine(opened: Opened, settings: Callable[[], Settings], argv: list[str]) -> int:
    """One line each; 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m lib doctor", description="Is everything in order?")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--new-key", action="store_true", help="the audit key is lost: seal with another from here on")
    options = parser.parse_args(argv)
    if options.new_key:
        _new_key(settings())
    with opened() as ctx:
        found = doctor.examine(ctx)
    if options.json:
        _say(json.dumps({"wrong": doctor.worst(found), "findings": [finding.told() for finding in found]}))
    else:
        _say("\n".join(doctor.lines(found)))
    return 1 if doctor.worst(found) else 0


def make_backup(opened: Opened, argv: list[str]) -> int:
    """Write a backup and check it."""
    parser = argparse.ArgumentParser(
        prog="python -m lib backup", description="A copy of what cannot be rebuilt, checked as soon as it is written."
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to; the data folder's backups otherwise")
    options = parser.parse_args(argv)
    with opened() as ctx:
        made = backup.make(ctx, options.output)
        own_key = not ctx.settings.audit_key
    _say(f"{made.path}: {made.intents:,} changes, {made.entries:,} entries of the audit log, {made.size:,} bytes.")
    if own_key:
        _say(f"Keep {ctx.settings.data / 'audit.key'} too, somewhere else: without it the audit log cannot be proved.")
    return 0


def put_back(settings: Settings, argv: list[str]) -> int:
    """Put a backup back."""
    parser = argparse.ArgumentParser(
        prog="python -m lib restore", description="Put a backup back. Nothing in it is sent to Stripe by itself."
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--replace", action="store_true", help="move a database with changes of its own aside first")
    parser.add_argument("--lost-key", action="store_true", help="the audit key is lost: check the log's order only")
    options = parser.parse_args(argv)
    told = backup_restore.restore(
        settings,
        options.file,
        account=_account(settings),
        replacing=options.replace,
        lost_key=options.lost_key,
    )
    _say(f"Put back: {told.intents:,} changes. {told.parked:,} of them were open and wait for a person.")
    if told.aside:
        _say(f"What was there before is kept as {told.aside}.")
    _say("Start Payerdesk now: what Stripe has and the backup has not is taken over when the copy is whole.")
    return 0


def compare(opened: Opened, argv: list[str]) -> int:
    """Compare the books now; 1 where something waits for a person."""
    argparse.ArgumentParser(
        prog="python -m lib reconcile", description="Hold our records against Stripe, entry by entry."
    ).parse_args(argv)
    with opened() as ctx, leader.leading(ctx, patience=20) as led:
        told = reconcile.run(led, threading.Event())
    _say(json.dumps({**asdict(told), "percent": told.percent}))
    return 1 if told.waiting else 0


def _new_key(settings: Settings) -> None:
    engine = open_database(settings.database_url)
    try:
        audit_keys.begin_anew(engine, settings)
        with writing(engine) as conn:
            audit.record(conn, actor=SHELL.username, role=SHELL.role, verb="audit:key", subject="", detail={})
    finally:
        engine.dispose()


def _account(settings: Settings) -> str:
    """Whose money the key opens, where Stripe can be asked."""
    if settings.mode == "sandbox":
        return ""
    try:
        return str(connect(settings.stripe_key, settings.stripe_base).get("/v1/account").get("id", ""))
    except PayerdeskError:
        return ""


def _say(words: str) -> None:
    sys.stdout.write(words + os.linesep)
