"""Streamlit's front page, and a line of ours in it.

The script that draws tables is among its largest, and Streamlit asks for it when the first table has come. Nearly every
page of ours has one, and until then the browser waits for its first answer: it fetches the script meanwhile.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

_STATIC = Path(st.__file__).parent / "static"
_AHEAD = '<script>addEventListener("load", () => import("/static/js/{}"))</script></head>'


@cache
def html() -> str:
    """The page as it is sent; Streamlit's own where it has no such script."""
    page = (_STATIC / "index.html").read_text("utf-8")
    found = [path.name for path in (_STATIC / "static" / "js").glob("DataFrame.*.js")]
    return page.replace("</head>", _AHEAD.format(found[0]), 1) if len(found) == 1 else page
