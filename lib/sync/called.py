"""Stripe calls where it can reach us: whoever leads then looks at once. What the call holds is not trusted with more.

So one that comes twice, late or again and again only brings looks, one a second at most.
"""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from lib.context import Context
from lib.errors import Unavailable
from lib.stripe_api import webhook
from lib.sync import news

_marked = [0]


def called(ctx: Context, body: bytes, signature: str) -> bool:
    """Take a call; False when it is not Stripe's. Raises Unavailable when the database is away: Stripe calls again."""
    event = webhook.signed(body, signature, ctx.settings.webhook_secret)
    if event is None:
        return False
    # Another account's event names its account; test and live events may come to one address.
    ours = event.get("livemode") is (ctx.settings.mode == "live") and not event.get("account")
    if ours and _marked[0] != ctx.now:
        try:
            news.expect(ctx)
        except SQLAlchemyError as away:
            raise Unavailable("The database does not answer.", type(away).__name__) from None
        _marked[0] = ctx.now
    return True
