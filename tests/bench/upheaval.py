"""A practice where things happen at random, the same for the same seed, and a list that tells of them badly."""

from __future__ import annotations

import json
import random
from typing import Any

from lib.context import Context
from lib.sandbox import Sandbox, SandboxError


class Upheaval:
    """Somebody's hands in Stripe: renames, drafts, bills, payments, voids, entries in ledgers, deletions."""

    def __init__(self, sandbox: Sandbox, seed: int) -> None:
        self._call, self._draw = sandbox.call, random.Random(seed)
        self._people = self._ids("/v1/customers")
        self._payers = sorted({bill["customer"] for bill in self._page("/v1/invoices")})
        self._drafts: list[str] = []
        self._open = [bill["id"] for bill in self._page("/v1/invoices", status="open")]

    def _page(self, path: str, **which: Any) -> list[dict[str, Any]]:
        return self._call("GET", path, {"limit": 100, **which})["data"]

    def _ids(self, path: str) -> list[str]:
        return [obj["id"] for obj in self._page(path)]

    def happen(self, times: int) -> None:
        """So many things, one after the other. What Stripe refuses did not happen."""
        does = (self._rename, self._rename, self._tag, self._draft, self._bill, self._settle, self._enter, self._enter)
        for _ in range(times):
            try:
                self._draw.choice(does if self._draw.random() > 0.03 else (self._delete, self._come))()
            except SandboxError:
                continue

    def _rename(self) -> None:
        name = f"Ada {self._draw.randrange(10**6)}"
        self._call("POST", f"/v1/customers/{self._draw.choice(self._people)}", {"name": name})

    def _tag(self) -> None:
        terms = {"metadata": {"pd_terms_days": str(self._draw.randrange(60))}}
        self._call("POST", f"/v1/customers/{self._draw.choice(self._payers)}", terms)

    def _draft(self) -> None:
        terms = {"collection_method": "send_invoice", "days_until_due": 30}
        made = self._call("POST", "/v1/invoices", {"customer": self._draw.choice(self._payers), **terms})["id"]
        lines = [{"amount": self._draw.randrange(1, 9999), "description": "Consultation"}] * self._draw.choice(
            (1, 2, 13)
        )
        self._call("POST", f"/v1/invoices/{made}/add_lines", {"lines": lines})
        self._drafts.append(made)

    def _bill(self) -> None:
        made = self._taken(self._drafts)
        self._call("POST", f"/v1/invoices/{made}/finalize")
        self._open.append(made)

    def _settle(self) -> None:
        verb = self._draw.choice(("pay", "void", "mark_uncollectible"))
        self._call(
            "POST",
            f"/v1/invoices/{self._taken(self._open)}/{verb}",
            {"paid_out_of_band": True} if verb == "pay" else {},
        )

    def _enter(self) -> None:
        entry = {"amount": self._draw.randrange(-9999, 9999) or 1, "currency": "gbp"}
        self._call("POST", f"/v1/customers/{self._draw.choice(self._payers)}/balance_transactions", entry)

    def _delete(self) -> None:
        if self._draw.random() < 0.5:
            self._call("DELETE", f"/v1/invoices/{self._taken(self._drafts)}")
        elif len(self._people) > 20:
            self._call("DELETE", f"/v1/customers/{self._taken(self._people)}")

    def _come(self) -> None:
        self._people.append(
            self._call("POST", "/v1/customers", {"name": f"Newcomer {self._draw.randrange(10**6)}"})["id"]
        )

    def _taken(self, things: list[str]) -> str:
        return things.pop(self._draw.randrange(len(things))) if things else "nothing"


class BadList:
    """Stripe's list of events as it must not be: in no order, one in ten twice, one in twenty never."""

    def __init__(self, ctx: Context, seed: int, lost: float = 0.05) -> None:
        self._ask, self._seed, self._lost = ctx.stripe.bulk.ask, seed, lost
        self._rest: list[Any] = []
        self.told: set[str] = set()
        self.kept_back: set[str] = set()
        ctx.stripe.bulk.ask = self  # type: ignore[method-assign, assignment]

    def __call__(self, path: str, **params: Any) -> bytes:
        if path != "/v1/events":
            return self._ask(path, **params)
        if "starting_after" not in params:
            self._rest = self._spoilt(params)
        page, self._rest = self._rest[:100], self._rest[100:]
        return json.dumps({"data": page, "has_more": bool(self._rest)}).encode()

    def _spoilt(self, params: dict[str, Any]) -> list[Any]:
        page = json.loads(self._ask("/v1/events", **params))
        found = page["data"]
        while page["has_more"]:
            page = json.loads(self._ask("/v1/events", **params, starting_after=found[-1]["id"]))
            found += page["data"]
        lost = {event["id"] for event in found if random.Random(f"{self._seed}{event['id']}").random() < self._lost}
        told = [event for event in found if event["id"] not in lost]
        self.told |= {event["id"] for event in told}
        self.kept_back |= lost
        draw = random.Random(self._seed + len(self.told))
        told += [event for event in told if draw.random() < 0.1]
        draw.shuffle(told)
        return told
