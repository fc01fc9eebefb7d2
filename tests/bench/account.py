"""A Stripe account of any size in a sandbox's file, made in seconds: rendered objects copied under new ids.

`python -m tests.bench.account FILE --invoices 100000 --customers 20000`. A tenth of the customers are payers, who have
a ledger; patients are billed through them. A quarter of the invoices share their second with a neighbour; one in a
thousand has more lines than a list shows.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lib.sandbox import Sandbox, ids

Body = dict[str, Any]
DAY, YEARS = 86_400, 3
LONG = 1000  # every so many invoices one is longer than a list shows


def build(path: Path | None, *, invoices: int, customers: int, now: int, seed: int = 1) -> Sandbox:
    """A sandbox that holds so many invoices and customers, the newest a minute old."""
    sandbox = Sandbox(path)
    sandbox.clock.set(now - YEARS * 365 * DAY)
    draw, samples = random.Random(seed), _samples(sandbox)
    with sandbox.writing() as call:
        payers, patients = [], []
        for body in _customers(samples, customers, draw, now):
            (payers if body["currency"] else patients).append(body["id"])
            call.store.add("customer", body)
        for body in _invoices(samples, invoices, payers or patients, draw, now):
            for place, line in enumerate(body["lines"]["data"] if body["lines"]["has_more"] else ()):
                call.store.add("line_item", line, rank=-place)
            body["lines"]["data"] = body["lines"]["data"][:10]
            call.store.add("invoice", body)
    sandbox.clock.real()
    return sandbox


def _samples(sandbox: Sandbox) -> dict[str, Body]:
    """Real objects, through the API."""
    call, tags = sandbox.call, {"Full name": "Ada Byrne", "Postcode": "N1 1AA", "Hero reference": "P-1"}
    patient = call("POST", "/v1/customers", {"name": "Ada Byrne", "email": "ada@patient.example", "metadata": tags})
    payer = call("POST", "/v1/customers", {"name": "Acme Ltd", "metadata": {"pd_kind": "organisation"}})
    found = {"patient": patient}
    for status, verb in {"open": "finalize", "paid": "pay", "long": "finalize"}.items():
        count = 12 if status == "long" else 2
        found[status] = _raised(sandbox, payer["id"], patient["id"], count, verb)
    found["payer"] = call("GET", f"/v1/customers/{payer['id']}")
    for name in [body["id"] for body in found.values()]:
        call("DELETE", f"/v1/customers/{name}") if name.startswith("cus_") else None
    lines = call("GET", f"/v1/invoices/{found['long']['id']}/lines", {"limit": 100})["data"]
    found["long"]["lines"]["data"] = lines
    return found


def _raised(sandbox: Sandbox, payer: str, patient: str, count: int, verb: str) -> Body:
    tags = {"pd_patient": patient, "Patient name": "Ada Byrne", "Appointment practitioner": "Dr Noor Haddad"}
    terms = {"collection_method": "send_invoice", "days_until_due": 30, "metadata": tags}
    draft = sandbox.call("POST", "/v1/invoices", {"customer": payer, **terms})["id"]
    lines = [{"amount": 1000 + 500 * n, "description": "Consultation"} for n in range(count)]
    sandbox.call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": lines})
    body = sandbox.call("POST", f"/v1/invoices/{draft}/finalize")
    return sandbox.call("POST", f"/v1/invoices/{draft}/pay", {"paid_out_of_band": True}) if verb == "pay" else body


def _customers(samples: dict[str, Body], count: int, draw: random.Random, now: int) -> Iterator[Body]:
    for number in range(count):
        body = dict(samples["payer" if number % 10 == 0 else "patient"])
        body["name"] = f"{body['name']} {number}"
        body["created"] = now - 60 - (count - number) * YEARS * 365 * DAY // (count + 1)
        body["id"] = ids.make("cus_", 1, number, body["created"])
        yield body


def _invoices(
    samples: dict[str, Body], count: int, customers: list[str], draw: random.Random, now: int
) -> Iterator[Body]:
    texts = {name: json.dumps(samples[name]) for name in ("open", "paid", "long")}
    step = YEARS * 365 * DAY / (count + 1)
    for number in range(count):
        name = "long" if number % LONG == 7 else "open" if number % 10 == 0 else "paid"
        together = number - 1 if number % 4 == 3 else number
        created = now - 60 - int((count - together) * step)
        body = json.loads(_renamed(texts[name], samples[name], number, created))
        body["created"] = created
        body["customer"] = draw.choice(customers)
        body["number"] = f"BENCH-{number:07d}"
        yield body


def _renamed(text: str, sample: Body, number: int, at: int) -> str:
    text = text.replace(sample["id"], ids.make("in_", 1, number, at))
    for place, line in enumerate(sample["lines"]["data"]):
        text = text.replace(line["id"], ids.make("il_", 1, f"{number}/{place}", at))
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--invoices", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=20_000)
    options = parser.parse_args()
    began = time.monotonic()
    build(options.file, invoices=options.invoices, customers=options.customers, now=int(time.time())).close()
    sys.stderr.write(f"{options.file}: {time.monotonic() - began:.0f} s\n")


if __name__ == "__main__":
    main()
