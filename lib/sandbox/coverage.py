"""What of Stripe is imitated and what is not, written out from the routes.

`python -m lib.sandbox.coverage` renews COVERAGE.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from lib.sandbox import expand, params
from lib.sandbox.api import ROUTES, Route
from lib.sandbox.faults import KINDS
from lib.sandbox.resources.finalisation import MINIMUM

FILE = Path(__file__).with_name("COVERAGE.md")
INTRODUCTION = """# What the sandbox imitates

Written by `python -m lib.sandbox.coverage`; a test fails when it is out of date. Every parameter of every route is
checked against the official SDK's own declarations: an unknown one is refused as `parameter_unknown`, a wrong type
in Stripe's words.
"""
RULINGS = """## Where Stripe's behaviour is unknown or told in two ways

| question | what the sandbox does |
|---|---|
| void an uncollectible invoice | allowed, gives back what was applied (Stripe's guide; one observer was refused) |
| send a paid, void or uncollectible invoice | refused in the words seen for a paid one |
| pay an uncollectible invoice | allowed |
| mark uncollectible | moves nothing on the balance |
| `starting_balance` of a draft | the ledger now, in its currency; for a revision also what its original holds |
| `amount_due` of a draft | what finalising now would ask for |
| an adjustment in a second currency | accepted into that currency's ledger; `balance` stays |
| lines added later | at the end, in the order of their arrival |
| an empty draft that is finalised | paid at once, as any invoice of nought |
| total under the minimum charge | carried over as a debit, also on an invoice that is sent |
| `create_preview` | takes the customer's pending items along |
| tax on a customer who is exempt | each rate stays on the line, with an amount of nought |
| halves of a penny in tax and quantities | away from nought |
| `invoice.updated` | when a draft, or what is due or credited, changes; not beside finalized, paid or voided |
| a draft that follows its customer | changes without an event of its own |
| a second currency's ledger moves | `customer.updated` with the old `invoice_credit_balance` of that currency |
| search before the lag is over | a new object is not found; a changed one is found as it is now |
| the wording of limits (metadata, custom fields, search) | ours |
| credit note by `amount` | one line of its own, holding its share of the invoice's tax; `amount` or `lines`, not both |
| credit of an invoice's line | without exclusive tax; its share of the tax is counted up over all notes |
| a custom credit line without `tax_rates` | has no tax |
| credit note on an uncollectible invoice | lowers what is due; at nought the invoice is paid |
| void a credit note | while its invoice is open or uncollectible and nothing of the note was paid back |
| number of a credit note | counted on its invoice; a void one keeps its number |
| what goes back to a card | at most what came by card; no refund object is kept |
| `refunds[]` | refunds reported on a payment record of the same invoice |
| `email_type` | taken; nothing is sent |
| paid out of band | the default payment is cancelled; a payment record "Paid out of band" takes its place |
| a payment that is too much | `amount_paid` stops at what was due, the rest is `amount_overpaid` |
| void after a part payment | refused in the words for a paid invoice |
| attach to a paid, void or draft invoice | refused; to an uncollectible one, allowed |
| a payment record that is not guaranteed | cannot be attached |
| the wording of refusals of credit notes and payments | ours |
| a revision | of an open or uncollectible invoice without payments and of no subscription; a number of its own |
| terms of a revision | those of the original, its due date too, unless others are said; pending items stay |
| a revision whose original was paid or voided meanwhile | refused; by itself: `invoice.finalization_failed` |
| a draft whose customer was deleted meanwhile | refused; by itself: `invoice.finalization_failed` |
| `latest_revision` | on every earlier version, told by `invoice.updated` |
| `invoice.will_be_due`, `invoice.overdue` | seven days before the due date, and a second after it, while open |
| `delinquent` | true when a due date passes, false when any invoice is paid or marked uncollectible |
| over the greatest charge | paid at once and carried over as a debit (`invoice_too_large`) |
| invoices of a subscription | put in by `Sandbox.seed_subscription_invoice`; their draft and lines stay |
| `Sandbox(event_version=…)` | events in the shape before 2025-03-31 for older versions; the rest of the API stays |
| a 500 | remembered under its key, with `Stripe-Should-Retry: false`; a 502 or 503 is not |
| the wording of 500, 502 and 503 | ours |
| ordering | by time of creation, then by sequence: also when the clock was set back |
"""
BREAKING = """## What breaks on request

By `Sandbox.faults.add(kind, …)`, by `python -m lib sandbox --fault kind,name=value` or `--faults FILE`, and while it
runs by JSON sent to `/_sandbox/faults` (GET, POST, DELETE; DELETE `/_sandbox/faults/ID`) from this machine. The clock
is at `/_sandbox/clock`, the keys at `/_sandbox/keys`. Both doors break alike: in process the SDK's client raises what
its own HTTP client would. A fault never leaves work half done, and `Sandbox.call` passes them all.

Any fault is aimed by `method`, `path` (a pattern with *), `skip` (calls let through first), `times` (at most; for good
without it), `nth` (only that call) and `chance` (from 0 to 1). What a fault decides depends on the seed, on the place
in which it was added and on the calls it saw; on nothing else.
"""
KEYS = """## Keys and permissions

Any `sk_test_…` or `rk_test_…` key may do everything until it is on the ring of keys (`Sandbox.keys`, `--key`,
`/_sandbox/keys`): restricted (`none`, `read` or `write` for each resource, who may write may read), revoked, or left
out while the ring is strict. A permission is named after the address: `rak_customer_read`, `rak_invoice_write`; items
belong to `invoice`, prices to `plan`. Those three names are known from reports about the real API, the others follow
the same rule. A POST needs `write`, `create_preview` too; to expand needs nothing more. A revoked key is 401 with
`api_key_expired`, any other 401 has no code; a 403 has none either. Faults and the ring are not kept in the file.
"""
ABSENT = """## Not imitated

Refunds and payment intents as objects, payment attempts reported one by one, discounts, automatic tax, manual
`tax_amounts`, shipping costs, cards and every other way of paying through the API (the button on an invoice's own page
pays with a test card), subscriptions and quotes, cash balances, test clocks, tiers, webhooks and Connect. An address
that is not in the table above answers Stripe's 404 for an unknown URL; a parameter named above as refused answers 400
with the code `sandbox_not_imitated`, never silence.
"""


def text() -> str:
    """The whole file."""
    parts = [INTRODUCTION, *_routes(), "", *_expandable(), "", *_charges(), "", *_faults(), "", KEYS, RULINGS, ABSENT]
    return "\n".join(parts)


def _routes() -> Iterable[str]:
    yield f"## {len(ROUTES)} routes\n"
    yield "| route | parameters | refused openly |"
    yield "|---|---|---|"
    yield from (_row(route) for route in sorted(ROUTES, key=lambda route: (route.path, route.method)))


def _row(route: Route) -> str:
    known = sorted(params.fields(params.declared(route.params)))
    taken = [name for name in known if name not in route.not_imitated]
    refused = ", ".join(sorted(route.not_imitated)) or "–"
    return f"| `{route.method} {route.path}` | {', '.join(taken) or '–'} | {refused} |"


def _expandable() -> Iterable[str]:
    yield "## What can be expanded\n"
    yield "| object | fields (*in italics*: absent until expanded) |"
    yield "|---|---|"
    for kind, fields in sorted(expand.FIELDS.items()):
        names = [f"*{name}*" if field.make else name for name, field in sorted(fields.items())]
        yield f"| {kind} | {', '.join(names) or '–'} |"


def _charges() -> Iterable[str]:
    yield "## Minimum charges, in minor units\n"
    yield ", ".join(f"{currency} {amount}" for currency, amount in sorted(MINIMUM.items())) + "; any other 50."


def _faults() -> Iterable[str]:
    yield BREAKING
    yield "| kind | what happens | options |"
    yield "|---|---|---|"
    for kind, (words, options) in KINDS.items():
        yield f"| `{kind}` | {words} | {', '.join(sorted(options)) or '–'} |"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE}\n")
