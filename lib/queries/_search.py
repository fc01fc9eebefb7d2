"""Words typed into a search: every one must be found, each wherever it likes, in who an invoice is for or at either end
of its number.

Whom it is for is asked of the parties, many times fewer than invoices. A word that finds few is looked up; one that
finds very many is tested row by row, since a screenful of those is found at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.search import holds
from lib.mirror.tables import customers, invoices, parties
from lib.text import fold, like

# More parties, or more numbers, than this are very many.
_PARTIES, _NUMBERS = 1000, 300
_LAST = chr(0x10FFFF)


@dataclass(frozen=True)
class Found:
    """What a text leaves of the invoices, as a condition; `parties` says whose they are where these are few and nothing
    else was found, `by_id` that the condition names the invoices themselves, few of them.
    """

    condition: ColumnElement[bool]
    parties: Select[Any] | None = None
    by_id: bool = False


def look(ctx: Context, text: str) -> Found:
    """Look the words of a text up among parties and numbers."""
    words = _words(text)
    with reading(ctx.engine) as conn:
        numbered = {word: _numbers(conn, word) for word in words}
        narrow = [word for word in words if len(numbered[word]) <= _NUMBERS and _indexed(word)]
        tests = [_either(conn, word) for word in words if word not in narrow]
        ids = {one for word in narrow for one in numbered[word]}
        if len(narrow) > 1 and ids:
            each = [_either(conn, word) for word in narrow]
            ids = set(conn.execute(select(invoices.c.id).where(invoices.c.id.in_(ids), *each)).scalars())
        theirs = select(parties.c.id).where(*(holds(word) for word in narrow))
        few = bool(narrow) and _few(conn, theirs)
    among = invoices.c.party.in_(theirs) if few else and_(true(), *(_tested(word) for word in narrow))
    if ids and few:  # one set of ids: two indexes at once are more than SQLite plans well
        billed = select(invoices.c.id).where(~invoices.c.deleted, among)
        numbered_so = select(invoices.c.id).where(invoices.c.id.in_(sorted(ids)))
        return Found(and_(invoices.c.id.in_(union_all(billed, numbered_so)), *tests), by_id=True)
    either = or_(among, invoices.c.id.in_(sorted(ids))) if ids else among
    return Found(and_(true(), *([either] if narrow else []), *tests), theirs if few else None)


def customers_found(ctx: Context, text: str) -> ColumnElement[bool]:
    """Customers whose name, email, postcode, reference or id holds every word."""
    words = _words(text)
    theirs = select(parties.c.payer).where(*(holds(word) for word in words if _indexed(word)))
    with reading(ctx.engine) as conn:
        few = any(map(_indexed, words)) and _few(conn, theirs)
    tested = [_has(customers.c.search, word) for word in words if not (few and _indexed(word))]
    return and_(true(), *tested, *([customers.c.id.in_(theirs.where(parties.c.alone))] if few else []))


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(text.split()))


def _indexed(word: str) -> bool:
    """Trigrams know three letters, or one or two that a word begins with; a lone sign may stand anywhere."""
    return len(fold(word)) > 2 or word.isalnum()


def _few(conn: Connection, found: Select[Any]) -> bool:
    count = conn.execute(select(func.count()).select_from(found.limit(_PARTIES + 1).subquery())).scalar()
    return (count or 0) <= _PARTIES


def _numbers(conn: Connection, word: str) -> list[str]:
    """Ids of invoices whose number begins or ends so, or whose id it is: at most one more than a few of each."""
    found: list[str] = []
    for test in (*_ends(conn, fold(word)), invoices.c.id == word):
        some = select(invoices.c.id).where(~invoices.c.deleted, test).limit(_NUMBERS + 1)
        found += conn.execute(some).scalars()
    return found


def _either(conn: Connection, word: str) -> ColumnElement[bool]:
    """One word, in a party or in a number."""
    return or_(*_ends(conn, fold(word)), invoices.c.id == word, _tested(word))


def _tested(word: str) -> ColumnElement[bool]:
    return exists().where(parties.c.id == invoices.c.party, _has(parties.c.text, word))


def _has(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """The same as `holds`, of one row at a time: anywhere, or at the beginning of a word where it is short."""
    if len(fold(word)) > 2 or not word.isalnum():
        return column.like(like(word), escape="\\")
    return literal(" ").concat(column).like("% " + like(word)[1:], escape="\\")


def _ends(conn: Connection, word: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _begins(conn, invoices.c.number_key, word), _begins(conn, invoices.c.number_end, word[::-1])


def _begins(conn: Connection, column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """A span is what SQLite's index can look up; in Postgres a language's order may not go by letters."""
    if not word:
        return false()
    if conn.dialect.name == "sqlite":
        return and_(column >= word, column < word + _LAST)
    return column.startswith(word, autoescape=True)
