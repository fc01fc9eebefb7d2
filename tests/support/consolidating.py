"""Drafts on their way into one invoice."""

from __future__ import annotations

from lib.actions import invoice_state
from lib.actions.consolidated import Part
from lib.stripe_api import reading
from tests.support.world import World


def part_of(world: World, draft: str, patient: str, name: str, reference: str = "") -> Part:
    """A draft as it was seen, and whose care it bills."""
    seen = invoice_state.signature(reading.invoice(world.ctx.stripe, draft))
    return Part(draft, seen, patient, name, reference)
