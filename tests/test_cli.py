"""The shell: lists on standard output, one line when something is wrong."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from lib.cli import main
from lib.sandbox import Sandbox
from lib.sandbox.server import Running


def test_a_list_comes_on_standard_output_fresh_from_stripe(
    stripe: Running, sandbox: Sandbox, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    params = {"name": "Acme, Ltd", "email": "ap@acme.example", "metadata": {"pd_kind": "organisation"}}
    made = sandbox.call("POST", "/v1/customers", params)["id"]
    assert main(["export", "organisations"]) == 0
    [row] = csv.DictReader(io.StringIO(capsysbinary.readouterr().out.decode("utf-8-sig"), newline=""))
    assert (row["Customer ID"], row["Organisation"], row["Outstanding"]) == (made, "Acme, Ltd", "0.00")


def test_what_went_to_the_patient_by_mistake_is_a_list_of_its_own(
    stripe: Running, sandbox: Sandbox, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    acme = sandbox.call("POST", "/v1/customers", {"name": "Acme Ltd", "metadata": {"pd_kind": "organisation"}})["id"]
    tags = {"Full name": "Ada Byrne", "pd_default_payer": acme}
    ada = sandbox.call("POST", "/v1/customers", {"name": "Ada Byrne", "metadata": tags})["id"]
    terms = {"customer": ada, "currency": "gbp", "collection_method": "send_invoice", "days_until_due": 30}
    made = sandbox.call("POST", "/v1/invoices", terms)["id"]
    line = {"amount": 9900, "description": "Consultation"}
    sandbox.call("POST", f"/v1/invoices/{made}/add_lines", {"lines": [line]})
    assert main(["export", "misdirected"]) == 0
    text = capsysbinary.readouterr().out.decode("utf-8-sig").splitlines()
    assert text[0] == "Invoice ID,Number,Patient,Billed to,Default payer,Status,Currency,Remaining"
    assert text[1:] == [f"{made},,Ada Byrne,Ada Byrne,Acme Ltd,draft,gbp,99.00"]


def test_a_list_goes_to_a_file_whole(stripe: Running, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert main(["export", "balances", "--output", str(path)]) == 0
    assert path.read_bytes().startswith(b"\xef\xbb\xbfCustomer ID,")
    assert not list(tmp_path.glob("*.part"))


def _rows(batches: int, *, breaks: bool = False) -> Callable[..., Iterator[dict[str, list[Any]]]]:
    """Stands where the database is read: so many batches of 200 balances, or fewer."""

    def read(*_: Any) -> Iterator[dict[str, list[Any]]]:
        for _batch in range(batches):
            told = dict.fromkeys(("id", "name", "kind", "email", "deleted"), ["a name of some length"] * 200)
            yield {**told, "currency": ["gbp"] * 200, "balance": [-500] * 200, "last_entry": [None] * 200}
        if breaks:
            raise OperationalError("SELECT", {"search": "Byrne"}, Exception("gone"))

    return read


@pytest.mark.parametrize("to_file", [True, False])
def test_memory_stays_flat_however_long_the_list_is(
    stripe: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to_file: bool
) -> None:
    out = tmp_path / "out.csv"
    peaks = []
    with (tmp_path / "printed.csv").open("wb") as printed:
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(printed, write_through=True))
        for batches in (1, 1, 200):
            monkeypatch.setattr("lib.actions.exports.batches", _rows(batches))
            tracemalloc.start()
            assert main(["export", "balances", *(["--output", str(out)] if to_file else [])]) == 0
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        written = out if to_file else tmp_path / "printed.csv"
        assert written.stat().st_size > 4_000_000
    assert peaks[-1] < peaks[-2] + 1_000_000


def test_a_list_that_breaks_off_leaves_no_file_and_says_so_in_one_line(
    stripe: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lib.actions.exports.batches", _rows(2, breaks=True))
    assert main(["export", "balances", "--output", str(tmp_path / "out.csv")]) == 1
    assert main(["export", "balances"]) == 1
    told = capsys.readouterr().err
    assert told == "export: The list broke off before its end: it is not whole.\n" * 2
    assert not list(tmp_path.glob("out.csv*"))


def test_when_stripe_is_away_old_figures_come_with_a_word_of_warning(
    stripe: Running, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.call("POST", "/v1/customers", {"name": "Acme", "metadata": {"pd_kind": "organisation"}})
    assert main(["export", "organisations"]) == 0
    capsys.readouterr()
    monkeypatch.setattr("stripe.HTTPClient._sleep_time_seconds", lambda *_: 0)
    stripe.stop()
    assert main(["export", "organisations"]) == 0
    told = capsys.readouterr()
    assert "Acme" in told.out
    assert "figures of the last look" in told.err
    assert "just now" in told.err


@pytest.mark.parametrize("options", [[], ["--as-is"]])
def test_before_the_first_copy_has_ended_there_is_no_list(
    stripe: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    monkeypatch.setattr("stripe.HTTPClient._sleep_time_seconds", lambda *_: 0)
    stripe.stop()
    assert main(["export", "organisations", *options]) == 1
    told = capsys.readouterr()
    assert (told.out, "The first copy from Stripe has not ended" in told.err) == ("", True)


def test_a_file_that_cannot_be_written_is_one_line(
    stripe: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "balances", "--output", str(tmp_path / "nowhere" / "out.csv")]) == 1
    told = capsys.readouterr().err
    assert "cannot be written: No such file or directory." in told
    assert len(told.splitlines()) == 1


def test_a_sync_says_what_came(stripe: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync", "--once"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["objects"]["customers"] == 0
    assert told["peak_mb"] > 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("PAYERDESK_TIMEZONE", "Nowhere"), ("DATABASE_URL", "nonsense"), ("STRIPE_API_KEY", "sk_live_canary")],
)
def test_a_wrong_setting_is_one_line_on_standard_error(
    stripe: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["export", "organisations"]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "canary" not in told.err


def test_a_folder_that_cannot_be_used_is_one_line_in_the_sandbox_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYERDESK_DATA", str(tmp_path / "file"))
    assert main(["export", "organisations"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(("argv", "code"), [([], 0), (["--help"], 0), (["nonsense"], 2)])
def test_what_commands_there_are_is_said(argv: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == code
    assert "export" in capsys.readouterr().err


def test_a_list_that_does_not_exist_is_refused_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["export", "everything"])
    assert end.value.code == 2
    assert "organisations" in capsys.readouterr().err
