"""Without Node the tests of its client are left out on a laptop; where everything must run, that is a failure."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The script beside a lock file, and nothing that is installed."""
    (tmp_path / "tests" / "node").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "node" / "package-lock.json", tmp_path / "tests" / "node")
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "get_node_client.sh", tmp_path / "scripts")
    return tmp_path


def got(checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Where there is no Node."""
    path = checkout / "programs"
    path.mkdir(exist_ok=True)
    for program in ("sh", "dirname", "cmp"):
        if not (path / program).exists():
            (path / program).symlink_to(shutil.which(program) or program)
    script = [path / "sh", checkout / "scripts" / "get_node_client.sh"]
    return subprocess.run(script, env={"PATH": str(path), **env}, capture_output=True, text=True, check=False)


def test_without_node_ci_fails_and_says_what_is_needed(checkout: Path) -> None:
    done = got(checkout, CI="1")
    assert done.returncode == 1
    assert "need Node 20 or newer and npm" in done.stderr


def test_without_node_a_laptop_goes_on(checkout: Path) -> None:
    done = got(checkout)
    assert done.returncode == 0
    assert "need Node 20 or newer and npm" in done.stderr


def test_what_is_installed_as_locked_is_not_asked_for_again(checkout: Path) -> None:
    node = checkout / "tests" / "node"
    (node / "node_modules").mkdir()
    shutil.copy(node / "package-lock.json", node / "node_modules" / ".installed")
    done = got(checkout, CI="1")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_lock_pins_with_hashes_and_names_no_registry() -> None:
    text = (ROOT / "tests" / "node" / "package-lock.json").read_text("utf-8")
    assert '"integrity": "sha512-' in text
    assert ("resolved" in text, "http" in text) == (False, False)
