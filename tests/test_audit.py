"""The log of who did what: nothing is altered, lost or moved without its being seen."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, Executable, delete, select, update

from lib import audit
from lib.mirror.database import reading, writing
from lib.mirror.ours import audit as log
from lib.mirror.ours import audit_head


def _entries(engine: Engine, count: int) -> None:
    for number in range(count):
        with writing(engine) as conn:
            audit.record(conn, actor="mira", verb="balance:adjust", subject=f"cus_{number}", detail={"amount": number})


def _broken(engine: Engine) -> int | None:
    with reading(engine) as conn:
        return audit.first_broken(conn)


def test_an_empty_log_holds(engine: Engine) -> None:
    assert _broken(engine) is None


def test_entries_are_numbered_and_hold_together(engine: Engine) -> None:
    _entries(engine, 5)
    with reading(engine) as conn:
        assert list(conn.execute(select(log.c.seq).order_by(log.c.seq)).scalars()) == [1, 2, 3, 4, 5]
    assert _broken(engine) is None


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
        conn.execute(crime)
        found = audit.first_broken(conn)
        conn.rollback()
    return found


def test_an_altered_entry_is_found(engine: Engine) -> None:
    _entries(engine, 4)
    crimes = [update(log).where(log.c.seq == 3).values(**values) for values in ALTERED]
    assert [_broken_by(engine, crime) for crime in crimes] == [3] * len(ALTERED)


def test_a_lost_entry_is_found_even_the_last(engine: Engine) -> None:
    _entries(engine, 4)
    assert [_broken_by(engine, delete(log).where(log.c.seq == seq)) for seq in (1, 3, 4)] == [1, 3, 4]


def test_a_log_that_was_emptied_is_found(engine: Engine) -> None:
    _entries(engine, 3)
    with writing(engine) as conn:
        conn.execute(delete(log))
    assert _broken(engine) == 1


def test_a_log_whose_head_was_taken_away_is_found(engine: Engine) -> None:
    _entries(engine, 3)
    with writing(engine) as conn:
        conn.execute(delete(audit_head))
    assert _broken(engine) is not None


def test_a_deed_that_is_not_on_the_list_is_not_written(engine: Engine) -> None:
    with pytest.raises(KeyError), writing(engine) as conn:
        audit.record(conn, actor="mira", verb="balance:steal", subject="cus_1", detail={})
    assert _broken(engine) is None


def test_what_is_rolled_back_leaves_no_entry(engine: Engine) -> None:
    with engine.connect() as conn:
        audit.record(conn, actor="mira", verb="balance:adjust", subject="cus_1", detail={})
        conn.rollback()
    _entries(engine, 1)
    assert _broken(engine) is None


def test_many_hands_at_once_write_one_chain(engine: Engine) -> None:
    hands = [threading.Thread(target=_entries, args=(engine, 5)) for _ in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    with reading(engine) as conn:
        assert len(conn.execute(select(log)).all()) == 20
    assert _broken(engine) is None
