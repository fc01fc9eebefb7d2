"""The check that CI ends with: a part that was left out must not look like a part that passed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PART = '<properties><property name="part" value="{part}"/></properties>'


def report(folder: Path, *cases: tuple[str, str]) -> Path:
    """A report as pytest writes it, of tests given as (part, what is said of them)."""
    tests = "".join(f"<testcase>{PART.format(part=part)}{said}</testcase>" for part, said in cases)
    path = folder / "junit.xml"
    path.write_text(f"<testsuites><testsuite>{tests}</testsuite></testsuites>")
    return path


def check(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / "parts_that_ran.py", path, "browser", "postgres"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_part_without_a_test_fails_the_run(tmp_path: Path) -> None:
    done = check(report(tmp_path, ("browser", "")))
    assert done.returncode == 1
    assert "postgres: no test" in done.stderr


def test_a_part_with_a_skipped_test_fails_the_run(tmp_path: Path) -> None:
    done = check(report(tmp_path, ("browser", ""), ("browser", "<skipped/>"), ("postgres", "")))
    assert done.returncode == 1
    assert "browser: {'passed': 1, 'skipped': 1}" in done.stderr


def test_a_part_in_which_everything_failed_fails_the_run(tmp_path: Path) -> None:
    done = check(report(tmp_path, ("browser", "<error/>"), ("postgres", "")))
    assert done.returncode == 1
    assert "browser: {'failed': 1}" in done.stderr


def test_a_run_with_both_parts_passes(tmp_path: Path) -> None:
    done = check(report(tmp_path, ("browser", ""), ("postgres", "")))
    assert (done.returncode, done.stderr) == (0, "")
