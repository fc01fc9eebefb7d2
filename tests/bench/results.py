"""What a measurement says of itself: where and when, how its times are spread, and the file it is kept in."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_MANY = 20
_FOLDER = ROOT / "docs" / "bench"


def where() -> dict[str, Any]:
    """The day, the commit and the machine. Call before measuring: the load is what others do on it."""
    asked = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit.stdout.strip() or "none",
        "machine": machine,
        "load_before": round(os.getloadavg()[0], 1),
    }


def spread(times: Sequence[float]) -> dict[str, float]:
    """p50, p95 and the longest of times in seconds, as milliseconds."""
    sorted_, last = sorted(times), len(times) - 1
    places = {"p50": round(last * 0.5), "p95": round(last * 0.95), "max": last}
    return {name: round(sorted_[place] * 1000, 2) for name, place in places.items()}


def save(name: str, told: dict[str, Any]) -> Path:
    """Keep a result as docs/bench/NAME-DATE-COMMIT.json."""
    path = _FOLDER / f"{name}-{told['date']}-{told['commit']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_laid_out(told), "utf-8")
    sys.stdout.write(f"{path}\n")
    return path


def _laid_out(told: dict[str, Any]) -> str:
    """As JSON that a person can read: what has very many parts has a line for each."""
    many = {key: value for key, value in told.items() if isinstance(value, dict) and len(value) > _MANY}
    text = json.dumps({key: f"<{key}>" if key in many else value for key, value in told.items()}, indent=1)
    for key, parts in many.items():
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in parts.items())
        text = text.replace(json.dumps(f"<{key}>"), f"{{\n{lines}\n }}")
    return text + "\n"
