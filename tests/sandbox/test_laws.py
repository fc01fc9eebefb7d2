"""Laws that hold whatever is called: random legal and illegal calls through the official SDK, seeded.

After every call the books must add up; a refused call must have changed nothing; the same call with its key again must
change nothing and say the same; and who only followed the events must know the same objects.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lib.sandbox import Sandbox
from lib.sandbox.transport import InProcess
from tests.sandbox.books import Books
from tests.sandbox.conftest import KEY, NOON
from tests.sandbox.replay import Follower, listed

AMOUNTS = st.one_of(st.sampled_from([0, 1, 29, 30, 31, 100, 5000]), st.integers(1, 20_000))
SIGNED = st.builds(lambda amount, sign: amount * sign, AMOUNTS, st.sampled_from([1, -1]))
CURRENCIES = st.sampled_from(["gbp", "gbp", "gbp", "eur"])
WHICH = st.sampled_from(range(60))
TERMS: tuple[dict[str, Any], ...] = ({}, {}, {"pending_invoice_items_behavior": "include"}, {"auto_advance": True})
WAYS = ("credit_amount", "out_of_band_amount", "refund_amount", "")


class Laws(RuleBasedStateMachine):
    """A bookkeeper with no plan, and an auditor behind them."""

    def __init__(self) -> None:
        super().__init__()
        stripe.enable_telemetry = False
        self.box = Sandbox()
        self.box.clock.set(NOON)
        self.v1 = stripe.StripeClient(KEY, http_client=InProcess(self.box)).v1
        self.keys = itertools.count()
        self.customers: list[str] = []
        self.invoices: list[str] = []
        self.notes: list[str] = []
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def call(self, method: Callable[..., Any], *args: Any) -> Any:
        """Call, and call again with the same key. None when Stripe refuses."""
        options = {"idempotency_key": f"key {next(self.keys)}"}
        made = self._tried(method, *args, options)
        if made is not None:
            after = self.box.digest()
            assert (method(*args, options).to_dict(), self.box.digest()) == (made.to_dict(), after)
        return made

    def _tried(self, method: Callable[..., Any], *args: Any) -> Any:
        """A refused call must leave no trace."""
        before = self.box.digest()
        try:
            made = method(*args)
        except stripe.InvalidRequestError:
            self.refused[method.__name__] += 1
        else:
            self.done[method.__name__] += 1
            return made
        assert self.box.digest() == before
        return None

    def get(self, path: str, **params: Any) -> list[dict[str, Any]]:
        return listed(self.box, path, **params)

    def _one(self, which: int, *statuses: str) -> str:
        """An invoice; three times of four one in a fitting state, if there is one."""
        fitting = [invoice["id"] for invoice in self.get("/v1/invoices") if invoice["status"] in statuses]
        found = fitting if fitting and which % 4 else self.invoices
        return found[which % len(found)]

    def _customer(self, which: int) -> str:
        return self.customers[which % len(self.customers)]

    # What somebody may do

    @initialize(percentage=st.sampled_from([20, 17.5]), amounts=st.lists(AMOUNTS, min_size=2, max_size=2))
    def set_up(self, percentage: float, amounts: list[int]) -> None:
        given = {"display_name": "VAT", "percentage": percentage}
        self.rates = [
            self.v1.tax_rates.create({**given, "inclusive": inclusive}).id  # type: ignore[typeddict-item]
            for inclusive in (False, True)
        ]
        for balance in (-7000, 0):
            self.add_customer(balance)
        for number, amount in enumerate(amounts):
            self.draft(number, "gbp", [amount, 9000], None, {})
            self.call(self.v1.invoices.finalize_invoice, self.invoices[-1], {})

    @precondition(lambda self: len(self.customers) < 4)
    @rule(balance=st.sampled_from([0, 0, -7000, 250]))
    def add_customer(self, balance: int) -> None:
        self.customers.append(self.call(self.v1.customers.create, {"name": "Acme", "balance": balance}).id)

    @rule(which=WHICH, name=st.sampled_from(["Acme", "Acme Group", ""]))
    def rename(self, which: int, name: str) -> None:
        self.call(self.v1.customers.update, self._customer(which), {"name": name, "metadata": {"was": name}})

    @precondition(lambda self: len(self.customers) == 4)
    @rule(which=WHICH)
    def forget_customer(self, which: int) -> None:
        self._tried(self.v1.customers.delete, self._customer(which))

    @rule(which=WHICH, amount=SIGNED, currency=CURRENCIES)
    def adjust(self, which: int, amount: int, currency: str) -> None:
        entries = self.v1.customers.balance_transactions
        self.call(entries.create, self._customer(which), {"amount": amount, "currency": currency})

    @rule(which=WHICH, amount=SIGNED, currency=CURRENCIES)
    def leave_an_item_waiting(self, which: int, amount: int, currency: str) -> None:
        given = {"customer": self._customer(which), "amount": amount, "currency": currency, "description": "Waiting"}
        self.call(self.v1.invoice_items.create, given)

    @rule(
        which=WHICH,
        currency=CURRENCIES,
        amounts=st.lists(SIGNED, min_size=1, max_size=4),
        rate=st.sampled_from([None, None, 0, 1]),
        more=st.sampled_from(TERMS),
    )
    def draft(self, which: int, currency: str, amounts: list[int], rate: int | None, more: dict[str, Any]) -> None:
        terms = {"collection_method": "send_invoice", "days_until_due": 30, "currency": currency}
        made = self.call(self.v1.invoices.create, {"customer": self._customer(which), **terms, **more})
        if made is None:
            return
        self.invoices.append(made.id)
        rates = {} if rate is None else {"tax_rates": [self.rates[rate]]}
        lines = [{"amount": amount, "description": "Visit", **rates} for amount in amounts]
        self.call(self.v1.invoices.add_lines, made.id, {"lines": lines})

    @rule(which=WHICH, amount=SIGNED, quantity=st.sampled_from([None, None, 3]))
    def add_a_line(self, which: int, amount: int, quantity: int | None) -> None:
        """A quantity beside an amount is refused."""
        line = {"amount": amount, "description": "More"} | ({} if quantity is None else {"quantity": quantity})
        self.call(self.v1.invoices.add_lines, self._one(which, "draft"), {"lines": [line]})

    @rule(which=WHICH, amount=AMOUNTS, behavior=st.sampled_from([None, "delete", "unassign"]))
    def change_the_first_line(self, which: int, amount: int, behavior: str | None) -> None:
        invoice = self._one(which, "draft")
        lines = self._lines(invoice)
        if lines and behavior:
            given: Any = {"lines": [{"id": lines[0]["id"], "behavior": behavior}]}
            self.call(self.v1.invoices.remove_lines, invoice, given)
        elif lines:
            self.call(self.v1.invoices.update_lines, invoice, {"lines": [{"id": lines[0]["id"], "amount": amount}]})

    @rule(which=WHICH, verb=st.sampled_from(["finalize_invoice", "finalize_invoice", "send_invoice"]))
    def issue(self, which: int, verb: str) -> None:
        self.call(getattr(self.v1.invoices, verb), self._one(which, "draft"), {})

    @rule(which=WHICH, verb=st.sampled_from(["void_invoice", "mark_uncollectible"]))
    def give_up(self, which: int, verb: str) -> None:
        self.call(getattr(self.v1.invoices, verb), self._one(which, "open", "uncollectible"), {})

    @rule(which=WHICH)
    def throw_away(self, which: int) -> None:
        self._tried(self.v1.invoices.delete, self._one(which, "draft"))

    @rule(which=WHICH)
    def pay_outside(self, which: int) -> None:
        self.call(self.v1.invoices.pay, self._one(which, "open", "uncollectible"), {"paid_out_of_band": True})

    @rule(which=WHICH, amount=AMOUNTS, foreign=st.sampled_from([False, False, True]), whole=st.booleans())
    def report_a_payment(self, which: int, amount: int, foreign: bool, whole: bool) -> None:
        """Part of what is due, all of it, or too much."""
        ident = self._one(which, "open", "uncollectible")
        invoice = self._invoice(ident)
        value = invoice.get("amount_remaining", 0) if whole else amount
        told: Any = {
            "amount_requested": {"value": value, "currency": "usd" if foreign else invoice.get("currency", "gbp")},
            "initiated_at": NOON,
            "payment_method_details": {"type": "custom", "custom": {"display_name": "Bank transfer"}},
            "processor_details": {"type": "custom", "custom": {"payment_reference": "X"}},
            "outcome": "guaranteed",
            "guaranteed": {"guaranteed_at": NOON},
        }
        record = self.call(self.v1.payment_records.report_payment, told)
        if record is not None:
            self.call(self.v1.invoices.attach_payment, ident, {"payment_record": record.id})

    @rule(which=WHICH, amount=AMOUNTS, way=st.sampled_from(WAYS), off=st.sampled_from([0, 0, 0, 1]))
    def credit(self, which: int, amount: int, way: str, off: int) -> None:
        """A note over an amount; what was paid of it goes back in one way, sometimes by a penny too much."""
        invoice = self._one(which, "open", "paid", "uncollectible")
        post = amount - self._invoice(invoice).get("amount_remaining", 0) + off
        more = {way: post} if way and post > 0 else {}
        made = self.call(self.v1.credit_notes.create, {"invoice": invoice, "amount": amount, **more})
        if made is not None:
            self.notes.append(made.id)

    @rule(which=WHICH)
    def take_a_note_back(self, which: int) -> None:
        if self.notes:
            self.call(self.v1.credit_notes.void_credit_note, self.notes[which % len(self.notes)], {})

    @rule(hours=st.integers(1, 6))
    def wait(self, hours: int) -> None:
        """Drafts that advance by themselves do so with the next call."""
        self.box.clock.advance(hours * 3600)
        self.v1.accounts.retrieve_current()

    def _invoice(self, ident: str) -> dict[str, Any]:
        return next((invoice for invoice in self.get("/v1/invoices") if invoice["id"] == ident), {})

    def _lines(self, invoice: str) -> list[dict[str, Any]]:
        return self.get(f"/v1/invoices/{invoice}/lines") if self._invoice(invoice) else []

    # What must be true

    @invariant()
    def the_books_add_up(self) -> None:
        Books(self.box).audit()

    def teardown(self) -> None:
        Follower(self.box).knows_the_same()
        self.box.close()


TestWhateverIsCalled = Laws.TestCase
TestWhateverIsCalled.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),  # making a failure small would take longer than a test may
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


class Walk:
    """The same calls by a throw of dice: longer, and less often twice the same."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self.laws = Laws()
        self.laws.set_up(20, [6000, 250])

    def step(self) -> None:
        dice, laws = self._dice, self.laws
        which, amount = dice.randrange(60), dice.choice([1, 29, 30, 100, 900, 5000, 12_345])
        signed, currency = amount * dice.choice([1, 1, -1]), dice.choice(["gbp", "gbp", "gbp", "eur"])
        dice.choice(
            [
                lambda: laws.rename(which, dice.choice(["Acme", "Acme Group"])),
                lambda: laws.adjust(which, signed, currency),
                lambda: laws.leave_an_item_waiting(which, signed, currency),
                *[lambda: laws.draft(which, currency, [signed, 900], dice.choice([None, 0, 1]), dice.choice(TERMS))]
                * 3,
                lambda: laws.add_a_line(which, signed, dice.choice([None, None, 3])),
                lambda: laws.change_the_first_line(which, amount, dice.choice([None, "delete", "unassign"])),
                *[lambda: laws.issue(which, dice.choice(["finalize_invoice", "send_invoice"]))] * 4,
                lambda: laws.give_up(which, dice.choice(["void_invoice", "mark_uncollectible"])),
                lambda: laws.throw_away(which),
                lambda: laws.pay_outside(which),
                *[lambda: laws.report_a_payment(which, amount, dice.random() < 0.1, dice.random() < 0.3)] * 2,
                *[lambda: laws.credit(which, amount, dice.choice(WAYS), dice.choice([0, 0, 0, 1]))] * 3,
                lambda: laws.take_a_note_back(which),
                lambda: laws.wait(1 + dice.randrange(6)),
            ]
        )()


MET = {"create", "add_lines", "finalize_invoice", "send_invoice", "void_invoice", "mark_uncollectible", "delete"}
MET |= {"pay", "attach_payment", "remove_lines", "update_lines", "void_credit_note", "report_payment"}


@pytest.mark.slow
def test_walks_by_dice_keep_the_laws_and_meet_every_call_both_done_and_refused():
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for seed in range(12):
        walk = Walk(seed)
        for _ in range(45):
            walk.step()
            walk.laws.the_books_add_up()
        done, refused = done + walk.laws.done, refused + walk.laws.refused
        walk.laws.teardown()
    assert (MET - done.keys(), MET - refused.keys()) == (set(), set())
