"""Organisations in the order of what is overdue today, found without a look at all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lib.queries import Place, _late, _overdue, organisations, reminders
from tests.support.world import DAY, World


@pytest.fixture
def many(world: World) -> dict[str, int]:
    """Twelve organisations with what each has overdue: one in two currencies, some with more not yet due."""
    late = [9000, 0, 100, 500, 0, 7000, 500, 0, 300, 0, 8000, 0]
    made = [world.customer(f"Payer {number}") for number in range(len(late))]
    for payer, amount in zip(made, late, strict=True):
        if amount:
            world.invoice(payer, amount)
    world.invoice(made[0], 60, currency="eur")
    world.wait(60 * DAY)
    for payer in (made[2], made[4], made[5]):
        world.invoice(payer, 50_000)
    world.sync()
    return dict(zip(made, late, strict=True))


def walked(world: World, way: str, *, descending: bool) -> list[str]:
    """Ids from one end of the list to the other, two by two."""
    place, seen = Place("first" if way == "after" else "last"), []
    while True:
        found = organisations.table(world.ctx, sort="Overdue", descending=descending, place=place, size=2)
        ids = list(dict.fromkeys(found.rows["id"]))
        seen += [ids] if way == "after" else []
        seen[:0] = [ids] if way == "before" else []
        if not (found.after if way == "after" else found.before):
            return list(dict.fromkeys(one for ids in seen for one in ids))
        place = found.place(way)


@pytest.mark.parametrize("way", ["after", "before"])
@pytest.mark.parametrize("descending", [True, False])
def test_a_look_at_some_finds_what_a_look_at_all_does(
    world: World, many: dict[str, int], way: str, descending: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_overdue, "_SOME", (3, 5, 8))
    seen = walked(world, way, descending=descending)
    first = {payer: 60 if number == 0 and not descending else late for number, (payer, late) in enumerate(many.items())}
    assert seen == sorted(many, key=lambda payer: (first[payer], payer), reverse=descending)


def test_who_owes_most_is_asked_alone(world: World, many: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_overdue, "_SOME", (5,))
    enough: list[bool] = []

    def told(*asked: Any) -> Any:
        for part in _PARTS(*asked):
            yield replace(part, enough=lambda last, part=part: enough.append(part.enough(last)) or enough[-1])

    monkeypatch.setattr(_overdue, "parts", told)
    for down in (True, False):
        organisations.table(world.ctx, sort="Overdue", descending=down, size=2)
    assert enough == [True, True]


@pytest.mark.parametrize("way", ["first", "last"])
@pytest.mark.parametrize("descending", [True, False])
def test_who_has_waited_longest_is_found_among_the_oldest(
    quick: World, way: str, descending: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        quick.invoice(quick.customer(f"Payer {number % 3}"), 100, days_until_due=1)
        quick.wait(DAY * (number % 2))
    quick.wait(12 * DAY)
    quick.sync()
    monkeypatch.setattr(_late, "_SOME", (1, 3))
    place, seen = Place(way), []
    every = reminders.table(quick.ctx, descending=descending, size=7)
    while place:
        found = reminders.table(quick.ctx, descending=descending, size=2, place=place)
        step = "after" if way == "first" else "before"
        seen[len(seen) if way == "first" else 0 : len(seen) if way == "first" else 0] = found.keys
        place = found.place(step) if getattr(found, step) else None
    assert list(dict.fromkeys(seen)) == every.keys


_PARTS = _overdue.parts
