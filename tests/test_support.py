"""The ground under the other tests: the network is closed, the databases are empty, the browser is watched."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.support.environment import forget_the_machine

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.furnished import Furnished


def test_another_machine_cannot_be_reached() -> None:
    with pytest.raises((RuntimeError, UserWarning), match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)


def test_a_key_or_a_proxy_of_the_person_at_the_machine_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STRIPE_API_KEY", "DATABASE_URL", "PAYERDESK_DATA", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "somebody's own")
    forget_the_machine()
    assert "somebody's own" not in os.environ.values()


def test_a_database_starts_empty_with_every_table(engine: sa.Engine) -> None:
    tables = set(sa.inspect(engine).get_table_names())
    assert {"customers", "invoices", "intents", "audit", "users", "sessions"} <= tables
    with engine.begin() as conn:
        assert conn.execute(sa.text("select count(*) from customers")).scalar() == 0
        conn.execute(sa.text("drop table customers"))


@pytest.mark.postgres
def test_nothing_of_one_test_is_found_by_the_next_on_postgres(furnished: Furnished) -> None:
    urls, found = [], []
    for statement in ("SELECT 1", "DROP INDEX invoices_newest", "SELECT 1"):
        with furnished.database() as url:
            opened = sa.create_engine(url)
            whole = "invoices_newest" in {index["name"] for index in sa.inspect(opened).get_indexes("invoices")}
            with opened.begin() as conn:
                conn.execute(sa.text("INSERT INTO stamp (mode, account) VALUES ('test', '')"))
                found.append((*conn.execute(sa.text("SELECT count(*), max(id) FROM stamp")).one(), whole))
                conn.execute(sa.text(statement))
            opened.dispose()
            urls.append(url)
    assert found == [(1, 1, True)] * 3
    assert len(set(urls)) == 3


def test_postgres_folds_letters_beyond_english_and_sqlite_does_not(database_url: str) -> None:
    opened = sa.create_engine(database_url)
    with opened.connect() as conn:
        folded = conn.execute(sa.text("select lower('ÅÉ')")).scalar()
    opened.dispose()
    assert folded == ("åé" if opened.dialect.name == "postgresql" else "ÅÉ")


@pytest.mark.browser
def test_a_page_that_asks_another_machine_for_a_picture_is_noticed(page: Page, complaints: list[str]) -> None:
    with page.expect_event("requestfailed"):
        page.set_content("<h1>Statement</h1><img src='http://elsewhere.example/pixel.png'>")
    page.get_by_role("heading", name="Statement").wait_for()
    assert "asked another machine: http://elsewhere.example/pixel.png" in complaints
    complaints.clear()


@pytest.mark.browser
def test_an_error_on_the_browsers_console_is_noticed(page: Page, complaints: list[str]) -> None:
    with page.expect_console_message():
        page.evaluate("console.error('a chart could not be drawn')")
    assert len(complaints) == 1
    assert "a chart could not be drawn" in complaints.pop()
