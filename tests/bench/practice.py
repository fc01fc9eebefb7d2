"""A finished mirror of any size, made in minutes and kept: what the queries and the pages are measured on.

`python -m tests.bench.practice --invoices 1000000 [--rebuild]`. Everything goes through the mirror's one writer, in the
order in which a first copy brings it: many slices of time side by side, each newest first. An invoice's body is a short
text and not Stripe's whole object (five kilobytes), so that the file stays small; no list reads it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from lib.mirror import late, shapes, store
from lib.mirror.database import in_bulk, metadata, open_database, reading, writing
from lib.mirror.rows import in_heaps
from lib.mirror.tables import MIRROR
from lib.settings import Settings
from lib.sync import state
from tests.bench import made, names, office
from tests.bench.made import Maker, Object

FOLDER = Path(tempfile.gettempdir()) / "payerdesk-bench"
_SLICES, _PAGE, _TOGETHER = 24, 100, 100
_SETTINGS = Settings(mode="test", data=FOLDER)


@dataclass(frozen=True)
class Practice:
    """A finished mirror: where it is, how many invoices, the moment it was finished, and seconds it took."""

    url: str
    invoices: int
    now: int
    seconds: float


def on_file(invoices: int, folder: Path = FOLDER, *, rebuild: bool = False) -> Practice:
    """The practice of this size in a SQLite file, made now unless it is there already."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"practice-{invoices}-{shape()}.sqlite"
    if rebuild or not path.exists():
        part = path.with_suffix(f".{os.getpid()}.part")  # another may be made beside it, and others may be in use
        fill(f"sqlite:///{part}", invoices)
        part.replace(path)
    return found(f"sqlite:///{path}")


def shape() -> str:
    """A name for what is stored and how: another one means that a practice made earlier is of no use."""
    made_of = [str(CreateTable(table).compile(dialect=sqlite.dialect())) for table in MIRROR]
    made_of += [str(CreateIndex(one).compile(dialect=sqlite.dialect())) for table in MIRROR for one in table.indexes]
    made_of += [Path(module.__file__ or "").read_text("utf-8") for module in (made, names, office)]
    return hashlib.sha256("\n".join(sorted(made_of)).encode()).hexdigest()[:10]


def fill(url: str, invoices: int) -> None:
    """Write a whole practice into an empty database."""
    began, now = time.monotonic(), int(time.time())
    maker, engine = Maker(invoices, now), open_database(url)
    with in_bulk(engine) as bulk:
        with writing(bulk) as conn:
            late.put_off(conn)
        for some in in_heaps([*maker.payers, *maker.patients], 5000):
            _put(bulk, some, now)
        ids = [found for pages in in_heaps(_order(invoices), _TOGETHER) for found in _billed(bulk, maker, pages)]
        with writing(bulk) as conn:
            for payer in maker.payers[::10]:
                store.put_ledger(conn, payer["id"], maker.ledger(payer))
                store.ledgers_were_read(conn, {payer["id"]: now})
            office.open_office(conn, maker, ids[::97])
            known = {"invoices": invoices, "now": now, "seconds": round(time.monotonic() - began)}
            state.remember(conn, copied_at=now, fresh_at=now, cursor=now, bench=json.dumps(known))
            state.remember(conn, shaped_as=shapes.made_with(_SETTINGS))
        late.make(bulk)
    _settle(engine)
    engine.dispose()


def copy(made: Practice, url: str) -> None:
    """The same practice in an empty Postgres, row by row: to write it anew takes an hour, and both hold the same."""
    source, engine = create_engine(made.url), open_database(url)
    with writing(engine) as conn:
        late.put_off(conn)
    with source.connect() as rows, engine.begin() as conn:
        for table in metadata.sorted_tables:
            names = ", ".join(f'"{column.name}"' for column in table.c)
            cursor = conn.connection.cursor()
            with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as into:
                for row in rows.exec_driver_sql(f'SELECT {names} FROM "{table.name}"'):
                    into.write_row(tuple(row))
    late.make(engine)
    _settle(engine)
    source.dispose()
    engine.dispose()


def _order(invoices: int) -> Iterator[range]:
    """Pages of invoices by their number in time: a page of each slice in turn, every slice from its newest on."""
    edges = [invoices * slice_ // _SLICES for slice_ in range(_SLICES + 1)]
    longest = max(hi - lo for lo, hi in pairwise(edges))
    for after in range(0, longest, _PAGE):
        for lo, hi in pairwise(edges):
            yield range(hi - 1 - after, max(lo, hi - after - _PAGE) - 1, -1)


def _billed(engine: Engine, maker: Maker, pages: list[range]) -> list[str]:
    found = [maker.invoice(number) for page in pages for number in page]
    _put(engine, found, maker.now)
    return [invoice["id"] for invoice in found]


def _put(engine: Engine, found: list[Object], now: int) -> None:
    with writing(engine) as conn:
        store.put(conn, found, now, _SETTINGS, {one["id"]: _short(one) for one in found if one["object"] == "invoice"})


def _short(invoice: Object) -> str:
    kept = {name: invoice[name] for name in ("id", "object", "metadata", "lines")}
    return json.dumps(kept | {"collection_method": "send_invoice"}, ensure_ascii=False)


def _settle(engine: Engine) -> None:
    """What a database does by itself in the quiet after a copy."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("PRAGMA wal_checkpoint(TRUNCATE)" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"))


def found(url: str) -> Practice:
    """A practice that was made before."""
    engine = open_database(url)
    with reading(engine) as conn:
        known = json.loads(state.recall(conn)["bench"])
    engine.dispose()
    return Practice(url, **known)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=FOLDER, help="the folder in which it is kept")
    parser.add_argument("--rebuild", action="store_true", help="make it anew although it is there")
    options = parser.parse_args()
    sys.stdout.write(f"{on_file(options.invoices, options.data, rebuild=options.rebuild)}\n")


if __name__ == "__main__":
    main()
