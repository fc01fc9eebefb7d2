"""`python -m lib people …`: add and look after people from the shell, which is how the first one comes into being."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from lib.errors import PayerdeskError, Refused
from lib.people import register
from lib.people.roles import ROLES, SHELL

if TYPE_CHECKING:
    from lib.context import Context


def run(ctx: Context, argv: list[str]) -> int:
    """Carry out one command; returns the exit code. What went wrong is one line on stderr."""
    args = _parser().parse_args(argv)
    try:
        args.act(ctx.as_actor(SHELL), args)
    except PayerdeskError as wrong:
        sys.stderr.write(f"people {args.command}: {wrong.words}\n")
        return 1
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write(f"people {args.command}: stopped, nothing was changed.\n")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lib people", description="The people who may sign in.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = _command(commands, "add", _add, "add a person")
    add.add_argument("--role", choices=ROLES, required=True)
    add.add_argument("--name", default="", metavar="FULL_NAME")
    _command(commands, "role", _role, "give a person another role").add_argument("role", choices=ROLES)
    password = _command(commands, "password", _password, "give a person another password")
    for command in (add, password):
        command.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    _command(commands, "disable", _disable, "switch a person off; their sessions end")
    _command(commands, "enable", _enable, "switch a person on again")
    commands.add_parser("list", help="who there is").set_defaults(act=_list)
    return parser


def _command(commands: argparse._SubParsersAction, name: str, act: Callable, words: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=words)
    parser.add_argument("username", metavar="NAME", help="the username")
    parser.set_defaults(act=act)
    return parser


def _add(ctx: Context, args: argparse.Namespace) -> None:
    person = register.add(ctx, args.username, _ask_password(args.password_stdin), args.role, args.name)
    _say(f"Added {person.username} ({person.role}).")


def _role(ctx: Context, args: argparse.Namespace) -> None:
    register.set_role(ctx, args.username, args.role)
    _say(f"{register.tidy(args.username)} is now {args.role}.")


def _password(ctx: Context, args: argparse.Namespace) -> None:
    register.set_password(ctx, args.username, _ask_password(args.password_stdin))
    _say(f"{register.tidy(args.username)} has a new password and signs in again.")


def _disable(ctx: Context, args: argparse.Namespace) -> None:
    register.disable(ctx, args.username)
    _say(f"{register.tidy(args.username)} can no longer sign in.")


def _enable(ctx: Context, args: argparse.Namespace) -> None:
    register.enable(ctx, args.username)
    _say(f"{register.tidy(args.username)} can sign in again.")


def _list(ctx: Context, _args: argparse.Namespace) -> None:
    frame = register.table(ctx)
    if frame.empty:
        _say("Nobody yet: .venv/bin/python -m lib people add NAME --role admin")
    for person in frame.itertuples():
        _say(f"{person.username:<24} {person.role:<8} {'active' if person.active else 'disabled':<9} {person.name}")


def _ask_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.read().removesuffix("\n").removesuffix("\r")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        raise Refused("The two passwords differ.", field="password")
    return first


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
