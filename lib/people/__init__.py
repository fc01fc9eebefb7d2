"""People: who may sign in, who is signed in, and what they may do.

`need(ctx, permission)` is the one question every action asks first; `who` is the one place where a cookie becomes a
person.
"""

from lib.people.authority import need
from lib.people.door import Answer, check_password
from lib.people.register import add, anyone, change_own_password, disable, enable, set_password, set_role, table
from lib.people.roles import PERMISSIONS, ROLES, SHELL, Actor
from lib.people.sessions import who

__all__ = [
    "PERMISSIONS",
    "ROLES",
    "SHELL",
    "Actor",
    "Answer",
    "add",
    "anyone",
    "change_own_password",
    "check_password",
    "disable",
    "enable",
    "need",
    "set_password",
    "set_role",
    "table",
    "who",
]
