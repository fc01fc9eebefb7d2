"""Text as it is compared and as it is safe to show: names come from people, and some of them are hostile."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LEGAL = {"limited": "ltd", "company": "co", "incorporated": "inc", "and": "&"}


@lru_cache(maxsize=8192)  # a few thousand names, each on many invoices
def fold(text: str) -> str:
    """For searching: case, accents and width do not matter ("Siân" is found by "sian")."""
    if text.isascii():
        return " ".join(text.casefold().split())  # the same, and ten times as fast
    spread = unicodedata.normalize("NFKD", text)
    kept = "".join(char for char in spread if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFKC", kept).casefold().split())


def match_name(name: str) -> str:
    """For the duplicate guard: "ACME LIMITED" and "Acme Ltd." are the same organisation."""
    words = re.sub(r"[^\w&]+", " ", fold(name)).replace("&", " & ").split()
    return " ".join(_LEGAL.get(word, word) for word in words)


def shown(name: str, limit: int = 120) -> str:
    """A name as it may stand on a screen: no control or direction marks, never endless. The stored name is kept."""
    kept = (
        name
        if name.isascii() and name.isprintable()
        else "".join(
            char
            for char in name
            if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn") or char in "\u200d"
        )
    )
    tidy = " ".join(kept.split())
    return tidy if len(tidy) <= limit else f"{tidy[: limit - 1]}…"


def like(text: str) -> str:
    """A pattern that finds folded text anywhere, with SQL's own wildcards taken literally (escape character:
    backslash).
    """
    escaped = fold(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
