"""What cannot be rebuilt is copied while everybody works, put back whole or not at all, and never sends anything."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from lib import audit_keys, backup, backup_place, backup_restore, doctor
from lib.actions import resolver
from lib.actions._drive import drive
from lib.errors import NotAllowed, NotConfirmed, Refused, SettingsError
from lib.mirror import stamp
from lib.mirror.database import on_file, open_database, reading, writing
from lib.mirror.ours import audit as log
from lib.mirror.ours import intents, restores
from lib.mirror.tables import MIRROR
from lib.people import SHELL
from lib.people import tables as people
from lib.sync import adopt, leader, nightly, reconcile
from tests.support.builders import adjust
from tests.support.world import World, pounds, quick, quick_hashing, world
from tests.torture import backups

__all__ = ["quick", "quick_hashing", "world"]


def credit(world: World, customer: str, minor: int, form: str = "") -> str:
    told = adjust(
        world,
        customer,
        minor=minor,
        seen=pounds(world.balance(customer)),
        despite_recent=True,
        form=form or world.form(),
    )
    return told.result


def make(world: World, path: Path | None = None) -> backup.Made:
    return backup.make(world.ctx.as_actor(SHELL), path)


@pytest.fixture
def practice(world: World) -> World:
    """One with a customer and a change of ours, whose settings know where its database is."""
    url = world.ctx.engine.url.render_as_string(hide_password=False)
    world.ctx = replace(world.ctx, settings=replace(world.ctx.settings, database_url=url))
    stamp.check(world.ctx.engine, "sandbox", "acct_1")
    world.sync()
    credit(world, world.customer(), 500)
    world.sync()
    return world


def acme_of(world: World) -> str:
    """The customer of the first change."""
    return world.intents()[0].target


@pytest.fixture
def elsewhere(practice: World, tmp_path: Path) -> Iterator[Any]:
    """Puts a backup into the practice's own database, or an empty one on another machine, and opens that."""
    opened: list[Engine] = []

    def put_back(path: Path, *, here: bool = True, **how: Any) -> tuple[World, backup_restore.Restored]:
        settings = practice.ctx.settings
        if not here:
            settings = replace(settings, database_url=f"sqlite:///{tmp_path / 'other' / 'new.sqlite'}")
        if settings.database_url.startswith("sqlite"):
            practice.ctx.engine.dispose()
        told = backup_restore.restore(settings, path, **how)
        engine = open_database(settings.database_url)
        opened.append(engine)
        audit_keys.settle(engine, settings, practice.ctx.now)
        return replace(practice, ctx=replace(practice.ctx, engine=engine, settings=settings)), told

    yield put_back
    for engine in opened:
        engine.dispose()


def log_holds(world: World) -> bool:
    return doctor._audit_log(world.ctx)[0] == "ok"


def count(engine: Engine, table: Any) -> int:
    with reading(engine) as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_backup_holds_what_is_ours_and_nothing_that_stripe_has(practice: World, tmp_path: Path) -> None:
    made = make(practice, tmp_path / "b.backup")
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert (made.intents, made.entries) == (1, count(practice.ctx.engine, log) - 1)
    with sqlite3.connect(made.path) as raw:
        names = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert raw.execute("SELECT mode, account FROM backup_info").fetchall() == [("sandbox", "acct_1")]
    raw.close()
    assert {"intents", "approvals", "audit", "audit_head", "remittances", "reminders", "users", "stamp"} <= names
    assert {"differences", "comparisons", "schema_version"} <= names
    assert not names & {table.name for table in MIRROR}
    assert not names & {"sessions", "tickets", "guesses", "downloads"}
    assert practice.audited()[-1].verb == "backup:make"
    assert sorted(path.name for path in tmp_path.glob("*b.backup*")) == ["b.backup"]


def test_without_a_name_it_goes_to_the_data_folder_with_the_moment_in_its_name(practice: World) -> None:
    made = make(practice)
    assert made.path == practice.ctx.settings.data / "backups" / "payerdesk-sandbox-2026-11-16-120000.backup"


def test_a_backup_never_writes_over_a_file_and_says_where_it_cannot_write(practice: World, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    with pytest.raises(Refused, match="is there already"):
        make(practice, there)
    assert there.read_text() == "mine"
    with pytest.raises(Refused, match=r"cannot be written: (Not a directory|File exists)\."):
        make(practice, there / "b.backup")
    assert "backup:make" not in {entry.verb for entry in practice.audited()}


def test_only_who_may_add_people_may_take_everything_away(practice: World, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        backup.make(practice.ctx, tmp_path / "b.backup")
    assert not (tmp_path / "b.backup").exists()


def test_a_backup_whose_log_does_not_hold_is_not_kept(practice: World, tmp_path: Path) -> None:
    from tests.support.tamper import tampering

    with tampering(practice.ctx.engine) as conn:
        conn.execute(update(log).where(log.c.seq == 1).values(actor="noor"))
    with pytest.raises(Refused, match="Entry 1 was altered, lost or moved"):
        make(practice, tmp_path / "b.backup")
    assert not list(tmp_path.glob("*b.backup*"))


def test_five_backups_while_everybody_works_are_whole_each(practice: World, tmp_path: Path) -> None:
    stop, posted = threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            posted.append(credit(practice, acme_of(practice), 100))

    worker = threading.Thread(target=work)
    worker.start()
    made = [make(practice, tmp_path / f"{number}.backup") for number in range(5)]
    stop.set()
    worker.join()
    assert [each.intents for each in made] == sorted(each.intents for each in made)
    for each in made:
        with sqlite3.connect(each.path) as raw:
            [(asked,)] = raw.execute("SELECT count(*) FROM audit WHERE detail LIKE '%\"asked\"%'")
            assert asked == each.intents  # each change with its entry, none without
            assert raw.execute("SELECT max(seq) FROM audit").fetchall() == [(each.entries,)]
        raw.close()
    assert len(posted) > 0


def test_in_short_fifty_backups_under_work_are_whole_and_come_back() -> None:
    told = backups.run(seed=4, scale=0.1)
    assert (told["torn"], told["not_put_back"], told["sent_again"], told["unexplained"]) == (0, 0, 0, 0)
    assert told["taken_over"] > 0


def test_put_back_on_another_machine_it_is_the_same_practice(practice: World, tmp_path: Path, elsewhere: Any) -> None:
    made = make(practice, tmp_path / "b.backup")
    there, told = elsewhere(made.path, here=False)
    assert (told.intents, told.parked, told.aside) == (1, 0, "")
    assert log_holds(there)
    assert there.audited()[-1].verb == "backup:restore"
    assert [row.form for row in there.intents()] == [row.form for row in practice.intents()]
    assert there.person("noor").actor.username == "noor"
    there.sync()
    assert nightly.run(there.ctx, threading.Event()) is None
    assert doctor._restored(there.ctx)[0] == "ok"


def test_yesterdays_copy_while_stripe_has_newer_things_nothing_is_sent_and_they_are_taken_over(
    practice: World, tmp_path: Path, elsewhere: Any
) -> None:
    acme = acme_of(practice)
    made = make(practice, tmp_path / "b.backup")
    practice.wait(60)
    newer = [credit(practice, acme, 700)]
    practice.wait(1)
    newer.append(credit(practice, acme, 900))
    practice.sync()
    before = practice.entries(acme)
    with pytest.raises(Refused, match="has 3 changes of its own"):
        elsewhere(made.path)
    there, told = elsewhere(made.path, replacing=True)
    practice.wire.asked.clear()
    resolver.resolve(there.ctx)
    there.sync()
    assert adopt.owed(there.ctx)
    nightly.run(there.ctx, threading.Event())
    assert not adopt.owed(there.ctx)
    assert practice.wire.writes() == []
    assert practice.entries(acme) == before
    taken = {row.result: row for row in there.intents() if row.kind == "unknown.record"}
    assert set(taken) == set(newer)
    assert {(row.state, row.actor) for row in taken.values()} == {("done", "unknown:")}
    adopted = [entry for entry in there.audited() if entry.verb == "change:adopt"]
    assert [json.loads(entry.detail)["amount"] for entry in adopted] == [-700, -900]
    assert log_holds(there)
    compared = reconcile.run(there.ctx, threading.Event())
    assert (compared.waiting, compared.percent) == (0, 100.0)
    assert told.aside


def test_what_was_open_in_the_backup_waits_for_a_person_and_is_looked_for_before_it_is_sent(
    practice: World, tmp_path: Path, elsewhere: Any
) -> None:
    acme = acme_of(practice)
    practice.wire.cut("/balance_transactions", times=50)
    with pytest.raises(NotConfirmed):
        credit(practice, acme, 700)
    with writing(practice.ctx.engine) as conn:  # as it was before anything was sent
        conn.execute(update(intents).where(intents.c.state == "unknown").values(state="planned", progress="{}"))
    made = make(practice, tmp_path / "b.backup")
    practice.wire.mend()
    practice.wait(200)
    resolver.resolve(practice.ctx)
    with writing(practice.ctx.engine) as conn:
        conn.execute(update(intents).where(intents.c.state == "planned").values(lease_until=0))
    resolver.resolve(practice.ctx)
    posted = practice.entries(acme)
    assert len(posted) == 2
    there, told = elsewhere(made.path, replacing=True)
    assert told.parked == 1
    [parked] = [row for row in there.intents() if row.state == "review"]
    assert parked.words.startswith("This was open in the backup of 16 Nov 2026, 12:")
    practice.wait(4000)
    resolver.resolve(there.ctx)
    assert practice.entries(acme) == posted
    # A person tries again: it is found in Stripe and settled, not sent.
    with writing(there.ctx.engine) as conn:
        conn.execute(update(intents).where(intents.c.id == parked.id).values(state="unknown", generation=2))
    assert drive(there.ctx, parked.id).state == "done"
    assert practice.entries(acme) == posted


def test_what_waited_for_a_second_person_is_parked_too(practice: World, tmp_path: Path, elsewhere: Any) -> None:
    with writing(practice.ctx.engine) as conn:
        conn.execute(update(intents).values(state="waiting"))
    there, told = elsewhere(make(practice, tmp_path / "b.backup").path, replacing=True)
    assert (told.parked, [row.state for row in there.intents()]) == (1, ["review"])


def test_a_database_without_changes_is_kept_aside_too(practice: World, tmp_path: Path, elsewhere: Any) -> None:
    made = make(practice, tmp_path / "b.backup")
    settings = practice.ctx.settings
    with writing(practice.ctx.engine) as conn:
        conn.execute(intents.delete())
    there, told = elsewhere(made.path)
    assert told.aside
    assert len(there.intents()) == 1
    if settings.database_url.startswith("sqlite"):
        kept = on_file(told.aside)
        assert (count(kept, intents), count(kept, people.users)) == (0, 1)
        kept.dispose()
    else:
        with there.ctx.engine.connect() as conn:
            assert conn.exec_driver_sql(f"SELECT count(*) FROM {told.aside}.users").scalar() == 1


def test_a_restore_that_is_cut_off_leaves_everything_as_it_was(
    practice: World, tmp_path: Path, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(practice, tmp_path / "b.backup")
    credit(practice, acme_of(practice), 700)

    def cut(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(backup_place.os, "replace", cut)
        patched.setattr(backup_place, "_copy", cut)
        with pytest.raises(KeyboardInterrupt):
            elsewhere(made.path, replacing=True)
    assert len(practice.intents()) == 2
    assert log_holds(practice)
    assert not list(tmp_path.rglob(".restore*"))


def test_a_restore_that_was_killed_before_it_noted_the_logs_end_is_noted_by_the_next_start(
    practice: World, tmp_path: Path, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(practice, tmp_path / "b.backup")
    for _ in range(3):
        credit(practice, acme_of(practice), 700)
    nightly._note_the_end(practice.ctx, {})
    with monkeypatch.context() as patched:
        patched.setattr("lib.audit_heads.note", lambda *_, **__: [])
        there, _ = elsewhere(made.path, replacing=True)
    assert not log_holds(there)
    there.sync()
    nightly.run(there.ctx, threading.Event())
    assert log_holds(there)


def test_while_a_dashboard_runs_nothing_is_put_back(practice: World, tmp_path: Path, elsewhere: Any) -> None:
    made = make(practice, tmp_path / "b.backup")
    release = leader.try_to_lead(practice.ctx)
    assert release
    with pytest.raises(Refused, match="stop the dashboard first"):
        elsewhere(made.path, replacing=True)
    release()
    assert len(practice.intents()) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE backup_info SET mode = 'live'", "is of live money, and the settings are for sandbox"),
        ("UPDATE backup_info SET account = 'acct_2'", "belongs to Stripe account acct_2, and the key to acct_1"),
        ("UPDATE schema_version SET version = 99", "made by a newer Payerdesk"),
        ("DROP TABLE backup_info", "is a database and not a backup"),
        ("UPDATE audit_head SET hash = 'x'", "audit log in this backup does not hold"),
    ],
)
def test_a_backup_that_does_not_belong_here_is_refused_and_nothing_changes(
    practice: World, tmp_path: Path, elsewhere: Any, change: str, words: str
) -> None:
    made = make(practice, tmp_path / "b.backup")
    with sqlite3.connect(made.path) as raw:
        raw.execute(change)
    raw.close()
    with pytest.raises(Refused, match=words):
        elsewhere(made.path, replacing=True, account="acct_1")
    assert (len(practice.intents()), count(practice.ctx.engine, restores)) == (1, 0)


def test_a_damaged_file_and_one_that_is_no_backup_are_refused(practice: World, tmp_path: Path, elsewhere: Any) -> None:
    made = make(practice, tmp_path / "b.backup")
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused, match="is damaged"):
        elsewhere(made.path, replacing=True)
    made.path.write_text("a letter")
    with pytest.raises(Refused, match="is not a backup"):
        elsewhere(made.path, replacing=True)
    with pytest.raises(Refused, match="No such file"):
        elsewhere(tmp_path / "nowhere", replacing=True)


def test_without_the_key_only_the_logs_order_can_be_proved_and_that_must_be_asked_for(
    practice: World, tmp_path: Path, elsewhere: Any
) -> None:
    made = make(practice, tmp_path / "b.backup")
    (practice.ctx.settings.data / audit_keys.FILE).unlink()
    for heads in practice.ctx.settings.data.glob("*heads.log"):
        heads.unlink()
    with pytest.raises(SettingsError, match="is missing"):
        elsewhere(made.path, replacing=True)
    there, _ = elsewhere(made.path, replacing=True, lost_key=True)
    assert log_holds(there)
    with writing(there.ctx.engine) as conn:
        head = conn.exec_driver_sql("SELECT unproved_to, keyed_from FROM audit_head").one()
    assert tuple(head) == (made.entries, made.entries + 1)


def test_a_database_that_cannot_be_read_is_replaced_when_that_is_said(quick: World, tmp_path: Path) -> None:
    url = quick.ctx.engine.url.render_as_string()
    settings = replace(quick.ctx.settings, database_url=url)
    made = backup.make(replace(quick.ctx, settings=settings).as_actor(SHELL), tmp_path / "b.backup")
    other = tmp_path / "broken.sqlite"
    other.write_bytes(os.urandom(50_000))
    broken = replace(settings, database_url=f"sqlite:///{other}")
    with pytest.raises(Refused, match=r"cannot be read\. Say --replace"):
        backup_restore.restore(broken, made.path)
    told = backup_restore.restore(broken, made.path, replacing=True)
    assert Path(told.aside).stat().st_size == 50_000
    engine = open_database(broken.database_url)
    assert count(engine, people.users) == 1
    engine.dispose()


def test_a_backup_of_either_kind_of_database_goes_into_a_file(practice: World, tmp_path: Path) -> None:
    made = make(practice, tmp_path / "b.backup")
    settings = replace(practice.ctx.settings, database_url=f"sqlite:///{tmp_path / 'new.sqlite'}")
    backup_restore.restore(settings, made.path)
    engine = open_database(settings.database_url)
    assert count(engine, intents) == 1
    engine.dispose()
