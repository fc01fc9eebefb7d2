"""All rows of a list, however many, a few hundred at a time and as of one moment."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Boolean, Connection, Select

from lib.context import Context
from lib.mirror.database import reading

# Few enough to be written while they are still in the processor's own memory: 500 take a tenth longer.
BATCH = 200


def batches(
    ctx: Context, statement: Select[Any], fields: Collection[str] = ()
) -> Generator[dict[str, Sequence[Any]], None, None]:
    """The rows by column: the values of each of these fields (or all), in the statement's order. The last batch may be
    short.

    One statement in one read transaction, with a cursor that stays on the server where there is one: what is written
    meanwhile is not seen, waits for nothing and makes nothing wait. It ends the transaction when it is closed.

    SQLite goes on writing behind a long reader; the `-wal` file beside the database grows by what is written until
    the reader is done, and is then used again from its beginning.
    """
    columns = [column for column in statement.selected_columns if not fields or column.name in fields]
    names = [column.name for column in columns]
    yes_or_no = [column.name for column in columns if isinstance(column.type, Boolean)]
    with closing(_raw(ctx, statement.with_only_columns(*columns))) as found:
        for rows in found:
            batch: dict[str, Sequence[Any]] = dict(zip(names, zip(*rows, strict=True), strict=True))
            yield batch | {name: [*map(_yes_or_no, batch[name])] for name in yes_or_no}


def _raw(ctx: Context, statement: Select[Any]) -> Generator[Sequence[tuple[Any, ...]], None, None]:
    """Rows as the driver gives them: to make each into a Row takes as long again as reading it."""
    on_server = {"stream_results": ctx.engine.dialect.supports_server_side_cursors}
    with (
        reading(ctx.engine) as conn,
        _roomy(conn),
        conn.execution_options(**on_server).execute(statement) as result,
    ):
        while rows := result.cursor_strategy.fetchmany(result, result.cursor, BATCH):  # type: ignore[arg-type]
            yield rows


def _yes_or_no(value: Any) -> bool | None:
    return None if value is None else bool(value)


_ROOMY = {"cache_size": -24_000, "mmap_size": 0}


@contextmanager
def _roomy(conn: Connection) -> Iterator[None]:
    """SQLite looks up the payer and the patient of every row: its usual 2 MB forget each before it comes again. Without
    the map of the file that lists have: whoever reads all of it would have all of it in memory.
    """
    if conn.dialect.name != "sqlite":
        yield
        return
    usual = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in _ROOMY}
    _set(conn, _ROOMY)
    try:
        yield
    finally:
        _set(conn, usual)


def _set(conn: Connection, pragmas: Mapping[str, int | None]) -> None:
    for name, value in pragmas.items():
        conn.exec_driver_sql(f"PRAGMA {name}={value}")
