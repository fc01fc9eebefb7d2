"""The log of who did what: nothing is altered, lost or moved without its being seen."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Executable, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from lib import audit, audit_heads, audit_keys, audit_seal
from lib.actions import _kinds  # noqa: F401 - registers every kind of change
from lib.actions._intent import KINDS
from lib.errors import SettingsError
from lib.mirror import locks
from lib.mirror.database import open_database, reading, writing
from lib.mirror.ours import audit as log
from lib.mirror.ours import audit_head
from lib.settings import Settings
from tests.support.tamper import tampering, unlock
from tests.support.world import DAY, NOON


@pytest.fixture(params=["with a key", "without a key"])
def log_of(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Engine:
    """A database whose log is sealed with a key, and one that knows none, as an earlier program left it."""
    if request.param == "with a key":
        settle(engine, tmp_path)
    return engine


def test_every_change_reads_as_a_wish_too_and_every_verb_of_a_wish_is_on_the_list() -> None:
    assert {kind.verb for kind in KINDS.values()} | {"reminder:send"} == set(audit.WANTED)
    assert set(audit.WANTED) < set(audit.VERBS)


def settle(engine: Engine, folder: Path, **told: str) -> Settings:
    """What a start does."""
    settings = Settings(mode="sandbox", data=folder, **told)
    audit_keys.settle(engine, settings, NOON)
    return settings


def _entries(engine: Engine, count: int) -> None:
    for number in range(count):
        with writing(engine) as conn:
            audit.record(conn, actor="mira", verb="balance:adjust", subject=f"cus_{number}", detail={"amount": number})


def _broken(engine: Engine) -> int | None:
    with reading(engine) as conn:
        return audit.first_broken(conn)


def test_the_key_of_the_log_is_in_no_repr() -> None:
    bound = audit_seal.Bound(b"canary", (Path("heads"),), "live")
    assert "canary" not in repr(bound) + str(bound) + repr(replace(bound, mode="test"))


def test_an_empty_log_holds(log_of: Engine) -> None:
    assert _broken(log_of) is None


def test_entries_are_numbered_and_hold_together(log_of: Engine) -> None:
    _entries(log_of, 5)
    with reading(log_of) as conn:
        assert list(conn.execute(select(log.c.seq).order_by(log.c.seq)).scalars()) == [1, 2, 3, 4, 5]
    assert _broken(log_of) is None


ALTERED = (
    {"actor": "noor"},
    {"detail": '{"amount": 9}'},
    {"at": 1},
    {"role": "admin"},
    {"subject": "cus_9"},
    {"intent": "x"},
    {"verb": "export:csv"},
    {"hash": "0"},
    {"prev": "0"},
)


def _broken_by(engine: Engine, crime: Executable) -> int | None:
    """Where the chain breaks when this is done to it; it is put right again afterwards."""
    with engine.connect() as conn:
        unlock(conn)
        conn.execute(crime)
        found = audit.first_broken(conn)
        conn.rollback()
    return found


def test_an_altered_entry_is_found(log_of: Engine) -> None:
    _entries(log_of, 4)
    crimes = [update(log).where(log.c.seq == 3).values(**values) for values in ALTERED]
    assert [_broken_by(log_of, crime) for crime in crimes] == [3] * len(ALTERED)


def test_a_lost_entry_is_found_even_the_last(log_of: Engine) -> None:
    _entries(log_of, 4)
    assert [_broken_by(log_of, delete(log).where(log.c.seq == seq)) for seq in (1, 3, 4)] == [1, 3, 4]


def test_a_log_that_was_emptied_is_found(log_of: Engine) -> None:
    _entries(log_of, 3)
    with tampering(log_of) as conn:
        conn.execute(delete(log))
    assert _broken(log_of) == 1


def test_a_log_whose_head_was_taken_away_is_found(log_of: Engine) -> None:
    _entries(log_of, 3)
    with tampering(log_of) as conn:
        conn.execute(delete(audit_head))
    assert _broken(log_of) is not None


def test_a_deed_that_is_not_on_the_list_is_not_written(log_of: Engine) -> None:
    with pytest.raises(KeyError), writing(log_of) as conn:
        audit.record(conn, actor="mira", verb="balance:steal", subject="cus_1", detail={})
    assert _broken(log_of) is None


def test_what_is_rolled_back_leaves_no_entry(log_of: Engine) -> None:
    with log_of.connect() as conn:
        audit.record(conn, actor="mira", verb="balance:adjust", subject="cus_1", detail={})
        conn.rollback()
    _entries(log_of, 1)
    assert _broken(log_of) is None


def test_many_hands_at_once_write_one_chain(log_of: Engine) -> None:
    hands = [threading.Thread(target=_entries, args=(log_of, 5)) for _ in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    with reading(log_of) as conn:
        assert len(conn.execute(select(log)).all()) == 20
    assert _broken(log_of) is None


@pytest.mark.parametrize("table", [log, audit_head])
def test_the_database_itself_refuses_to_change_the_log(log_of: Engine, table: Any) -> None:
    _entries(log_of, 3)
    crimes = [delete(table), update(table).values(seq=1)]
    if table is log:
        crimes.append(update(table).values(actor="noor"))
    for crime in crimes:
        with pytest.raises(DBAPIError, match="append-only"), writing(log_of) as conn:
            conn.execute(crime)
    assert _broken(log_of) is None


def test_a_row_cannot_be_replaced_either_nor_the_table_emptied(log_of: Engine) -> None:
    _entries(log_of, 2)
    crime = "TRUNCATE audit"
    if log_of.dialect.name == "sqlite":
        crime = "INSERT OR REPLACE INTO audit SELECT * FROM audit"
    with pytest.raises(DBAPIError, match="append-only"), writing(log_of) as conn:
        conn.exec_driver_sql(crime)
    assert _broken(log_of) is None


def test_triggers_that_were_taken_away_are_named(engine: Engine) -> None:
    with reading(engine) as conn:
        assert locks.missing(conn) == []
        on = " ON audit" if engine.dialect.name == "postgresql" else ""
        conn.exec_driver_sql(f"DROP TRIGGER audit_no_update{on}")
        assert locks.missing(conn) == ["audit_no_update"]
        conn.rollback()


def _rechain(engine: Engine, key: bytes | None, *, upto: int | None = None, head: bool = True) -> None:
    """Write the whole log anew, with another actor in the first entry, sealed with this key; then move the head."""
    with tampering(engine) as conn:
        rows = [dict(row) for row in conn.execute(select(log).order_by(log.c.seq)).mappings()][:upto]
        conn.execute(delete(log))
        prev = ""
        for row in rows:
            row |= {"actor": "noor" if row["seq"] == 1 else row["actor"], "prev": prev}
            row["hash"] = prev = audit_seal.seal(row, key)
            conn.execute(insert(log).values(row))
        values = {"seq": len(rows), "hash": prev}
        if key:
            known = conn.execute(select(audit_head)).one()
            values["seal"] = audit_seal.seal_head(key, len(rows), prev, known.keyed_from, known.unproved_to)
        conn.execute(update(audit_head).values(**values))


def test_a_log_that_is_written_anew_without_the_key_is_found(engine: Engine, tmp_path: Path) -> None:
    settle(engine, tmp_path)
    _entries(engine, 4)
    _rechain(engine, None)
    assert _broken(engine) == 1
    _rechain(engine, b"a key of their own that is long enough")
    assert _broken(engine) == 1


def test_a_tail_that_is_cut_off_is_found_also_when_the_head_is_moved_and_work_goes_on(
    engine: Engine, tmp_path: Path
) -> None:
    settle(engine, tmp_path)
    _entries(engine, 5)
    with tampering(engine) as conn:
        last = conn.execute(select(log.c.hash).where(log.c.seq == 3)).scalar_one()
        conn.execute(delete(log).where(log.c.seq > 3))
        conn.execute(update(audit_head).values(seq=3, hash=last))
    assert _broken(engine) == 4
    _entries(engine, 3)
    assert _broken(engine) == 7


def test_a_head_put_back_from_yesterday_is_found_in_what_was_noted_elsewhere(engine: Engine, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "heads.log"
    settle(engine, tmp_path, audit_heads=str(elsewhere))
    _entries(engine, 3)
    with reading(engine) as conn:
        yesterday = dict(conn.execute(select(audit_head)).mappings().one())
    _entries(engine, 2)
    assert audit_heads.note(engine, NOON) == []
    with tampering(engine) as conn:
        conn.execute(delete(log).where(log.c.seq > 3))
        conn.execute(update(audit_head).values(**yesterday))
    with reading(engine) as conn:
        found = audit.verify(conn)
    assert (found.broken, found.words) == (4, "On 2026-11-16 the log had 5 entries, and now it ends at 3.")
    audit_heads.beside(engine, tmp_path).unlink()
    assert _broken(engine) == 4
    elsewhere.unlink()
    assert _broken(engine) is None  # nobody could tell: that is why it is written to a second place


def test_a_log_written_anew_by_somebody_who_has_the_key_is_found_in_what_was_noted(
    engine: Engine, tmp_path: Path
) -> None:
    settings = settle(engine, tmp_path)
    _entries(engine, 3)
    audit_heads.note(engine, NOON)
    _entries(engine, 3)
    _rechain(engine, audit_keys.key_of(settings, make=False))
    assert _broken(engine) == 3


def test_a_log_that_has_lost_its_seal_is_found_and_a_start_does_not_seal_it_again(
    engine: Engine, tmp_path: Path
) -> None:
    settle(engine, tmp_path)
    _entries(engine, 3)
    audit_heads.note(engine, NOON)
    _rechain(engine, None)
    with tampering(engine) as conn:
        conn.execute(update(audit_head).values(seal="", keyed_from=0))
    for path in tmp_path.glob("*heads.log"):
        path.write_text(path.read_text().replace(path.read_text().split()[2], "0" * 64))
    settle(engine, tmp_path)
    assert _broken(engine) is not None


def test_a_line_a_day_is_noted_and_no_more(engine: Engine, tmp_path: Path) -> None:
    settle(engine, tmp_path)
    for at in (NOON, NOON + 60, NOON + DAY):
        _entries(engine, 1)
        audit_heads.note(engine, at)
    lines = audit_heads.beside(engine, tmp_path).read_text().splitlines()
    assert [line.split()[:2] + line.split()[3:] for line in lines] == [
        ["2026-11-16", "1", "sandbox"],
        ["2026-11-17", "3", "sandbox"],
    ]


def test_a_place_that_cannot_be_written_is_named_and_the_others_are(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    nowhere = tmp_path / "file" / "heads.log"
    settle(engine, tmp_path, audit_heads=str(nowhere))
    _entries(engine, 1)
    assert audit_heads.note(engine, NOON) == [nowhere]
    assert audit_heads.beside(engine, tmp_path).exists()


def test_entries_of_an_earlier_program_hold_under_the_old_seal_and_their_end_under_the_new(
    engine: Engine, tmp_path: Path
) -> None:
    _entries(engine, 3)
    settle(engine, tmp_path)
    assert _broken(engine) is None
    _entries(engine, 2)
    assert _broken(engine) is None
    with tampering(engine) as conn:
        rows = [dict(row) for row in conn.execute(select(log).order_by(log.c.seq)).mappings()][:3]
        prev = ""
        for row in rows:
            row |= {"actor": "noor", "prev": prev}
            row["hash"] = prev = audit_seal.seal(row)
            conn.execute(update(log).where(log.c.seq == row["seq"]).values(row))
    assert _broken(engine) == 3  # the first that a line was noted of
    for path in tmp_path.glob("*heads.log"):
        path.unlink()
    assert _broken(engine) == 4


def test_the_key_is_made_once_whoever_starts_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(mode="sandbox", data=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: audit_keys.key_of(settings, make=True), range(16)))
    assert len(keys) == 1
    path = tmp_path / audit_keys.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_key_in_the_settings_needs_no_file(engine: Engine, tmp_path: Path) -> None:
    settle(engine, tmp_path, audit_key="a key of thirty-two letters or so")
    _entries(engine, 2)
    assert _broken(engine) is None
    assert not (tmp_path / audit_keys.FILE).exists()


def test_a_start_without_the_key_or_with_another_is_refused_in_one_sentence(engine: Engine, tmp_path: Path) -> None:
    settle(engine, tmp_path)
    _entries(engine, 2)
    with pytest.raises(SettingsError, match="sealed with another key"):
        settle(engine, tmp_path, audit_key="a key of thirty-two letters or so")
    (tmp_path / audit_keys.FILE).unlink()
    with pytest.raises(SettingsError, match=r"is missing: put .* back"):
        settle(engine, tmp_path)
    (tmp_path / audit_keys.FILE).write_text("short")
    with pytest.raises(SettingsError, match="does not hold a key"):
        settle(engine, tmp_path)


def test_two_databases_have_a_key_each(engine: Engine, tmp_path: Path) -> None:
    settle(engine, tmp_path)
    other = open_database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    settle(other, tmp_path, audit_key="a key of thirty-two letters or so")
    _entries(engine, 2)
    _entries(other, 2)
    assert (_broken(engine), _broken(other)) == (None, None)
    other.dispose()


def test_what_was_given_no_key_neither_writes_nor_checks_a_sealed_log(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(engine, tmp_path)
    _entries(engine, 1)
    monkeypatch.setattr(audit_seal, "_bound", {})
    with pytest.raises(RuntimeError, match="this process was not given"):
        _entries(engine, 1)
    with pytest.raises(RuntimeError, match="this process was not given"):
        _broken(engine)


def test_a_restored_log_overtakes_what_was_noted_after_the_backup() -> None:
    line = audit_heads.Line("2026-11-16", 5, "a", "live")
    later, put_back = replace(line, seq=9, hash="b"), replace(line, seq=6, hash="c", restored=True)
    assert audit_heads.standing([line, later, put_back]) == [line, put_back]
    assert audit_heads.standing([line, later]) == [line, later]
