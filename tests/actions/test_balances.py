"""The balance on account: the sign, the words, the ledger (scenarios 6, 8, 10 and 19 of the domain report)."""

from __future__ import annotations

from typing import get_args

import pytest
from stripe import CustomerBalanceTransaction

from lib.actions import balances
from lib.errors import NotConfirmed, Refused
from lib.money import Money
from lib.queries import customers
from lib.queries.balances import TYPES
from tests.support.builders import adjust, bill, line, pounds
from tests.support.world import World


@pytest.mark.parametrize("typed", ["-45.00", "−45.00", "0", "0.00", "(45)", "", "1.000,00", "5e3", "45,5", "£", "45p"])
def test_a_sign_a_zero_and_what_is_no_amount_are_refused_before_anything(typed: str) -> None:
    with pytest.raises(Refused) as no:
        Money.parse(typed, "gbp")
    assert no.value.field == "amount"


def test_a_credit_is_sent_negative_and_the_debit_that_answers_it_returns_everything_to_nothing(world: World) -> None:
    """Scenario 6."""
    acme = world.customer()
    adjust(world, acme, "Credit", Money.parse("45.00", "gbp").minor)
    found = world.sandbox.call("GET", f"/v1/customers/{acme}", {"expand": ["invoice_credit_balance"]})
    assert (found["balance"], found["invoice_credit_balance"]) == (-4500, {"gbp": 4500})
    assert customers.get(world.ctx, acme).balances == (pounds(-4500),)
    adjust(world, acme, "Debit", 4500, seen=pounds(-4500))
    assert world.entries(acme) == [("adjustment", -4500, -4500), ("adjustment", 4500, 0)]
    assert customers.get(world.ctx, acme).balances == ()


def test_the_ledger_shows_the_entry_at_once_with_reason_note_and_running_balance(world: World) -> None:
    acme = world.customer()
    posted = adjust(world, acme, reason="Returned kit or unused item", note=" Kit 1042 ")
    row = customers.ledger(world.ctx, acme).iloc[0]
    assert (row["id"], row["amount"], row["running"]) == (posted.result, -4500, -4500)
    assert row["description"] == "Returned kit or unused item: Kit 1042"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "credit"}, "kind"),
        ({"minor": 0}, "amount"),
        ({"minor": -4500}, "amount"),
        ({"reason": "Because"}, "reason"),
        ({"note": "x" * 501}, "note"),
        ({"note": "a\x00b"}, "note"),
    ],
)
def test_what_is_wrong_is_said_for_its_field_and_nothing_is_stored(quick: World, wrong: dict, field: str) -> None:
    acme = quick.customer()
    with pytest.raises(Refused) as no:
        adjust(quick, acme, **wrong)
    assert no.value.field == field
    assert (quick.intents(), quick.wire.asked) == ([], [])


def test_a_note_with_emoji_and_right_to_left_words_arrives_as_it_was_typed(quick: World) -> None:
    acme = quick.customer()
    adjust(quick, acme, note="شكراً 🎁 — “kit”")
    assert customers.ledger(quick.ctx, acme).iloc[0]["description"] == "Goodwill: شكراً 🎁 — “kit”"


def test_a_customer_who_was_deleted_in_stripe_can_not_be_credited(world: World) -> None:
    acme = world.customer()
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    with pytest.raises(Refused, match="deleted in Stripe"):
        adjust(world, acme)
    assert world.wire.writes() == []


def test_a_customer_who_never_was_can_not_be_credited(quick: World) -> None:
    with pytest.raises(Refused, match="not in Stripe"):
        adjust(quick, "cus_nobody")


def test_a_credit_in_another_currency_than_the_accounts_is_refused(world: World) -> None:
    """Scenario 19: by default."""
    acme = world.customer()
    world.entry(acme, -10_000)
    with pytest.raises(Refused, match="account is kept in GBP"):
        adjust(world, acme, minor=5000, currency="eur")
    assert world.entries(acme) == [("adjustment", -10_000, -10_000)]


def test_a_credit_goes_to_the_next_invoice_and_never_to_one_already_open(world: World) -> None:
    """Scenario 8, its first half."""
    acme = world.customer()
    opened = bill(world, acme, line(10_000)).result
    adjust(world, acme, minor=10_000)
    assert world.in_stripe("invoice", opened)["amount_remaining"] == 10_000
    later = bill(world, acme, line(12_000)).result
    assert world.in_stripe("invoice", later)["amount_due"] == 2000


def test_a_submit_whose_answer_was_lost_is_posted_once_however_it_is_pressed_again(world: World) -> None:
    """Scenario 10: what is pressed again is the same wish; what is changed under it is refused in words."""
    acme, form = world.customer(), world.form()
    world.wire.lose_all_from("/balance_transactions")
    with pytest.raises(NotConfirmed, match="do not send it again"):
        adjust(world, acme, form=form)
    with pytest.raises(NotConfirmed):
        adjust(world, acme, form=form)
    with pytest.raises(Refused, match="sent before with other content"):
        adjust(world, acme, minor=5400, form=form)
    world.wire.mend()
    told = adjust(world, acme, form=form)
    [entry] = world.sandbox.call("GET", f"/v1/customers/{acme}/balance_transactions")["data"]
    assert (told.again, told.result, entry["amount"]) == (True, entry["id"], -4500)


def test_the_same_key_with_another_body_is_taken_for_unknown_and_never_for_a_failure(quick: World) -> None:
    """Scenario 10, its last half: Stripe's idempotency_error may hide work that was done."""
    acme = quick.customer()
    quick.wire.say("/balance_transactions", 400, type="idempotency_error")
    told = adjust(quick, acme)
    assert (quick.entries(acme), told.again) == ([("adjustment", -4500, -4500)], False)


def test_yen_have_no_pennies_on_account_either(world: World) -> None:
    embassy = world.customer("Embassy")
    adjust(world, embassy, minor=Money.parse("12,000", "jpy").minor, currency="jpy")
    assert world.entries(embassy) == [("adjustment", -12_000, -12_000)]
    assert str(customers.get(world.ctx, embassy).balances[0]) == "−¥12,000"


def test_every_kind_of_entry_that_stripe_makes_has_words() -> None:
    words = get_args(CustomerBalanceTransaction.__annotations__["type"])[0]
    assert set(TYPES) == set(get_args(words))


def test_the_sign_turns_in_one_place() -> None:
    assert balances.stripe_amount("Credit", pounds(4500)) == -4500
    assert balances.stripe_amount("Debit", pounds(4500)) == 4500
