"""The least that a table in a browser takes on this machine: a page of Streamlit's with one small table and nothing
else of ours. What Payerdesk adds to it is ours to answer for; the rest is Streamlit's scripts and the browser.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.app_server import READY_WITHIN, free_port

_PAGE = """
import pandas as pd
import streamlit as st

st.dataframe(pd.DataFrame({"number": range(50), "payer": "Somebody"}))
"""


@contextmanager
def running() -> Iterator[str]:
    """The address of such a page, while it is served."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.py").write_text(_PAGE, "utf-8")
        port = free_port()
        asked = ["--server.port", str(port), "--server.headless", "true", "--browser.gatherUsageStats", "false"]
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "page.py", *asked],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _wait(url: str) -> None:
    until = time.monotonic() + READY_WITHIN
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
