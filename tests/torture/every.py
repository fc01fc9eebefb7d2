"""Every kind of change that the torture plays, by name."""

from __future__ import annotations

from tests.torture.writes import FIRST
from tests.torture.writes_money import MONEY

WRITES = {**FIRST, **MONEY}
