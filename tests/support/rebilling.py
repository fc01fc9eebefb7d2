"""Re-billing as tests do it: the two parties, a re-billing, and what Stripe has afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from lib.actions import invoice_state, rebill_finish, rebilling
from lib.actions._intent import Outcome
from lib.stripe_api import reading
from tests.support.builders import pay_for
from tests.support.signed_in import sign_in
from tests.support.world import World

HERO = {"Patient name": "Ada Byrne", "Appointment practitioner": "Dr Okafor", "Appointment location": "Harley Street"}


def seen_of(world: World, invoice: str) -> str:
    return invoice_state.signature(reading.invoice(world.ctx.stripe, invoice))


def rebill(world: World, invoice: str, payer: str, **more: Any) -> Outcome:
    given = {"seen": seen_of(world, invoice), "form": world.form(), **more}
    return rebilling.rebill(given.pop("ctx", world.ctx), invoice, payer, **given)


def finish(world: World, new: str) -> Outcome:
    """Take a pair to its end, having seen both as they are now."""
    old = world.in_stripe("invoice", new)["metadata"]["pd_rebilled_from"]
    seen = seen_of(world, old), seen_of(world, new)
    return rebill_finish.finish_rebill(world.ctx, new, seen=seen, form=world.form())


def every(world: World) -> list[dict[str, Any]]:
    return world.sandbox.call("GET", "/v1/invoices", {"limit": 100})["data"]


def live(world: World) -> list[tuple[str, str, int]]:
    """Every invoice that is not void: payer, status, total."""
    return sorted((one["customer"], one["status"], one["total"]) for one in every(world) if one["status"] != "void")


def lines_of(world: World, invoice: str) -> list[dict[str, Any]]:
    return world.sandbox.call("GET", f"/v1/invoices/{invoice}/lines", {"limit": 100})["data"]


@pytest.fixture
def parties(quick: World) -> tuple[str, str]:
    """The patient Ada, who has been billed herself, and Acme on 30 days."""
    acme = quick.customer("Acme Ltd", email="ap@acme.example", metadata={"pd_terms_days": "30"})
    return quick.patient("Ada Byrne"), acme


@pytest.fixture
def ada(quick: World, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Ada, whose default payer is Acme on 30 days; the manager Maud is at the screen."""
    acme = quick.customer("Acme Ltd", email="ap@acme.example", metadata={"pd_terms_days": "30"})
    patient = quick.patient("Ada Byrne", metadata={"Hero reference": "P-1042"})
    quick.sync()
    pay_for(quick, patient, acme)
    sign_in(monkeypatch, quick.ctx, "manager", "maud")
    return patient, acme


def left_by_a_colleague(world: World, ada: str, acme: str, status: str = "draft") -> tuple[str, str]:
    """Somebody else's process made the new draft and died before the old one went."""
    old = (world.draft if status == "draft" else world.invoice)(ada, 7500, metadata=HERO)
    new = world.draft(acme, 7500, metadata={**HERO, "pd_rebilled_from": old, "pd_patient": ada})
    world.sync()
    return old, new
