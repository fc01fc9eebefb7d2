"""Figure 5: a list as CSV, ours against `pandas.read_sql` and `to_csv` of the same statement, a ratio within one run.

`make bench` or `python -m tests.bench.exports [--rows N] [--rounds N] [--data FOLDER]`. Each way runs in a process of
its own, in turn, on the same mirror in SQLite, into a file; the quickest of its rounds counts. Memory is the peak above
what the process held when everything was imported and the database was open. One name in two hundred begins as a
formula does, two in nine need quotes. The bytes differ a little: pandas leaves minor units and seconds as they are, so
the ratio is one of rows.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Column, ColumnElement, Table, insert, select

from lib.actions import exports
from lib.context import Context
from lib.mirror.database import open_database, reading, writing
from lib.mirror.tables import customers, invoices
from lib.people import SHELL
from lib.queries.reports import REPORTS
from lib.settings import Settings

ROOT = Path(__file__).parents[2]
SEED, NOW, YEARS = 10_000, 1_794_830_400, 3 * 365 * 86_400
MONEY = {"subtotal", "net", "tax", "total", "amount_due", "amount_paid", "amount_remaining"}
STATUSES = ("open", "draft", "void", "uncollectible", *["paid"] * 16)
FIRST = ("Ada", "Siân", "Oluwaseun", "Mary-Jane", "Ivo", "Zoë", "Wei", "Fatima", "Hugh", "Carmel")
LAST = (
    "Byrne",
    "O'Brien",
    "Ó Murchú",
    "Tallow & Wick Ltd",
    "Patel",
    "Nakamura, KK",
    "Smith",
    'The "Quay" Club',
    "Falk",
)


def opened(folder: Path) -> Context:
    """The mirror in this folder, in the hands of the shell. Nobody asks Stripe."""
    nowhere: Any = None
    engine = open_database(f"sqlite:///{folder / 'payerdesk.sqlite'}")
    return Context(Settings(mode="sandbox", data=folder), engine, nowhere, actor=SHELL, clock=lambda: NOW)


def build(ctx: Context, rows: int) -> None:
    """So many invoices and a tenth as many customers. The first are made here; SQL makes the others from them."""
    payers = max(100, rows // 10)
    indexes = [*customers.indexes, *invoices.indexes]
    with writing(ctx.engine) as conn:
        for index in indexes:
            index.drop(conn)
        conn.execute(insert(customers), [_filled(customers, _customer(n)) for n in range(payers)])
        conn.execute(insert(invoices), [_filled(invoices, _invoice(n, payers)) for n in range(min(SEED, rows))])
        for copy in range(1, rows // SEED):
            told = [_varied(column, copy) for column in invoices.c]
            first = select(*told).where(~invoices.c.id.contains("_", autoescape=True))
            conn.execute(insert(invoices).from_select(list(invoices.c.keys()), first))
        for index in indexes:
            index.create(conn)


def _filled(table: Table, known: dict[str, Any]) -> dict[str, Any]:
    """A row with every column of the table, whatever columns it has by now."""
    return {column.name: known.get(column.name, _nothing(column)) for column in table.c}


def _nothing(column: Column[Any]) -> Any:
    return None if column.nullable else column.type.python_type()


def _name(n: int) -> str:
    name = f"{FIRST[n % len(FIRST)]} {LAST[n // 10 % len(LAST)]} {n}"
    return f"=SUM({name})" if n % 200 == 7 else name


def _customer(n: int) -> dict[str, Any]:
    kind, name = ("patient" if n % 10 else "organisation"), _name(n)
    return {"id": f"cus_{n:07d}", "name": name, "order_name": name.lower(), "kind": kind, "currency": "gbp"}


def _invoice(n: int, payers: int) -> dict[str, Any]:
    payer, status, amount = n * 7919 % payers, STATUSES[n * 31 % len(STATUSES)], 4_000 + n * 137 % 900 * 50
    created = NOW - n * 7919 % YEARS
    due, owing = created + 30 * 86_400, status == "open"
    name = _name(payer)
    return {
        "id": f"in{n:022d}",
        "number": f"{n * 7919 % 100_000:08X}-{n % 97:04d}",
        "status": status,
        "customer": f"cus_{payer:07d}",
        **dict.fromkeys(("customer_name", "payer_name"), name),
        "payer_order": name.lower(),
        "payer_kind": "patient" if payer % 10 else "organisation",
        **dict.fromkeys(("patient", "treated"), f"cus_{(payer + 1) % payers:07d}" if payer % 10 == 0 else ""),
        "currency": "eur" if n % 33 == 0 else "gbp",
        **dict.fromkeys(MONEY, amount),
        "amount_remaining": amount if owing else 0,
        "owed": owing,
        **dict.fromkeys(("created", "issued_day"), created),
        **dict.fromkeys(("due_date", "due_day", "due_at"), due),
        **dict.fromkeys(("practitioner", "practitioner_of"), f"Dr {LAST[n % 3]}"),
        "location": ("Harley Street", "Quayside", "")[n % 3],
    }


def _varied(column: Column[Any], copy: int) -> ColumnElement[Any]:
    """A column of the next ten thousand: other ids and numbers, other amounts, a little earlier."""
    if column.name in ("id", "number"):
        return column.concat(f"_{copy}")
    if column.name in MONEY:
        return column + copy % 10 * 250
    return column - copy * 61 if column.name in ("created", "due_date") else column


def ours(ctx: Context, path: Path) -> None:
    """As the shell writes it."""
    with path.open("wb") as out:
        out.writelines(exports.export(ctx, "invoices"))


def pandas(ctx: Context, path: Path) -> None:
    """The usual way: minor units and seconds as they are, no formula made harmless."""
    with reading(ctx.engine) as conn:
        pd.read_sql(REPORTS["invoices"].rows(ctx), conn).to_csv(path, index=False)


WAYS = {"ours": ours, "pandas": pandas}


def measured(way: str, folder: Path) -> dict[str, float]:
    """One way in this process: seconds, MB of the file, peak of memory above idle."""
    ctx, path = opened(folder), folder / f"{way}.csv"
    idle, began, worked = _memory("VmRSS"), time.perf_counter(), time.process_time()
    WAYS[way](ctx, path)
    took, work, size = time.perf_counter() - began, time.process_time() - worked, path.stat().st_size / 1e6
    path.unlink()
    return {
        "seconds": round(took, 2),
        "cpu_seconds": round(work, 2),
        "file_mb": round(size, 1),
        "mb_per_second": round(size / took, 1),
        "peak_above_idle_mb": round(_memory("VmHWM") - idle, 1),
    }


def _memory(which: str) -> float:
    """In MB. The system's own count of the peak (getrusage) begins with the memory of whoever started this process."""
    return int(re.findall(rf"{which}:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024


def _apart(way: str, folder: Path) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.exports", "--way", way, "--data", str(folder)]
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)


def compared(folder: Path, rows: int, rounds: int) -> dict[str, Any]:
    """Both ways in turn, each at its best."""
    told = [{way: _apart(way, folder) for way in WAYS} for _ in range(rounds)]
    best = {way: min((one[way] for one in told), key=lambda one: one["seconds"]) for way in WAYS}
    quick, usual = best["ours"], best["pandas"]
    return {
        "rows": rows,
        **best,
        "times the throughput": round(usual["seconds"] / quick["seconds"], 2),
        "times the throughput by CPU": round(usual["cpu_seconds"] / quick["cpu_seconds"], 2),
        "rounds": [{way: one[way]["seconds"] for way in WAYS} for one in told],
    }


def main() -> None:
    """Measure, print, and keep the result in docs/bench."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.exports", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--data", type=Path, help="a folder with a mirror made before, or for one to be kept")
    parser.add_argument("--way", choices=WAYS, help="measure one way in this process, and keep nothing")
    options = parser.parse_args()
    if options.way:
        sys.stdout.write(json.dumps(measured(options.way, options.data)))
        return
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as empty:
        folder = options.data or Path(empty)
        if not (folder / "payerdesk.sqlite").exists():
            folder.mkdir(exist_ok=True)
            build(opened(folder), options.rows)
        told = {"figure 5": compared(folder, options.rows, options.rounds)}
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    told |= {"date": day, "commit": commit, "load_before": load, "cores": os.cpu_count()}
    (ROOT / "docs" / "bench" / f"exports-{day}-{commit}.json").write_text(json.dumps(told, indent=2) + "\n")
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
