"""What is still billed to somebody else, as the screen shows it: what goes when somebody presses is what was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lib.actions import invoice_state, rebill_refusals
from lib.context import Context
from lib.money import Money
from lib.queries import drafts, rebills
from lib.queries.customers import Account
from lib.text import shown
from lib.ui import pickers, rebill_parts
from lib.ui.forms import Form

MOST = 50


@dataclass(frozen=True)
class Piece:
    """One draft or invoice: its row of `rebills.work`, the signature of what was shown, who pays instead, and what is
    said beside it: why it `stays`, or what goes `back`.
    """

    row: dict[str, Any]
    seen: str
    to: Account | None
    stays: str
    back: str

    @property
    def id(self) -> str:
        """The invoice that it is."""
        return self.row["id"]

    @property
    def status(self) -> str:
        """Draft, open or paid, as it was shown."""
        return self.row["status"]

    @property
    def total(self) -> Money:
        """What it comes to."""
        return Money(int(self.row["total"]), self.row["currency"])


def look(ctx: Context, form: Form, patients: Sequence[str], payer: str) -> list[Piece]:
    """What there is to do now; at a press what stood here before it: nobody agreed to what came since."""
    kept: dict[str, list[Piece]] = form.keep("look", {})
    if not (kept and st.session_state.get(form.field("go"))):
        kept["look"] = _now(ctx, list(patients), payer)
    return kept["look"]


def _now(ctx: Context, patients: list[str], payer: str) -> list[Piece]:
    rows = rebills.work(ctx, patients, payer, MOST)
    bodies = drafts.bodies(ctx, list(rows["id"]))
    to = {patient: pickers.living(ctx, payer or patient) for patient in dict.fromkeys(rows["patient"])}
    return [_piece(row, bodies.get(row["id"]), to[row["patient"]]) for row in rows.to_dict("records")]


def _piece(row: dict[str, Any], body: dict[str, Any] | None, to: Account | None) -> Piece:
    if body is None:
        return Piece(row, "", to, "Stays: it has not arrived from Stripe yet.", "")
    back = rebill_parts.returned(body, shown(row["payer_name"])) if row["status"] == "open" else ""
    return Piece(row, invoice_state.signature(body), to, _stays(body, to), back)


def _stays(body: dict[str, Any], to: Account | None) -> str:
    if to is None:
        return "Stays: the payer of now is not in Stripe any more."
    words = rebill_refusals.why_not(body)
    return f"Stays. {words}" if words else ""
