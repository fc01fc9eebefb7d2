"""A balance entry is reversed once, by its opposite, whatever is pressed twice, lost or forgotten."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from lib.actions import approvals, reversals, review
from lib.actions._intent import Outcome
from lib.errors import Changed, NotAllowed, NotConfirmed, Refused, Waiting
from lib.mirror.database import writing
from lib.mirror.ours import intents
from lib.queries import customers
from tests.support.builders import adjust, pounds
from tests.support.hands import HANDS, at_once, unhurried
from tests.support.world import World

LEDGER = "/balance_transactions"
BACK = [("adjustment", -4500, -4500), ("adjustment", 4500, 0)]


def undo(world: World, customer: str, entry: str, minor: int = -4500, seen: int = -4500, **more: object) -> Outcome:
    given = {"ctx": world.ctx, "form": world.form(), **more}
    ctx = given.pop("ctx")
    return reversals.undo_entry(ctx, customer=customer, entry=entry, amount=pounds(minor), seen=pounds(seen), **given)


def test_an_entry_is_reversed_by_its_opposite_which_names_it(world: World) -> None:
    acme = world.customer()
    entry = adjust(world, acme).result
    reversal = undo(world, acme, entry).result
    assert world.entries(acme) == BACK
    made = world.sandbox.call("GET", f"/v1/customers/{acme}{LEDGER}/{reversal}")
    assert made["metadata"]["pd_corrects"] == entry
    newest, oldest = customers.ledger(world.ctx, acme).to_dict("records")
    assert (newest["corrects"], oldest["corrects"]) == (entry, "")
    [asked, ended] = [one for one in world.audited() if one.verb == "balance:undo"]
    assert (asked.subject, '"amount": 4500' in asked.detail, '"done"' in ended.detail) == (acme, True, True)


def test_the_same_form_twice_reverses_once_and_another_form_is_refused(world: World) -> None:
    acme, form = world.customer(), world.form()
    entry = adjust(world, acme).result
    assert undo(world, acme, entry, form=form).result == undo(world, acme, entry, form=form).result
    with pytest.raises(Refused, match="reversed before"):
        undo(world, acme, entry, seen=0)
    assert world.entries(acme) == BACK


def test_many_hands_with_forms_of_their_own_reverse_once(world: World) -> None:
    acme = world.customer()
    entry, ctx = adjust(world, acme).result, unhurried(world)
    forms = [world.form() for _ in range(HANDS)]
    at_once([lambda form=form: undo(world, acme, entry, ctx=ctx, form=form) for form in forms])
    assert world.entries(acme) == BACK


def test_it_stays_once_after_our_own_records_are_lost(world: World) -> None:
    acme = world.customer()
    entry = adjust(world, acme).result
    undo(world, acme, entry)
    with writing(world.ctx.engine) as conn:
        conn.execute(delete(intents))
    with pytest.raises(Refused, match="reversed before"):
        undo(world, acme, entry, seen=0)
    assert world.entries(acme) == BACK


def test_a_lost_answer_is_found_by_its_mark_and_never_posted_twice(world: World) -> None:
    acme, form = world.customer(), world.form()
    entry = adjust(world, acme).result
    world.wire.lose_all_from(LEDGER)
    with pytest.raises(NotConfirmed):
        undo(world, acme, entry, form=form)
    with pytest.raises(Refused, match="mira asked to reverse this"):
        undo(world, acme, entry)
    world.wire.mend()
    undo(world, acme, entry, form=form)
    assert world.entries(acme) == BACK


def test_a_reversal_that_was_parked_and_is_tried_again_happens_once(world: World) -> None:
    acme = world.customer()
    entry = adjust(world, acme).result
    world.wire.lose_all_from(LEDGER)
    with pytest.raises(NotConfirmed):
        undo(world, acme, entry)
    world.wire.mend()
    world.mark_for_review()
    with pytest.raises(Refused, match="Needs your eye"):
        undo(world, acme, entry, seen=0)
    review.try_again(world.ctx, world.intents()[-1].id, generation=1)
    assert world.entries(acme) == BACK


def test_what_stripe_made_itself_is_not_reversed(world: World) -> None:
    acme = world.customer()
    adjust(world, acme, minor=4500)
    world.invoice(acme, 10_000)
    world.sync()
    [used] = [row for row in customers.ledger(world.ctx, acme).to_dict("records") if row["type"] != "adjustment"]
    with pytest.raises(Refused, match="An invoice used it"):
        undo(world, acme, used["id"], used["amount"], 0)
    assert len(world.entries(acme)) == 2


def test_a_reversal_is_not_reversed_itself(quick: World) -> None:
    acme = quick.customer()
    reversal = undo(quick, acme, adjust(quick, acme).result).result
    with pytest.raises(Refused, match="reverses another entry"):
        undo(quick, acme, reversal, 4500, 0)
    assert quick.entries(acme) == BACK


@pytest.mark.parametrize(
    ("minor", "seen", "words"), [(-4400, -4500, "not what was on your screen"), (-4500, 0, "balance changed meanwhile")]
)
def test_nothing_is_reversed_that_is_not_what_the_screen_showed(
    quick: World, minor: int, seen: int, words: str
) -> None:
    acme = quick.customer()
    entry = adjust(quick, acme).result
    with pytest.raises(Changed, match=words):
        undo(quick, acme, entry, minor, seen)
    assert quick.entries(acme) == BACK[:1]


def test_an_entry_of_another_account_is_not_reversed(quick: World) -> None:
    acme, other = quick.customer(), quick.customer("Other")
    entry = adjust(quick, other).result
    with pytest.raises(Refused, match="not in Stripe"):
        undo(quick, acme, entry, seen=0)
    assert quick.entries(acme) == []


def test_a_large_entry_is_typed_once_more_and_a_larger_one_waits_for_a_second_person(quick: World) -> None:
    acme, noor = quick.customer(), quick.person("noor")
    quick.entry(acme, -1_000_001)
    entry = quick.sandbox.call("GET", f"/v1/customers/{acme}{LEDGER}")["data"][0]["id"]
    with pytest.raises(Refused) as no:
        undo(quick, acme, entry, -1_000_001, -1_000_001)
    assert no.value.field == "retyped"
    with pytest.raises(Waiting):
        undo(quick, acme, entry, -1_000_001, -1_000_001, retyped=pounds(1_000_001))
    with pytest.raises(Refused, match="mira asked to reverse this just now"):
        undo(quick, acme, entry, -1_000_001, -1_000_001, retyped=pounds(1_000_001), ctx=noor)
    approvals.approve(noor, quick.intents()[0].id, generation=1)
    assert quick.balance(acme) == 0


def test_a_viewer_reverses_nothing(quick: World) -> None:
    acme = quick.customer()
    entry = adjust(quick, acme).result
    with pytest.raises(NotAllowed):
        undo(quick, acme, entry, ctx=quick.person("vic", "viewer"))
    assert quick.entries(acme) == BACK[:1]


def test_every_type_of_entry_that_cannot_be_reversed_says_why() -> None:
    from lib.queries.balances import TYPES

    assert [kind for kind in TYPES if not reversals.why_not_reversed(kind, "", "")] == ["adjustment"]
