"""The doctor: everything that can be wrong is said in a sentence, and is an exit code of 1."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text, update

from lib import audit, audit_heads, audit_keys, backup, doctor
from lib.cli import main
from lib.mirror import stamp
from lib.mirror.database import writing
from lib.mirror.ours import audit as log
from lib.mirror.ours import comparisons, differences, intents, restores
from lib.people import SHELL
from lib.sandbox import Sandbox
from lib.sandbox.server import Running
from tests.support.tamper import tampering, unlock
from tests.support.world import DAY, World, quick, quick_hashing, world
from tests.torture import hardship, tamperings
from tests.torture.drifts import credit

__all__ = ["quick", "quick_hashing", "world"]


def looked(world: World) -> dict[str, tuple[str, str]]:
    return {found.name: (found.state, found.words) for found in doctor.examine(world.ctx)}


def state(world: World, name: str) -> str:
    return looked(world)[name][0]


@pytest.fixture
def practice(world: World) -> World:
    """One in which everything is in order."""
    stamp.check(world.ctx.engine, "sandbox", "")
    world.sync()
    credit(world, world.customer(), 500)
    audit_heads.note(world.ctx.engine, world.ctx.now)
    backup.make(world.ctx.as_actor(SHELL))
    with writing(world.ctx.engine) as conn:
        row = {"at": world.ctx.now, "seconds": 1, "checked": 1000, "explained": 1000, "healed": 0}
        conn.execute(insert(comparisons).values(row))
    return world


def test_where_everything_is_in_order_every_line_says_so(practice: World) -> None:
    found = doctor.examine(practice.ctx)
    if practice.ctx.engine.dialect.name == "postgresql":  # the server of the tests is set to be fast
        [durable] = [one for one in found if one.name == "durability"]
        assert (durable.state, "fsync" in durable.words) == ("wrong", True)
        found = [replace(one, state="ok") if one is durable else one for one in found]
    assert {one.name: one.words for one in found if one.state != doctor.OK} == {}
    assert not doctor.worst(found)
    assert [one.name for one in found] == list(doctor.LOOKS)
    lines = doctor.lines(found)
    assert lines[0].startswith("ok       audit log")
    assert all(line.rstrip().endswith(".") for line in lines)


def test_an_altered_log_is_wrong_and_says_from_where(practice: World) -> None:
    with tampering(practice.ctx.engine) as conn:
        conn.execute(update(log).where(log.c.seq == 1).values(actor="noor"))
    wrong, words = looked(practice)["audit log"]
    assert (wrong, words) == ("wrong", "Entry 1 was altered, lost or moved. 0 entries before that stand.")


def test_a_lock_that_was_taken_away_is_wrong(quick: World) -> None:
    with writing(quick.ctx.engine) as conn:
        unlock(conn)
    assert looked(quick)["audit locks"][0] == "wrong"


def test_a_key_that_others_can_read_is_wrong(quick: World) -> None:
    path = quick.ctx.settings.data / audit_keys.FILE
    path.chmod(0o644)
    assert looked(quick)["audit key"] == ("wrong", f"{path} can be read by others: only its owner may (chmod 600).")
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, audit_key="x" * 32))
    assert state(quick, "audit key") == "ok"


def test_a_second_place_that_is_gone_is_wrong(quick: World, tmp_path: Path) -> None:
    assert state(quick, "audit heads") == "unknown"
    with writing(quick.ctx.engine) as conn:
        audit.record(conn, actor="mira", verb="export:csv", subject="", detail={})
    elsewhere = tmp_path / "elsewhere.log"
    settings = replace(quick.ctx.settings, audit_heads=str(elsewhere))
    audit_keys.settle(quick.ctx.engine, settings, 0)
    quick.ctx = replace(quick.ctx, settings=settings)
    audit_heads.note(quick.ctx.engine, quick.ctx.now)
    assert looked(quick)["audit heads"][1] == "Last noted on 2026-11-16, in a second place too."
    elsewhere.unlink()
    assert state(quick, "audit heads") == "wrong"


def test_a_setting_that_a_power_cut_would_punish_is_wrong(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor._WANTED, "synchronous", 3)
    assert looked(quick)["durability"][1].endswith("synchronous is not set as it must be.")


def test_another_account_or_mode_is_wrong_and_stripe_away_is_not_known(practice: World) -> None:
    practice.wire.cut("/account", method="get", times=9)
    assert looked(practice)["account"] == ("unknown", "Stripe cannot be reached just now.")
    practice.wire.mend()
    with writing(practice.ctx.engine) as conn:
        conn.execute(text("UPDATE stamp SET account = 'acct_other'"))
    assert "belongs to account acct_other, and the key to acct_" in looked(practice)["account"][1]
    with writing(practice.ctx.engine) as conn:
        conn.execute(text("UPDATE stamp SET mode = 'live'"))
    told = "The database is of live Stripe, and the settings are for the sandbox."
    assert looked(practice)["account"] == ("wrong", told)


def test_a_server_that_is_not_stripe_is_called_by_its_host_and_nothing_else_of_its_address(practice: World) -> None:
    base = "https://user:secret@stripe.test.example:8443/v1"
    told = replace(practice.ctx.settings, mode="test", stripe_key="sk_test_1", stripe_base=base)
    practice.ctx = replace(practice.ctx, settings=told)
    elsewhere = "test data on stripe.test.example, which is not Stripe"
    assert f"the settings are for {elsewhere}." in looked(practice)["account"][1]
    with writing(practice.ctx.engine) as conn:
        conn.execute(text("UPDATE stamp SET mode = 'test'"))
    assert looked(practice)["account"][1].endswith(f", {elsewhere}.")


def test_an_older_database_is_wrong_until_the_program_has_started_on_it(quick: World) -> None:
    with writing(quick.ctx.engine) as conn:
        conn.execute(text("UPDATE schema_version SET version = 1"))
    assert looked(quick)["version"][1].startswith("The database is of version 1; this program wants")


def test_parked_changes_and_old_open_ones_are_wrong(practice: World) -> None:
    with writing(practice.ctx.engine) as conn:
        conn.execute(update(intents).values(state="review"))
    told = "Changes need a person: 1 parked, 0 not yet confirmed, 0 waiting for a second person. See Needs your eye."
    assert looked(practice)["changes"] == ("wrong", told)
    with writing(practice.ctx.engine) as conn:
        conn.execute(update(intents).values(state="unknown"))
    assert state(practice, "changes") == "ok"
    practice.wait(2 * 3600)
    assert state(practice, "changes") == "wrong"


def test_a_difference_that_waits_is_wrong_and_an_old_comparison_is_not_known(practice: World) -> None:
    practice.wait(5 * DAY)
    assert looked(practice)["books"] == ("unknown", "100 % of 1,000 explained, 5 days ago.")
    with writing(practice.ctx.engine) as conn:
        row = {"id": "x", "kind": "tag", "object": "cus_1", "detail": "{}", "found_at": 1}
        conn.execute(insert(differences).values(**row, agreed_by="", agreed_at=0))
    told = "99.9 % of 1,000 explained, 5 days ago. Differences that wait for a person: 1. See Settings, Books."
    assert looked(practice)["books"] == ("wrong", told)


def test_no_backup_is_wrong_where_the_money_is_real(quick: World) -> None:
    assert state(quick, "backup") == "unknown"
    quick.ctx = replace(quick.ctx, settings=replace(quick.ctx.settings, mode="live"))
    assert looked(quick)["backup"] == ("wrong", "No backup was ever made: python -m lib backup.")


def test_a_backup_that_is_older_than_a_week_is_wrong(quick: World) -> None:
    with writing(quick.ctx.engine) as conn:
        audit.record(conn, actor="shell:", verb="backup:make", subject="", detail={})
    quick.ctx = replace(quick.ctx, clock=lambda: __import__("time").time() + 8 * DAY)
    assert looked(quick)["backup"] == ("wrong", "The last backup was made 8 days ago.")


def test_a_backup_put_back_and_not_compared_is_not_known(quick: World) -> None:
    with writing(quick.ctx.engine) as conn:
        conn.execute(insert(restores).values(at=1, made_at=1, parked=0, adopted=0, settled_at=0))
    assert state(quick, "restore") == "unknown"


def test_a_full_disk_is_wrong(quick: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_LEAST_SPACE", 2**60)
    assert state(quick, "space") == "wrong"


def test_a_damaged_file_is_wrong_and_everything_else_is_still_looked_at(quick: World) -> None:
    with quick.ctx.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    quick.ctx.engine.dispose()
    path = Path(quick.ctx.engine.url.database or "")
    whole = path.read_bytes()
    size = len(whole)
    path.write_bytes(whole[: size // 2] + bytes(size // 4) + whole[size // 2 + size // 4 :])
    found = looked(quick)
    assert found["database"][0] == "wrong"
    assert set(found) == set(doctor.LOOKS)
    path.write_bytes(whole)


def test_the_shell_examines_backs_up_compares_and_puts_back(
    stripe: Running,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def shell(*argv: str) -> tuple[int, str]:
        code = main(list(argv))
        told = capsys.readouterr()
        return code, told.out + told.err

    sandbox.call("POST", "/v1/customers", {"name": "Acme"})
    code, told = shell("doctor", "--json")
    assert (code, json.loads(told)["wrong"]) == (0, False)
    code, told = shell("doctor")
    assert "ok       audit log" in told
    code, told = shell("reconcile")
    assert (code, json.loads(told)["percent"]) == (0, 100.0)
    code, told = shell("backup", "--output", str(tmp_path / "b.backup"))
    assert code == 0
    assert "0 changes" in told
    assert "data/audit.key too, somewhere else" in told
    code, told = shell("backup", "--output", str(tmp_path / "b.backup"))
    assert (code, "is there already" in told) == (1, True)
    monkeypatch.setenv("PAYERDESK_DATA", str(tmp_path / "another"))
    code, told = shell("restore", str(tmp_path / "b.backup"))
    assert (code, "audit.key back" in told) == (1, True)
    shutil.copy(tmp_path / "data" / audit_keys.FILE, tmp_path / "another" / audit_keys.FILE)
    code, told = shell("restore", str(tmp_path / "b.backup"))
    assert (code, "Put back: 0 changes." in told) == (0, True)
    assert shell("reconcile")[0] == 0
    assert shell("doctor")[0] == 0
    assert "backup" in shell("--help")[1]


def test_something_wrong_is_an_exit_code_of_one(
    stripe: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor"]) == 0
    (tmp_path / "data" / audit_keys.FILE).chmod(0o644)
    assert main(["doctor"]) == 1
    assert "wrong    audit key" in capsys.readouterr().out


def test_a_key_that_is_lost_for_good_is_replaced_and_says_so(
    stripe: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor"]) == 0
    assert main(["backup", "--output", str(tmp_path / "b.backup")]) == 0
    (tmp_path / "data" / audit_keys.FILE).unlink()
    assert main(["doctor"]) == 1
    assert "The key that seals the audit log is missing" in capsys.readouterr().err
    assert main(["doctor", "--new-key"]) == 0
    assert main(["doctor"]) == 0
    assert "All 2 entries stand as they were written. Of the first 1 only the order" in capsys.readouterr().out


def test_in_short_every_tampering_is_found(database_url: str) -> None:
    told: dict[str, Any] = tamperings.run(seed=3, scale=0.06, url=database_url)
    assert (told["tamperings_found"], told["missed"], told["false_alarms"]) == (told["tamperings"], {}, 0)


def test_in_short_a_database_in_trouble_never_lets_a_change_out_that_is_not_on_record() -> None:
    told = hardship.run(seed=5, scale=0.15)
    assert told["wrong"] == 0, told
    assert all(told[kind]["troubled"] for kind in hardship.KINDS)
