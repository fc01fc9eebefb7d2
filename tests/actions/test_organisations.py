"""Adding and changing organisations (scenarios 1 and 2), and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lib.actions import organisations
from lib.actions.organisation_details import Details, details_of
from lib.errors import AskFirst, Changed, NotConfirmed, Refused
from lib.queries import customers
from lib.queries import organisations as lists
from tests.support.builders import add
from tests.support.world import World

LONDON = ("1 Quay Street", "", "London", "E1 1AA", "GB")


def _all(world: World) -> list[dict[str, Any]]:
    return world.sandbox.call("GET", "/v1/customers", {"limit": 100})["data"]


def test_an_organisation_is_made_once_and_is_in_the_list_before_search_knows_it(world: World) -> None:
    """Scenario 1."""
    made = add(world, vat_number="gb 123 4567 89", terms_days="30", address=LONDON).result
    [found] = _all(world)
    assert (found["id"], found["balance"], found["currency"]) == (made, 0, None)
    assert (found["metadata"]["pd_kind"], found["metadata"]["pd_terms_days"]) == ("organisation", "30")
    [tax] = world.sandbox.call("GET", f"/v1/customers/{made}/tax_ids")["data"]
    assert (tax["value"], tax["verification"]["status"]) == ("GB123456789", "pending")
    assert list(lists.table(world.ctx).rows["id"]) == [made]
    assert world.sandbox.call("GET", "/v1/customers/search", {"query": "name:'Acme Ltd'"})["data"] == []


def test_a_likely_duplicate_is_shown_and_nothing_is_made_without_a_second_yes(world: World) -> None:
    """Scenario 2."""
    there = world.customer("ACME LIMITED", email="AP@acme.example")
    world.sync()
    with pytest.raises(AskFirst) as question:
        add(world, "Acme Ltd", "ap@acme.example")
    assert [match[0] for match in question.value.matches] == [there]
    assert (len(_all(world)), world.intents()) == (1, [])
    add(world, "Acme Ltd", "ap@acme.example", despite_duplicates=True)
    assert len(_all(world)) == 2


@pytest.mark.parametrize(
    ("name", "email", "alike"),
    [
        ("Acme Limited", "other@else.example", True),
        ("acme ltd.", "other@else.example", True),
        ("Ácme Ltd", "other@else.example", True),
        ("Something Else", "ACCOUNTS@ACME.EXAMPLE", True),
        ("Acme Holdings Ltd", "other@else.example", False),
    ],
)
def test_who_is_taken_for_a_duplicate(quick: World, name: str, email: str, alike: bool) -> None:
    quick.customer("Acme Ltd", email="accounts@acme.example")
    quick.sync()
    assert bool(lists.likely_duplicates(quick.ctx, name, email)) is alike


def test_a_name_of_signs_alone_is_not_taken_for_every_nameless_customer(quick: World) -> None:
    quick.customer("", kind="", email="someone@else.example")
    quick.sync()
    assert lists.likely_duplicates(quick.ctx, "★★★", "stars@practice.example") == []


def test_a_duplicate_made_in_stripe_a_moment_ago_is_found_although_the_mirror_has_not_seen_it(quick: World) -> None:
    there = quick.customer("Acme", email="ap@acme.example")
    with pytest.raises(AskFirst) as question:
        add(quick, "Acme Group", "AP@acme.example")
    assert question.value.matches[0][0] == there


def test_a_second_click_tells_the_first_ones_outcome_and_does_not_ask_about_itself(world: World) -> None:
    form = world.form()
    first, second = add(world, form=form), add(world, form=form)
    assert (second.result, second.again) == (first.result, True)
    assert len(_all(world)) == 1


def test_an_answer_lost_makes_one_organisation(world: World) -> None:
    world.wire.lose("/v1/customers")
    add(world)
    assert len(_all(world)) == 1


def test_an_answer_lost_and_a_key_forgotten_still_make_one_organisation(world: World) -> None:
    form = world.form()
    world.wire.lose_all_from("/v1/customers")
    with pytest.raises(NotConfirmed):
        add(world, form=form)
    world.wire.mend()
    world.forget_keys()
    assert add(world, form=form).result == _all(world)[0]["id"]
    assert len(_all(world)) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u200b\u200e "}, "name"),
        ({"name": "x" * 501}, "name"),
        ({"name": "Acme\x00"}, "name"),
        ({"email": ""}, "email"),
        ({"email": "ap@"}, "email"),
        ({"email": "ap acme.example"}, "email"),
        ({"email": "ap@acme.example, b@acme.example"}, "email"),
        ({"email": "x" * 501 + "@acme.example"}, "email"),
        ({"vat_number": "GB12"}, "vat_number"),
        ({"vat_number": "GB١٢٣٤٥٦٧٨٩"}, "vat_number"),
        ({"terms_days": "thirty"}, "terms_days"),
        ({"terms_days": "366"}, "terms_days"),
        ({"terms_days": "²"}, "terms_days"),
        ({"purchase_order": "x" * 141}, "purchase_order"),
        ({"phone": "0" * 21}, "phone"),
        ({"footer": "x" * 501}, "footer"),
        ({"address": ("x" * 501, "", "", "", "")}, "line1"),
    ],
)
def test_bad_input_is_named_by_its_field_and_nothing_is_made(quick: World, wrong: dict, field: str) -> None:
    with pytest.raises(Refused) as no:
        add(quick, **{"name": "Acme Ltd", "email": "ap@acme.example", **wrong})
    assert no.value.field == field
    assert (_all(quick), quick.intents()) == ([], [])


def test_a_vat_number_that_stripe_refuses_is_said_beside_it_and_nothing_is_made(quick: World) -> None:
    param = "tax_id_data[0][value]"
    quick.wire.say("/v1/customers", 400, code="tax_id_invalid", param=param, message="Invalid value for gb_vat.")
    with pytest.raises(Refused, match="does not accept this VAT number") as no:
        add(quick, vat_number="GB123456789")
    assert (no.value.field, _all(quick)) == ("vat_number", [])


def test_an_email_that_stripe_refuses_is_said_beside_it(quick: World) -> None:
    quick.wire.say("/v1/customers", 400, code="email_invalid", param="email")
    with pytest.raises(Refused, match="does not accept this email") as no:
        add(quick)
    assert (no.value.field, _all(quick)) == ("email", [])


@pytest.mark.parametrize(
    "name", ["🏥 St Ann’s", "شركة النور", "Société Générale — «Santé»", "O'Brien & Söhne <b>", "𝔄cme"]
)
def test_any_name_comes_back_as_it_was_typed(quick: World, name: str) -> None:
    made = add(quick, name).result
    assert quick.in_stripe("customer", made)["name"] == name
    quick.sync()
    assert customers.get(quick.ctx, made).name == name


def test_all_details_are_kept_and_come_back_into_the_form(world: World) -> None:
    typed = Details(
        "Acme Ltd", "ap@acme.example", LONDON, "020 7946 0000", "GB123456789", "14", "PO 7", "fr", "Thank you"
    )
    made = organisations.add_organisation(world.ctx, typed, form=world.form()).result
    assert details_of(customers.get(world.ctx, made).object) == typed


def test_details_are_changed_and_what_is_emptied_is_cleared(world: World) -> None:
    made = add(world, vat_number="GB123456789", terms_days="30", purchase_order="PO 7", address=LONDON).result
    before = details_of(customers.get(world.ctx, made).object)
    after = Details("Acme Group", "pay@acme.example")
    organisations.change_organisation(world.ctx, made, after, seen=before, form=world.form())
    assert details_of(customers.get(world.ctx, made).object) == after
    assert "pd_terms_days" not in world.in_stripe("customer", made)["metadata"]


def test_changed_details_sent_twice_are_changed_once_and_other_details_are_refused(world: World) -> None:
    made, form = add(world, vat_number="GB123456789").result, world.form()
    before = details_of(customers.get(world.ctx, made).object)
    after = replace(before, vat_number="GB987654321")
    organisations.change_organisation(world.ctx, made, after, seen=before, form=form)
    writes = len(world.wire.writes())
    assert organisations.change_organisation(world.ctx, made, after, seen=before, form=form).again
    with pytest.raises(Refused, match="other content"):
        organisations.change_organisation(world.ctx, made, replace(after, phone="1"), seen=before, form=form)
    assert len(world.wire.writes()) == writes


def test_a_new_vat_number_takes_the_place_of_the_old_one(world: World) -> None:
    made = add(world, vat_number="GB123456789").result
    before = details_of(customers.get(world.ctx, made).object)
    after = replace(before, vat_number="GB987654321")
    organisations.change_organisation(world.ctx, made, after, seen=before, form=world.form())
    found = world.sandbox.call("GET", f"/v1/customers/{made}/tax_ids")["data"]
    assert [tax["value"] for tax in found] == ["GB987654321"]


def test_a_new_vat_number_that_stripe_refuses_leaves_everything_as_it_was(quick: World) -> None:
    made = add(quick, vat_number="GB123456789").result
    before = details_of(customers.get(quick.ctx, made).object)
    quick.wire.say("/tax_ids", 400, code="tax_id_invalid", param="value")
    after = replace(before, name="Other", vat_number="GB987654321")
    with pytest.raises(Refused) as no:
        organisations.change_organisation(quick.ctx, made, after, seen=before, form=quick.form())
    assert no.value.field == "vat_number"
    assert (quick.in_stripe("customer", made)["name"], len(_all(quick))) == ("Acme Ltd", 1)


@pytest.mark.parametrize("path", ["/tax_ids", "customer"])
def test_an_answer_lost_while_changing_details_changes_them_once(world: World, path: str) -> None:
    made = add(world, vat_number="GB123456789").result
    before = details_of(customers.get(world.ctx, made).object)
    world.wire.lose(made if path == "customer" else path)
    world.wire.lose("", method="delete")
    after = replace(before, phone="020 7946 0000", vat_number="GB987654321")
    organisations.change_organisation(world.ctx, made, after, seen=before, form=world.form())
    assert details_of(customers.get(world.ctx, made).object) == after


def test_other_printed_fields_that_somebody_set_in_stripe_stay(world: World) -> None:
    fields = [{"name": "Scheme", "value": "Fleet"}, {"name": "Purchase order", "value": "PO 7"}]
    made = world.customer(email="ap@acme.example", invoice_settings={"custom_fields": fields})
    world.sync()
    before = details_of(customers.get(world.ctx, made).object)
    for number, purchase_order in enumerate(("PO 7", "PO 8", "")):
        after = replace(before, phone=f"020 7946 000{number}", purchase_order=purchase_order)
        organisations.change_organisation(world.ctx, made, after, seen=before, form=world.form())
        kept = world.in_stripe("customer", made)["invoice_settings"]["custom_fields"]
        assert {"name": "Scheme", "value": "Fleet"} in kept
        before = details_of(customers.get(world.ctx, made).object)
    assert len(kept) == 1


def test_details_that_somebody_changed_meanwhile_are_not_written_over(world: World) -> None:
    made = add(world).result
    before = details_of(customers.get(world.ctx, made).object)
    world.sandbox.call("POST", f"/v1/customers/{made}", {"email": "new@acme.example"})
    after = replace(before, name="Acme Group")
    with pytest.raises(Changed):
        organisations.change_organisation(world.ctx, made, after, seen=before, form=world.form())
    assert world.in_stripe("customer", made)["name"] == "Acme Ltd"
    assert details_of(customers.get(world.ctx, made).object).email == "new@acme.example"


def test_a_customer_made_by_hand_is_marked_and_keeps_every_other_label(world: World) -> None:
    plain = world.customer("Corvane", kind="", metadata={"Ledger": "C-7"})
    world.sync()
    assert list(lists.unmarked(world.ctx).rows["id"]) == [plain]
    organisations.mark_as_organisation(world.ctx, plain, form=world.form())
    assert world.in_stripe("customer", plain)["metadata"] == {"Ledger": "C-7", "pd_kind": "organisation"}
    assert list(lists.table(world.ctx).rows["name"]) == ["Corvane"]
    assert lists.unmarked(world.ctx).total == 0


def test_fifty_labels_of_others_leave_no_room_and_nothing_is_lost(quick: World) -> None:
    labels = {f"label {n}": "x" for n in range(50)}
    full = quick.customer("Corvane", kind="", metadata=labels)
    with pytest.raises(Refused):
        organisations.mark_as_organisation(quick.ctx, full, form=quick.form())
    assert quick.in_stripe("customer", full)["metadata"] == labels
