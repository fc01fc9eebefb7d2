"""The door as people and strangers meet it, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from lib.people import register
from lib.ui.rooms import ROOMS
from tests.door.conftest import PASSWORD, House

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def come_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def is_inside(page: Page) -> None:
    page.get_by_role("button", name="Sign out").wait_for()


def is_at_the_door(page: Page) -> None:
    page.get_by_role("button", name="Sign in").wait_for()
    page.wait_for_timeout(500)
    assert page.get_by_role("button", name="Sign out").count() == 0
    assert page.get_by_test_id("stSidebarNav").count() == 0


def without_the_search_for_the_root(complaints: list[str]) -> None:
    """Below a deep link Streamlit asks for its own addresses twice: first beside the page, where there are none."""
    complaints[:] = [line for line in complaints if "/_stcore/" not in line]


@pytest.fixture(autouse=True)
def _expected(page: Page, complaints: list[str]) -> Iterator[None]:
    yield
    without_the_search_for_the_root(complaints)


def test_on_a_server_that_nobody_has_visited_yet_every_address_shows_a_stranger_the_door(
    new_house: Callable[[], House], page: Page
) -> None:
    house = new_house()
    for room in sorted(ROOMS, key=lambda room: room.path != "settings"):
        page.goto(f"{house.url}/{room.path}?id=cus_1")
        is_at_the_door(page)
        assert page.url == f"{house.url}/{room.path}?id=cus_1"
        assert page.get_by_test_id("stDataFrame").count() == 0


def test_the_address_and_what_it_asks_for_survive_signing_in(house: House, page: Page) -> None:
    house.add("deep", "manager")
    page.goto(f"{house.url}/invoices?status=open")
    come_in(page, "deep", "not the right words")
    page.get_by_text("The username or the password is not right.").wait_for()
    come_in(page, "deep")
    is_inside(page)
    assert page.url == f"{house.url}/invoices?status=open"
    page.reload()
    is_inside(page)


def test_no_script_can_read_the_session_and_nothing_is_kept_in_the_browser(house: House, page: Page) -> None:
    house.add("secret", "viewer")
    page.goto(house.url)
    come_in(page, "secret")
    is_inside(page)
    [cookie] = [cookie for cookie in page.context.cookies() if cookie["name"] == "payerdesk"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    kept = page.evaluate("document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert cookie["value"] not in kept
    assert "payerdesk=" not in kept


def test_after_signing_out_the_old_cookie_opens_nothing(house: House, page: Page) -> None:
    house.add("leaving", "viewer")
    page.goto(house.url)
    come_in(page, "leaving")
    is_inside(page)
    cookies = page.context.cookies()
    page.goto(f"{house.url}/balances")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{house.url}/")
    is_at_the_door(page)
    assert "payerdesk" not in {cookie["name"] for cookie in page.context.cookies()}
    page.context.add_cookies(cookies)
    page.goto(f"{house.url}/balances")
    is_at_the_door(page)


@pytest.mark.parametrize("change", ["role", "password", "disable"])
def test_a_change_by_an_admin_takes_an_open_screen_back_to_the_door(house: House, page: Page, change: str) -> None:
    username = house.add(f"changed-{change}", "manager")
    page.goto(house.url)
    come_in(page, username)
    is_inside(page)
    if change == "role":
        register.set_role(house.ctx, username, "viewer")
    elif change == "password":
        register.set_password(house.ctx, username, "other plain english words")
    else:
        register.disable(house.ctx, username)
    page.get_by_role("link", name="Patients").click()
    is_at_the_door(page)


def test_signing_out_in_one_tab_blanks_the_other_within_half_a_minute(house: House, page: Page) -> None:
    house.add("two-tabs", "viewer")
    page.goto(house.url)
    come_in(page, "two-tabs")
    is_inside(page)
    other = page.context.new_page()
    other.goto(house.url)
    other.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for(timeout=45_000)
    page.get_by_text("Your session has ended").wait_for()
    assert page.get_by_role("button", name="Sign out").count() == 0


def test_a_viewer_finds_no_settings_in_the_menu_nor_by_their_address(house: House, page: Page) -> None:
    house.add("curious", "viewer")
    page.goto(f"{house.url}/settings")
    come_in(page, "curious")
    page.get_by_role("heading", name="This page is for admins").wait_for()
    assert page.get_by_role("link", name="Settings").count() == 0


def test_the_practice_name_is_shown_as_it_is_written(house: House, page: Page) -> None:
    page.goto(house.url)
    page.get_by_text("St *Anne* <b>& Co", exact=True).wait_for()
    page.get_by_text("Test server, not Stripe").wait_for()
