"""A stored change is finished by whoever finds it, so wherever changes are taken up again every kind is known."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITTEN = re.compile(r'\bKind\(\s*"([a-z_.]+)"')
ASK = "import lib.actions.{}; from lib.actions._intent import KINDS; print(*sorted(KINDS))"


@pytest.mark.parametrize("where", ["resolver", "review", "approvals"])
def test_a_fresh_process_that_takes_changes_up_again_knows_every_kind(where: str) -> None:
    written = [name for file in ROOT.glob("lib/actions/*.py") for name in WRITTEN.findall(file.read_text("utf-8"))]
    told = subprocess.run(
        [sys.executable, "-c", ASK.format(where)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == sorted(written)
    assert len(written) > 20
