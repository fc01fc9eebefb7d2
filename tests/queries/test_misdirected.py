"""Invoices that went to a patient whose care an organisation pays for."""

from __future__ import annotations

import csv
import io
from typing import Any

from sqlalchemy.dialects import sqlite

from lib.actions import exports, rebilling
from lib.actions.invoice_state import signature
from lib.mirror.database import reading
from lib.queries import drafts, misdirected, rebills
from tests.support.builders import pay_for, pounds
from tests.support.world import DAY, World


def _covered(world: World, name: str = "Ada Byrne") -> tuple[str, str]:
    acme, ada = world.customer("Acme Ltd"), world.patient(name)
    world.sync()
    pay_for(world, ada, acme)
    return acme, ada


def _rows(world: World, report: str) -> list[dict[str, str]]:
    text = b"".join(exports.export(world.ctx, report)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_what_went_to_the_patient_is_listed_and_what_went_right_is_not(world: World) -> None:
    acme, ada = _covered(world)
    grace = world.patient("Grace Okoro")
    draft, opened = world.draft(ada, 7500), world.invoice(ada, 9900)
    paid = world.invoice(ada, 6000)
    world.sandbox.call("POST", f"/v1/invoices/{paid}/pay", {"paid_out_of_band": True})
    world.sandbox.call("POST", f"/v1/invoices/{world.invoice(ada, 100)}/void")
    world.invoice(acme, 5000, metadata={"pd_patient": ada})
    world.invoice(grace, 4000)
    world.sync()
    found = misdirected.table(world.ctx)
    assert sorted(found["id"]) == sorted([draft, opened])
    assert (misdirected.sums(world.ctx).count, misdirected.sums(world.ctx).remaining) == (2, (pounds(17_400),))
    assert set(found["default_payer"]) == {acme}


def test_the_list_has_these_columns_in_this_order(quick: World) -> None:
    _, ada = _covered(quick)
    opened = quick.invoice(ada, 9900)
    quick.sync()
    [row] = _rows(quick, "misdirected")
    columns = ["Invoice ID", "Number", "Patient", "Billed to", "Default payer", "Status", "Currency", "Remaining"]
    assert list(row) == columns
    number = quick.in_stripe("invoice", opened)["number"]
    assert list(row.values()) == [opened, number, "Ada Byrne", "Ada Byrne", "Acme Ltd", "open", "gbp", "99.00"]


def test_of_a_draft_what_it_would_ask_for_remains(quick: World) -> None:
    _, ada = _covered(quick)
    quick.entry(ada, -2500)
    quick.draft(ada, 7500)
    quick.sync()
    [row] = _rows(quick, "misdirected")
    assert (row["Number"], row["Status"], row["Remaining"]) == ("", "draft", "50.00")


def test_somebody_who_pays_for_a_relative_is_no_mistake(quick: World) -> None:
    """The child's default payer is the parent; that an employer pays for the parent's own care is beside the point."""
    _, mother = _covered(quick)
    child = quick.patient("Ben Byrne")
    quick.sync()
    pay_for(quick, child, mother)
    quick.invoice(mother, 5000, metadata={"pd_patient": child})
    quick.sync()
    assert misdirected.table(quick.ctx).empty


def test_once_the_organisation_is_gone_from_stripe_nothing_went_astray(quick: World) -> None:
    acme, ada = _covered(quick)
    quick.invoice(ada, 5000)
    quick.sandbox.call("DELETE", f"/v1/customers/{acme}")
    quick.sync()
    assert misdirected.table(quick.ctx).empty


def test_re_billing_takes_it_off_the_list(quick: World) -> None:
    acme, ada = _covered(quick)
    opened = quick.invoice(ada, 9900)
    quick.sync()
    seen = signature(drafts.body(quick.ctx, opened))
    rebilling.rebill(quick.ctx, opened, acme, seen=seen, form=quick.form())
    assert misdirected.table(quick.ctx).empty


def _plan(world: World, statement: Any) -> str:
    with reading(world.ctx.engine) as conn:
        text = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
        return "\n".join(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))


def test_it_is_found_by_indexes_alone(quick: World) -> None:
    _covered(quick)
    plan = _plan(quick, misdirected.statement(quick.ctx))
    assert "SCAN invoices USING INDEX invoices_astray" in plan  # which holds nothing else
    assert plan.count("SCAN") == 1
    assert plan.count("USING") >= 3


def test_every_draft_is_exported_with_its_age(quick: World) -> None:
    acme, ada = _covered(quick)
    old = quick.draft(acme, 18_000, metadata={"pd_patient": ada})
    quick.wait(15 * DAY)
    young = quick.draft(acme, 9000)
    quick.invoice(acme, 5000)
    quick.sync()
    rows = _rows(quick, "drafts")
    assert list(rows[0]) == [
        "Invoice ID", "Number", "Payer ID", "Payer", "Patient ID", "Patient", "Currency", "Net", "VAT", "Total",
        "Created", "Days old", "Old",
    ]  # fmt: skip
    assert [(row["Invoice ID"], row["Days old"], row["Old"]) for row in rows] == [
        (old, "15", "yes"),
        (young, "0", ""),
    ]
    assert (rows[0]["Patient"], rows[0]["Total"], rows[0]["Number"]) == ("Ada Byrne", "180.00", "")


def test_drafts_are_marked_on_the_fifteenth_day_and_not_before(quick: World) -> None:
    acme = quick.customer()
    quick.draft(acme, 100)
    quick.sync()
    for days, old in ((14, False), (1, True)):
        quick.wait(days * DAY)
        assert list(drafts.table(quick.ctx).rows["old"]) == [old]


def test_drafts_are_searched_by_name_and_turned_round(quick: World) -> None:
    acme, corvane = quick.customer("Acme Ltd"), quick.customer("Corvane")
    first = quick.draft(acme, 100)
    quick.wait(60)
    last = quick.draft(corvane)
    quick.sync()
    assert list(drafts.table(quick.ctx).rows["id"]) == [first, last]
    assert list(drafts.table(quick.ctx, oldest_first=False).rows["id"]) == [last, first]
    assert list(drafts.table(quick.ctx, search="corv").rows["id"]) == [last]
    assert list(drafts.table(quick.ctx, payer=acme).rows["id"]) == [first]
    assert list(drafts.table(quick.ctx).rows["empty"]) == [False, True]


def test_pairs_and_open_work_are_found_on_either_database(world: World) -> None:
    """Scenarios 24 and 25."""
    acme, ada = _covered(world)
    old = world.draft(ada, 7500)
    new = world.draft(acme, 7500, metadata={"pd_rebilled_from": old, "pd_patient": ada})
    world.sync()
    assert [(pair.old, pair.new) for pair in rebills.unfinished(world.ctx)] == [(old, new)]
    assert rebills.pair_of(world.ctx, old) == rebills.pair_of(world.ctx, new)
    assert list(rebills.work(world.ctx, [ada], acme)["id"]) == [old]
    assert list(rebills.work(world.ctx, [ada], "")["id"]) == [new]
