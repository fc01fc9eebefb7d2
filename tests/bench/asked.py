"""What the other pages ask: the overview, one account, one invoice, pickers, the log; and how a question is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from lib.context import Context
from lib.queries import (
    activity,
    catalogue,
    customers,
    drafts,
    freshness,
    invoices,
    misdirected,
    organisations,
    overview,
    patients,
    people,
    rebills,
    reminder_log,
    reminders,
    remittances,
    review,
    statements,
    timeline,
)
from lib.queries.payer_history import payer_history
from tests.bench import names
from tests.bench.known import Known

LIST, AGGREGATE = 10.0, 50.0  # milliseconds at most, p95
RATIO = 2.0  # a list's time at a hundred times the invoices, at most


@dataclass(frozen=True)
class Question:
    """Something that a page asks, and what it may take."""

    name: str
    limit: float
    ask: Callable[[], Any]


def questions(ctx: Context, who: Known) -> Iterator[Question]:
    """All of them."""
    yield from _overview(ctx)
    yield from _account(ctx, who)
    yield from _invoice(ctx, who)
    yield from _pickers(ctx, who)
    yield from _work(ctx, who)
    yield from _log(ctx, who)


def _overview(ctx: Context) -> Iterator[Question]:
    yield Question("overview: figures", AGGREGATE, partial(overview.figures, ctx))
    for currency in ("gbp", "eur"):
        yield Question(f"overview: who owes, {currency}", AGGREGATE, partial(overview.by_payer, ctx, currency))
        yield Question(f"overview: by age, {currency}", AGGREGATE, partial(overview.by_age, ctx, currency))


def _account(ctx: Context, who: Known) -> Iterator[Question]:
    for name, one in {"busiest payer": who.busiest, "patient": who.patient, "with a ledger": who.ledger}.items():
        yield Question(f"account: {name}", LIST, partial(customers.get, ctx, one))
    yield Question("account: ledger", LIST, partial(customers.ledger, ctx, who.ledger))
    yield Question("account: who changed the payer", LIST, partial(payer_history, ctx, who.patient))
    yield Question("account: name", LIST, partial(customers.name_of, ctx, who.busiest))
    yield Question("open work of a patient", LIST, partial(patients.open_work, ctx, [who.patient]))
    yield Question("patients by id", LIST, partial(patients.some, ctx, [who.patient]))


def _invoice(ctx: Context, who: Known) -> Iterator[Question]:
    yield Question("invoice", LIST, partial(invoices.get, ctx, who.invoice))
    yield Question("invoice: lines", LIST, partial(invoices.lines, ctx, who.invoice))
    yield Question("invoice: what happened", LIST, partial(timeline.timeline, ctx, who.invoice))
    yield Question("invoice: left behind", LIST, partial(invoices.left_behind, ctx, "bench-7"))
    yield Question("catalogue: prices", LIST, partial(catalogue.items, ctx, "gbp"))
    yield Question("catalogue: rates", LIST, partial(catalogue.rates, ctx))


def _pickers(ctx: Context, who: Known) -> Iterator[Question]:
    for noun, kinds in {"organisations": ("organisation",), "patients": ("patient",), "anybody": ()}.items():
        yield Question(f"picker of {noun}", LIST, partial(customers.choices, ctx, kinds=kinds, limit=100))
        for name, text in {
            "common": names.COMMON,
            "rare": names.RARE,
            "absent": "qzxvqzxv",
            "two letters": "ma",
        }.items():
            ask = partial(customers.choices, ctx, kinds=kinds, text=text, limit=100)
            yield Question(f"picker of {noun}: {name}", LIST, ask)
    yield Question("picker: chosen", LIST, partial(customers.chosen, ctx, [who.busiest, who.patient]))
    likely = partial(organisations.likely_duplicates, ctx, who.payer_name, who.email)
    yield Question("likely duplicates", LIST, likely)
    for name, ask in {"practitioners": invoices.practitioners, "locations": invoices.locations}.items():
        yield Question(f"picker of {name}", LIST, partial(ask, ctx))
    yield Question("picker of currencies", LIST, partial(invoices.currencies, ctx))


def _work(ctx: Context, who: Known) -> Iterator[Question]:
    """What waits for somebody. Who is to be reminded is added up from all that is overdue."""
    for name, more in {
        "organisations": {},
        "organisations, due now": {"due_only": True},
        "patients": {"whose": reminders.PATIENTS},
        "by Overdue": {"sort": "Overdue"},
        "by Payer": {"sort": "Payer", "descending": False},
    }.items():
        yield Question(f"chasing: {name}", AGGREGATE, partial(reminders.table, ctx, **more))
    yield Question("chasing: what was sent", LIST, partial(reminder_log.log, ctx))
    yield Question("misdirected: sums", AGGREGATE, partial(misdirected.sums, ctx))
    yield Question("misdirected: first", LIST, partial(misdirected.first, ctx))
    yield Question("drafts", LIST, partial(drafts.table, ctx))
    yield Question("statement: busiest payer", AGGREGATE, partial(statements.get, ctx, who.busiest))
    yield Question("statement: patient", AGGREGATE, partial(statements.get, ctx, who.patient))
    yield Question("remittance: all that a payer owes", AGGREGATE, partial(remittances.owing, ctx, who.busiest, "gbp"))
    yield Question("re-billing: work of a patient", LIST, partial(rebills.work, ctx, [who.patient], ""))
    yield Question("what waits for a person", LIST, partial(review.counts, ctx))


def _log(ctx: Context, who: Known) -> Iterator[Question]:
    yield Question("activity: first", LIST, partial(activity.table, ctx))
    yield Question("activity: one person", LIST, partial(activity.table, ctx, actor="person03"))
    yield Question("activity: one verb", LIST, partial(activity.table, ctx, verb="patient:payer"))
    yield Question("activity: one subject", LIST, partial(activity.table, ctx, subject=who.ledger))
    yield Question("activity: actors", LIST, partial(people.actors, ctx))
    yield Question("activity: not confirmed", LIST, partial(activity.unconfirmed, ctx))
    yield Question("how old the figures are", LIST, partial(freshness.get, ctx))
