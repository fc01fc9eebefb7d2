"""How a word is looked up: by the index of trigrams, and not in every party's text."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, or_, select

from lib.mirror.database import open_database, reading
from lib.mirror.parties import PAIRS
from lib.mirror.search import holds
from lib.mirror.tables import parties


def plan(engine: Engine, *where) -> str:
    made = select(parties.c.id).where(*where).compile(engine)
    values = tuple(made.params[name] for name in made.positiontup or ())
    with reading(engine) as conn:
        return "; ".join(str(row[-1]) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {made}", values))


def test_a_word_leads_to_its_parties_without_looking_at_the_others_on_sqlite(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'payerdesk.sqlite'}")
    for where in (
        [holds(["taylor"], PAIRS)],
        [holds(["taylor", "ada"], PAIRS)],
        [or_(holds(["taylor"], PAIRS), parties.c.id == 7)],
    ):
        told = plan(engine, *where)
        assert "SEARCH parties USING INTEGER PRIMARY KEY" in told
        assert "SCAN parties;" not in told
    engine.dispose()
