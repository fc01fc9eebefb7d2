"""Where a page's words are read as markdown: a name that gets there as it was typed could draw a picture or a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from streamlit.testing.v1 import AppTest

HOSTILE = "![x](http://127.0.0.1:1/x.png) **b** $x$ <b>"
_RAW = re.compile(r"!\[|(?<!\\)\]\(|\*\*b|(?<!\\)\$x|(?<!\\)<b|://127")

# Drawn letter by letter, whatever stands in them: text, cells of a table, what was typed, what can be chosen.
_PLAIN = {
    "text",
    "html",
    "dataframe",
    "arrow_data_frame",
    "text_input",
    "text_area",
    "selectbox",
    "multiselect",
    "code",
}
_MARKDOWN = {"body", "label", "help", "caption", "captions", "title", "content", "text", "delta"}
_ALWAYS_MARKDOWN = {"label", "help"}


def read_as_markdown(drawn: AppTest) -> list[str]:
    """Every text of the page, its sidebar included, that the browser does not show as it is."""
    found = []
    for part in (drawn.main, drawn.sidebar):
        for node in part:
            if getattr(node, "proto", None) is not None:
                names = _ALWAYS_MARKDOWN if node.type in _PLAIN else _MARKDOWN
                found += [text for text in _texts(node.proto, names) if text]
    return found


def raw_names(drawn: AppTest) -> list[str]:
    """The places where HOSTILE would become something else than its own letters."""
    pages = [node.proto.body for part in (drawn.main, drawn.sidebar) for node in part if node.type == "html"]
    return [text for text in read_as_markdown(drawn) if _RAW.search(text)] + [text for text in pages if "<b>" in text]


def _texts(message: Any, names: set[str]) -> Iterator[str]:
    for field, value in message.ListFields():
        several = value if field.is_repeated else [value]
        if field.type == FieldDescriptor.TYPE_STRING and field.name in names:
            yield from several
        elif field.type == FieldDescriptor.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for one in several:
                yield from _texts(one, names)
