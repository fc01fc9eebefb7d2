"""A sandbox on a file survives a restart, and runs alone from a command line."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import requests

from lib.sandbox import Sandbox, SandboxError, command

ROOT = Path(__file__).parents[2]
ALONE = "import sys; from lib.sandbox.command import run; sys.exit(run(sys.argv[1:]))"


def test_everything_is_there_again_after_a_restart(tmp_path):
    first = Sandbox(tmp_path / "stripe.sqlite")
    customer = first.call("POST", "/v1/customers", {"name": "Acme"})
    path = f"/v1/customers/{customer['id']}/balance_transactions"
    entry = first.call("POST", path, {"amount": -5000, "currency": "gbp"}, key="K")
    first.close()

    again = Sandbox(tmp_path / "stripe.sqlite")
    assert again.call("POST", path, {"amount": -5000, "currency": "gbp"}, key="K") == entry
    assert again.call("POST", path, {"amount": -1, "currency": "gbp"})["ending_balance"] == -5001
    assert again.call("POST", "/v1/customers", {"name": "Other"})["id"] != customer["id"]
    assert [event["type"] for event in again.call("GET", "/v1/events")["data"]].count("customer.created") == 2
    again.close()


def test_a_refused_call_leaves_no_trace(tmp_path):
    box = Sandbox(tmp_path / "stripe.sqlite")
    customer = box.call("POST", "/v1/customers", {"name": "Acme"})["id"]
    draft = box.call("POST", "/v1/invoices", {"customer": customer})["id"]
    with pytest.raises(SandboxError):
        box.call("POST", f"/v1/invoices/{draft}/add_lines", {"lines": [{"amount": 1}, {"pricing": {"price": "x"}}]})
    assert box.call("GET", f"/v1/invoices/{draft}/lines")["data"] == []
    assert box.call("GET", "/v1/prices")["data"] == []
    box.close()


def test_it_runs_alone_and_stops_cleanly(tmp_path):
    data = str(tmp_path / "stripe.sqlite")
    # Its own environment, so that no proxy or key of this machine reaches it.
    process = subprocess.Popen(
        [sys.executable, "-c", ALONE, "--port", "0", "--data", data, "--seed", "7"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process, requests.Session() as session:
        session.trust_env = False
        assert process.stdout is not None
        url, use = process.stdout.readline().strip(), process.stdout.readline()
        answer = session.get(f"{url}/v1/account", headers={"Authorization": "Bearer sk_test_x"}, timeout=10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert (answer.status_code, "sk_test_" in use) == (200, True)
    assert Path(data).exists()


def test_a_port_that_is_taken_is_said_plainly(capsys):
    from lib.sandbox.server import serve

    box = Sandbox()
    running = serve(box)
    assert command.run(["--port", running.url.rsplit(":", 1)[1]]) == 1
    assert "cannot listen" in capsys.readouterr().err
    running.stop()
    box.close()


def test_a_file_of_an_earlier_version_gets_the_columns_it_lacks(tmp_path):
    path = tmp_path / "stripe.sqlite"
    first = Sandbox(path)
    customer = first.call("POST", "/v1/customers", {"name": "Acme"})["id"]
    first.call("POST", "/v1/invoices", {"customer": customer})
    first.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP INDEX invoice_subscription_place")
        database.execute("ALTER TABLE invoice DROP COLUMN subscription")

    again = Sandbox(path)
    made = again.seed_subscription_invoice(customer, [{"amount": 500}], subscription="sub_1")
    found = again.call("GET", "/v1/invoices", {"subscription": "sub_1"})["data"]
    assert ([invoice["id"] for invoice in found], len(again.call("GET", "/v1/invoices")["data"])) == ([made["id"]], 2)
    again.close()
