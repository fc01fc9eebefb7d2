"""The organisations page: what is typed wrongly makes nothing, a likely duplicate asks, and one yes makes one."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lib.ui.forms import Form
from tests.support.builders import add
from tests.support.drawn import buttons, labelled, pick_rows, plain, press, said, table
from tests.support.signed_in import screen, sign_in
from tests.support.sinks import HOSTILE, raw_names
from tests.support.world import World


@pytest.fixture
def world(quick: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """An empty practice with the manager Maud at the screen."""
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return quick


def organisations(world: World) -> list[dict[str, Any]]:
    """Every customer in Stripe, as it has them now."""
    return world.sandbox.call("GET", "/v1/customers", {"limit": 100, "expand": ["data.tax_ids"]})["data"]


def fill(drawn: AppTest, **typed: str) -> AppTest:
    """Type into the fields, by the words on them (an underscore is a space)."""
    labels = {word.replace("_", " "): text for word, text in typed.items()}
    for label, text in labels.items():
        kinds = (*drawn.main.text_input, *drawn.main.text_area, *drawn.main.selectbox)
        labelled(kinds, label).set_value(text)
    return drawn


def saved(**typed: str) -> AppTest:
    """The form, filled in and sent."""
    drawn = press(screen("organisations"), "Add organisation")
    given = {"Organisation_name": "Acme Ltd", "Invoice_email": "ap@acme.example", **typed}
    return press(fill(drawn, **given), "Save organisation")


def test_a_viewer_can_add_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.customer("Made by hand", kind="")
    add(world)
    world.sync()
    sign_in(monkeypatch, world.ctx, "viewer", "vera")
    drawn = screen("organisations")
    assert buttons(drawn) == ["Download CSV"]
    assert not drawn.expander
    assert list(table(drawn)["Organisation"]) == ["Acme Ltd"]


def test_where_there_is_no_room_it_is_the_email_that_is_cut_and_no_figure(world: World) -> None:
    add(world)
    columns = list(table(screen("organisations")))
    assert (columns[0], columns[-2:]) == ("Organisation", ["Terms", "Invoice email"])


def test_every_field_that_is_wrong_is_said_at_once_and_nothing_is_lost_or_made(world: World) -> None:
    wrong = {"Organisation_name": " ", "Invoice_email": "ap@", "VAT_number": "12", "Footer": "x" * 501}
    drawn = saved(**wrong, Phone="020 7946 0000")
    beside = [plain(one.value) for one in drawn.error]
    assert [words.split()[0] for words in beside] == ["Enter", "This", "A", "At", "Something"]
    assert labelled(drawn.text_input, "Invoice email").value == "ap@"
    assert labelled(drawn.text_input, "Phone").value == "020 7946 0000"
    assert organisations(world) == []


def test_what_is_wrong_stands_directly_under_its_field(world: World) -> None:
    drawn = saved(VAT_number="12")
    kinds = [(node.type, getattr(node, "label", "")) for node in drawn.main if node.type in ("text_input", "error")]
    assert kinds[kinds.index(("text_input", "VAT number")) + 1][0] == "error"


@pytest.mark.parametrize("days", ["-1", "366", "a month", "14.5"])
def test_terms_that_are_no_number_of_days_are_refused(world: World, days: str) -> None:
    drawn = saved(**{"Payment terms (days)": days})
    assert "Enter a whole number of days from 0 to 365." in said(drawn)
    assert organisations(world) == []


def test_a_vat_number_that_stripe_refuses_is_said_beside_it_and_can_be_mended(world: World) -> None:
    param = "tax_id_data[0][value]"
    world.wire.say("/v1/customers", 400, code="tax_id_invalid", param=param, message="Invalid value for gb_vat.")
    drawn = saved(VAT_number="GB123456789")
    assert "Stripe does not accept this VAT number." in said(drawn)
    assert (labelled(drawn.text_input, "VAT number").value, organisations(world)) == ("GB123456789", [])
    press(fill(drawn, VAT_number="GB987654321"), "Save organisation")
    assert [one["tax_ids"]["data"][0]["value"] for one in organisations(world)] == ["GB987654321"]


def test_what_stripe_refuses_for_another_reason_is_said_above_the_form(world: World) -> None:
    world.wire.say("/v1/customers", 400, param="metadata", message=f"No {HOSTILE}")
    drawn = saved()
    assert f"Stripe refused this: No {HOSTILE}" in said(drawn)
    assert raw_names(drawn) == []
    assert labelled(drawn.text_input, "Organisation name").value == "Acme Ltd"


def test_a_likely_duplicate_is_shown_and_nothing_is_made(world: World) -> None:
    there = add(world, "ACME LIMITED", "post@acme.example").result
    drawn = saved()
    assert "ACME LIMITED · post@acme.example" in said(drawn)
    assert "Nothing was created." in said(drawn)
    assert len(organisations(world)) == 1
    drawn = press(drawn, "Open this one")
    assert [title.value for title in drawn.title] == ["ACME LIMITED"]
    assert drawn.query_params["id"] == there


def test_a_second_explicit_yes_makes_it_all_the_same_even_when_pressed_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(world)
    drawn = saved(Phone="020 7946 0000")
    # The second press arrives while the first is carried out: Streamlit drops the first before it has said anything.
    with monkeypatch.context() as interrupted:
        interrupted.setattr(Form, "finish", lambda _form: st.stop())
        press(drawn, "Create it all the same")
    drawn = press(drawn, "Create it all the same")
    assert sorted(one["phone"] or "" for one in organisations(world)) == ["", "020 7946 0000"]
    assert "The organisation was added." in said(drawn)


def test_before_the_second_yes_it_is_said_what_would_be_made(world: World) -> None:
    add(world)
    drawn = saved(Organisation_name="acme  LTD")
    assert "Not created yet: acme LTD · ap@acme.example" in said(drawn)


def test_a_question_is_not_asked_again_of_an_empty_form(world: World) -> None:
    add(world)
    drawn = press(press(saved(), "Cancel"), "Add organisation")
    assert "Create it all the same" not in buttons(drawn)
    assert labelled(drawn.text_input, "Organisation name").value == ""


def test_after_opening_the_one_that_was_there_the_next_form_is_empty(world: World) -> None:
    add(world)
    press(drawn := saved(), "Open this one")
    drawn = press(drawn.switch_page("../../pages/organisations.py").run(), "Add organisation")
    assert "Create it all the same" not in buttons(drawn)
    assert not drawn.warning


def test_what_was_wrong_is_not_said_again_of_an_empty_form(world: World) -> None:
    drawn = press(press(saved(Organisation_name=""), "Cancel"), "Add organisation")
    assert not drawn.error


def test_all_that_is_typed_arrives_in_stripe(world: World) -> None:
    drawn = saved(
        **{
            "Address": "1 Quay Street",
            "Town_or_city": "London",
            "Postcode": "E1 6AN",
            "Phone": "020 7946 0000",
            "VAT_number": "gb 123 4567 89",
            "Payment terms (days)": "14",
            "Purchase_order": "PO 7",
            "Language": "fr",
            "Footer": "Thank you",
        }
    )
    [made] = organisations(world)
    assert (made["name"], made["email"], made["phone"]) == ("Acme Ltd", "ap@acme.example", "020 7946 0000")
    told = {part: text for part, text in made["address"].items() if text}
    assert told == {"line1": "1 Quay Street", "city": "London", "postal_code": "E1 6AN", "country": "GB"}
    assert [(tax["type"], tax["value"]) for tax in made["tax_ids"]["data"]] == [("gb_vat", "GB123456789")]
    assert made["metadata"].items() >= {"pd_kind": "organisation", "pd_terms_days": "14"}.items()
    assert made["preferred_locales"] == ["fr"]
    assert made["invoice_settings"]["custom_fields"] == [{"name": "Purchase order", "value": "PO 7"}]
    assert made["invoice_settings"]["footer"] == "Thank you"
    assert [title.value for title in drawn.title] == ["Acme Ltd"]


def test_without_an_address_no_country_is_made_up(world: World) -> None:
    saved()
    assert organisations(world)[0]["address"] is None


@pytest.mark.parametrize("name", ["🏥 St Ann’s", "شركة النور", "Société «Santé» & Söhne"])
def test_a_name_in_any_script_is_stored_and_shown_as_it_was_typed(world: World, name: str) -> None:
    drawn = saved(Organisation_name=name)
    assert [one["name"] for one in organisations(world)] == [name]
    assert plain(drawn.title[0].value) == name
    assert list(table(screen("organisations"))["Organisation"]) == [name]


def test_an_answer_that_is_lost_makes_one_organisation(world: World) -> None:
    world.wire.lose("/v1/customers")
    drawn = saved()
    assert "The organisation was added." in said(drawn)
    assert len(organisations(world)) == 1


def test_a_role_that_was_taken_away_while_the_form_was_open_makes_nothing(world: World) -> None:
    drawn = press(screen("organisations"), "Add organisation")
    world.change_person("maud", role="viewer")
    press(fill(drawn, Organisation_name="Acme Ltd", Invoice_email="ap@acme.example"), "Save organisation")
    assert organisations(world) == []


def test_an_empty_list_says_what_to_do_next(world: World) -> None:
    assert "No organisation here." in said(screen("organisations"))
    assert "Add one, or mark a customer that was made by hand in Stripe." in said(screen("organisations"))


def test_a_search_that_finds_nothing_says_so_and_one_that_does_narrows(world: World) -> None:
    add(world)
    add(world, "Bexley School", "office@bexley.example")
    drawn = labelled((drawn := screen("organisations")).text_input, "Search").set_value("corvane").run()
    assert "No organisation matches." in said(drawn)
    drawn = labelled(drawn.text_input, "Search").set_value("BEXLEY").run()
    assert list(table(drawn)["Organisation"]) == ["Bexley School"]


def test_a_picked_row_opens_its_account(world: World) -> None:
    add(world)
    drawn = pick_rows(screen("organisations"), 0)
    assert [title.value for title in drawn.title] == ["Acme Ltd"]


def test_a_customer_made_by_hand_is_listed_to_be_marked(world: World) -> None:
    made = world.customer("Corvane", kind="")
    world.sync()
    drawn = screen("organisations")
    assert drawn.expander[0].label.endswith("neither organisation nor patient: 1")
    drawn = pick_rows(drawn, 0)
    assert drawn.query_params["id"] == made
    drawn = press(screen("customer", id=made), "Mark as organisation")
    assert "It is an organisation now" in said(drawn)
    assert world.in_stripe("customer", made)["metadata"] == {"pd_kind": "organisation"}


def test_a_name_never_becomes_markdown_on_the_list_or_in_the_question(world: World) -> None:
    world.customer(HOSTILE, email="ap@acme.example")
    world.sync()
    assert raw_names(screen("organisations")) == []
    drawn = saved(Organisation_name=HOSTILE)
    assert HOSTILE in said(drawn)
    assert raw_names(drawn) == []
    drawn = press(drawn, "Create it all the same")
    assert plain(drawn.title[0].value) == HOSTILE
    assert raw_names(drawn) == []
