"""The second field of a large amount: what is above the practice's first threshold is typed once more.

Name `typed_twice.FIELD` among the fields of `form.submitting`, and hand what `field` returns to the action as
`retyped`: the action compares again.
"""

from __future__ import annotations

import streamlit as st

from lib.actions import _thresholds
from lib.context import Context
from lib.errors import Refused
from lib.money import Money
from lib.ui import feedback
from lib.ui.forms import Form

FIELD = "retyped"


def check(ctx: Context, amount: Money, retyped: Money | None) -> None:
    """Before a form is confirmed: raises Refused for FIELD unless the amount is small, or the same was typed twice."""
    _thresholds.typed_twice(ctx.settings, amount, retyped)


def second_person(ctx: Context, amount: Money) -> None:
    """Beside the question before it is done: a very large amount is stored, and sent when somebody else has agreed."""
    if _thresholds.needs_second_person(ctx.settings, amount):
        words = "An amount this large needs a second person: it is stored now, and sent when somebody else approves it."
        st.info(words, icon=":material/how_to_reg:")


def field(ctx: Context, form: Form, amount: Money | None, *, locked: bool = False) -> Money | None:
    """What was typed the second time; draws nothing, and returns None, while `amount` is not above the threshold.

    None too while nothing, or no amount, is typed: the action refuses that for this field.
    """
    if amount is None or not _thresholds.needs_typing_twice(ctx.settings, amount):
        return None
    typed = st.text_input(
        "Type the amount once more", key=form.field(FIELD), live=True, on_change=form.mend, disabled=locked
    )
    if not (typed or "").strip():
        form.wrong(FIELD)
        return None
    try:
        again = Money.parse(typed, amount.currency)
        _thresholds.typed_twice(ctx.settings, amount, again)
    except Refused as no:
        st.error(feedback.safe_sentence(no.words), icon=":material/error:")
        return again if no.field == FIELD else None
    return again
