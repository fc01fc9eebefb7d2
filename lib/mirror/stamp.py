"""A database belongs to one Stripe account and one mode: test money and live money never meet in one table."""

from __future__ import annotations

from sqlalchemy import Engine, select, update

from lib.errors import SettingsError
from lib.mirror import ours
from lib.mirror.database import reading, writing
from lib.mirror.rows import insert_once
from lib.mirror.tables import customers

_NAMES = {"sandbox": "the embedded sandbox", "test": "Stripe test mode", "live": "live Stripe"}
_A_FEW = 5


def check(engine: Engine, mode: str, account: str) -> None:
    """Stamp a new database; refuse one that was stamped for another mode or account. Raises SettingsError."""
    with writing(engine) as conn:
        insert_once(conn, ours.stamp, {"id": 1, "mode": mode, "account": account})
        found = conn.execute(select(ours.stamp)).one()
        if found.mode != mode:
            raise SettingsError(
                f"This database holds {_NAMES[found.mode]}, and the key is for {_NAMES[mode]}. "
                "Set another PAYERDESK_DATA or DATABASE_URL."
            )
        if account and found.account and account != found.account:
            raise SettingsError(
                f"This database belongs to Stripe account {found.account}, and the key to {account}. "
                "Set another PAYERDESK_DATA or DATABASE_URL."
            )
        if account and not found.account:
            conn.execute(update(ours.stamp).values(account=account))


def account_of(engine: Engine) -> str:
    """The account it was stamped for; empty where no key could say."""
    with reading(engine) as conn:
        return conn.execute(select(ours.stamp.c.account)).scalar() or ""


def newest_customers(engine: Engine) -> list[str]:
    """A few that Stripe listed when we last looked: what an account can be known by."""
    newest = select(customers.c.id).where(~customers.c.deleted).order_by(customers.c.created.desc()).limit(_A_FEW)
    with reading(engine) as conn:
        return list(conn.execute(newest).scalars())
