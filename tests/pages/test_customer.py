"""A customer's account: who they are, who pays, what changed; details are edited without undoing another hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from lib.hero import DEFAULT_LABELS
from lib.mirror.tables import ledger_reads
from lib.sync import state
from tests.support.builders import add, pay_for
from tests.support.drawn import buttons, figures, labelled, pick_rows, plain, press, said, table
from tests.support.signed_in import screen, sign_in
from tests.support.sinks import HOSTILE, raw_names
from tests.support.world import World

BIRTH, MOBILE = "1984-02-29", "07700 900123"


@pytest.fixture
def world(quick: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """An empty practice with the manager Maud at the screen."""
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return quick


def editing(world: World, customer: str, **typed: str) -> AppTest:
    """The form for an organisation's details, with some of it typed over."""
    drawn = press(screen("customer", id=customer), "Edit details")
    for word, text in typed.items():
        labelled((*drawn.main.text_input, *drawn.main.text_area), word.replace("_", " ")).set_value(text)
    return drawn


def numbers(world: World, customer: str) -> list[str]:
    """An organisation's VAT numbers in Stripe."""
    return [tax["value"] for tax in world.sandbox.call("GET", f"/v1/customers/{customer}/tax_ids")["data"]]


@pytest.mark.parametrize("query", [{}, {"id": ""}, {"id": "cus_nobody"}, {"id": HOSTILE}])
def test_an_unknown_account_says_so_and_what_to_do(world: World, query: dict[str, str]) -> None:
    drawn = screen("customer", **query)
    assert "This customer is not here." in said(drawn)
    assert "Pick one under Organisations or Patients." in said(drawn)
    assert not drawn.exception
    assert buttons(drawn) == []


def test_a_ledger_that_the_copy_has_not_come_to_yet_is_not_called_empty(world: World) -> None:
    acme = world.customer()
    world.sync()
    assert "Nothing has been posted to this account yet." in said(screen("customer", id=acme))
    with state.writing(world.ctx) as conn:
        conn.execute(delete(ledger_reads))
        state.remember(conn, ledgers_owed=1)
    drawn = screen("customer", id=acme)
    assert "This ledger has not been read from Stripe yet." in said(drawn)
    assert "Nothing has been posted to this account yet." not in said(drawn)


def test_a_viewer_finds_nothing_to_change_on_any_account(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acme, ada, plain_one = add(world).result, world.patient(), world.customer("Corvane", kind="")
    world.sync()
    pay_for(world, ada, acme)
    sign_in(monkeypatch, world.ctx, "viewer", "vera")
    assert [buttons(screen("customer", id=one)) for one in (acme, plain_one)] == [[], []]
    assert buttons(screen("customer", id=ada)) == ["Open the payer's account"]


def test_a_customer_deleted_in_stripe_says_so_and_keeps_their_patients_and_invoices(world: World) -> None:
    acme, ada = add(world).result, world.patient()
    world.sync()
    pay_for(world, ada, acme)
    world.invoice(acme, 9900)
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    world.sync()
    drawn = screen("customer", id=acme)
    assert "Deleted in Stripe: nothing can be raised or posted here any more." in said(drawn)
    assert [title.value for title in drawn.title] == ["Acme Ltd"]
    assert buttons(drawn) == ["Download CSV", "Download statement (PDF)", "Download statement (CSV)"]
    assert [metric.value for metric in drawn.metric if metric.label == "Outstanding"] == ["£99.00"]
    assert list(table(drawn, 1)["Patient"]) == ["Ada Byrne"]
    assert list(table(screen("organisations"))["Organisation"]) == ["Acme Ltd (deleted in Stripe)"]


def test_a_patient_of_a_deleted_payer_is_told_to_choose_another(world: World) -> None:
    acme, ada = add(world).result, world.patient()
    world.sync()
    pay_for(world, ada, acme)
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    world.sync()
    drawn = screen("customer", id=ada)
    assert "This patient's default payer was deleted in Stripe. Choose another one." in said(drawn)
    assert "Acme Ltd (deleted in Stripe) pays by default." in said(drawn)
    assert "Change payer" in buttons(drawn)


def test_what_another_hand_changed_is_not_written_over_and_the_form_shows_it(world: World) -> None:
    acme = add(world, phone="1").result
    drawn = editing(world, acme, Organisation_name="Acme Group", Phone="2")
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"email": "new@acme.example"})
    drawn = press(drawn, "Save changes")
    assert "Somebody changed these details meanwhile. Nothing was saved" in said(drawn)
    shown = {
        label: labelled(drawn.text_input, label).value for label in ("Organisation name", "Invoice email", "Phone")
    }
    assert shown == {"Organisation name": "Acme Ltd", "Invoice email": "new@acme.example", "Phone": "1"}
    assert world.in_stripe("customer", acme)["name"] == "Acme Ltd"


def test_after_another_hand_the_same_form_saves_what_is_typed_then(world: World) -> None:
    acme = add(world).result
    drawn = editing(world, acme, Phone="2")
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"email": "new@acme.example"})
    drawn = press(drawn, "Save changes")
    labelled(drawn.text_input, "Phone").set_value("3")
    drawn = press(drawn, "Save changes")
    assert "The details were saved." in said(drawn)
    now = world.in_stripe("customer", acme)
    assert (now["phone"], now["email"]) == ("3", "new@acme.example")


def test_a_language_set_by_another_hand_counts_as_a_change_too(world: World) -> None:
    acme = add(world, language="fr").result
    drawn = editing(world, acme, Phone="2")
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"preferred_locales": ["de"]})
    drawn = press(drawn, "Save changes")
    assert "Somebody changed these details meanwhile." in said(drawn)
    assert labelled(drawn.selectbox, "Language").value == "de"
    assert world.in_stripe("customer", acme)["preferred_locales"] == ["de"]


def test_a_form_that_was_cancelled_shows_what_is_there_when_it_is_opened_again(world: World) -> None:
    acme = add(world).result
    drawn = press(editing(world, acme, Invoice_email="", Phone="2"), "Save changes")
    drawn = press(drawn, "Cancel")
    world.sandbox.call("POST", f"/v1/customers/{acme}", {"phone": "9"})
    world.sync()
    drawn = press(drawn, "Edit details")
    assert labelled(drawn.text_input, "Phone").value == "9"
    assert not drawn.error


def test_wrong_details_are_said_beside_their_fields_and_what_was_typed_stays(world: World) -> None:
    acme = add(world).result
    drawn = press(editing(world, acme, Organisation_name="", Invoice_email="ap@", Phone="2"), "Save changes")
    assert [words.split()[0] for words in (plain(one.value) for one in drawn.error)] == ["Enter", "This", "Something"]
    assert labelled(drawn.text_input, "Phone").value == "2"
    assert world.in_stripe("customer", acme)["phone"] is None


def test_a_new_vat_number_that_stripe_refuses_changes_nothing(world: World) -> None:
    acme = add(world, vat_number="GB123456789").result
    world.wire.say("/tax_ids", 400, code="tax_id_invalid", param="value", message="Invalid value for gb_vat.")
    drawn = press(editing(world, acme, VAT_number="GB987654321", Phone="2"), "Save changes")
    assert "Stripe does not accept this VAT number." in said(drawn)
    assert (numbers(world, acme), world.in_stripe("customer", acme)["phone"]) == (["GB123456789"], None)


@pytest.mark.parametrize(("typed", "left"), [("gb 987 6543 21", ["GB987654321"]), ("", [])])
def test_a_vat_number_is_replaced_or_taken_away(world: World, typed: str, left: list[str]) -> None:
    acme = add(world, vat_number="GB123456789").result
    drawn = press(editing(world, acme, VAT_number=typed), "Save changes")
    assert "The details were saved." in said(drawn)
    assert numbers(world, acme) == left
    assert ("GB123456789" in figures(drawn)) is False


def test_a_footer_and_terms_that_are_emptied_are_gone_from_stripe(world: World) -> None:
    acme = add(world, footer="Thank you", terms_days="14", purchase_order="PO 7").result
    press(editing(world, acme, **{"Footer": "", "Payment terms (days)": "", "Purchase order": ""}), "Save changes")
    now = world.in_stripe("customer", acme)
    assert not now["invoice_settings"]["footer"]
    assert not now["invoice_settings"]["custom_fields"]
    assert now["metadata"]["pd_kind"] == "organisation"
    assert "pd_terms_days" not in now["metadata"]


def test_a_language_and_country_we_have_no_word_for_are_left_alone(world: World) -> None:
    acme = world.customer(email="ap@acme.example", preferred_locales=["nl"], address={"country": "FR"})
    world.sync()
    drawn = editing(world, acme, Phone="2")
    assert "Stripe's choice" not in labelled(drawn.selectbox, "Language").options
    press(drawn, "Save changes")
    now = world.in_stripe("customer", acme)
    assert (now["phone"], now["preferred_locales"], now["address"]["country"]) == ("2", ["nl"], "FR")


def test_a_customer_that_cannot_be_marked_says_why(world: World) -> None:
    made = world.customer("Corvane", kind="", metadata={f"label {n}": "x" for n in range(50)})
    world.sync()
    drawn = press(screen("customer", id=made), "Mark as organisation")
    assert [one.value for one in drawn.error]
    assert "Mark as organisation" in buttons(drawn)


def test_an_organisations_account_adds_up(world: World) -> None:
    acme, ada = add(world).result, world.patient()
    world.sync()
    pay_for(world, ada, acme)
    world.invoice(acme, 12000)
    world.invoice(acme, 8000)
    world.entry(acme, -5000)
    world.sync()
    told = [(metric.label, metric.value) for metric in screen("customer", id=acme).metric]
    assert told == [
        ("Outstanding", "£200.00"),
        ("Overdue", "£0.00"),
        ("On account", "£50.00 credit"),
        ("Patients covered", "1"),
    ]


def test_an_account_in_two_currencies_never_adds_them_up(world: World) -> None:
    embassy = world.customer("Embassy")
    world.invoice(embassy, 12000, currency="jpy")
    world.entry(embassy, -5000)
    world.sync()
    told = [(metric.label, metric.value) for metric in screen("customer", id=embassy).metric]
    assert told[0] == ("Outstanding", "¥12,000")
    assert ("On account", "£50.00 credit") in told


def test_who_pays_for_a_patient_and_who_changed_that_when(world: World) -> None:
    acme, ada = add(world).result, world.patient()
    world.sync()
    pay_for(world, ada, acme)
    pay_for(world, ada, ada, now=acme)
    pay_for(world, ada, acme)
    drawn = screen("customer", id=ada)
    assert "Acme Ltd pays by default." in said(drawn)
    history = table(drawn).to_dict("records")
    assert [(row["From"], row["To"]) for row in history] == [
        ("The patient", "Acme Ltd"),
        ("Acme Ltd", "The patient"),
        ("The patient", "Acme Ltd"),
    ]
    assert {row["Who"] for row in history} == {"Mira"}
    assert all(row["When"] for row in history)


def test_date_of_birth_and_mobile_stay_hidden_until_somebody_asks(world: World) -> None:
    ada = world.patient(metadata={"Date of birth": BIRTH, "Mobile": MOBILE, "Postcode": "E1 6AN"})
    world.sync()
    drawn = screen("customer", id=ada)
    assert "E1 6AN" in figures(drawn)
    assert everything(drawn).isdisjoint({BIRTH, MOBILE})
    labelled(drawn.toggle, "Show date of birth and mobile").set_value(True).run()
    assert BIRTH in figures(drawn)
    assert MOBILE in figures(drawn)


def everything(drawn: AppTest) -> set[str]:
    """Which of the two private values were sent to the browser at all."""
    sent = "".join(str(getattr(node, "proto", "")) for node in drawn.main)
    return {value for value in (BIRTH, MOBILE) if value in sent}


def test_a_covered_patient_opens_by_a_pick(world: World) -> None:
    acme, ada = add(world).result, world.patient()
    world.sync()
    pay_for(world, ada, acme)
    drawn = pick_rows(screen("customer", id=acme), 0)
    assert drawn.query_params["id"] == ada


@pytest.mark.parametrize("kind", ["organisation", "patient", "deleted"])
def test_a_name_never_becomes_markdown_on_an_account(world: World, kind: str) -> None:
    who = world.patient(HOSTILE) if kind == "patient" else world.customer(HOSTILE, invoice_settings={"footer": HOSTILE})
    world.invoice(who, 10000)
    ada = world.patient(HOSTILE, metadata={"Postcode": HOSTILE, "pd_default_payer": who})
    if kind == "deleted":
        world.sandbox.call("DELETE", f"/v1/customers/{who}")
    world.sync()
    for account in (who, ada):
        drawn = screen("customer", id=account)
        assert plain(drawn.title[0].value) == HOSTILE
        assert raw_names(drawn) == []


def test_a_name_never_becomes_markdown_in_the_form_for_details(world: World) -> None:
    acme = add(world, HOSTILE, footer=HOSTILE).result
    drawn = editing(world, acme)
    assert labelled(drawn.text_input, "Organisation name").value == HOSTILE
    assert raw_names(drawn) == []


def test_the_vat_number_is_told_with_what_stripe_found_of_it_and_of_no_other_number(world: World) -> None:
    acme = world.customer()
    # The newer one, which Stripe does not find, comes first.
    for kind, value in (("gb_vat", "GB123456789"), ("eu_vat", "DE111111111")):
        world.sandbox.call("POST", f"/v1/customers/{acme}/tax_ids", {"type": kind, "value": value})
    world.sandbox.clock.advance(5)
    world.sync()
    assert "GB123456789 (verified)" in figures(screen("customer", id=acme))


def test_a_reference_with_odd_signs_leads_to_that_patient_in_hero(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = world.patient(metadata={DEFAULT_LABELS["reference"]: "P/17?x"})
    world.sync()
    settings = replace(world.ctx.settings, hero_link="https://hero.example/patients/{reference}")
    sign_in(monkeypatch, replace(world.ctx, settings=settings), "manager", "noor")
    urls = [link.proto.url for link in screen("customer", id=ada).get("link_button")]
    assert "https://hero.example/patients/P%2F17%3Fx" in urls
