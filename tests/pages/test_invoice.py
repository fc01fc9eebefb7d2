"""The page of one invoice: every line, what the balance did, what happened; and a draft is finished once."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from lib.actions import invoices
from tests.support.builders import adjust, bill, line, seen, wanted
from tests.support.drawn import buttons, figures, labelled, press, said, table
from tests.support.signed_in import screen, sign_in
from tests.support.world import DAY, NOON, World


@pytest.fixture
def acme(quick: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Acme on 30 days; the manager Maud is at the screen."""
    made = quick.customer("Acme Ltd", email="ap@acme.example", metadata={"pd_terms_days": "30"})
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return made


def happened(drawn: AppTest) -> list[tuple[str, str, str]]:
    rows = table(drawn, 1)
    return list(zip(rows["What"], rows["Details"], rows["Who"], strict=True))


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("query", [{}, {"id": "in_nowhere"}, {"id": "<b>"}], ids=["none", "unknown", "nonsense"])
def test_an_id_that_leads_nowhere_gets_a_sentence_and_a_way_back(query: dict[str, str]) -> None:
    drawn = screen("invoice", **query)
    assert "This invoice is not here." in said(drawn)
    assert [one.label for one in drawn.main.get("page_link")] == ["Back to invoices"]
    assert not drawn.exception


def test_a_viewer_sees_a_draft_and_cannot_finish_it(quick: World, acme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = quick.draft(acme, 9000)
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    drawn = screen("invoice", id=draft)
    assert "£90.00 to pay." in said(drawn)
    assert buttons(drawn) == []


def test_all_thirty_seven_lines_are_shown_and_add_up(quick: World, acme: str) -> None:
    """Scenario 22."""
    raised = quick.invoice(acme, *[2500] * 37)
    quick.sync()
    drawn = screen("invoice", id=raised)
    assert len(table(drawn)) == 37
    assert "37 lines, £925.00 in all: the subtotal of the invoice." in said(drawn)


def test_an_exempt_line_stands_beside_one_with_vat(quick: World, acme: str) -> None:
    """Scenario 21: the tax is Stripe's own."""
    rate = quick.sandbox.call("POST", "/v1/tax_rates", {"display_name": "VAT", "percentage": 20, "inclusive": False})
    draft = quick.draft(acme, 18_000)
    taxed = {"amount": 25_000, "description": "Employment medical", "tax_rates": [rate["id"]]}
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": [taxed]})
    quick.sync()
    drawn = screen("invoice", id=draft)
    assert list(table(drawn)["VAT rate"]) == ["Exempt", "VAT 20 %"]
    assert "Subtotal £430.00 VAT £50.00 Total £480.00 To pay £480.00" in figures(drawn)


def test_credit_that_was_used_is_said_in_words_and_figures(quick: World, acme: str) -> None:
    """Scenario 3."""
    quick.entry(acme, -15_000)
    quick.sync()
    drawn = screen("invoice", id=bill(quick, acme, line(20_000)).result)
    assert "Total £200.00 Credit used −£150.00 Due £50.00 Paid £0.00 Remaining £50.00" in figures(drawn)
    assert "£150.00 credit used." in said(drawn)


def test_a_debit_that_was_added_stands_between_total_and_due(quick: World, acme: str) -> None:
    """Scenario 5."""
    quick.entry(acme, 1250)
    quick.sync()
    drawn = screen("invoice", id=bill(quick, acme, line(9000)).result)
    assert "Total £90.00 Debit added £12.50 Due £102.50" in figures(drawn)


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ("30", "16 Dec 2026: 30 days after it was issued, the payer's terms"),
        ("1", "19 Nov 2026: Stripe's due date; the payer's terms are 1 day"),
        ("", "19 Nov 2026: Stripe's due date; the payer has no terms of its own"),
    ],
)
def test_the_day_it_is_due_says_by_which_terms(quick: World, acme: str, terms: str, told: str) -> None:
    quick.sandbox.call("POST", f"/v1/customers/{acme}", {"metadata": {"pd_terms_days": terms}})
    quick.wait(600)
    opened = quick.invoice(acme, 9000, days_until_due=3)
    quick.sync()
    drawn = screen("invoice", id=opened)
    assert f"Due by {told} Due date in Stripe 19 Nov 2026" in figures(drawn)


def test_what_happened_is_told_with_who_did_it_here(quick: World, acme: str) -> None:
    adjust(quick, acme, minor=15_000)
    raised = bill(quick, acme, line(20_000)).result
    quick.sync()
    drawn = screen("invoice", id=raised)
    told = happened(drawn)
    assert ("Credit used", "£150.00", "") in told
    assert ("Finalised", "Total £200.00", "") in told
    assert ("Invoice raised", "", "Mira") in told
    assert [what for what, _, _ in told].count("Sent to the payer") == 1


def test_an_invoice_that_credit_paid_was_not_sent(quick: World, acme: str) -> None:
    """Scenario 4."""
    adjust(quick, acme, minor=25_000)
    raised = bill(quick, acme, line(18_000)).result
    quick.sync()
    drawn = screen("invoice", id=raised)
    assert ("Paid", "By the balance on account", "") in happened(drawn)
    assert "Sent to the payer" not in [what for what, _, _ in happened(drawn)]
    assert "Credit on account paid it at once; no payment request went out." in said(drawn)


def test_a_void_gives_the_credit_back_and_says_so(quick: World, acme: str) -> None:
    """Scenario 11."""
    quick.entry(acme, -6000)
    raised = quick.invoice(acme, 10_000)
    quick.sandbox.call("POST", f"/v1/invoices/{raised}/void")
    quick.sync()
    drawn = screen("invoice", id=raised)
    assert ("Credit given back to the account", "£60.00", "") in happened(drawn)
    assert "what the balance had paid went back to the account" in said(drawn)


def test_days_overdue_are_counted_by_the_payers_terms(quick: World, acme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario 29: Hero's due date is the day of issue."""
    raised = quick.invoice(acme, 9000, due_date=quick.sandbox.clock.now() + 60)
    for days, who, told in ((20, "rosa", False), (25, "noor", True)):
        quick.wait(days * DAY)
        quick.sync()
        sign_in(monkeypatch, quick.ctx, "viewer", who)
        assert ("15 days overdue" in said(screen("invoice", id=raised))) is told


def test_a_payer_renamed_later_keeps_the_name_on_the_invoice(quick: World, acme: str) -> None:
    raised = quick.invoice(acme, 9000)
    quick.sandbox.call("POST", f"/v1/customers/{acme}", {"name": "Acme Holdings"})
    quick.sync()
    drawn = screen("invoice", id=raised)
    assert "Billed to Acme Ltd" in [one.label for one in drawn.main.get("page_link")]
    assert "the account is called Acme Holdings now." in said(drawn)


def test_the_ways_out_lead_to_stripes_own_pages(quick: World, acme: str) -> None:
    raised = quick.invoice(acme, 9000)
    quick.sync()
    links = {one.label: one.url for one in screen("invoice", id=raised).main.get("link_button")}
    assert list(links) == ["Hosted page", "PDF", "Open in Stripe"]
    assert links["Open in Stripe"].endswith(f"/invoices/{raised}")


def test_a_draft_is_finalised_and_sent_with_what_it_will_do_said_before(quick: World, acme: str) -> None:
    quick.entry(acme, -15_000)
    draft = quick.draft(acme, 20_000)
    quick.sync()
    drawn = screen("invoice", id=draft)
    assert "£150.00 credit used, £50.00 to pay." in said(drawn)
    drawn = press(drawn, "Finalise and send")
    assert (quick.in_stripe("invoice", draft)["status"], quick.balance(acme)) == ("open", 0)
    assert "was finalised and sent, £50.00 to pay." in said(drawn)


def test_a_draft_that_is_overdue_once_it_is_sent_says_so_before(
    quick: World, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = quick.customer("Ada Byrne", email="ada@byrne.example")
    late, by_terms = (quick.draft(payer, 9000, due_date=NOON + DAY) for payer in (ada, acme))
    quick.sync()
    assert "is past" not in said(screen("invoice", id=late))
    quick.wait(3 * DAY)
    sign_in(monkeypatch, quick.ctx, "manager", "noor")  # nobody stays signed in for so long
    assert "is past: it is overdue as soon as it is sent." in said(screen("invoice", id=late))
    assert "is past" not in said(screen("invoice", id=by_terms))


def test_a_draft_whose_lines_changed_is_not_finalised_and_shows_the_new_figures(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 20_000)
    quick.sync()
    drawn = screen("invoice", id=draft)
    more = {"lines": [{"amount": 500, "description": "Added by a colleague"}]}
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/add_lines", more)
    drawn = press(drawn, "Finalise and send")
    assert quick.in_stripe("invoice", draft)["status"] == "draft"
    assert "Stripe comes to a total of £205.00, not £200.00." in said(drawn)
    assert "£205.00 to pay." in said(drawn)


def test_a_draft_whose_words_changed_at_the_same_price_is_not_sent_to_the_employer(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 20_000)
    quick.sync()
    drawn = screen("invoice", id=draft)
    quick.sandbox.call("POST", f"/v1/invoices/{draft}", {"description": "Termination of pregnancy"})
    quick.sync()
    drawn = press(drawn, "Finalise and send")
    assert (quick.in_stripe("invoice", draft)["status"], quick.wire.writes()) == ("draft", [])
    assert "Somebody changed this draft meanwhile. It is still a draft: nothing was finalised or sent." in said(drawn)
    press(drawn, "Finalise and send")
    assert quick.in_stripe("invoice", draft)["status"] == "open"


def test_a_draft_that_was_finalised_and_could_not_be_sent_says_so_on_its_page(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 20_000)
    quick.sync()
    quick.wire.say("/send", 400, message="This address bounces.")
    drawn = press(screen("invoice", id=draft), "Finalise and send")
    assert quick.in_stripe("invoice", draft)["status"] == "open"
    assert "is finalised, and it was not sent from here." in said(drawn)
    assert "What was done before that stands." in said(drawn)
    assert "was finalised and sent" not in said(drawn)


def test_a_draft_that_a_colleague_finalised_meanwhile_says_so_on_its_page(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 20_000)
    quick.sync()
    drawn = screen("invoice", id=draft)
    quick.sandbox.call("POST", f"/v1/invoices/{draft}/finalize")
    drawn = press(drawn, "Finalise and send")
    assert "This is no longer a draft: Stripe says it is open." in said(drawn)
    assert quick.wire.writes() == []


def test_a_draft_that_was_finalised_and_whose_sending_nobody_knows_of_says_so_on_its_page(
    quick: World, acme: str
) -> None:
    """The news of the finalising came in before the page was drawn again."""
    draft = quick.draft(acme, 20_000)
    quick.sync()
    quick.wire.then("/finalize", quick.sync)
    quick.wire.lose_all_from("/send")
    drawn = press(screen("invoice", id=draft), "Finalise and send")
    assert "Stripe has not confirmed this yet." in said(drawn)
    assert "not sent" not in said(drawn)


def test_a_draft_for_a_payer_without_an_email_address_is_finalised_and_not_sent(quick: World, acme: str) -> None:
    quick.sandbox.call("POST", f"/v1/customers/{acme}", {"email": ""})
    draft = quick.draft(acme, 20_000)
    quick.sync()
    drawn = screen("invoice", id=draft)
    assert "This payer has no email address: Stripe cannot send an invoice there." in said(drawn)
    assert "Finalise and send" not in buttons(drawn)
    drawn = press(drawn, "Finalise without sending")
    assert [path.rsplit("/", 1)[1] for path in quick.wire.writes()] == ["finalize"]
    assert "was finalised and not sent, £200.00 to pay." in said(drawn)


def test_credit_that_pays_for_it_all_needs_no_email_address(quick: World, acme: str) -> None:
    quick.sandbox.call("POST", f"/v1/customers/{acme}", {"email": ""})
    quick.entry(acme, -20_000)
    draft = quick.draft(acme, 20_000)
    quick.sync()
    drawn = screen("invoice", id=draft)
    assert "email address" not in said(drawn)
    assert "by credit on account, no request was sent." in said(press(drawn, "Finalise and send"))


def test_a_draft_is_not_finalised_on_figures_that_nobody_saw(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 20_000)
    quick.sync()
    drawn = screen("invoice", id=draft)
    quick.entry(acme, -15_000)
    quick.sync()
    drawn = press(drawn, "Finalise and send")
    assert quick.in_stripe("invoice", draft)["status"] == "draft"
    assert "it is £150.00 in credit now, and was settled on your screen" in said(drawn)


def test_pressing_twice_finalises_once(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 9000)
    quick.sync()
    drawn = screen("invoice", id=draft)
    quick.wire.then("/finalize", lambda: labelled(drawn.main.button, "Finalise and send").click())
    press(drawn, "Finalise and send").run()
    assert [path for path in quick.wire.writes() if path.endswith("/finalize")] == [f"/v1/invoices/{draft}/finalize"]


def test_a_draft_that_would_charge_a_card_is_left_where_it_was_raised(quick: World, acme: str) -> None:
    params = {"customer": acme, "collection_method": "charge_automatically", "currency": "gbp"}
    draft = quick.sandbox.call("POST", "/v1/invoices", params)["id"]
    quick.sync()
    drawn = screen("invoice", id=draft)
    assert "This draft is set to charge a card" in said(drawn)
    assert "Finalise and send" not in buttons(drawn)


def test_a_draft_for_a_deleted_payer_cannot_be_finished(quick: World, acme: str) -> None:
    draft = quick.draft(acme, 9000)
    quick.sandbox.call("DELETE", f"/v1/customers/{acme}")
    quick.sync()
    drawn = screen("invoice", id=draft)
    assert not drawn.exception
    assert "Finalise and send" not in buttons(drawn)


def test_what_a_person_wrote_is_never_markup(quick: World, acme: str) -> None:
    asked = wanted(acme, line(9000, words="<img src=x> *a*"), memo="<script>x</script>", reference="[x](http://e)")
    raised = invoices.finalise_and_send(quick.ctx, asked, seen=seen(quick, asked), form=quick.form()).result
    drawn = screen("invoice", id=raised)
    bodies = " ".join(one.proto.body for one in drawn.main.get("html"))
    assert "&lt;script&gt;" in bodies
    assert "<script" not in bodies
