"""Whether the key opens the account that the database belongs to: proved once, before anything else is asked of Stripe.

With a key of another account, what is unfinished would look as if it had never happened, and everything that we hold
as if it had been deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lib.errors import NotAllowed, NotFound, Refused, SettingsError
from lib.mirror import stamp
from lib.stripe_api.client import StripeApi

if TYPE_CHECKING:
    from lib.context import Context


def prove(ctx: Context) -> None:
    """Raises SettingsError where the key opens another account or nobody can tell, Unavailable where Stripe is out of
    reach, NotAllowed where the key opens nothing.
    """
    account, stamped = _account(ctx.stripe), stamp.account_of(ctx.engine)
    if not account or not stamped:
        _compare(ctx, account, stamped)
    stamp.check(ctx.engine, ctx.settings.mode, account)


def _account(api: StripeApi) -> str:
    """The account's id, or nothing where the key may not say."""
    try:
        return str(api.get("/v1/account").get("id", ""))
    except (NotAllowed, NotFound, Refused):
        return ""


def _compare(ctx: Context, account: str, stamped: str) -> None:
    """Ids are never given twice: where Stripe knows one of our customers, the account is ours."""
    held = stamp.newest_customers(ctx.engine)
    if held and not any(_known(ctx.stripe, customer) for customer in held):
        raise SettingsError(
            "The key opens a Stripe account that knows none of this database's newest customers. "
            "Set the key of the account they are in, or another PAYERDESK_DATA or DATABASE_URL."
        )
    if stamped and not account and not held:
        raise SettingsError(
            f"This database belongs to Stripe account {stamped}, and the key may not say which one it opens. "
            "Give the key permission to read the account."
        )


def _known(api: StripeApi, customer: str) -> bool:
    """Stripe knows a customer that was deleted, too."""
    try:
        api.get(f"/v1/customers/{customer}")
    except NotFound:
        return False
    return True
