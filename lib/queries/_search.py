"""Words typed into a search: every one must be found, each wherever it likes, in who an invoice is for or at either end
of its number.

Whom it is for is asked of the parties, many times fewer than invoices. Words that few hold are looked up; those that
very many hold are tested row by row, since a screenful is found at once. Which of the two it is, some hundred of them
tell: ids lie as chance has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    any_,
    bindparam,
    case,
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
from lib.mirror.parties import PAIRS, span
from lib.mirror.rows import among
from lib.mirror.search import holds, sought, stands_in, stands_there
from lib.mirror.tables import customers, invoices, parties
from lib.text import fold, like

# One in so many, of so many that are looked at, is very many; and so are more numbers, or more parties, than that.
_MANY, _SAMPLE = 30, 300
_NUMBERS, _MOST = 300, 5000
_LAST = chr(0x10FFFF)


@dataclass(frozen=True)
class Found:
    """What a text leaves of the invoices, as a condition; `parties` says whose they are where these are few and nothing
    else was found, `many` how many they are, `by_id` that the condition names the invoices themselves, few of them.
    """

    condition: ColumnElement[bool]
    parties: ColumnElement[bool] | None = None
    many: int = 0
    by_id: bool = False


@dataclass(frozen=True)
class Accounts:
    """What a text leaves of the customers, as a condition; `few`: it names them, and `total` says how many they are
    where that is known, those that are deleted included.
    """

    condition: ColumnElement[bool]
    few: bool = False
    total: int | None = None


def look(ctx: Context, text: str, payer: str = "") -> Found:
    """Look the words of a text up among parties and numbers; those of one payer alone where only its invoices count."""
    words = _words(text)
    with reading(ctx.engine) as conn:
        numbered = {word: _numbers(conn, word) for word in words}
        narrow = [word for word in words if len(numbered[word]) <= _NUMBERS and _indexed(word)]
        tests = [_either(conn, word) for word in words if word not in narrow]
        ids = {one for word in narrow for one in numbered[word]}
        if len(narrow) > 1 and ids:
            each = [_either(conn, word) for word in narrow]
            ids = set(conn.execute(select(invoices.c.id).where(invoices.c.id.in_(ids), *each)).scalars())
        theirs = _matching(conn, narrow, PAIRS, parties.c.id, [parties.c.payer == payer] if payer else [])
        few = theirs is not None
        billed_to = among(conn, invoices.c.party, theirs or ()) if few else and_(true(), *map(_tested, narrow))
        named = among(conn, invoices.c.id, sorted(ids))
    if ids and few:  # one set of ids: two indexes at once are more than SQLite plans well
        billed = select(invoices.c.id).where(~invoices.c.deleted, billed_to)
        numbered_so = select(invoices.c.id).where(named)
        return Found(and_(invoices.c.id.in_(union_all(billed, numbered_so)), *tests), by_id=True)
    either = or_(billed_to, named) if ids else billed_to
    return Found(and_(true(), *([either] if narrow else []), *tests), billed_to if few else None, len(theirs or ()))


def customers_found(conn: Connection, text: str, kinds: Sequence[str]) -> Accounts:
    """Customers of these kinds whose name, email, postcode, reference or id holds every word."""
    words = _words(text)
    indexed = [word for word in words if _indexed(word)]
    theirs: list[str] = []
    for kind in kinds:
        found = _matching(conn, indexed, span(kind), parties.c.payer)
        if found is None:
            return tested(text)
        theirs += found
    more = [_has(customers.c.search, word) for word in words if word not in indexed]
    return Accounts(and_(_each(conn, theirs), *more), few=True, total=None if more else len(theirs))


def tested(text: str) -> Accounts:
    """The same for whoever looks at a few customers only: row by row, without an index."""
    return Accounts(and_(true(), *(_has(customers.c.search, word) for word in _words(text))))


def _each(conn: Connection, ids: list[str]) -> ColumnElement[bool]:
    """These customers, looked up one by one: Postgres would walk through a list for them, in whose order it expects
    them to lie as chance has it; how many are in an array that it has to make first it does not ask.
    """
    if conn.dialect.name == "sqlite":
        return among(conn, customers.c.id, ids)
    given = select(func.unnest(literal(ids, ARRAY(String)))).scalar_subquery()
    return customers.c.id == any_(func.array(given, type_=ARRAY(String)))


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(text.split()))


def _indexed(word: str) -> bool:
    """Trigrams know three letters, or one or two that a word begins with; a lone sign may stand anywhere."""
    return len(fold(word)) > 2 or word.isalnum()


def _matching(
    conn: Connection, words: list[str], within: tuple[int, int], column: Any, only: Sequence[ColumnElement[bool]] = ()
) -> list[Any] | None:
    """A column of the parties within these ids that hold every word; None where that is very many, or no word."""
    if not words:
        return None
    hits, looked_at = _sampled(conn, words, within)
    if not looked_at or _common(hits, looked_at):
        return None if looked_at else []
    theirs = _one_by_one(words, within) if _easier_so(conn, words, within) else holds(words, within)
    found = conn.execute(select(column).where(theirs, *only).limit(_MOST + 1)).scalars().all()
    return list(found) if len(found) <= _MOST else None


def _easier_so(conn: Connection, words: list[str], within: tuple[int, int]) -> bool:
    """Whether very many others hold the words, where the index gives those as well: on Postgres it knows no ids."""
    if conn.dialect.name == "sqlite" or within != span("organisation"):
        return False
    return _common(*_sampled(conn, words, PAIRS))


def _one_by_one(words: list[str], within: tuple[int, int]) -> ColumnElement[bool]:
    lo, hi = within
    return and_(parties.c.id >= lo, parties.c.id < hi, *(stands_in(parties.c.text, word) for word in words))


def _common(hits: int, looked_at: int) -> bool:
    return looked_at == _SAMPLE and hits * _MANY > _SAMPLE


def _sampled(conn: Connection, words: list[str], within: tuple[int, int]) -> tuple[int, int]:
    """How many of the first parties within these ids hold every word, and how many were looked at."""
    given = {f"word_{n}": sought(word) for n, word in enumerate(words)}
    hits, looked_at = conn.execute(_sample(len(words)), {"lo": within[0], "hi": within[1], **given}).one()
    return hits or 0, looked_at


@lru_cache(maxsize=16)
def _sample(words: int) -> Select[Any]:
    """Put together once for so many words, which takes as long as to ask it."""
    within = (parties.c.id >= bindparam("lo"), parties.c.id < bindparam("hi"))
    sample = select(parties.c.text).where(*within).order_by(parties.c.id).limit(_SAMPLE).subquery()
    all_there = and_(*(stands_there(sample.c.text, bindparam(f"word_{n}", type_=String())) for n in range(words)))
    return select(func.sum(case((all_there, 1), else_=0)), func.count()).select_from(sample)


def _numbers(conn: Connection, word: str) -> list[str]:
    """Ids of invoices whose number begins or ends so, or whose id it is: at most one more than a few of each."""
    found: list[str] = []
    for test in (*_ends(conn, fold(word)), invoices.c.id == word):
        some = select(invoices.c.id).where(~invoices.c.deleted, test).limit(_NUMBERS + 1)
        found += conn.execute(some).scalars()
    return found


def _either(conn: Connection, word: str) -> ColumnElement[bool]:
    """One word, in a party or in a number."""
    return or_(*_ends(conn, fold(word)), invoices.c.id == word, _of_its_party(word))


def _of_its_party(word: str) -> ColumnElement[bool]:
    """The same as `_tested`, looked up for each row: beside other ways Postgres would test every party beforehand."""
    told = select(_has(parties.c.text, word)).where(parties.c.id == invoices.c.party)
    return told.correlate(invoices).scalar_subquery()


def _tested(word: str) -> ColumnElement[bool]:
    return exists().where(parties.c.id == invoices.c.party, _has(parties.c.text, word))


def _has(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """The same as `holds`, of one row at a time; a lone sign may stand anywhere."""
    return stands_in(column, word) if _indexed(word) else column.like(like(word), escape="\\")


def _ends(conn: Connection, word: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _begins(conn, invoices.c.number_key, word), _begins(conn, invoices.c.number_end, word[::-1])


def _begins(conn: Connection, column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """A span is what SQLite's index can look up; in Postgres a language's order may not go by letters."""
    if not word:
        return false()
    if conn.dialect.name == "sqlite":
        return and_(column >= word, column < word + _LAST)
    return column.startswith(word, autoescape=True)
