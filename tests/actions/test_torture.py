"""Short runs of tests/torture; `make torture` runs them in full. A seed that finds something finds it again."""

from __future__ import annotations

import pytest

from tests.torture import crashes, faults, kills, races

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
# One step, several steps, and one that also takes something away.
SOME = ["balance.adjust", "invoice.rebill open", "remittance.record"]
_NOTHING = ("lost", "duplicated", "half_done", "parked_but_done", "untold", "log_missing", "unexplained_pence")


def test_killed_again_and_again_nothing_is_lost_doubled_or_untold(database_url: str) -> None:
    told = kills.run(seed=7, kills=40, writes=24, database=database_url)
    assert told["kills"] >= 40
    assert {name: told[name] for name in _NOTHING} == dict.fromkeys(_NOTHING, 0), told


def test_death_at_any_point_is_made_good_by_one_restart(database_url: str) -> None:
    told = crashes.run(SOME[:2], database_url)
    assert told["crashes"] >= 20
    assert told["wrong"] == 0, told


def test_every_fault_at_every_address_of_a_change_ends_as_it_is_written_down() -> None:
    told = faults.run(names=SOME[:2], kinds=list(faults.FAULTS)[::2])
    assert told["cells"] >= 60
    assert told["unexpected"] == []


def test_two_hands_at_once_have_one_effect(database_url: str) -> None:
    told = races.run(seed=7, races=32, database=database_url)
    assert (told["extra_effects"], told["nothing"], told["told wrongly"]) == (0, 0, 0), told
