"""The script that Streamlit runs for every page: who is there, which page, may they, show it.

It is not called app.py and does not lie beside pages/: there Streamlit would run a page's file by itself, without
asking who is there, until somebody has signed in.
"""

import streamlit as st

from lib.context import shared
from lib.ui import door, session, signin

actor = session.actor(touch=True)
st.set_page_config(
    page_title="Payerdesk", page_icon=door.ICON, layout="wide" if actor else "centered", initial_sidebar_state=252
)
farewell = session.arrive(actor)
page = door.navigation(actor)

if actor is None:
    signin.show(farewell)
    st.stop()

st.set_page_config(page_title=f"{page.title} · Payerdesk")
door.sidebar(actor, shared().settings)
door.room_for_tables()
door.words_of_what_is_chosen()

if not door.may_open(actor, page):
    door.refuse(actor)
    st.stop()

page.run()
