"""Roles and what each may do.

| role | may |
|---|---|
| viewer | look at everything, download lists |
| manager | that, and everything that moves money or changes a payer |
| admin | that, and people and settings |
"""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("viewer", "manager", "admin")

_VIEWER = frozenset({"look", "export"})
_MANAGER = _VIEWER | {"money"}

PERMISSIONS: dict[str, frozenset[str]] = {
    "viewer": _VIEWER,
    "manager": _MANAGER,
    "admin": _MANAGER | {"people", "settings"},
}


@dataclass(frozen=True)
class Actor:
    """Who is asking. `role` is what it was when it was looked up: `need` looks again before anything happens.

    `session` is the fingerprint of the signed-in session, and None where there is no browser.
    """

    username: str
    name: str
    role: str
    session: str | None = None


# Whoever has a shell on the machine holds the database file already, so the shell may add the first person. It may not
# move money: that needs a person with a name. The colon keeps the word out of reach of a real username.
SHELL = Actor("shell:", "Command line", "shell")
SHELL_PERMISSIONS = frozenset({"look", "export", "people"})
