"""The mirror beside Stripe, object by object: customers, invoices with every line, ledgers with every entry."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import func, select

from lib.context import Context
from lib.mirror.database import reading
from lib.mirror.tables import balance_transactions, copy_slices, customers, invoices, objects
from lib.sandbox import Sandbox
from tests.support.world import World

_ENTRY = ("id", "amount", "currency", "ending_balance", "type")


def differences(ctx: Context, sandbox: Sandbox) -> list[str]:
    """The ids of customers, invoices and ledgers (by customer) that are not in the mirror as Stripe has them now, and
    of those that the mirror has too many.
    """
    there, here = _in_stripe(sandbox), _in_mirror(ctx)
    wrong = [ident for ident in there.keys() | here.keys() if there.get(ident) != here.get(ident)]
    held = _ledgers(ctx)
    people = [
        ident for ident, obj in there.items() if obj["object"] == "customer" and (obj["currency"] or ident in held)
    ]
    wrong += [f"ledger of {one}" for one in people if _entries(sandbox, one) != held.get(one, [])]
    return sorted(wrong)


def assert_mirror_is_stripe(world: World) -> None:
    """After a copy: everything is there as Stripe has it, and nothing of the copy's own is left over."""
    assert _in_mirror(world.ctx) == _in_stripe(world.sandbox)
    with reading(world.ctx.engine) as conn:
        assert conn.execute(select(func.count()).select_from(copy_slices)).scalar() == 0


def _every(sandbox: Sandbox, path: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        after = {"starting_after": found[-1]["id"]} if found else {}
        page = sandbox.call("GET", path, {"limit": 100, **params, **after})
        found += page["data"]
        if not page["has_more"]:
            return found


def _in_stripe(sandbox: Sandbox) -> dict[str, Any]:
    extras = ["data.tax_ids", "data.invoice_credit_balance"]
    found = {obj["id"]: obj for obj in _every(sandbox, "/v1/customers", expand=extras)}
    for obj in _every(sandbox, "/v1/invoices"):
        if obj["lines"]["has_more"]:
            obj["lines"] |= {"data": _every(sandbox, f"/v1/invoices/{obj['id']}/lines"), "has_more": False}
        found[obj["id"]] = obj
    return found


def _in_mirror(ctx: Context) -> dict[str, Any]:
    found = {}
    with reading(ctx.engine) as conn:
        for table in (customers, invoices):
            living = (
                select(objects.c.id, objects.c.body).join(table, table.c.id == objects.c.id).where(~table.c.deleted)
            )
            found |= {row.id: json.loads(row.body) for row in conn.execute(living)}
    return found


def _ledgers(ctx: Context) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    columns = [balance_transactions.c[name] for name in ("customer", *_ENTRY)]
    with reading(ctx.engine) as conn:
        for row in conn.execute(select(*columns).order_by(balance_transactions.c.position.desc())):
            found.setdefault(row.customer, []).append(tuple(row)[1:])
    return found


def _entries(sandbox: Sandbox, customer: str) -> list[Any]:
    found = _every(sandbox, f"/v1/customers/{customer}/balance_transactions")
    return [tuple(entry[name] for name in _ENTRY) for entry in found]
