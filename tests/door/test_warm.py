"""What the server does at its start for the reruns to come."""

from __future__ import annotations

import subprocess
import sys

from tests.support.app_server import ROOT

_COLLECT = """
import gc, app
app._warm()
print(gc.get_freeze_count(), len(gc.get_objects()))
"""


def test_what_is_imported_at_the_start_is_not_looked_through_after_every_rerun() -> None:
    done = subprocess.run([sys.executable, "-c", _COLLECT], cwd=ROOT, capture_output=True, text=True, check=True)
    kept_out, looked_through = map(int, done.stdout.split())
    assert kept_out > 50_000
    assert looked_through < kept_out / 10
