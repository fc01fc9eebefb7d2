"""All rows of a list, however many, a few hundred at a time and as of one moment."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from sqlalchemy import Boolean, CursorResult, Select

from lib.context import Context
from lib.mirror.database import reading

# Few enough to be written while they are still in the processor's own memory: 500 take a tenth longer.
BATCH = 200


def batches(ctx: Context, statement: Select[Any]) -> Generator[dict[str, Sequence[Any]], None, None]:
    """The rows by column: the values of each field, in the statement's order. The last batch may be short.

    One statement in one read transaction, with a cursor that stays on the server where there is one: what is written
    meanwhile is not seen, waits for nothing and makes nothing wait. It ends the transaction when it is closed.

    SQLite goes on writing behind a long reader; the `-wal` file beside the database grows by what is written until
    the reader is done, and is then used again from its beginning.
    """
    names = [column.name for column in statement.selected_columns]
    yes_or_no = [column.name for column in statement.selected_columns if isinstance(column.type, Boolean)]
    streaming = {"stream_results": True, "max_row_buffer": BATCH}
    with reading(ctx.engine) as conn, conn.execution_options(**streaming).execute(statement) as result:
        while rows := _raw(result):
            batch: dict[str, Sequence[Any]] = dict(zip(names, zip(*rows, strict=True), strict=True))
            yield batch | {
                name: [None if value is None else bool(value) for value in batch[name]] for name in yes_or_no
            }


def _raw(result: CursorResult[Any]) -> Sequence[tuple[Any, ...]]:
    """Rows as the driver gives them: to make each into a Row takes as long again as reading it."""
    return result.cursor_strategy.fetchmany(result, result.cursor, BATCH)  # type: ignore[arg-type]
