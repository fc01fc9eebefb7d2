"""What a process is told about memory before it begins its work."""

from __future__ import annotations

import subprocess
import sys

_TOLD = """
from lib import memory
memory.share_among_threads()
import pyarrow
print(pyarrow.default_memory_pool().backend_name)
"""


def test_arrow_keeps_no_pool_of_its_own_beside_the_one_that_all_threads_share() -> None:
    told = subprocess.run([sys.executable, "-c", _TOLD], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "system"


def test_starting_the_server_imports_nothing_that_only_pages_need() -> None:
    script = "import app, sys; print(sorted({'pandas', 'pyarrow', 'lib.actions', 'lib.queries'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
