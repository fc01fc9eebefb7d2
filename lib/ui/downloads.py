"""The "Download CSV" button: made when it is pressed, by whoever may, of exactly what the page is filtered to."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib.actions import exports
from lib.context import Context
from lib.ui import page


def csv_button(ctx: Context, report: str, **filters: Any) -> None:
    """Offer a report as filtered on this page."""
    if not page.may(ctx, "export"):
        return
    st.download_button(
        "Download CSV",
        data=lambda: b"".join(exports.export(ctx, report, **filters)),
        file_name=exports.file_name(ctx, report),
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"csv.{report}",
    )
