"""How each of many ended, and how that is told: done, not sent although done, not yet confirmed, not done."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import streamlit as st

from lib.actions.rebilling import Row
from lib.context import Context
from lib.queries import invoices

_DONE, _NOT_SENT, _NOT_CONFIRMED, _NOT_DONE = "done", "not sent", "not confirmed", "not done"


@dataclass(frozen=True)
class End:
    """How one of many ended, and what stands beside it."""

    how: str
    words: str

    @property
    def done(self) -> bool:
        """Whether it is certain that it was done; that it was not sent is another matter."""
        return self.how in (_DONE, _NOT_SENT)

    @property
    def again(self) -> bool:
        """Whether it is certain that it was not done, so that somebody may ask for it again."""
        return self.how == _NOT_DONE


def of(ctx: Context, rows: Iterable[Row], did: str) -> dict[str, End]:
    """By invoice. `did`: the word for what was done, such as "Finalised"."""
    found = {row.invoice: row for row in rows}
    stand = invoices.not_sent(ctx, [one for one, row in found.items() if row.words and not row.pending])
    return {one: _end(row, did, not_sent=one in stand) for one, row in found.items()}


def say(ends: Collection[End], did: str) -> None:
    """What is left to know beside what was done, each kind for itself: nobody sends again what may have happened."""
    if not_sent := sum(end.how == _NOT_SENT for end in ends):
        many, where = ("1 was", "it") if not_sent == 1 else (f"{not_sent} were", "each")
        st.warning(f"{many} not sent: the reason stands beside {where}.", icon=":material/warning:")
    if open_still := sum(end.how == _NOT_CONFIRMED for end in ends):
        many, what = ("1 is", "it") if open_still == 1 else (f"{open_still} are", "them")
        st.info(f"{many} not yet confirmed: Activity will show what became of {what}.", icon=":material/hourglass:")
    if any(end.again for end in ends):
        st.error(f"What was not {did} has its reason beside it.", icon=":material/error:")


def _end(row: Row, did: str, *, not_sent: bool) -> End:
    if row.pending:
        return End(_NOT_CONFIRMED, row.words)
    if not_sent:
        return End(_NOT_SENT, f"{did}, but not sent. {row.words}")
    return End(_NOT_DONE, row.words) if row.words else End(_DONE, did)
