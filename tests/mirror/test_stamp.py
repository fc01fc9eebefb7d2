"""A database belongs to one Stripe account and one mode."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine

from lib.errors import SettingsError
from lib.mirror import stamp


@pytest.mark.parametrize(("first", "second"), [("test", "live"), ("live", "test"), ("sandbox", "live")])
def test_a_database_of_one_mode_is_refused_to_another(engine: Engine, first: str, second: str) -> None:
    stamp.check(engine, first, "acct_1")
    with pytest.raises(SettingsError, match="another PAYERDESK_DATA or DATABASE_URL"):
        stamp.check(engine, second, "acct_1")


def test_a_database_of_one_account_is_refused_to_another(engine: Engine) -> None:
    stamp.check(engine, "live", "acct_1")
    with pytest.raises(SettingsError, match="belongs to Stripe account acct_1"):
        stamp.check(engine, "live", "acct_2")


def test_the_same_account_comes_in_again(engine: Engine) -> None:
    stamp.check(engine, "live", "acct_1")
    stamp.check(engine, "live", "acct_1")
    stamp.check(engine, "live", "")


def test_an_account_that_could_not_be_asked_is_stamped_when_it_can(engine: Engine) -> None:
    stamp.check(engine, "live", "")
    stamp.check(engine, "live", "acct_1")
    with pytest.raises(SettingsError):
        stamp.check(engine, "live", "acct_2")


def test_two_processes_that_start_together_stamp_a_new_database_once(engine: Engine) -> None:
    together = Barrier(2)

    def start(mode: str) -> str:
        together.wait()
        try:
            stamp.check(engine, mode, "acct_1")
        except SettingsError as refused:
            return refused.words[:20]
        return "in"

    for modes in (("live", "live"), ("live", "live")):
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(start, modes)) == ["in", "in"]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(start, ("live", "test"))) == ["This database holds ", "in"]
