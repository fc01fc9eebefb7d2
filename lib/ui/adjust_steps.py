"""What follows the form that adjusts a balance: the question before anything is posted, and what came of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import streamlit as st

from lib.actions import balances
from lib.context import Context
from lib.money import Money
from lib.queries import customers
from lib.text import shown
from lib.ui import feedback, ledger, preview, typed_twice
from lib.ui.balance_words import say_change, say_position


@dataclass(frozen=True)
class Wish:
    """What is to be posted, as it was when "Post adjustment" was pressed. `seen` is signed as Stripe signs it.

    `despite`: the same was posted a moment ago, and this one is meant all the same.
    """

    customer: str
    kind: str
    amount: Money
    reason: str
    note: str
    seen: Money
    despite: bool = False
    retyped: Money | None = None

    @property
    def after(self) -> Money:
        """The balance that will stand when it is posted."""
        return self.seen + Money(balances.stripe_amount(self.kind, self.amount), self.amount.currency)

    @property
    def mark(self) -> str:
        """Tells this wish from any other under the same form: an outcome is never shown for another amount."""
        told = (self.customer, self.kind, self.amount, self.reason, self.note, self.despite)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def restate(ctx: Context, wish: Wish) -> None:
    """Everything that is about to be posted, so that a slip shows."""
    typed_twice.second_person(ctx, wish.amount)
    settled = customers.get(ctx, wish.customer).object.get("currency")
    told = {
        "Customer": f"{customers.name_of(ctx, wish.customer)} · …{wish.customer[-6:]}",
        wish.kind: str(wish.amount),
        "Reason": wish.reason,
        "Note": shown(wish.note, 300),
        "Balance": say_change(wish.seen, wish.after),
        "Currency": "" if settled else _for_good(wish.amount.currency),
    }
    preview.table([(label, value) for label, value in told.items() if value], strong=(), right=False)


def _for_good(currency: str) -> str:
    """A first entry settles it (docs.stripe.com/billing/customer/balance)."""
    return f"This is their first entry: Stripe keeps the account in {currency.upper()} for good"


def result(ctx: Context, wish: Wish, entry: str) -> None:
    """What was posted, where the account stands now, and its ledger."""
    account = customers.get(ctx, wish.customer)
    st.success(feedback.safe_sentence(f"A {wish.kind.lower()} of {wish.amount} was posted."), icon=":material/check:")
    st.subheader(feedback.safe(account.name or "No name"), anchor=False)
    st.text(f"{say_position(account.balance(wish.amount.currency))} now.")
    if entry not in set(customers.ledger(ctx, wish.customer)["id"]):
        st.info("The posting stands in Stripe; the ledger below is still catching up.", icon=":material/sync:")
    ledger.show(ctx, wish.customer)
