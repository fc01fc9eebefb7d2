"""Did the parts that are easily left out really run? Reads pytest's report and fails where one did not.

    python scripts/parts_that_ran.py test-results/junit.xml browser postgres

A part ran when at least one of its tests passed and none was skipped.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path


def outcomes(report: Path, part: str) -> Counter[str]:
    """How many tests of this part passed, were skipped, or failed."""
    found: Counter[str] = Counter()
    for case in ET.parse(report).iter("testcase"):
        if any(entry.attrib == {"name": "part", "value": part} for entry in case.iter("property")):
            found[_outcome(case)] += 1
    return found


def missing(report: Path, parts: list[str]) -> list[str]:
    """One line for each part that did not run as a whole."""
    counted = {part: outcomes(report, part) for part in parts}
    return [f"{part}: {dict(found) or 'no test'}" for part, found in counted.items() if not _ran(found)]


def _outcome(case: ET.Element) -> str:
    if case.find("skipped") is not None:
        return "skipped"
    return "passed" if case.find("failure") is None and case.find("error") is None else "failed"


def _ran(found: Counter[str]) -> bool:
    return found["passed"] > 0 and found["skipped"] == 0


if __name__ == "__main__":
    if lines := missing(Path(sys.argv[1]), sys.argv[2:]):
        sys.exit("\n".join(["These tests did not run, so nothing is known about them:", *lines]))
