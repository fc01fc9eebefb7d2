"""The list of invoices: narrowed from the screen and the address alike, summed per currency, taken away as shown."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from lib.queries.invoices import Filters
from lib.ui import downloads
from tests.support.drawn import buttons, labelled, pick_rows, press, said, table
from tests.support.signed_in import screen, sign_in
from tests.support.world import DAY, World


class Practice:
    """Acme owes 90.00 for Ada since long, and 60.00 of its own since today; the embassy owes yen; Bo has a draft."""

    def __init__(self, quick: World) -> None:
        self.acme = quick.customer("Acme Ltd", email="ap@acme.example", metadata={"pd_terms_days": "30"})
        self.embassy = quick.customer("Embassy", email="visa@embassy.example")
        self.ada = quick.patient("Ada Byrne", email="ada@home.example")
        self.bo = quick.patient("Bo Lindqvist", email="bo@home.example")
        labels = {"pd_patient": self.ada, "Appointment practitioner": "Dr Rao", "Appointment location": "Kew"}
        self.old = quick.invoice(self.acme, 9000, metadata=labels)
        quick.wait(75 * DAY)
        self.new = quick.invoice(self.acme, 6000)
        self.yen = quick.invoice(self.embassy, 12_000, currency="jpy")
        self.draft = quick.draft(self.bo, 4500)
        quick.sync()


@pytest.fixture
def practice(quick: World, monkeypatch: pytest.MonkeyPatch) -> Practice:
    """A small practice with the manager Maud at the screen."""
    made = Practice(quick)
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return made


def totals(drawn: AppTest) -> list[int]:
    return sorted(int(total) for total in table(drawn)["Total"])


@pytest.mark.usefixtures("practice")
def test_a_viewer_cannot_start_a_new_one(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch, quick.ctx, "viewer", "vera")
    assert buttons(screen("invoices")) == ["Clear filters", "Download CSV"]


def test_an_empty_practice_says_what_to_do_next(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    quick.sync()
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    drawn = screen("invoices")
    assert "No invoice yet." in said(drawn)
    assert "New invoice" in buttons(drawn)


@pytest.mark.usefixtures("practice")
def test_a_search_that_finds_nothing_says_so_and_offers_the_way_back() -> None:
    drawn = screen("invoices")
    assert labelled(drawn.main.button, "Clear filters").disabled
    drawn = labelled(drawn.text_input, "Search").set_value("nobody at all").run()
    assert "No invoice matches." in said(drawn)
    assert totals(press(drawn, "Clear filters")) == [45, 60, 90, 12_000]


@pytest.mark.usefixtures("practice")
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"status": "draft"}, [45]),
        ({"age": "Overdue"}, [90]),
        ({"age": "31-60 days"}, [90]),
        ({"age": "Outstanding", "currency": "gbp"}, [60, 90]),
        ({"currency": "jpy"}, [12_000]),
        ({"payer": "patients"}, [45]),
        ({"from": "2026-12-01"}, [45, 60, 12_000]),
        ({"to": "2026-12-01"}, [90]),
        (
            {"payer": "javascript:alert(1)", "age": "old", "status": "bad", "from": "yesterday"},
            [45, 60, 90, 12_000],
        ),
    ],
    ids=str,
)
def test_a_link_narrows_the_list_and_nonsense_in_it_is_ignored(query: dict[str, str], shown: list[int]) -> None:
    assert totals(screen("invoices", **query)) == shown


def test_a_link_to_a_payer_and_status_shows_just_those(practice: Practice) -> None:
    drawn = screen("invoices", payer=practice.acme, status="open", age="Overdue", currency="gbp")
    assert totals(drawn) == [90]
    assert labelled(drawn.selectbox, "Payer").value == practice.acme
    assert list(table(drawn)["Days overdue"]) == [45]


def test_a_link_to_a_patient_says_who_it_is_and_lets_go_of_them(practice: Practice) -> None:
    drawn = screen("invoices", patient=practice.ada)
    assert totals(drawn) == [90]
    assert "Only for Ada Byrne" in said(drawn)
    assert totals(press(drawn, "All patients")) == [45, 60, 90, 12_000]


def test_what_is_chosen_stands_in_the_address_without_names_or_free_text(practice: Practice) -> None:
    drawn = screen("invoices")
    labelled(drawn.selectbox, "Payer").set_value(practice.acme)
    labelled(drawn.selectbox, "Practitioner").set_value("Dr Rao")
    labelled(drawn.text_input, "Search").set_value("byrne")
    labelled(drawn.date_input, "Created to").set_value(date(2026, 12, 1))
    drawn = drawn.run()
    assert totals(drawn) == [90]
    assert dict(drawn.query_params) == {"payer": practice.acme, "to": "2026-12-01"}


@pytest.mark.usefixtures("practice")
def test_clearing_the_filters_clears_the_address_too() -> None:
    drawn = press(screen("invoices", status="open", age="Overdue"), "Clear filters")
    assert dict(drawn.query_params) == {}
    assert totals(drawn) == [45, 60, 90, 12_000]


@pytest.mark.usefixtures("practice")
def test_the_list_is_summed_per_currency_and_never_mixed() -> None:
    words = said(screen("invoices"))
    assert "3 invoices in GBP: total £195.00, remaining £195.00, of it outstanding £150.00" in words
    assert "1 invoice in JPY: total ¥12,000, remaining ¥12,000, of it outstanding ¥12,000" in words


@pytest.mark.usefixtures("practice")
def test_dates_the_wrong_way_round_are_said() -> None:
    drawn = screen("invoices", **{"from": "2026-12-02", "to": "2026-12-01"})
    assert "“Created from” lies after “Created to”" in said(drawn)


@pytest.mark.usefixtures("practice")
def test_the_list_is_sorted_as_asked() -> None:
    drawn = labelled(screen("invoices", currency="gbp").selectbox, "Sort by").set_value("Total").run()
    assert list(table(drawn)["Total"]) == [90, 60, 45]
    drawn = labelled(drawn.toggle, "Newest or largest first").set_value(False).run()
    assert list(table(drawn)["Total"]) == [45, 60, 90]


def test_a_row_that_is_picked_opens_its_invoice(practice: Practice) -> None:
    drawn = pick_rows(screen("invoices", age="Overdue"), 0)
    assert drawn.title[0].value.startswith("Invoice ")
    assert dict(drawn.query_params) == {"id": practice.old}


def test_the_csv_is_exactly_the_list_on_the_screen(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict] = []
    monkeypatch.setattr(downloads, "csv_button", lambda _ctx, report, **more: asked.append({"report": report, **more}))
    screen("invoices", payer=practice.acme, status="open")
    assert asked == [
        {
            "report": "invoices",
            "filters": Filters(statuses=("open",), payer=practice.acme),
            "sort": "Created",
            "descending": True,
        }
    ]


def test_a_payer_deleted_in_stripe_can_still_be_looked_at(quick: World, practice: Practice) -> None:
    quick.sandbox.call("DELETE", f"/v1/customers/{practice.acme}")
    quick.sync()
    drawn = screen("invoices", payer=practice.acme)
    assert set(table(drawn)["Payer"]) == {"Acme Ltd (deleted in Stripe)"}


@pytest.mark.usefixtures("practice")
def test_what_would_take_long_is_added_up_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("_sums", "_roads"):
        monkeypatch.setattr(f"lib.queries.{module}.MOST", 1)
    drawn = labelled(screen("invoices").text_input, "Search").set_value("acme").run()
    assert "Not added up yet" in said(drawn)
    assert "1–2 invoices, not counted" in said(drawn)
    assert totals(drawn) == [60, 90]
    drawn = press(drawn, "Add them up")
    assert "2 invoices in GBP: total £150.00, remaining £150.00, of it outstanding £150.00" in said(drawn)
    assert "1–2 of 2 invoices" in said(drawn)
