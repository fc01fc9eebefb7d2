"""The mirror is what Stripe is, after what may happen between them: `make torture` in a few seconds."""

from __future__ import annotations

import pytest

from tests.bench import mirror_truth

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [1, 2])
def test_events_in_no_order_some_twice_some_never(database_url: str, seed: int) -> None:
    with mirror_truth.practice(150, 60, database_url) as (sandbox, ctx):
        told = mirror_truth.badly_told(sandbox, ctx, 300, seed, a_look=60)
    assert (told["events lost"] > 0, told["wrong after it"], told["wrong after the month's ledgers"]) == (True, 0, 0)


@pytest.mark.parametrize("seed", [1, 2])
def test_objects_deleted_while_a_copy_pages(database_url: str, seed: int) -> None:
    with mirror_truth.practice(300, 250, database_url) as (sandbox, ctx):
        told = mirror_truth.deleted_while_it_pages(sandbox, ctx, seed, first=80)
    assert (told["deleted"] > 10, told["wrong"]) == (True, 0)


def test_a_gap_of_forty_days(database_url: str) -> None:
    with mirror_truth.practice(120, 60, database_url) as (sandbox, ctx):
        told = mirror_truth.gap_of_forty_days(sandbox, ctx, 1, a_day=3)
    assert (told["wrong before"] > 0, told["copied anew"], told["wrong"]) == (True, True, 0)
