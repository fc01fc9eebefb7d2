"""Any part of a name, found without reading every row: an index over the trigrams of the parties' texts.

SQLite has one for words (sqlite.org/fts5.html#the_trigram_tokenizer); on Postgres it is an index over arrays of
trigrams, which needs no extension.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import DDL, Boolean, ColumnElement, Connection, event, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from lib.mirror.tables import parties
from lib.text import fold

_GRAM = 3
# So much of a word tells it from nearly all others; each letter more is one more list for the index to go through.
_ENOUGH = 10


def spaced(text: str) -> str:
    """Folded text as the index keeps it: two blanks before each word, so that one letter of its beginning is found."""
    return "".join(f"  {word}" for word in text.split())


def sought(word: str) -> str:
    """What must stand in a text that holds the word: anywhere, or at the beginning of a word where it has fewer than
    three letters. Blanks within are not meant.
    """
    folded = "".join(fold(word).split())
    return " " * (_GRAM - len(folded)) + folded


def holds(words: Sequence[str], span: tuple[int, int]) -> ColumnElement[bool]:
    """Parties (of `lib.mirror.tables.parties`) with ids in a span whose text holds every word, whatever its case and
    accents.
    """
    wanted = [sought(word) for word in words]
    quoted = " AND ".join('"' + each[:_ENOUGH].replace('"', '""') + '"' for each in wanted)
    return _Holds(parties.c.id, parties.c.text, literal(quoted), *map(literal, span), *map(literal, wanted))


def stands_in(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """The same as `holds`, of one text at a time that is kept as `spaced` has it."""
    return stands_there(column, literal(sought(word)))


def stands_there(column: ColumnElement[str], what: ColumnElement[str]) -> ColumnElement[bool]:
    """The same of a word that is `sought` already."""
    return _StandsIn(column, what)


class _StandsIn(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()
    name = "stands_in"

    def self_group(self, against: Any = None) -> _StandsIn:
        return self


@compiles(_StandsIn, "sqlite")
def _by_instr(element: _StandsIn, compiler: Any, **options: Any) -> str:
    return "(instr({}, {}) > 0)".format(*(compiler.process(each, **options) for each in element.clauses))


@compiles(_StandsIn, "postgresql")
def _by_strpos(element: _StandsIn, compiler: Any, **options: Any) -> str:
    return "(strpos({}, {}) > 0)".format(*(compiler.process(each, **options) for each in element.clauses))


class _Holds(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()
    name = "holds"

    def self_group(self, against: Any = None) -> _Holds:
        """As it stands: where a database has no truth values, "= 1" would be put behind it, and no index be used."""
        return self


@compiles(_Holds, "sqlite")
def _by_fts(element: _Holds, compiler: Any, **options: Any) -> str:
    """By the index, or row by row while it is put off."""
    place, words, quoted, lo, hi, *wanted = (compiler.process(each, **options) for each in element.clauses)
    put_off = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'parties_come')"
    all_there = " AND ".join(f"instr({words}, {each}) > 0" for each in wanted)
    # A cross join is never turned round: where the index is kept in step, no row of the parties is looked at.
    return (
        f"({place} IN (SELECT rowid FROM parties_grams WHERE parties_grams MATCH {quoted} "
        f"AND rowid >= {lo} AND rowid < {hi} "
        f"UNION ALL SELECT each.id FROM ({put_off}) CROSS JOIN parties AS each "
        f"WHERE each.id >= {lo} AND each.id < {hi}) AND {all_there})"
    )


@compiles(_Holds, "postgresql")
def _by_arrays(element: _Holds, compiler: Any, **options: Any) -> str:
    place, words, _, lo, hi, *wanted = (compiler.process(each, **options) for each in element.clauses)
    each_there = (
        f"payerdesk_grams({words}) @> payerdesk_grams(left({one}, {_ENOUGH})) AND strpos({words}, {one}) > 0"
        for one in wanted
    )
    return f"({place} >= {lo} AND {place} < {hi} AND {' AND '.join(each_there)})"


_KEPT_IN_STEP = {
    "parties_come": "AFTER INSERT ON parties BEGIN "
    "INSERT INTO parties_grams(rowid, text) VALUES (new.id, new.text); END",
    "parties_change": "AFTER UPDATE OF text ON parties WHEN old.text != new.text BEGIN "
    "INSERT INTO parties_grams(parties_grams, rowid, text) VALUES ('delete', old.id, old.text); "
    "INSERT INTO parties_grams(rowid, text) VALUES (new.id, new.text); END",
    "parties_go": "AFTER DELETE ON parties BEGIN "
    "INSERT INTO parties_grams(parties_grams, rowid, text) VALUES ('delete', old.id, old.text); END",
}
_MADE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE parties_grams USING "
        "fts5(text, content='parties', content_rowid='id', tokenize='trigram')",
        *(f"CREATE TRIGGER {name} {what}" for name, what in _KEPT_IN_STEP.items()),
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION payerdesk_grams(words text) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE "
        f"LANGUAGE sql AS $$SELECT array_agg(DISTINCT substr(words, place, {_GRAM})) "
        f"FROM generate_series(1, length(words) - {_GRAM - 1}) place$$",
        "CREATE INDEX parties_grams ON parties USING gin (payerdesk_grams(text))",
    ),
}
for _dialect, _statements in _MADE.items():
    for _statement in _statements:
        event.listen(parties, "after_create", DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect))
event.listen(parties, "before_drop", DDL("DROP TABLE IF EXISTS parties_grams").execute_if(dialect="sqlite"))


def put_off(conn: Connection) -> None:
    """Words are sought row by row from now on, until `make`: to fill the index at once is five times as fast as word
    by word.
    """
    if conn.dialect.name == "sqlite":
        for name in _KEPT_IN_STEP:
            conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def make(conn: Connection) -> None:
    """Fill the index with what is there, where that was put off, and keep it in step again."""
    if conn.dialect.name != "sqlite":
        return
    if conn.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'parties_come'").first():
        return
    conn.exec_driver_sql("INSERT INTO parties_grams(parties_grams) VALUES ('rebuild')")
    for name, what in _KEPT_IN_STEP.items():
        conn.exec_driver_sql(f"CREATE TRIGGER {name} {what}")
