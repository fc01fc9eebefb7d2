"""Any part of a name, found without reading every row: an index over the trigrams of the parties' texts.

SQLite has one for words (sqlite.org/fts5.html#the_trigram_tokenizer); on Postgres it is an index over arrays of
trigrams, which needs no extension.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import DDL, Boolean, ColumnElement, event, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from lib.mirror.tables import parties
from lib.text import fold

_GRAM = 3


def spaced(text: str) -> str:
    """Folded text as the index keeps it: two blanks before each word, so that one letter of its beginning is found."""
    return "".join(f"  {word}" for word in text.split())


def holds(word: str) -> ColumnElement[bool]:
    """Parties (of `lib.mirror.tables.parties`) whose text holds a word, whatever its case and accents: anywhere, or at
    the beginning of a word where it has fewer than three letters. Blanks within are not meant.
    """
    folded = "".join(fold(word).split())
    sought = " " * (_GRAM - len(folded)) + folded
    quoted = sought.replace('"', '""')
    return _Holds(parties.c.id, parties.c.text, literal(f'"{quoted}"'), literal(sought))


class _Holds(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()
    name = "holds"


@compiles(_Holds, "sqlite")
def _by_fts(element: _Holds, compiler: Any, **options: Any) -> str:
    place, _, quoted, _ = (compiler.process(each, **options) for each in element.clauses)
    return f"{place} IN (SELECT rowid FROM parties_grams WHERE parties_grams MATCH {quoted})"


@compiles(_Holds, "postgresql")
def _by_arrays(element: _Holds, compiler: Any, **options: Any) -> str:
    _, words, _, sought = (compiler.process(each, **options) for each in element.clauses)
    return f"(payerdesk_grams({words}) @> payerdesk_grams({sought}) AND position({sought} IN {words}) > 0)"


_MADE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE parties_grams USING "
        "fts5(text, content='parties', content_rowid='id', tokenize='trigram')",
        "CREATE TRIGGER parties_come AFTER INSERT ON parties BEGIN "
        "INSERT INTO parties_grams(rowid, text) VALUES (new.id, new.text); END",
        "CREATE TRIGGER parties_change AFTER UPDATE OF text ON parties WHEN old.text != new.text BEGIN "
        "INSERT INTO parties_grams(parties_grams, rowid, text) VALUES ('delete', old.id, old.text); "
        "INSERT INTO parties_grams(rowid, text) VALUES (new.id, new.text); END",
        "CREATE TRIGGER parties_go AFTER DELETE ON parties BEGIN "
        "INSERT INTO parties_grams(parties_grams, rowid, text) VALUES ('delete', old.id, old.text); END",
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
