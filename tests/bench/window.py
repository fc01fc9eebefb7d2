"""A browser window without a browser: Streamlit's websocket in the hands of a program, signed in by a cookie.

It says what a browser says (the state of the widgets on the page, the page's address, which messages it still has) and
waits until the server has drawn. A rerun's time is from the question to the last message of the answer.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

# What the server says of a widget's value, by the kind of widget: the field of the element, and that of the answer.
_VALUES = {
    "text_input": ("value", "string_value"),
    "selectbox": ("raw_value", "string_value"),
    "checkbox": ("value", "bool_value"),
    "button_group": ("raw_values", "string_array_value"),
    "button": ("", "trigger_value"),
    "dataframe": ("", "string_value"),
}
_OVER = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
_LONGEST = 60.0  # a server that says nothing for so long has lost the question
_BROKEN = "could not be shown in full"


@dataclass
class Run:
    """One rerun: seconds to the end and to the first table, bytes received, titles on the page, what went wrong."""

    seconds: float = 0.0
    table: float | None = None
    size: int = 0
    titles: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Window:
    """One tab of one person."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._page, self._query, self._pages = "", "", dict[str, str]()
        self._widgets, self._values = dict[str, tuple[str, Element]](), dict[str, Any]()
        self._kept = dict[str, ForwardMsg]()
        self.fragments: list[str] = []

    @staticmethod
    async def open(url: str, cookie: str) -> Window:
        """Connect; nothing is drawn before `visit`."""
        socket = await connect(
            f"{url.replace('http', 'ws', 1)}/_stcore/stream",
            additional_headers={"Cookie": f"payerdesk={cookie}"},
            origin=url,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=None,
        )
        return Window(socket)

    async def close(self) -> None:
        """Shut the tab."""
        await self._socket.close()

    async def visit(self, path: str, query: str = "") -> Run:
        """Open a page by its address, as from the menu or a link."""
        self._values.clear()
        self._query, self._page = query, self._pages.get(path, "")
        return await self._run("" if self._page else path)

    async def again(self) -> Run:
        """The page once more, nothing changed."""
        return await self._run()

    async def put(self, key: str, value: Any) -> Run:
        """Give the widget of this key a value: text, True, or a list of words."""
        self._values[self._id(key)] = value
        return await self._run()

    async def press(self, key: str) -> Run:
        """Press the button of this key or these words."""
        found = self._id(key)
        self._values[found] = True
        try:
            return await self._run()
        finally:
            self._values.pop(found, None)

    async def pick(self, key: str, row: int) -> Run:
        """Choose a row of the table whose key begins so."""
        chosen = {"selection": {"rows": [row], "columns": [], "cells": []}}
        return await self.put(key, json.dumps(chosen))

    async def fragment(self, name: str) -> Run:
        """A part of the page that draws itself anew from time to time."""
        return await self._run(fragment=name)

    def has(self, key: str) -> bool:
        """Whether the page shows this widget, and it can be used."""
        return any(not getattr(_inner(one), "disabled", False) for _kind, one in self._named(key))

    def options(self, key: str) -> list[str]:
        """What a select offers."""
        return [option for _kind, one in self._named(key) for option in _inner(one).options]

    def rows(self, key: str) -> int:
        """How many rows the table whose key begins so has."""
        import pyarrow as pa

        for _kind, one in self._named(key):
            return int(pa.ipc.open_stream(one.dataframe.arrow_data.data).read_all().num_rows)
        return 0

    def _named(self, key: str) -> Iterator[tuple[str, Element]]:
        for name, (kind, one) in self._widgets.items():
            known = name.split("-", 2)[-1]
            if known == key or (kind == "dataframe" and known.startswith(key)) or _label(one) == key:
                yield kind, one

    def _id(self, key: str) -> str:
        for _kind, one in self._named(key):
            return str(_inner(one).id)
        raise LookupError(f"no widget {key!r} on the page: {sorted(self._widgets)}")

    async def _run(self, name: str = "", fragment: str = "") -> Run:
        asked, run, began = self._asked(name, fragment), Run(), time.perf_counter()
        await self._socket.send(asked)
        seen: dict[str, tuple[str, Element]] = {}
        while True:
            raw = await asyncio.wait_for(self._socket.recv(), _LONGEST)
            run.size += len(raw)
            message = ForwardMsg.FromString(raw)  # type: ignore[arg-type]
            over = self._take(message, run, seen, began)
            if over:
                break
        run.seconds = time.perf_counter() - began
        if not fragment:
            self._widgets = seen
            self._values = {name: value for name, value in self._values.items() if name in seen}
        return run

    def _asked(self, name: str, fragment: str) -> bytes:
        told = BackMsg()
        state = told.rerun_script
        state.query_string, state.page_script_hash, state.page_name = self._query, self._page, name
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        state.cached_message_hashes.extend(self._kept)
        state.context_info.timezone, state.context_info.locale = "Europe/London", "en-GB"
        for widget, value in self._values.items():
            one, place = state.widget_states.widgets.add(), _VALUES[self._widgets[widget][0]][1]
            one.id = widget
            if place == "string_array_value":
                one.string_array_value.data.extend(value)
            else:
                setattr(one, place, value)
        return told.SerializeToString()

    def _take(self, told: ForwardMsg, run: Run, seen: dict[str, tuple[str, Element]], began: float) -> bool:
        kind = told.WhichOneof("type")
        if kind == "ref_hash":
            told, kind = self._kept[told.ref_hash], "delta"
        elif told.metadata.cacheable:
            self._kept[told.hash] = told
            while len(self._kept) > 60:
                self._kept.pop(next(iter(self._kept)))
        if kind == "new_session":
            self._page = told.new_session.page_script_hash
            self.fragments, run.titles, run.table = [], [], None
            seen.clear()
        elif kind == "navigation":
            self._pages = {page.url_pathname: page.page_script_hash for page in told.navigation.app_pages}
        elif kind == "page_info_changed":
            self._query = told.page_info_changed.query_string
        elif kind == "auto_rerun":
            self.fragments.append(told.auto_rerun.fragment_id)
        elif kind == "page_not_found":
            run.problems.append("page not found")
        elif kind == "delta" and told.delta.WhichOneof("type") == "new_element":
            self._see(told.delta.new_element, run, seen, began)
        if kind == "session_event" and told.session_event.HasField("script_compilation_exception"):
            run.problems.append("the script cannot be compiled")
            return True
        return kind == "script_finished" and told.script_finished in _OVER

    def _see(self, one: Element, run: Run, seen: dict[str, tuple[str, Element]], began: float) -> None:
        kind = one.WhichOneof("type") or ""
        if kind == "exception":
            run.problems.append(one.exception.type)
        elif kind == "alert" and _BROKEN in one.alert.body:
            run.problems.append(one.alert.body)
        elif kind == "heading":
            run.titles.append(one.heading.body)
        elif kind == "dataframe" and run.table is None:
            run.table = time.perf_counter() - began
        if kind in _VALUES and _inner(one).id:
            seen[_inner(one).id] = (kind, one)
            if getattr(_inner(one), "set_value", False):
                value = getattr(_inner(one), _VALUES[kind][0])
                self._values[_inner(one).id] = list(value) if kind == "button_group" else value


def _inner(one: Element) -> Any:
    return getattr(one, one.WhichOneof("type") or "")


def _label(one: Element) -> str:
    return getattr(_inner(one), "label", "")
