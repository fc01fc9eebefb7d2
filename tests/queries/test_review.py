"""What waits for a person, as lists with evidence; the activity log as it is taken away."""

from __future__ import annotations

import csv
import io
import time

import pytest

from lib.actions import exports, views
from lib.errors import NotAllowed, NotConfirmed, NotFound, Waiting
from lib.people import SHELL, register
from lib.queries import activity, review
from lib.queries.activity import Filters
from lib.queries.review import PARKED, WAITING, Counts, StepMade
from tests.support.builders import add, adjust, bill, line, pounds
from tests.support.world import World


def lose(world: World, customer: str, minor: int = 4500) -> None:
    world.wire.lose_all_from("/balance_transactions")
    with pytest.raises(NotConfirmed):
        adjust(world, customer, minor=minor)
    world.wire.mend()
    world.mark_for_review()


def test_what_is_parked_or_waits_is_counted_and_listed_oldest_first(world: World) -> None:
    acme, other = add(world).result, add(world, "Bexley", "ap@bexley.example").result
    assert not review.counts(world.ctx)
    lose(world, acme)
    world.wait(60)
    lose(world, other, 1250)
    with pytest.raises(Waiting):
        adjust(world, acme, minor=1_000_001, retyped=pounds(1_000_001))
    assert review.counts(world.ctx) == Counts(parked=2, waiting=1)
    rows = review.table(world.ctx, PARKED).rows
    told = rows[["actor", "what", "about", "amount"]].values.tolist()
    assert told == [
        ["Mira", "Adjust balance", "Acme Ltd", "£45.00 credit"],
        ["Mira", "Adjust balance", "Bexley", "£12.50 credit"],
    ]
    first = review.table(world.ctx, PARKED, size=1)
    second = review.table(world.ctx, PARKED, size=1, place=first.place("after"))
    assert [*first.rows["id"], *second.rows["id"]] == list(rows["id"])
    assert list(review.table(world.ctx, WAITING).rows["amount"]) == ["£10,000.01 credit"]


def test_the_evidence_says_what_was_tried_and_how_far_it_came(world: World) -> None:
    acme = add(world).result
    world.wire.lose_all_from("/finalize")
    with pytest.raises(NotConfirmed):
        bill(world, acme, line(9000))
    world.wire.mend()
    world.mark_for_review()
    [row] = review.table(world.ctx, PARKED).rows.to_dict("records")
    change = review.get(world.ctx, row["id"])
    assert (change.what, change.about, change.amount) == ("Raise invoice", "Acme Ltd", "£90.00")
    draft = world.sandbox.call("GET", "/v1/invoices", {"customer": acme})["data"][0]["id"]
    assert change.steps == (
        StepMade("create", draft, True),
        StepMade("lines0", draft, True),
        StepMade("finalise", "", True),
        StepMade("send", "", False),
    )
    assert (change.actor, change.generation, change.attempts >= 3) == ("Mira", 1, True)


def test_stripes_own_number_of_a_request_that_failed_is_part_of_the_evidence(quick: World) -> None:
    acme = add(quick).result
    body = '{"error": {"type": "api_error", "message": "Something went wrong."}}'
    quick.wire.garble("/balance_transactions", status=500, body=body)
    quick.wire.cut("/balance_transactions", method="get", times=100)
    with pytest.raises(NotConfirmed):
        adjust(quick, acme)
    assert review.get(quick.ctx, quick.intents()[-1].id).request_id.startswith("req_")


def test_a_change_that_never_was_is_not_found(quick: World) -> None:
    with pytest.raises(NotFound):
        review.get(quick.ctx, "nobody")


def test_a_look_is_noted_once_a_person_object_and_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acme, noor, at = world.customer(), world.person("noor"), time.time()
    for later, ctx in ((0, world.ctx), (60, world.ctx), (61, noor), (3599, world.ctx), (3601, world.ctx)):
        monkeypatch.setattr("time.time", lambda later=later: at + later)
        views.account(ctx, acme)
    views.invoice(world.ctx, "in_1")
    told = [(entry.actor, entry.verb, entry.subject) for entry in world.audited()]
    looked = ("mira", "account:view", acme)
    assert told == [looked, ("noor", "account:view", acme), looked, ("mira", "invoice:view", "in_1")]


def test_a_look_is_not_noted_for_somebody_who_may_not_look(quick: World) -> None:
    with pytest.raises(NotAllowed):
        views.account(quick.ctx.as_actor(None), "cus_1")
    assert quick.audited() == []


def taken(world: World, **filters: object) -> list[dict[str, str]]:
    text = b"".join(exports.export(world.ctx, "activity", **filters)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_log_is_taken_away_with_ids_and_amounts_and_no_names(world: World) -> None:
    acme = add(world, "Acme Ltd").result
    adjust(world, acme, minor=4550)
    made = bill(world, acme, line(9000)).result
    rows = taken(world, without_views=True)
    assert list(rows[0]) == [
        "Entry", "When", "Person", "Role", "Verb", "About", "Amount", "Currency", "Outcome", "Why",
    ]  # fmt: skip
    told = [(row["Verb"], row["About"], row["Amount"], row["Currency"], row["Outcome"]) for row in rows]
    assert told[-4:] == [
        ("export:csv", "activity", "", "", ""),
        ("invoice:raise", made, "90.00", "gbp", "Done"),
        ("balance:adjust", acme, "-45.50", "gbp", "Done"),
        ("organisation:create", acme, "", "", "Done"),
    ]
    assert "Acme" not in str(rows)
    at = world.audited()[0].at
    assert rows[-1]["When"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def test_whoever_typed_at_the_computer_itself_is_called_in_the_file_as_on_the_screen(world: World) -> None:
    register.add(world.ctx.as_actor(SHELL), "zoe", "four plain english words", "viewer")
    assert [row["Person"] for row in taken(world) if row["Verb"] == "people:add"] == ["Command line"]
    assert [row["Verb"] for row in taken(world, actor=SHELL.username)] == ["people:add"]


def test_what_is_taken_away_is_what_the_screen_is_narrowed_to(world: World) -> None:
    acme, other = add(world).result, add(world, "Bexley", "ap@bexley.example").result
    adjust(world, acme)
    adjust(world, other, ctx=world.person("noor"))
    views.account(world.ctx, acme)
    for filters in (
        {"actor": "noor"},
        {"verb": "balance:adjust"},
        {"customer": acme},
        {"customer": acme, "without_views": True},
        {"since": "2000-01-01", "until": "2000-01-02"},
        {},
    ):
        shown = activity.table(world.ctx, filters=Filters(**filters))
        rows = [row for row in taken(world, **filters) if row["Verb"] != "export:csv"]
        expected = [
            str(seq)
            for seq, what in zip(shown.rows["seq"], shown.rows["what"], strict=True)
            if what != "List downloaded"
        ]
        assert [row["Entry"] for row in rows] == expected


def test_what_a_person_decided_stands_in_the_log_beside_what_was_asked(quick: World) -> None:
    from lib.actions import approvals as deciding

    acme, noor = add(quick).result, quick.person("noor")
    with pytest.raises(Waiting):
        adjust(quick, acme, minor=1_000_001, retyped=pounds(1_000_001))
    deciding.approve(noor, quick.intents()[-1].id, generation=1)
    rows = activity.table(quick.ctx).rows
    told = rows[["actor", "what", "about", "amount", "outcome"]].values.tolist()
    assert told[:2] == [
        ["Noor", "Change agreed to", "Acme Ltd", "£10,000.01", "Done"],
        ["Mira", "Balance adjusted", "Acme Ltd", "£10,000.01 credit", "Done"],
    ]
