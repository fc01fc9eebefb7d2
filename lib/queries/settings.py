"""What the program was told at start, for the screen: never a key, never a password."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.engine import make_url

from lib import audit, mail
from lib.context import Context
from lib.mirror.database import reading
from lib.settings import FIELDS, Settings

_SECRET = "set, not shown"


def known(ctx: Context) -> list[tuple[str, str, str]]:
    """Every setting: its name, its value (secrets only as set or not set), what it does."""
    here = ctx.settings
    values = {
        "STRIPE_API_KEY": _SECRET if here.stripe_key else "not set: the sandbox stands in",
        "STRIPE_API_BASE": here.stripe_base or "Stripe" if here.stripe_key else ctx.stripe.base,
        "STRIPE_WEBHOOK_SECRET": _SECRET if here.webhook_secret else "not set: Stripe is asked for news",
        # A password may stand behind the question mark too.
        "DATABASE_URL": make_url(here.database_url).set(query={}).render_as_string(hide_password=True),
        "PAYERDESK_DATA": str(here.data),
        "PAYERDESK_PRACTICE": here.practice,
        "PAYERDESK_TIMEZONE": here.zone.key,
        "PAYERDESK_CURRENCY": here.currency.upper(),
        "PAYERDESK_TERMS_DAYS": str(here.terms_days),
        "PAYERDESK_HERO_LABELS": "see below",
        "PAYERDESK_HERO_LINK": here.hero_link or "not set",
        "PAYERDESK_URL": here.public_url or "not set: this machine only",
        "PAYERDESK_TYPE_TWICE_ABOVE": _above(here.type_twice_above),
        "PAYERDESK_SECOND_PERSON_ABOVE": _above(here.second_person_above),
        "PAYERDESK_AUDIT_KEY": _SECRET if here.audit_key else "a file in the data folder",
        "PAYERDESK_AUDIT_HEADS": here.audit_heads or "not set: beside the database only",
        "PAYERDESK_SMTP": _mail(here),
        "PAYERDESK_MAIL_FROM": here.mail_from or "not set",
        "PAYERDESK_REMINDER_DAYS": ", ".join(map(str, here.reminder_days)),
    }
    return [(name, values[name], meaning) for name, meaning in FIELDS.items()]


def _mail(here: Settings) -> str:
    if here.smtp:
        return _SECRET
    demo = "not set: messages are kept on this machine and sent to nobody"
    return demo if mail.is_demo(here) else "not set: no reminder can be sent"


def _above(amount: Decimal | None) -> str:
    return "no limit" if amount is None else f"{amount:,}"


def first_broken_entry(ctx: Context) -> int | None:
    """The first entry of the audit log that does not stand as it was written; None when all do."""
    with reading(ctx.engine) as conn:
        return audit.first_broken(conn)
