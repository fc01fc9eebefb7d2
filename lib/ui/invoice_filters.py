"""What the list of invoices is narrowed to. Ids, dates and Stripe's words stand in the address, so that it can be
linked; names and free text never do.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import streamlit as st

from lib.context import Context
from lib.queries import customers, invoices
from lib.queries.invoices import AGES, PATIENTS, STATUSES, Filters
from lib.ui import pickers
from lib.ui.tables import STATUS

_AGES = ("Outstanding", "Overdue", *AGES)
_EMPTY: dict[str, Any] = {
    "status": [],
    "payer": None,
    "patient": "",
    "age": None,
    "currency": None,
    "from": None,
    "to": None,
    "practitioner": None,
    "location": None,
    "text": "",
}
_ADDRESSED = ("status", "payer", "patient", "age", "currency", "from", "to")
_LAST = "invoices.address"


def show(ctx: Context) -> Filters:
    """Draw the filters and return what they say; the address follows."""
    _follow_address()
    _first_row(ctx)
    st.pills(
        "Status",
        STATUSES,
        selection_mode="multi",
        key=_at("status"),
        format_func=lambda word: STATUS[word][0],
    )
    _more(ctx)
    _patient(ctx)
    if (_get("from") or date.min) > (_get("to") or date.max):
        st.warning("“Created from” lies after “Created to”: nothing can match.", icon=":material/event_busy:")
    _write_address()
    return _filters()


def narrowed() -> bool:
    """Whether anything is filtered out."""
    return any(_get(name) for name in _EMPTY)


def clear() -> None:
    """Show every invoice again. A button's callback."""
    for name, nothing in _EMPTY.items():
        st.session_state[_at(name)] = nothing


def _first_row(ctx: Context) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Search", key=_at("text"), placeholder="Number, name, email or postcode", live=True)
        known = _get("payer") or ""
        found = pickers.choices(ctx, kinds=("organisation",), key=_at("payer"), find="Find a payer", keep=known)
        names = {PATIENTS: "Patients themselves", **pickers.labels(found)}
        if known and known not in names:
            names[known] = customers.name_of(ctx, known)
        _pick("Payer", "payer", names, "Any payer", width=300)
        _pick("Age", "age", {age: age for age in _AGES}, "Any age", width=170)
        used = dict.fromkeys([*invoices.currencies(ctx), *filter(None, [_get("currency")])])
        if len(used) > 1:
            _pick("Currency", "currency", {code: code.upper() for code in used}, "Any", width=110)


def _more(ctx: Context) -> None:
    names = ("from", "to", "practitioner", "location")
    with st.expander("Dates, practitioner, location", expanded=any(_get(name) for name in names)):
        first, last, who, where = st.columns(4)
        with first:
            st.date_input("Created from", value=None, key=_at("from"), format="DD/MM/YYYY")
        with last:
            st.date_input("Created to", value=None, key=_at("to"), format="DD/MM/YYYY")
        with who:
            _pick("Practitioner", "practitioner", {one: one for one in invoices.practitioners(ctx)}, "Any")
        with where:
            _pick("Location", "location", {one: one for one in invoices.locations(ctx)}, "Any")


def _patient(ctx: Context) -> None:
    """A patient comes from a link; who is shown, and the way back to everybody."""
    if not _get("patient"):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"Only for {customers.name_of(ctx, _get('patient'))}", width="content")
        st.button("All patients", icon=":material/close:", type="tertiary", on_click=_forget_patient)


def _forget_patient() -> None:
    st.session_state[_at("patient")] = ""


def _pick(label: str, name: str, names: dict[str, str], anything: str, **options: Any) -> None:
    st.selectbox(
        label,
        list(names),
        index=None,
        key=_at(name),
        format_func=lambda one: names.get(one, one),
        placeholder=anything,
        filter_mode="contains",
        **options,
    )


def _filters() -> Filters:
    return Filters(
        statuses=tuple(_get("status") or ()),
        payer=_get("payer") or "",
        patient=_get("patient") or "",
        created_from=_get("from"),
        created_to=_get("to"),
        practitioner=_get("practitioner") or "",
        location=_get("location") or "",
        text=_get("text") or "",
        age=_get("age") or "",
        currency=_get("currency") or "",
    )


def _follow_address() -> None:
    """A link, or the browser's way back, says what to show; otherwise what was chosen stands."""
    address = _address()
    if _at("status") in st.session_state and address == st.session_state.get(_LAST):
        return
    if _at("status") not in st.session_state:
        clear()
    for name, value in address.items():
        st.session_state[_at(name)] = value
    st.session_state[_LAST] = address


def _address() -> dict[str, Any]:
    """What the address says, as far as it makes sense."""
    told = st.query_params
    one = {name: told.get(name, "") for name in _ADDRESSED}
    return {
        "status": [word for word in STATUSES if word in told.get_all("status")],
        "payer": one["payer"] if one["payer"] == PATIENTS or _is_customer(one["payer"]) else None,
        "patient": one["patient"] if _is_customer(one["patient"]) else "",
        "age": one["age"] if one["age"] in _AGES else None,
        "currency": one["currency"] if re.fullmatch(r"[a-z]{3}", one["currency"]) else None,
        "from": _day(one["from"]),
        "to": _day(one["to"]),
    }


def _write_address() -> None:
    now = {name: _get(name) or _EMPTY[name] for name in _ADDRESSED}
    now["status"] = [word for word in STATUSES if word in now["status"]]
    if now != st.session_state[_LAST] or set(st.query_params) - {name for name in now if now[name]}:
        st.session_state[_LAST] = now
        st.query_params.from_dict(
            {name: value if isinstance(value, list) else str(value) for name, value in now.items() if value}
        )


def _is_customer(text: str) -> bool:
    return bool(re.fullmatch(r"cus_\w+", text, re.ASCII))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _at(name: str) -> str:
    return f"invoices.{name}"


def _get(name: str) -> Any:
    return st.session_state.get(_at(name), _EMPTY[name])
