"""Consolidated invoice: many patients' drafts become one, to the penny (scenario 22, B1, B6)."""

from __future__ import annotations

from typing import Any

import pytest

from lib.actions import consolidating, resolver
from lib.actions._intent import Outcome
from lib.actions.consolidated import Part, Wording
from lib.errors import Changed, NotAllowed, Refused
from lib.queries import drafts as lists
from lib.stripe_api import reading
from tests.support.consolidating import part_of
from tests.support.killing import killed
from tests.support.world import World


def _all(world: World) -> list[dict[str, Any]]:
    return world.sandbox.call("GET", "/v1/invoices", {"limit": 100})["data"]


def _whole(world: World, invoice: str) -> dict[str, Any]:
    return reading.invoice(world.ctx.stripe, invoice)


def _together(world: World, acme: str, parts: list[Part], **more: Any) -> Outcome:
    given = {"wording": Wording(), "form": world.form(), **more}
    return consolidating.consolidate(given.pop("ctx", world.ctx), acme, parts, **given)


@pytest.fixture
def month(quick: World) -> tuple[str, list[Part]]:
    """Acme on 30 days with a purchase order, and three drafts for two of its people, one with VAT."""
    acme = quick.customer(
        metadata={"pd_terms_days": "30"},
        invoice_settings={"custom_fields": [{"name": "Purchase order", "value": "PO 7"}]},
    )
    vat = quick.sandbox.call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})
    hero = {"Appointment practitioner": "Dr Okafor"}
    grace = quick.draft(acme, 18_000, metadata={"pd_patient": "cus_grace", **hero})
    ada = quick.draft(acme, metadata={"pd_patient": "cus_ada"})
    medical = {"amount": 25_003, "description": "Employment medical", "tax_rates": [vat["id"]]}
    blood = {"amount": 4200, "description": "Full blood count"}
    quick.sandbox.call("POST", f"/v1/invoices/{ada}/add_lines", {"lines": [medical, blood]})
    again = quick.draft(acme, 333, metadata={"pd_patient": "cus_grace"})
    quick.sync()
    people = ((grace, "cus_grace", "Grace Okoro", ""), (ada, "cus_ada", "Ada Byrne", "P-1042"))
    return acme, [*(part_of(quick, *one) for one in people), part_of(quick, again, "cus_grace", "Grace Okoro")]


def test_the_drafts_of_many_become_one_by_patient_and_amounts_and_vat_stay(
    quick: World, month: tuple[str, list[Part]]
) -> None:
    acme, parts = month
    before = [_whole(quick, part.draft) for part in parts]
    made = _whole(quick, _together(quick, acme, parts, reference="October", memo="Thank you").result)
    assert [(line["description"], line["amount"]) for line in made["lines"]["data"]] == [
        ("Ada Byrne: Employment medical", 25_003),
        ("Ada Byrne: Full blood count", 4200),
        ("Grace Okoro: Consultation", 18_000),
        ("Grace Okoro: Consultation", 333),
    ]
    assert [line["metadata"]["pd_patient"] for line in made["lines"]["data"]] == ["cus_ada"] * 2 + ["cus_grace"] * 2
    assert made["lines"]["data"][2]["metadata"]["pd_practitioner"] == "Dr Okafor"
    for name in ("subtotal", "total", "total_excluding_tax"):
        assert made[name] == sum(draft[name] for draft in before)
    assert (made["total"], sum(tax["amount"] for tax in made["total_taxes"])) == (52_537, 5001)
    assert [tuple(field.values()) for field in made["custom_fields"]] == [
        ("Reference", "October"),
        ("Purchase order", "PO 7"),
    ]
    assert made["due_date"] - made["created"] == 30 * 86_400
    assert [one["id"] for one in _all(quick)] == [made["id"]]
    assert list(lists.table(quick.ctx).rows["id"]) == [made["id"]]
    assert all("Byrne" not in value for value in made["metadata"].values())


def test_neutral_words_say_nothing_of_anybodys_care(quick: World, month: tuple[str, list[Part]]) -> None:
    """B6."""
    acme, parts = month
    made = _whole(quick, _together(quick, acme, parts, wording=Wording(neutral="Medical services")).result)
    texts = [line["description"] for line in made["lines"]["data"]]
    assert texts[0] == "Medical services – ref P-1042"
    assert texts[2] == "Medical services – ref us_grace"
    for words in ("Byrne", "Okoro", "blood", "Employment", "Consultation"):
        assert not any(words in text for text in texts)
    assert made["total"] == 52_537


def test_the_reference_may_stand_before_each_line(quick: World, month: tuple[str, list[Part]]) -> None:
    acme, parts = month
    made = _whole(quick, _together(quick, acme, parts, wording=Wording(prefix="reference")).result)
    assert made["lines"]["data"][0]["description"] == "P-1042: Employment medical"


def test_a_text_that_stripe_would_not_take_is_shortened() -> None:
    part = Part("in_1", "", "cus_1", "Ada Byrne", "")
    text = Wording().of(part, "x" * 500)
    assert (len(text), text[:12], text[-1]) == (500, "Ada Byrne: x", "…")


def test_two_hundred_and_fifty_lines_go_and_one_more_does_not(quick: World) -> None:
    """Scenario 22."""
    acme = quick.customer()
    full = [quick.draft(acme, *[100] * 125) for _ in range(2)]
    more = quick.draft(acme, 100)
    names = [f"Patient {n}" for n in range(3)]
    parts = [part_of(quick, one, f"cus_{n}", names[n]) for n, one in enumerate([*full, more])]
    with pytest.raises(Refused, match=r"have 251 lines.*at most 250.*first 2 drafts have 250 lines"):
        _together(quick, acme, parts)
    assert quick.wire.writes() == []
    made = _together(quick, acme, parts[:2]).result
    assert len(_whole(quick, made)["lines"]["data"]) == 250


@pytest.mark.parametrize("answers", range(5))
def test_killed_after_any_answer_it_is_finished_and_no_line_is_lost_or_doubled(
    quick: World, month: tuple[str, list[Part]], monkeypatch: pytest.MonkeyPatch, answers: int
) -> None:
    acme, parts = month
    with killed(monkeypatch, answers=answers):
        _together(quick, acme, parts)
    quick.forget_keys()
    quick.wait(180)
    resolver.resolve(quick.ctx)
    assert [intent.state for intent in quick.intents()] == ["done"]
    (made,) = _all(quick)
    assert (made["total"], len(_whole(quick, made["id"])["lines"]["data"])) == (52_537, 4)


def test_a_draft_that_changes_while_it_is_copied_stays_and_so_do_all_the_others(
    quick: World, month: tuple[str, list[Part]]
) -> None:
    acme, parts = month
    path = f"/v1/invoices/{parts[1].draft}/add_lines"
    postage = {"lines": [{"amount": 100, "description": "Postage"}]}
    quick.wire.then("/add_lines", lambda: quick.sandbox.call("POST", path, postage))
    with pytest.raises(Changed):
        _together(quick, acme, parts)
    assert {part.draft for part in parts} <= {one["id"] for one in _all(quick)}


def test_what_was_cut_off_elsewhere_is_not_made_a_second_time(quick: World, month: tuple[str, list[Part]]) -> None:
    acme, parts = month
    left = quick.draft(acme)
    line = {"amount": 18_000, "description": "Consultation", "metadata": {"pd_draft": parts[0].draft}}
    quick.sandbox.call("POST", f"/v1/invoices/{left}/add_lines", {"lines": [line]})
    with pytest.raises(Refused, match=r"consolidated draft of £180\.00 already"):
        _together(quick, acme, parts)
    assert quick.wire.writes() == []


def test_what_cannot_go_together_is_refused_with_the_reason(quick: World, month: tuple[str, list[Part]]) -> None:
    acme, parts = month
    empty = part_of(quick, quick.draft(acme), "cus_a", "Ada")
    euros = part_of(quick, quick.draft(acme, 500, currency="eur"), "cus_a", "Ada")
    made = quick.sandbox.seed_subscription_invoice(acme, [{"amount": 3000, "description": "Membership"}])["id"]
    membership = part_of(quick, made, "cus_a", "Ada")
    elsewhere = part_of(quick, quick.draft(quick.customer("Corvane"), 500), "cus_a", "Ada")
    for more, words in (
        (empty, "There is nothing on it"),
        (euros, "different currencies"),
        (membership, "A membership made it"),
    ):
        with pytest.raises(Refused, match=words):
            _together(quick, acme, [*parts, more])
    with pytest.raises(Changed):
        _together(quick, acme, [*parts, elsewhere])
    with pytest.raises(Refused, match="at least two drafts"):
        _together(quick, acme, parts[:1])
    with pytest.raises(NotAllowed):
        _together(quick, acme, parts, ctx=quick.person("vera", "viewer"))
    assert quick.wire.writes() == []


def test_the_same_form_sent_twice_makes_one_invoice(quick: World, month: tuple[str, list[Part]]) -> None:
    acme, parts = month
    form = quick.form()
    first = _together(quick, acme, parts, form=form)
    again = _together(quick, acme, parts, form=form)
    assert (again.result, again.again, len(_all(quick))) == (first.result, True, 1)
