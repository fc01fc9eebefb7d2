"""Lists as CSV that a spreadsheet opens and adds up, and that runs nothing.

Columns have types: money is a plain decimal with the currency's own number of places, days are ISO dates, and every
other cell that a spreadsheet would take for a formula is led by an apostrophe (OWASP, CSV injection), and so is a part
of one that a spreadsheet would cut out of it at a semicolon, a tab or a new line. UTF-8 with a byte order mark, so that
Excel reads names right; lines end as RFC 4180 says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from lib.documents._csv_cells import Cells, Column, quoted, safe

__all__ = ["BOM", "Column", "csv_pieces", "safe"]

BOM = "\ufeff"
_END = "\r\n"


def csv_pieces(
    batches: Iterable[Mapping[str, Sequence[Any]]], columns: Sequence[Column], zone: ZoneInfo
) -> Iterator[bytes]:
    """The file, a piece for each batch of rows: memory does not grow with their number.

    A batch holds a few hundred rows by column: the values of a field in the order of the rows.
    """
    yield f"{BOM}{','.join(quoted([column.title for column in columns]))}{_END}".encode()
    cells = Cells(zone)
    for batch in batches:
        texts = [cells.texts(column, batch) for column in columns]
        lines = _END.join(map(",".join, zip(*texts, strict=True)))
        yield f"{lines}{_END}".encode()
