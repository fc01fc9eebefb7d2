"""Identifiers as Stripe makes them: in order of time, and never twice the same."""

from __future__ import annotations

import pytest

from lib.sandbox import Sandbox, ids
from tests.sandbox.conftest import NOON

# Ids and `created` of examples in Stripe's API reference.
EXAMPLES = [
    ("price_1MoBy5", 1_679_431_181),
    ("sub_1MowQV", 1_679_609_767),
    ("pi_1MtwBw", 1_680_800_504),
    ("cus_Nffr", 1_680_893_993),
    ("cus_9s6X", 1_483_565_364),
]


@pytest.mark.parametrize(("beginning", "at"), EXAMPLES)
def test_an_id_begins_with_the_moment_as_in_stripes_own_examples(beginning: str, at: int) -> None:
    prefix = beginning.partition("_")[0] + "_"
    made = ids.make(prefix, 1, 7, at)
    assert made.startswith(beginning)
    assert len(made.removeprefix(prefix)) == (14 if prefix == "cus_" else 24)


def test_what_is_made_later_sorts_later_and_what_is_made_in_one_second_is_told_apart() -> None:
    box = Sandbox()
    box.clock.set(NOON)
    together = [box.call("POST", "/v1/prices", _price(n))["id"] for n in range(3)]
    box.clock.advance(1)
    later = box.call("POST", "/v1/prices", _price(3))["id"]
    box.close()
    assert len({*together, later}) == 4
    assert max(together) < later


def test_ids_of_one_account_share_its_letters() -> None:
    assert ids.account(7)[-10:] == ids.make("in_", 7, 1, NOON)[9:19] != ids.make("in_", 8, 1, NOON)[9:19]


def _price(amount: int) -> dict[str, object]:
    return {"currency": "gbp", "unit_amount": amount, "product_data": {"name": "Visit"}}
