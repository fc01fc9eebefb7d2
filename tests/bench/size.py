"""What an invoice takes in the mirror, in bytes and in time to write it, as the mirror grows, on SQLite and Postgres.

`python -m tests.bench.size [--invoices N]`. One practice is filled in stages through the mirror's one writer, with a
whole Stripe object beside each row; after each stage the tables and indexes are weighed. A fifth as many customers as
invoices are in it, and are weighed apart.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from lib.context import TABLES
from lib.mirror import store
from lib.mirror.database import in_bulk, open_database, writing
from lib.mirror.rows import in_heaps
from lib.sandbox import Sandbox
from lib.settings import Settings
from tests.bench import account, results
from tests.bench.made import Maker, Object
from tests.support.postgres import Postgres

assert TABLES
STAGES, PAGE = (0.1, 0.5, 1.0), 2000
SETTINGS = Settings(mode="test", data=Path())
# Name, bytes of rows, bytes of long texts kept apart, bytes of indexes.
WEIGHED = {
    "postgresql": "SELECT c.relname, pg_relation_size(c.oid), coalesce(pg_total_relation_size(c.reltoastrelid), 0), "
    "pg_indexes_size(c.oid) FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace",
    "sqlite": "SELECT tbl_name, sum(pgsize) FILTER (WHERE type = 'table'), 0, coalesce(sum(pgsize) FILTER (WHERE type "
    "= 'index'), 0) FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name",
}


class Bodies:
    """Whole objects as Stripe sends them, as text: a real one of the sandbox's under other ids."""

    def __init__(self) -> None:
        sandbox = Sandbox()
        samples = account._samples(sandbox)
        sandbox.close()
        self._draw = random.Random(2)
        self._whole = {"invoice": samples["paid"], "customer": samples["patient"]}

    def of(self, obj: Object) -> str:
        sample = self._whole[obj["object"]]
        whole = json.dumps(sample, separators=(",", ":"))
        if obj["object"] == "invoice":
            whole = account._renamed(whole, sample, self._draw).replace(sample["customer"], obj["customer"])
        return whole.replace(sample["id"], obj["id"])


def measured(engine: Engine, invoices: int) -> list[dict[str, Any]]:
    """One entry a stage."""
    maker, bodies, told, done = Maker(invoices, int(time.time())), Bodies(), [], 0
    with in_bulk(engine) as bulk:
        _put(bulk, maker, bodies, [*maker.payers, *maker.patients])
        before = weighed(engine)
        for stage in STAGES:
            until = int(invoices * stage)
            wall = _put(bulk, maker, bodies, [maker.invoice(number) for number in range(done, until)])
            told.append({"invoices": until, "ms_an_invoice": round(wall / (until - done) * 1000, 3)})
            told[-1] |= _an_invoice(before, weighed(engine), until)
            done = until
    customers = {name: round(sum(sizes) / maker.customers) for name, sizes in before.items() if sum(sizes) > 100_000}
    return [*told, {"bytes a customer": sum(customers.values()), "of them": customers}]


def _put(engine: Engine, maker: Maker, bodies: Bodies, found: list[Object]) -> float:
    """Seconds in the writer."""
    wall = 0.0
    for some in in_heaps(found, PAGE):
        texts = {obj["id"]: bodies.of(obj) for obj in some}
        began = time.monotonic()
        with writing(engine) as conn:
            store.put(conn, some, maker.now, SETTINGS, texts)
        wall += time.monotonic() - began
    return wall


def weighed(engine: Engine) -> dict[str, tuple[int, int, int]]:
    """Bytes of each table: rows, long texts, indexes."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "PRAGMA wal_checkpoint"))
        return {row[0]: tuple(row[1:]) for row in conn.execute(text(WEIGHED[engine.dialect.name]))}


def _an_invoice(before: dict[str, Any], after: dict[str, Any], invoices: int) -> dict[str, Any]:
    grown = {
        name: [(a - b) / invoices for a, b in zip(sizes, before.get(name, (0, 0, 0)), strict=True)]
        for name, sizes in after.items()
    }
    of_them = {name: round(sum(parts)) for name, parts in grown.items() if sum(parts) >= 1}
    indexes = sum(parts[2] for parts in grown.values())
    return {"bytes_an_invoice": sum(of_them.values()), "of them indexes": round(indexes), "of them": of_them}


@contextmanager
def databases() -> Iterator[dict[str, Engine]]:
    server = Postgres()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with server.start().database() as url:
                engines = {name: open_database(each) for name, each in _urls(folder, url).items()}
                yield engines
                for engine in engines.values():
                    engine.dispose()
        finally:
            server.stop()


def _urls(folder: str, postgres: str) -> dict[str, str]:
    return {"SQLite": f"sqlite:///{Path(folder) / 'size.sqlite'}", "Postgres": postgres}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=100_000)
    options = parser.parse_args()
    told: dict[str, Any] = results.where()
    with databases() as engines:
        for name, engine in engines.items():
            told[name] = measured(engine, options.invoices)
    results.save("size", told)


if __name__ == "__main__":
    main()
