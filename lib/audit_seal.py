"""What holds the audit log together: each entry's seal covers the one before, and the head's seal covers the last.

The seal is an HMAC-SHA256 under a key that is kept outside the database: who can write the database but has no key can
neither write an entry nor move the end of the log. A log that an earlier program began holds plain fingerprints up to
the head's `keyed_from`; the head's seal covers their end.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

_NAMES = ("seq", "at", "actor", "role", "verb", "subject", "intent", "detail", "prev")


@dataclass(frozen=True)
class Bound:
    """What the program knows of a database's log beside what stands in it: the key, the files that were told where it
    ended, and whose money it is about.
    """

    key: bytes = field(repr=False)
    heads: tuple[Path, ...] = ()
    mode: str = ""


_bound: dict[str, Bound] = {}


def bind(engine: Engine, bound: Bound) -> None:
    """From now on whatever is written to this database's log is sealed with this key, in this process."""
    _bound[_name(engine)] = bound


def of(place: Connection | Engine) -> Bound | None:
    """What is known of this database's log; None where no key was given to this process."""
    return _bound.get(_name(place.engine))


def _name(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def seal(entry: dict[str, Any], key: bytes | None = None) -> str:
    """The fingerprint of an entry, which covers the fingerprint of the entry before it."""
    told = json.dumps([entry[name] for name in _NAMES], ensure_ascii=False).encode()
    return _mac(key, told) if key else hashlib.sha256(told).hexdigest()


def seal_head(key: bytes, seq: int, last: str, keyed_from: int, unproved_to: int) -> str:
    """The fingerprint of the head: where the log ends, from which entry on the key counts, and up to which one a key
    that was lost did.
    """
    return _mac(key, json.dumps(["head", seq, last, keyed_from, unproved_to]).encode())


def holds(key: bytes, head: Any) -> bool:
    """Whether a row of `audit_head` stands as this key sealed it."""
    right = seal_head(key, head.seq, head.hash, head.keyed_from, head.unproved_to)
    return hmac.compare_digest(right, head.seal)


def _mac(key: bytes, told: bytes) -> str:
    return hmac.new(key, told, hashlib.sha256).hexdigest()
