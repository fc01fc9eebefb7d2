"""Drafts: what is saved and not yet finalised, the old ones marked."""

import streamlit as st

from lib.ui import drafts_list, drafts_many, page

ctx = page.begin("Drafts")
if drafts_many.is_open() and page.may(ctx, "money"):
    drafts_many.show(ctx)
    st.stop()
drafts_list.show(ctx)
