"""What stands in the cells of a table, and what a picked row means."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
from pandas.io.formats.style import Styler
from streamlit.elements.lib.pandas_styler_utils import marshall_styler
from streamlit.proto.ArrowData_pb2 import ArrowData
from streamlit.testing.v1 import AppTest

from lib.queries import Page
from lib.ui import tables
from lib.ui.tables import Column
from tests.support.drawn import pick_rows, press, table
from tests.support.world import NOON

LONDON = ZoneInfo("Europe/London")


def cells(kind: str, *values: object, currencies: tuple[str, ...] = ()) -> list[str]:
    """How these values read in a column of this kind."""
    column = Column("value", "Value", kind)
    rows = pd.DataFrame({"value": list(values), "currency": list(currencies or ["gbp"] * len(values))}, dtype=object)
    told = pd.DataFrame({"Value": tables._values(rows, column, LONDON)})
    styled = tables._styled(told, rows, [column])
    return list(told["Value"]) if styled is told else sent(styled)


def sent(styled: Styler) -> list[str]:
    """The words that Streamlit sends for the one column, as the browser gets them."""
    out = ArrowData()
    marshall_styler(out, styled, "any")
    return [str(one) for one in pa.ipc.open_stream(out.styler.display_values).read_all()["Value"].to_pylist()]


def test_each_amount_reads_in_its_own_currency() -> None:
    assert cells("money", 104500, 12000, 0, currencies=("gbp", "jpy", "gbp")) == ["£1,045.00", "¥12,000", "£0.00"]


def test_an_amount_that_is_not_there_is_blank_and_not_zero() -> None:
    assert cells("money", 4500, None) == ["£45.00", ""]


def test_an_account_reads_as_credit_or_debit_and_never_has_a_sign() -> None:
    assert cells("account", -4500, 4500, 0) == ["£45.00 credit", "£45.00 debit", ""]
    assert cells("position", -4500, 0) == ["£45.00 credit", "settled"]


def test_who_hears_or_copies_an_amount_gets_pounds_and_not_pence_and_it_still_sorts_as_a_number() -> None:
    rows = pd.DataFrame({"value": [950, -10000, None, 12000], "currency": ["gbp", "gbp", "gbp", "jpy"]}, dtype=object)
    told = tables._values(rows, Column("value", "Value", "money"), LONDON)
    assert list(told) == [Decimal("9.5"), Decimal(-100), None, Decimal(12000)]
    assert pa.types.is_decimal(pa.Array.from_pandas(told).type)


def test_days_are_days_of_the_practice_and_words_are_words() -> None:
    assert [str(day) for day in cells("day", NOON, 1_782_862_200)] == ["2026-11-16", "2026-07-01"]
    assert cells("status", "uncollectible", "brand_new") == [["Written off"], ["brand_new"]]
    assert cells("text", "Acme\u202e\n Ltd", None) == ["Acme Ltd", ""]


def test_a_name_says_when_stripe_has_the_customer_no_more() -> None:
    rows = pd.DataFrame({"name": ["Acme", "Gone", None], "deleted": [False, True, False]}, dtype=object)
    assert tables.with_state(rows) == ["Acme", "Gone (deleted in Stripe)", ""]


def test_where_a_screenful_stands_is_said_and_what_is_not_known_is_not_guessed() -> None:
    def said(count: int, total: int | None, start: int | None = 1, *, exact: bool = True) -> str:
        rows = pd.DataFrame({"id": range(count)})
        return tables.position(Page(rows, total, start, exact, keys=[(n,) for n in range(count)]), "invoices")

    assert said(50, 1244, 51) == "51–100 of 1,244 invoices"
    assert said(50, 1244, 51, exact=False) == "about 51–100 of 1,244 invoices"
    assert said(50, None) == "1–50 invoices, not counted"
    assert said(50, None, None) == "The last 50 invoices"
    assert said(0, 0) == "No invoices"
    assert said(1, 1) == "1 invoice"


def test_steps_lead_from_screenful_to_screenful_and_another_filter_back_to_the_first() -> None:
    def script() -> None:
        import pandas as pd
        import streamlit as st

        from lib.queries import Page
        from lib.ui import tables

        place = tables.place("here", st.session_state["filter"])
        st.text(f"{place.way} {place.key} {place.start}")
        rows = pd.DataFrame({"id": range(50)})
        keys = [(n,) for n in range(50)]
        tables.pages("here", Page(rows, 120, place.start, before=place.way != "first", after=True, keys=keys), "rows")

    drawn = AppTest.from_function(script)
    drawn.session_state["filter"] = "open"
    drawn = drawn.run()
    assert [button.label for button in drawn.button if button.disabled] == ["First", "Previous"]
    drawn = press(drawn, "Next")
    assert drawn.text[0].value == "after (49,) 51"
    drawn = press(drawn, "Previous")
    assert drawn.text[0].value == "before (0,) 1"
    drawn.session_state["filter"] = "paid"
    assert drawn.run().text[0].value == "first () 1"


def test_a_pick_does_not_fall_on_another_row_when_the_rows_change() -> None:
    def script() -> None:
        from zoneinfo import ZoneInfo

        import pandas as pd
        import streamlit as st

        from lib.ui import tables

        rows = pd.DataFrame({"id": st.session_state["ids"]})
        columns = [tables.Column("id", "Id")]
        st.text(str(tables.table(rows, columns, ZoneInfo("Europe/London"), key="here", pick="single-row")))

    drawn = AppTest.from_function(script)
    drawn.session_state["ids"] = ["cus_a", "cus_b"]
    drawn = pick_rows(drawn.run(), 1)
    assert drawn.text[0].value == "['cus_b']"
    drawn.session_state["ids"] = ["cus_a", "cus_c"]
    assert drawn.run().text[0].value == "[]"
    assert list(table(drawn)["Id"]) == ["cus_a", "cus_c"]
