"""Drafts: edited, copied, deleted, finalised many at once."""

from __future__ import annotations

from typing import Any

import pytest

from lib.actions import drafts, drafts_copy, drafts_edit, drafts_finalise, invoice_state, resolver
from lib.actions.drafts_finalise import Ready
from lib.actions.edits import Edit
from lib.billing import Line
from lib.errors import Changed, NotAllowed, NotConfirmed, NotFound, Refused
from lib.money import Money
from lib.queries import drafts as lists
from lib.stripe_api import reading
from tests.support.builders import line, pounds
from tests.support.killing import killed
from tests.support.world import World


def _body(world: World, invoice: str) -> dict[str, Any]:
    return reading.invoice(world.ctx.stripe, invoice)


def _seen(world: World, invoice: str) -> str:
    return invoice_state.signature(_body(world, invoice))


def _edit(*on: Line, off: tuple[str, ...] = (), **more: str) -> Edit:
    return Edit(off=off, on=on, **{"terms_days": "30", **more})


def _texts(world: World, invoice: str) -> list[tuple[str, int]]:
    return [(one["description"], one["amount"]) for one in _body(world, invoice)["lines"]["data"]]


def test_lines_terms_and_what_is_printed_are_changed_in_one_wish(world: World) -> None:
    acme = world.customer()
    other = [{"name": "Scheme", "value": "Gold"}]
    draft = world.draft(acme, 7500, 4200, custom_fields=other)
    first = _body(world, draft)["lines"]["data"][0]["id"]
    wanted = _edit(
        line(9900, words="Medical"), off=(first,), terms_days="14", reference="R1", purchase_order="PO 7", memo="Thanks"
    )
    seen, form = _seen(world, draft), world.form()
    drafts_edit.edit(world.ctx, draft, wanted, seen=seen, form=form)
    found = world.in_stripe("invoice", draft)
    assert (found["total"], found["description"], found["due_date"] - found["created"]) == (
        14_100,
        "Thanks",
        14 * 86_400,
    )
    assert [tuple(field.values()) for field in found["custom_fields"]] == [
        ("Reference", "R1"),
        ("Purchase order", "PO 7"),
        ("Scheme", "Gold"),
    ]
    assert _texts(world, draft) == [("Consultation", 4200), ("Medical", 9900)]
    assert drafts_edit.edit(world.ctx, draft, wanted, seen=seen, form=form).again
    assert len(_texts(world, draft)) == 2
    assert lists.table(world.ctx).rows["total"].tolist() == [14_100]


def test_only_what_is_different_is_sent(quick: World) -> None:
    draft = quick.draft(quick.customer(), 7500)
    drafts_edit.edit(quick.ctx, draft, _edit(line(100)), seen=_seen(quick, draft), form=quick.form())
    assert [path.rsplit("/", 1)[1] for path in quick.wire.writes()] == ["add_lines"]
    with pytest.raises(Refused, match="nothing to change"):
        drafts_edit.edit(quick.ctx, draft, _edit(), seen=_seen(quick, draft), form=quick.form())


def test_a_draft_that_somebody_else_changed_is_not_edited_or_deleted(quick: World) -> None:
    draft = quick.draft(quick.customer(), 7500)
    seen = _seen(quick, draft)
    more = {"lines": [{"amount": 100, "description": "Postage"}]}
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/add_lines", more)
    with pytest.raises(Changed, match="changed this draft meanwhile"):
        drafts_edit.edit(quick.ctx, draft, _edit(line(100)), seen=seen, form=quick.form())
    with pytest.raises(Changed, match="changed this draft meanwhile"):
        drafts.delete(quick.ctx, draft, seen=seen, form=quick.form())
    assert quick.wire.writes() == []


def test_a_draft_that_was_finalised_elsewhere_is_not_deleted(quick: World) -> None:
    draft = quick.draft(quick.customer(), 7500)
    seen = _seen(quick, draft)
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/finalize")
    with pytest.raises(Changed, match="no longer a draft: Stripe says it is open"):
        drafts.delete(quick.ctx, draft, seen=seen, form=quick.form())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"terms_days": ""}, "terms_days"), ({"terms_days": "x"}, "terms_days"), ({"memo": "x" * 501}, "memo")],
)
def test_bad_input_is_refused_beside_its_field(quick: World, wrong: dict[str, str], field: str) -> None:
    draft = quick.draft(quick.customer(), 7500)
    with pytest.raises(Refused) as no:
        drafts_edit.edit(quick.ctx, draft, _edit(line(100), **wrong), seen=_seen(quick, draft), form=quick.form())
    assert (no.value.field, quick.wire.writes()) == (field, [])


def test_more_lines_than_stripe_takes_are_refused_before_anything(quick: World) -> None:
    draft = quick.draft(quick.customer(), *[100] * 240)
    with pytest.raises(Refused, match="at most 250 lines on one invoice; this has 251"):
        drafts_edit.edit(quick.ctx, draft, _edit(*[line(100)] * 11), seen=_seen(quick, draft), form=quick.form())
    assert quick.wire.writes() == []


@pytest.mark.parametrize("lines", ["on", "off"])
def test_lines_of_a_draft_with_a_discount_are_changed_in_stripe(quick: World, lines: str) -> None:
    """Put on again, a line would have lost its discount."""
    draft = quick.discounted(quick.customer(), 7500, 4200)
    first = _body(quick, draft)["lines"]["data"][0]["id"]
    wanted = _edit(line(100)) if lines == "on" else _edit(off=(first,))
    with pytest.raises(Refused, match=r"It has a discount.*changed in Stripe") as no:
        drafts_edit.edit(quick.ctx, draft, wanted, seen=_seen(quick, draft), form=quick.form())
    assert (no.value.field, quick.wire.writes()) == ("lines", [])
    drafts_edit.edit(quick.ctx, draft, _edit(memo="Thanks"), seen=_seen(quick, draft), form=quick.form())
    assert quick.in_stripe("invoice", draft)["description"] == "Thanks"


@pytest.mark.parametrize("answers", range(3))
def test_an_edit_that_was_cut_off_is_finished_and_adds_no_line_twice(
    quick: World, monkeypatch: pytest.MonkeyPatch, answers: int
) -> None:
    draft = quick.draft(quick.customer(), 7500, 4200)
    first = _body(quick, draft)["lines"]["data"][0]["id"]
    wanted = _edit(line(9900), off=(first,), memo="Thanks")
    with killed(monkeypatch, answers=answers):
        drafts_edit.edit(quick.ctx, draft, wanted, seen=_seen(quick, draft), form=quick.form())
    quick.forget_keys()
    quick.wait(180)
    resolver.resolve(quick.ctx)
    assert [intent.state for intent in quick.intents()] == ["done"]
    assert _texts(quick, draft) == [("Consultation", 4200), ("Consultation", 9900)]


def test_an_invoice_in_any_state_is_copied_to_a_new_draft_once(quick: World) -> None:
    acme = quick.customer()
    hero = {"Patient name": "Ada Byrne", "pd_patient": "cus_ada"}
    paid = quick.invoice(acme, 7500, metadata=hero, description="Thanks")
    quick.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    form = quick.form()
    made = drafts_copy.duplicate(quick.ctx, paid, form=form).result
    assert drafts_copy.duplicate(quick.ctx, paid, form=form).result == made
    found = quick.in_stripe("invoice", made)
    assert [found[name] for name in ("status", "total", "customer", "description")] == ["draft", 7500, acme, "Thanks"]
    assert {**hero, "pd_copied_from": paid}.items() <= found["metadata"].items()
    assert len(quick.sandbox.call("GET", "/v1/invoices", {"limit": 100})["data"]) == 2


def test_a_draft_is_deleted_and_gone_from_the_list_at_once(world: World) -> None:
    draft = world.draft(world.customer(), 7500)
    world.sync()
    seen, form = _seen(world, draft), world.form()
    world.wire.lose(draft, method="delete")
    drafts.delete(world.ctx, draft, seen=seen, form=form)
    assert lists.table(world.ctx).rows.empty
    with pytest.raises(NotFound):
        _body(world, draft)
    assert drafts.delete(world.ctx, draft, seen=seen, form=form).again


def test_a_draft_of_a_membership_is_not_deleted(quick: World) -> None:
    acme = quick.customer()
    draft = quick.sandbox.seed_subscription_invoice(acme, [{"amount": 3000, "description": "Membership"}])["id"]
    with pytest.raises(Refused, match="A membership made this draft"):
        drafts.delete(quick.ctx, draft, seen=_seen(quick, draft), form=quick.form())
    assert quick.wire.writes() == []


def _ready(world: World, invoice: str) -> Ready:
    body = _body(world, invoice)
    total, net = Money(body["total"], body["currency"]), Money(body["subtotal"], body["currency"])
    return Ready(invoice, body["customer"], net, total - net, total, invoice_state.signature(body))


def _finalise(world: World, *invoices: str, form: str, send: bool = True, **balances: int) -> list[tuple[str, str]]:
    """What became of each; `balances` are what the screen showed."""
    chosen = [_ready(world, one) for one in invoices]
    shown = {f"{payer} gbp": pounds(minor) for payer, minor in balances.items()}
    return [
        (row.invoice, row.words)
        for row in drafts_finalise.finalise_many(world.ctx, chosen, shown, send=send, form=form)
    ]


def test_many_are_finalised_and_the_credit_goes_from_one_to_the_next(world: World) -> None:
    acme, corvane = world.customer("Acme Ltd"), world.customer("Corvane")
    world.entry(acme, -10_000)
    first, second, third = world.draft(acme, 6000), world.draft(acme, 6000), world.draft(corvane, 500)
    told = _finalise(world, first, second, third, form=world.form(), **{acme: -10_000})
    assert told == [(first, ""), (second, ""), (third, "")]
    due = [(world.in_stripe("invoice", one)["status"], world.in_stripe("invoice", one)["amount_due"]) for one in
           (first, second, third)]  # fmt: skip
    assert due == [("paid", 0), ("open", 2000), ("open", 500)]
    assert [path.split("/")[3] for path in world.wire.writes() if path.endswith("/send")] == [second, third]


def test_one_that_cannot_be_finalised_does_not_stop_the_others(quick: World) -> None:
    acme = quick.customer()
    quick.entry(acme, -10_000)
    gone, stays = quick.draft(acme, 6000), quick.draft(acme, 6000)
    chosen = [_ready(quick, gone), _ready(quick, stays)]
    more = {"lines": [{"amount": 100, "description": "Postage"}]}
    quick.sandbox.call("POST", f"/v1/invoices/{gone}/add_lines", more)
    shown = {f"{acme} gbp": pounds(-10_000)}
    rows = list(drafts_finalise.finalise_many(quick.ctx, chosen, shown, send=False, form=quick.form()))
    assert "Stripe comes to a total of £61.00, not £60.00" in rows[0].words
    assert (rows[1].words, quick.balance(acme)) == ("", -4000)
    assert quick.in_stripe("invoice", gone)["status"] == "draft"


def test_a_stop_half_way_loses_nothing_and_pressing_again_repeats_nothing(quick: World) -> None:
    acme = quick.customer()
    quick.entry(acme, -10_000)
    every = [quick.draft(acme, 6000) for _ in range(3)]
    chosen, form = [_ready(quick, one) for one in every], quick.form()
    shown = {f"{acme} gbp": pounds(-10_000)}
    running = drafts_finalise.finalise_many(quick.ctx, chosen, shown, send=True, form=form)
    assert next(running).words == ""
    running.close()
    rows = list(drafts_finalise.finalise_many(quick.ctx, chosen, shown, send=True, form=form))
    assert [row.words for row in rows] == ["", "", ""]
    assert [quick.in_stripe("invoice", one)["amount_due"] for one in every] == [0, 2000, 6000]
    assert sum(path.endswith("/finalize") for path in quick.wire.writes()) == 3


def test_nothing_is_changed_without_leave(quick: World) -> None:
    draft = quick.draft(quick.customer(), 7500)
    viewer, seen = quick.person("vera", "viewer"), _seen(quick, draft)
    for act in (
        lambda: drafts_edit.edit(viewer, draft, _edit(line(100)), seen=seen, form="a"),
        lambda: drafts_copy.duplicate(viewer, draft, form="b"),
        lambda: drafts.delete(viewer, draft, seen=seen, form="c"),
        lambda: drafts_finalise.finalise_many(viewer, [_ready(quick, draft)], {}, send=True, form="d"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert quick.wire.writes() == []


def test_a_copy_whose_answer_was_lost_is_found_again(quick: World) -> None:
    draft, form = quick.draft(quick.customer(), 7500), quick.form()
    quick.wire.lose_all_from("/v1/invoices")
    with pytest.raises(NotConfirmed):
        drafts_copy.duplicate(quick.ctx, draft, form=form)
    quick.wire.mend()
    quick.forget_keys()
    quick.wait(180)
    resolver.resolve(quick.ctx)
    assert len(quick.sandbox.call("GET", "/v1/invoices", {"limit": 100})["data"]) == 2
