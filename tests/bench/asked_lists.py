"""What the pages with lists ask: every sort, filter, page and search word, and what a filtered list adds up to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.tables import invoices as rows
from lib.queries import Page, Place, balances, invoices, organisations, patients
from lib.queries.invoices import PATIENTS, Filters
from tests.bench import made, names
from tests.bench.asked import AGGREGATE, LIST, Question
from tests.bench.known import Known

_DEEP = {
    "Created": rows.c.created,
    "Due date": rows.c.due_at,
    "Total": rows.c.total,
    "Remaining": rows.c.amount_remaining,
    "Number": rows.c.number_key,
    "Payer": rows.c.payer_order,
}
Table = Callable[..., Page]


def questions(ctx: Context, who: Known) -> Iterator[Question]:
    """All of them."""
    yield from _every_invoice(ctx)
    for name, wanted in (filters(ctx, who) | searches(who)).items():
        yield from _narrowed(ctx, name, wanted)
    for noun, table, sorts in (
        ("organisations", organisations.table, organisations.SORTS),
        ("patients", patients.table, patients.SORTS),
        ("balances", balances.table, balances.SORTS),
    ):
        for sort in sorts:
            for down in (False, True):
                name = f"{noun} by {sort}{' down' if down else ''}"
                yield from _walked(name, partial(table, ctx, sort=sort, descending=down))
        for word, text in _words(who).items():
            yield Question(f"{noun}: {word}", LIST, partial(table, ctx, search=text))
    yield from _of_one_kind(ctx, who)


def filters(ctx: Context, who: Known) -> dict[str, Filters]:
    """Each filter alone, and the pairs that are common."""
    today = ctx.today
    month = {"created_from": today - timedelta(days=45), "created_to": today - timedelta(days=15)}
    long = {"created_from": date(today.year - 2, 2, 10), "created_to": today - timedelta(days=20)}
    status: dict[str, Any] = {f"status {one}": Filters(statuses=(one,)) for one in invoices.STATUSES}
    ages: dict[str, Any] = {f"age {age}": Filters(age=age) for age in ("Outstanding", "Overdue", *invoices.AGES)}
    doctor, place = made.PRACTITIONERS[3], made.LOCATIONS[2]
    return status | ages | {
        "two statuses": Filters(statuses=("open", "uncollectible")),
        "busiest payer": Filters(payer=who.busiest),
        "usual payer": Filters(payer=who.usual),
        "patients themselves": Filters(payer=PATIENTS),
        "patient": Filters(patient=who.patient),
        "practitioner": Filters(practitioner=doctor),
        "location": Filters(location=place),
        "euros": Filters(currency="eur"),
        "a month": Filters(**month),
        "two years and a bit": Filters(**long),
        "payer and open": Filters(payer=who.busiest, statuses=("open",)),
        "payer and overdue": Filters(payer=who.busiest, age="Overdue"),
        "payer and practitioner": Filters(payer=who.busiest, practitioner=doctor),
        "payer and a month": Filters(payer=who.busiest, **month),
        "open and practitioner": Filters(statuses=("open",), practitioner=doctor),
        "paid and location": Filters(statuses=("paid",), location=place),
        "paid and a month": Filters(statuses=("paid",), **month),
        "void and euros": Filters(statuses=("void",), currency="eur"),
        "patients and overdue": Filters(payer=PATIENTS, age="Overdue"),
        "practitioner and overdue": Filters(practitioner=doctor, age="Overdue"),
        "practitioner and two years": Filters(practitioner=doctor, **long),
        "practitioner and location": Filters(practitioner=doctor, location=place),
    }  # fmt: skip


def searches(who: Known) -> dict[str, Filters]:
    """Words alone, and a common word with a filter."""
    found = {f"search {name}": Filters(text=text) for name, text in _words(who).items()}
    found["search number"] = Filters(text=who.number)
    found["search end of a number"] = Filters(text=who.number[-5:])
    found["search beginning of every number"] = Filters(text="PD-")
    found["search patient and number"] = Filters(text=f"{who.name.split()[-1]} {who.number[-3:]}")
    found["search patient and payer"] = Filters(text=f"{who.name.split()[0]} {who.payer_name.split()[0]}")
    found["search common surname, open"] = Filters(text=names.COMMON, statuses=("open",))
    found["search common surname, overdue"] = Filters(text=names.COMMON, age="Overdue")
    found["search common surname, busiest payer"] = Filters(text=names.COMMON, payer=who.busiest)
    return found


def _words(who: Known) -> dict[str, str]:
    return {
        "common surname": names.COMMON,
        "rare surname": names.RARE,
        "absent word": "qzxvqzxv",
        "part of a name": who.name.split()[-1][1:5],
        "whole name": who.name,
        "email": who.email,
        "half an email": who.email.split("@")[0],
        "domain of very many": "patient.example",
        "postcode": who.postcode,
        "postcode without its blank": who.postcode.replace(" ", ""),
        "two letters": "ma",
        "one letter": "z",
        "Hero's reference": who.reference,
        "customer id": who.patient,
        "accents": "siân",
    }


def _every_invoice(ctx: Context) -> Iterator[Question]:
    sums = invoices.sums(ctx, Filters())
    for sort in invoices.SORTS:
        for down in (True, False):
            ask = partial(invoices.table, ctx, Filters(), sort=sort, descending=down, counted=sums)
            name = f"invoices by {sort}{' down' if down else ''}"
            yield from _walked(name, ask)
            yield Question(f"{name}: in the middle", LIST, partial(ask, place=_middle(ctx, sort)))
    yield Question("sums: every invoice", AGGREGATE, partial(invoices.sums, ctx, Filters()))


def _walked(name: str, ask: Table) -> Iterator[Question]:
    """The first screenful, the one after it, the last, and the one before that."""
    yield Question(f"{name}: first", LIST, ask)
    yield Question(f"{name}: next", LIST, partial(ask, place=ask().place("after")))
    yield Question(f"{name}: last", LIST, partial(ask, place=Place("last")))
    yield Question(f"{name}: before the last", LIST, partial(ask, place=ask(place=Place("last")).place("before")))


def _narrowed(ctx: Context, name: str, wanted: Filters) -> Iterator[Question]:
    """A filtered list as the page asks for it: its sums, and then a screenful in the sorts people use."""
    yield Question(f"sums: {name}", AGGREGATE, partial(invoices.sums, ctx, wanted))
    sums = invoices.sums(ctx, wanted)
    for sort, down in (("Created", True), ("Due date", False), ("Total", True), ("Payer", False), ("Remaining", True)):
        ask = partial(invoices.table, ctx, wanted, sort=sort, descending=down, counted=sums)
        yield Question(f"invoices, {name}, by {sort}", LIST, ask)
    newest = partial(invoices.table, ctx, wanted, counted=sums)
    yield Question(f"invoices, {name}: next", LIST, partial(newest, place=newest().place("after")))
    yield Question(f"invoices, {name}: last", LIST, partial(newest, place=Place("last")))


def _middle(ctx: Context, sort: str) -> Place:
    """Beside a row half-way down the list."""
    with reading(ctx.engine) as conn:
        ordered = select(_DEEP[sort], rows.c.id).where(~rows.c.deleted).order_by(_DEEP[sort], rows.c.id)
        half = (conn.exec_driver_sql("SELECT count(*) FROM invoices").scalar() or 0) // 2
        return Place("after", tuple(conn.execute(ordered.offset(half).limit(1)).one()), None, None)


def _of_one_kind(ctx: Context, who: Known) -> Iterator[Question]:
    yield Question("patients of the busiest payer", LIST, partial(patients.table, ctx, payer=who.busiest))
    yield Question("patients who pay themselves", LIST, partial(patients.table, ctx, payer="self"))
    yield Question("patients whose payer is deleted", LIST, partial(patients.table, ctx, payer="deleted"))
    yield Question("balances: credit only", LIST, partial(balances.table, ctx, side="Credit"))
    yield Question("balances: debit only", LIST, partial(balances.table, ctx, side="Debit"))
    yield Question("customers that are neither", LIST, partial(organisations.unmarked, ctx))
