"""What people come for, and what it puts on an invoice."""

from __future__ import annotations

from random import Random
from typing import Any

from lib.sandbox.seed.catalogue import YEN, Catalogue

# (how often, items)
VISITS: dict[str, tuple[tuple[int, str], ...]] = {
    "self": (
        (30, "gp-15"), (18, "gp-30"), (9, "gp-15 bloods-full"), (6, "gp-30 bloods-full bloods-lipids bloods-thyroid"),
        (5, "video"), (5, "nurse flu"), (4, "travel hepatitis-a"), (3, "gp-15 ecg"), (3, "screen"), (2, "home-visit"),
        (4, "physio"), (4, "gp-15 letter"), (1, "minor-surgery"), (2, "kit"), (4, "nurse vitamin-d bloods-hba1c"),
    ),
    "employer": (
        (10, "gp-15"), (8, "gp-30"), (16, "medical"), (6, "medical ecg"), (5, "night-worker"), (7, "screen"),
        (3, "screen-full"), (5, "gp-30 medical bloods-full"), (6, "physio"), (5, "gp-15 letter"), (3, "flu nurse"),
    ),
    "insurer": (
        (12, "gp-30 report"), (10, "gp-15"), (8, "gp-30 bloods-full bloods-lipids"), (10, "physio"), (8, "report"),
        (5, "gp-15 bloods-thyroid bloods-hba1c vitamin-d"), (3, "minor-surgery"),
    ),
    "embassy": (
        (12, "visa-medical"), (6, "visa-medical bloods-full"), (8, "gp-15"), (5, "gp-30 bloods-full"),
        (4, "medical ecg"), (3, "nurse hepatitis-a"),
    ),
    "school": ((8, "nurse hepatitis-a"), (10, "gp-15"), (5, "gp-15 letter"), (4, "gp-30"), (6, "flu"), (3, "medical")),
}  # fmt: skip
ONE_OFFS = (("Courier for samples", 1250), ("Chaperone", 2000), ("Interpreter, half an hour", 3500))


def visit(rng: Random, kind: str) -> list[str]:
    """What somebody came for: keys of the price list."""
    choices = VISITS[kind]
    return rng.choices([items for _, items in choices], [weight for weight, _ in choices])[0].split()


def lines(
    rng: Random, catalogue: Catalogue, items: list[str], kind: str, tariff: str, *, say_exempt: bool
) -> list[dict[str, Any]]:
    """The lines of one visit, sometimes with an extra that is not in the price list."""
    found = [catalogue.line(item, tariff, _quantity(rng, item, kind), say_exempt=say_exempt) for item in items]
    if rng.random() < 0.04 and tariff != YEN:
        description, amount = rng.choice(ONE_OFFS)
        found.append({"description": description, "amount": amount})
    return found


def _quantity(rng: Random, item: str, kind: str) -> int:
    """A school has its staff vaccinated together."""
    return rng.randint(4, 18) if kind == "school" and item == "flu" else 1
