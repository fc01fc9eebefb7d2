"""Remittances are found again, and taken away as a list."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest

from lib.actions import exports
from lib.errors import NotFound
from lib.queries import remittances as queries
from tests.support.remitting import ACM, remit, scenario
from tests.support.world import World

FINDING = ["acm-7781", "7781", "Acme", "acme ltd", "LTD Acme", "Acme 7781", "1,200.00", "£1200", "16/11/2026"]


@pytest.mark.parametrize("text", [*FINDING, "16 Nov 2026"])
def test_a_remittance_is_found_again_by_reference_payer_amount_or_day(quick: World, text: str) -> None:
    acme, _ = scenario(quick)
    remit(quick, acme, 120_000)
    assert list(queries.table(quick.ctx, search=text).rows["payer"]) == [acme]
    for other in ("ACM-7782", "£12", "17/11/2026", "100%", "Acme Corvane", "Acme 7782"):
        assert queries.table(quick.ctx, search=other).total == 0


@pytest.mark.parametrize("text", ["Müller  7", "müller 7", "MÜLLER", "Muller 7", "ＭÜＬＬＥＲ", "Acme müller"])
def test_a_reference_is_found_whatever_its_accents_and_case_and_leaves_in_the_list(world: World, text: str) -> None:
    acme, _ = scenario(world)
    remit(world, acme, 120_000, received=dataclasses.replace(ACM, reference="Müller  7"))
    remit(world, acme, 5_000, received=dataclasses.replace(ACM, reference="Mueller 8"))
    assert list(queries.table(world.ctx, search=text).rows["reference"]) == ["Müller  7"]
    taken = b"".join(exports.export(world.ctx, "remittances", search=text)).decode("utf-8-sig")
    assert [row["Amount"] for row in csv.DictReader(io.StringIO(taken, newline=""))] == ["1200.00"]


def test_an_id_that_leads_nowhere_is_not_found(quick: World) -> None:
    with pytest.raises(NotFound):
        queries.get(quick.ctx, "nothing")


def test_remittances_are_taken_away_as_a_list(world: World) -> None:
    """`python -m lib export remittances`."""
    acme, _ = scenario(world)
    remit(world, acme, 130_000, keep_surplus=True)
    whole = b"".join(exports.export(world.ctx, "remittances")).decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(whole, newline="")))
    assert list(row) == [
        "Remittance ID", "Payer ID", "Payer", "Reference", "Method", "Received on", "Currency", "Amount", "Allocated",
        "Surplus", "Invoices", "Recorded by", "Recorded at", "State",
    ]  # fmt: skip
    assert list(row.values())[1:12] == [
        acme, "Acme Ltd", "ACM-7781", "Bank transfer", "2026-11-16", "gbp", "1300.00", "1250.00", "50.00", "3", "mira",
    ]  # fmt: skip
    assert (row["Remittance ID"], row["State"]) == (world.intents()[0].id, "Recorded")
