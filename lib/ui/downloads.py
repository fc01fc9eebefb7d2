"""The "Download CSV" button: made when it is pressed, by whoever may, of exactly what the page is filtered to."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib.actions import exports
from lib.context import Context
from lib.ui import page
from lib.ui.download_route import PATH


@st.fragment
def csv_button(ctx: Context, report: str, *, label: str = "Download CSV", **filters: Any) -> None:
    """Offer a report as filtered on this page. A press draws this button alone anew, with a script that fetches it.

    Streamlit's own download button would keep the whole file in memory, in the one process that drew it.
    """
    if not page.may(ctx, "export"):
        return
    if st.button(label, icon=":material/download:", key=f"csv.{report}"):
        address = PATH + exports.ticket(ctx, report, **filters)
        st.html(f'<script src="/session/go.js" data-download="{address}"></script>', unsafe_allow_javascript=True)
