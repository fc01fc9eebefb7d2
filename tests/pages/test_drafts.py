"""The room of drafts, and what is done with one on its page."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.drawn import buttons, figures, labelled, pick_rows, press, said, table
from tests.support.signed_in import screen, sign_in
from tests.support.world import DAY, World


@pytest.fixture
def acme(quick: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Acme on 30 days; the manager Maud is at the screen."""
    made = quick.customer("Acme Ltd", email="ap@acme.example", metadata={"pd_terms_days": "30"})
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return made


def _lines(world: World, invoice: str) -> list[tuple[str, int]]:
    found = world.sandbox.call("GET", f"/v1/invoices/{invoice}/lines")["data"]
    return [(line["description"], line["amount"]) for line in found]


def _later(world: World, customer: str, *amounts: int) -> str:
    """A draft raised a minute after the one before."""
    world.wait(60)
    return world.draft(customer, *amounts)


def _type(drawn: AppTest, **texts: str) -> AppTest:
    for label, text in texts.items():
        labelled(drawn.text_input, label.replace("_", " ")).set_value(text)
    return drawn.run()


def test_all_drafts_stand_in_one_list_the_oldest_first_and_the_old_ones_marked(
    quick: World, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.draft(acme, 18_000)
    quick.wait(15 * DAY)
    quick.draft(acme)
    quick.invoice(acme, 4200)
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "manager", "noor")  # nobody stays signed in for so long
    drawn = screen("drafts")
    rows = table(drawn)
    assert list(rows["Note"]) == ["Old: over 14 days", "Nothing on it"]
    assert list(rows["Days old"]) == [15, 0]
    turned = labelled(drawn.toggle, "Oldest first").set_value(False).run()
    assert list(table(turned)["Days old"]) == [0, 15]
    found = labelled(turned.text_input, "Search").set_value("corvane").run()
    assert "No draft fits." in said(found)


@pytest.mark.usefixtures("acme")
def test_where_there_is_no_draft_it_says_so() -> None:
    assert "There is no draft." in said(screen("drafts"))


def test_several_are_finalised_with_everything_said_beforehand(quick: World, acme: str) -> None:
    quick.entry(acme, -7000)
    first, second, empty = (_later(quick, acme, *amounts) for amounts in ((6000,), (6000,), ()))
    quick.sync()
    drawn = press(pick_rows(screen("drafts"), 0, 1, 2), "Finalise 3 drafts")
    assert "2 drafts, £120.00 in all; £50.00 is asked for after what is on account." in said(drawn)
    assert list(table(drawn)["Attention"]) == [
        "£60.00 credit used. Nothing to pay: credit covers it, so no payment request goes out.",
        "£10.00 credit used, £50.00 to pay.",
        "Left out: there is nothing on it.",
    ]
    assert quick.wire.writes() == []
    done = press(drawn, "Finalise 2 drafts")
    assert "2 drafts were finalised." in said(done)
    assert list(table(done)["Result"]) == ["Finalised", "Finalised"]
    status = [quick.in_stripe("invoice", one)["status"] for one in (first, second, empty)]
    assert status == ["paid", "open", "draft"]
    assert [path for path in quick.wire.writes() if path.endswith("/send")] == [f"/v1/invoices/{second}/send"]
    assert "There is no draft." not in said(press(done, "Done"))


def test_a_row_that_changed_while_somebody_read_says_so_and_the_others_go(quick: World, acme: str) -> None:
    first, second = _later(quick, acme, 6000), _later(quick, acme, 4000)
    quick.sync()
    drawn = press(pick_rows(screen("drafts"), 0, 1), "Finalise 2 drafts")
    quick.sandbox.call("POST", f"/v1/invoices/{first}/finalize")
    done = press(drawn, "Finalise 2 drafts")
    words = list(table(done)["Result"])
    assert "no longer a draft: Stripe says it is open" in words[0]
    assert (words[1], quick.in_stripe("invoice", second)["status"]) == ("Finalised", "open")


def test_what_was_not_sent_and_what_is_not_confirmed_are_told_apart_from_what_was_not_done(
    quick: World, acme: str
) -> None:
    drafts = [_later(quick, acme, amount) for amount in (6000, 4000, 500, 300)]
    quick.sync()
    drawn = press(pick_rows(screen("drafts"), 0, 1, 2, 3), "Finalise 4 drafts")
    quick.sandbox.call("POST", f"/v1/invoices/{drafts[0]}/finalize")
    quick.wire.say(f"{drafts[1]}/send", 400, message="No such address.")
    quick.wire.cut(f"{drafts[2]}/finalize", times=10)
    done = press(drawn, "Finalise 4 drafts")
    words = list(table(done)["Result"])
    assert "no longer a draft" in words[0]
    assert words[1].startswith("Finalised, but not sent. Stripe refused this: No such address.")
    assert "Stripe has not confirmed this yet." in words[2]
    assert words[3] == "Finalised"
    assert "2 drafts were finalised." in said(done)
    assert "1 was not sent: the reason stands beside it." in said(done)
    assert "1 is not yet confirmed: Activity will show what became of it." in said(done)
    assert "What was not finalised has its reason beside it." in said(done)
    again = press(done, "Look at the others again")
    assert len(table(again)) == 1


def test_nothing_is_called_not_finalised_that_may_be(quick: World, acme: str) -> None:
    draft = _later(quick, acme, 6000)
    quick.sync()
    drawn = press(pick_rows(screen("drafts"), 0), "Finalise 1 draft")
    quick.wire.lose_all_from("/finalize")
    done = press(drawn, "Finalise 1 draft")
    assert "1 is not yet confirmed" in said(done)
    assert "What was not finalised" not in said(done)
    assert "Look at the others again" not in buttons(done)
    assert quick.in_stripe("invoice", draft)["status"] == "open"


def test_a_row_that_reads_otherwise_than_it_was_looked_at_stays_a_draft(quick: World, acme: str) -> None:
    draft = _later(quick, acme, 6000)
    quick.sync()
    drawn = press(pick_rows(screen("drafts"), 0), "Finalise 1 draft")
    quick.sandbox.call("POST", f"/v1/invoices/{draft}", {"description": "Termination of pregnancy"})
    done = press(drawn, "Finalise 1 draft")
    assert "Somebody changed this draft meanwhile. It is still a draft" in table(done)["Result"][0]
    assert (quick.in_stripe("invoice", draft)["status"], quick.wire.writes()) == ("draft", [])


def test_a_viewer_looks_and_has_no_way_to_finalise(quick: World, acme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = quick.draft(acme, 6000)
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    drawn = pick_rows(screen("drafts"), 0)
    assert not [label for label in buttons(drawn) if label.startswith("Finalise")]
    assert not {"Edit draft", "Duplicate", "Delete draft"} & set(buttons(screen("invoice", id=draft)))


def test_a_draft_is_edited_on_its_page(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 7500, 4200)
    quick.sync()
    drawn = press(screen("invoice", id=draft), "Edit draft")
    drawn = press(drawn, "Remove")
    assert "taken off" in said(drawn)
    drawn = _type(drawn, Description="Medical", Unit_price="99.00", Reference="R1")
    assert "Total £141.00" in figures(drawn)
    done = press(drawn, "Save changes")
    assert "The draft was saved." in said(done)
    assert _lines(quick, draft) == [("Consultation", 4200), ("Medical", 9900)]
    assert quick.in_stripe("invoice", draft)["custom_fields"] == [{"name": "Reference", "value": "R1"}]


def test_a_draft_with_a_discount_keeps_its_lines_and_takes_other_words(quick: World, acme: str) -> None:
    """What the discount comes to on other lines is Stripe's to say: no total is foretold here."""
    draft = quick.discounted(acme, 7500, 4200)
    quick.sync()
    drawn = press(screen("invoice", id=draft), "Edit draft")
    assert "It has a discount, and only Stripe works out what that comes to" in said(drawn)
    assert not {"Remove", "Change", "Add line"} & set(buttons(drawn))
    assert "Unit price" not in [field.label for field in drawn.text_input]
    done = press(_type(drawn, Reference="R1"), "Save changes")
    assert "The draft was saved." in said(done)
    assert quick.in_stripe("invoice", draft)["custom_fields"] == [{"name": "Reference", "value": "R1"}]


def test_a_line_is_taken_into_the_fields_and_changed(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 7500)
    quick.sync()
    drawn = press(press(screen("invoice", id=draft), "Edit draft"), "Change")
    assert labelled(drawn.text_input, "Unit price").value == "75.00"
    done = press(_type(drawn, Unit_price="80.00"), "Save changes")
    assert not done.exception
    assert _lines(quick, draft) == [("Consultation", 8000)]


def test_bad_input_stands_beside_its_field_and_what_was_typed_stays(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 7500)
    quick.sync()
    drawn = press(screen("invoice", id=draft), "Edit draft")
    drawn = press(_type(drawn, **{"Payment_terms_(days)": "soon"}), "Save changes")
    assert "Enter a whole number of days from 0 to 365." in said(drawn)
    assert labelled(drawn.text_input, "Payment terms (days)").value == "soon"
    assert quick.wire.writes() == []


def test_an_invoice_is_duplicated(quick: World, acme: str) -> None:
    opened = quick.invoice(acme, 7500)
    quick.sync()
    drawn = press(screen("invoice", id=opened), "Duplicate")
    assert "A new draft for Acme Ltd gets the same 1 line" in said(drawn)
    done = press(drawn, "Make the copy")
    assert "This is the copy: a new draft." in said(done)
    totals = [(one["status"], one["total"]) for one in quick.sandbox.call("GET", "/v1/invoices")["data"]]
    assert sorted(totals) == [("draft", 7500), ("open", 7500)]


def test_a_draft_is_deleted_after_one_yes(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 7500)
    quick.sync()
    drawn = press(screen("invoice", id=draft), "Delete draft")
    assert "It cannot be brought back." in said(drawn)
    assert quick.wire.writes() == []
    done = press(drawn, "Delete it")
    assert "The draft of £75.00 was deleted." in said(done)
    assert quick.sandbox.call("GET", "/v1/invoices")["data"] == []


def test_a_membership_s_draft_cannot_be_deleted(quick: World, acme: str) -> None:
    made: dict[str, Any] = quick.sandbox.seed_subscription_invoice(acme, [{"amount": 3000, "description": "Month"}])
    quick.sync()
    drawn = press(screen("invoice", id=made["id"]), "Delete draft")
    assert "A membership made this draft" in said(drawn)
    assert "Delete it" not in buttons(drawn)


def test_the_drafts_of_a_period_become_one_invoice(quick: World, acme: str) -> None:
    ada, grace = quick.patient("Ada Byrne", metadata={"Hero reference": "P-1042"}), quick.patient("Grace Okoro")
    for patient, amount in ((grace, 18_000), (ada, 4200)):
        quick.draft(acme, amount, metadata={"pd_patient": patient})
    quick.sync()
    drawn = press(screen("customer", id=acme), "Consolidated invoice")
    assert list(table(drawn)["The line as it will read"]) == ["Ada Byrne: Consultation", "Grace Okoro: Consultation"]
    assert "Total £222.00" in figures(drawn)
    assert quick.wire.writes() == []
    done = press(drawn, "Make one draft of them")
    assert "2 drafts became this one." in said(done)
    (made,) = quick.sandbox.call("GET", "/v1/invoices")["data"]
    assert (made["total"], made["customer"]) == (22_200, acme)


def test_a_draft_that_came_after_they_were_read_does_not_go_in_unread(quick: World, acme: str) -> None:
    first, second = _later(quick, acme, 18_000), _later(quick, acme, 4200)
    quick.sync()
    drawn = press(screen("customer", id=acme), "Consolidated invoice")
    late = _later(quick, acme, 900)
    quick.sync()
    drawn = press(drawn, "Make one draft of them")
    assert "What goes in is no longer what you read. Nothing was changed" in said(drawn)
    assert (quick.wire.writes(), len(table(drawn))) == ([], 3)
    assert "3 drafts became this one." in said(press(drawn, "Make one draft of them"))
    assert not {first, second, late} & {one["id"] for one in quick.sandbox.call("GET", "/v1/invoices")["data"]}


def test_words_that_changed_after_they_were_read_are_not_used_unread(quick: World, acme: str) -> None:
    neutral = {"metadata": {"pd_neutral_text": "Medical services"}}
    quick.sandbox.call("POST", f"/v1/customers/{acme}", neutral)
    ada = quick.patient("Ada Byrne")
    for amount in (18_000, 4200):
        quick.draft(acme, amount, metadata={"pd_patient": ada})
    quick.sync()
    drawn = press(screen("customer", id=acme), "Consolidated invoice")
    quick.sandbox.call("POST", f"/v1/customers/{acme}", {"metadata": {"pd_neutral_text": ""}})
    quick.sync()
    drawn = press(drawn, "Make one draft of them")
    assert "What goes in is no longer what you read. Nothing was changed" in said(drawn)
    assert quick.wire.writes() == []


def test_an_organisation_that_asks_for_it_reads_neutral_words(quick: World, acme: str) -> None:
    """B6."""
    tags = {"metadata": {"pd_neutral_text": "Medical services"}}
    quick.sandbox.call("POST", f"/v1/customers/{acme}", tags)
    ada = quick.patient("Ada Byrne", metadata={"Hero reference": "P-1042"})
    for amount in (18_000, 4200):
        quick.draft(acme, amount, metadata={"pd_patient": ada})
    quick.sync()
    drawn = press(screen("customer", id=acme), "Consolidated invoice")
    assert set(table(drawn)["The line as it will read"]) == {"Medical services – ref P-1042"}
    press(drawn, "Make one draft of them")
    (made,) = quick.sandbox.call("GET", "/v1/invoices")["data"]
    assert [words for words, _ in _lines(quick, made["id"])] == ["Medical services – ref P-1042"] * 2


def test_one_invoice_for_each_draft_leads_to_finalising_them(quick: World, acme: str) -> None:
    quick.draft(acme, 18_000)
    quick.draft(acme, 4200)
    quick.sync()
    drawn = press(screen("customer", id=acme), "Consolidated invoice")
    drawn = labelled(drawn.radio, "What to make").set_value("One invoice for each draft").run()
    drawn = press(drawn, "Look at them")
    assert "2 drafts, £222.00 in all" in said(drawn)
