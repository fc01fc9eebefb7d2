"""The settings page: people are added and changed by admins alone, and no key or password is ever on it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from lib.mirror.ours import audit
from lib.people import check_password
from lib.queries import freshness
from tests.support.drawn import labelled, pick_rows, plain, press, said, table
from tests.support.signed_in import PASSWORD, screen, sign_in
from tests.support.sinks import HOSTILE, raw_names
from tests.support.tamper import tampering
from tests.support.world import World

KEY, SECRET = "sk_test_notforanybodyseyes", "hunter2hunter2"
NEW = "several words in a row"


@pytest.fixture
def world(quick: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A practice with a key and a database password; the admin Ada sits at the screen, Mira is a manager."""
    url = f"postgresql+psycopg://payerdesk:{SECRET}@127.0.0.1/payerdesk?password={SECRET}"
    told = replace(quick.ctx.settings, mode="test", stripe_key=KEY, database_url=url)
    quick.ctx = replace(quick.ctx, settings=told)
    sign_in(monkeypatch, quick.ctx, "admin", "ada")
    return quick


def everybody(drawn: AppTest) -> dict[str, tuple[str, str]]:
    """Who there is: their role, and whether they may sign in."""
    rows = table(drawn).set_index("Username")
    return {who: (row["Role"], row["May sign in"]) for who, row in rows.iterrows()}


def adding(**typed: str) -> AppTest:
    """The form for a new person, filled in and sent."""
    drawn = screen("settings")
    for label, text in {"New username": "noor", "Full name": "Noor", "First password": NEW, **typed}.items():
        labelled(drawn.main.text_input, label).set_value(text)
    return press(drawn, "Add person")


def log() -> AppTest:
    """The page with the audit log in front."""
    drawn = screen("settings")
    drawn.session_state["settings.tab"] = "Audit log"
    return drawn.run()


def pick(who: str) -> AppTest:
    """The page with this person picked."""
    drawn = screen("settings")
    return pick_rows(drawn, list(table(drawn)["Username"]).index(who))


def test_everything_that_is_wrong_with_a_new_person_is_said_at_once(world: World) -> None:
    told = [plain(one.value) for one in adding(**{"New username": "MIRA ", "First password": "short"}).error]
    assert [words.partition(".")[0] for words in told] == [
        "There is already a person with the username mira",
        "Use at least 12 characters",
    ]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"New username": "no spaces"}, "A username has 1 to 64 letters"),
        ({"New username": "MIRA "}, "There is already a person with the username mira."),
        ({"First password": "short"}, "Use at least 12 characters."),
        ({"First password": "payerdesk1234"}, "This password is easy to guess."),
    ],
)
def test_what_is_wrong_with_a_new_person_is_said_and_nobody_is_added(
    world: World, typed: dict[str, str], words: str
) -> None:
    drawn = adding(**typed)
    assert words in said(drawn)
    assert labelled(drawn.text_input, "Full name").value == "Noor"
    assert set(everybody(drawn)) == {"ada", "mira"}


def test_a_person_is_added_and_can_sign_in(world: World) -> None:
    drawn = adding()
    assert "The person was added." in said(drawn)
    assert everybody(drawn)["noor"] == ("viewer", "Yes")
    assert check_password(world.ctx.engine, "noor", NEW, world.ctx.now)
    assert labelled(drawn.text_input, "First password").value == ""


def test_the_last_admin_keeps_the_role_and_is_told_why(world: World) -> None:
    drawn = pick("ada")
    labelled(drawn.main.selectbox, "Role").set_value("viewer").run()
    drawn = press(drawn, "Save role")
    assert "This is the last admin: give somebody else that role first." in said(drawn)
    assert everybody(drawn)["ada"] == ("admin", "Yes")


def test_the_last_admin_cannot_be_switched_off_and_is_told_why(world: World) -> None:
    drawn = press(pick("ada"), "Switch off")
    assert "This is the last admin: give somebody else that role first." in said(drawn)
    assert everybody(drawn)["ada"] == ("admin", "Yes")


def test_a_person_gets_another_role(world: World) -> None:
    drawn = pick("mira")
    labelled(drawn.main.selectbox, "Role").set_value("admin").run()
    drawn = press(drawn, "Save role")
    assert "The role was changed." in said(drawn)
    assert everybody(drawn)["mira"] == ("admin", "Yes")


def test_a_person_is_switched_off_and_on_again(world: World) -> None:
    drawn = press(pick("mira"), "Switch off")
    assert everybody(drawn)["mira"] == ("manager", "No, switched off")
    assert not check_password(world.ctx.engine, "mira", PASSWORD, world.ctx.now)
    drawn = press(drawn, "Switch on")
    assert everybody(drawn)["mira"] == ("manager", "Yes")


def test_a_password_too_short_is_refused_and_a_good_one_counts_from_then_on(world: World) -> None:
    drawn = pick("mira")
    labelled(drawn.main.text_input, "New password").set_value("short").run()
    drawn = press(drawn, "Save password")
    assert "Use at least 12 characters." in said(drawn)
    labelled(drawn.main.text_input, "New password").set_value(NEW).run()
    drawn = press(drawn, "Save password")
    assert "The password was changed." in said(drawn)
    assert check_password(world.ctx.engine, "mira", NEW, world.ctx.now)


def test_an_admin_whose_role_was_taken_away_meanwhile_changes_nobody(world: World) -> None:
    drawn = pick("mira")
    world.change_person("ada", role="manager")
    press(drawn, "Switch off")
    assert check_password(world.ctx.engine, "mira", PASSWORD, world.ctx.now)


def test_the_questions_of_the_month_are_said_to_be_those_that_following_took(world: World) -> None:
    world.sync()
    counted = freshness.get(world.ctx).reads
    world.ctx.stripe.get("/v1/customers", limit=1)
    told = " ".join(one.value for one in screen("settings").main.caption)
    assert f"Questions put to Stripe this month to keep the copy up to date: {counted}." in told
    assert "What pages and changes ask is not counted." in told


def test_no_key_and_no_password_is_on_the_page(world: World) -> None:
    drawn = screen("settings")
    sent = "".join(str(getattr(node, "proto", "")) for part in (drawn.main, drawn.sidebar) for node in part)
    cells = "".join(one.value.to_csv() for one in drawn.dataframe)
    assert KEY not in sent + cells
    assert SECRET not in sent + cells
    assert "set, not shown" in cells


def test_every_setting_and_heros_labels_are_listed(world: World) -> None:
    drawn = screen("settings")
    told = table(drawn, 1).set_index("Setting")["Now"]
    assert told["PAYERDESK_TIMEZONE"] == "Europe/London"
    assert told["STRIPE_API_BASE"] == "Stripe"
    assert "Date of birth" in list(table(drawn, 2)["Hero's label in Stripe"])


def test_a_log_that_holds_says_so(world: World) -> None:
    adding()
    assert "Every entry stands as it was written, in order." in said(log())


def test_the_log_is_not_read_through_before_somebody_asks(world: World) -> None:
    adding()
    assert "Every entry stands as it was written, in order." not in said(screen("settings"))


def test_a_log_that_was_altered_says_from_where(world: World) -> None:
    adding()
    with tampering(world.ctx.engine) as conn:
        conn.execute(update(audit).where(audit.c.seq == 1).values(actor="somebody else"))
    drawn = log()
    assert "Entry 1 was altered, lost or moved." in said(drawn)
    assert not drawn.success


def test_a_name_never_becomes_markdown_in_settings(world: World) -> None:
    world.change_person("mira", name=HOSTILE)
    drawn = pick("mira")
    assert f"{HOSTILE} (mira)" in [plain(one.value) for one in drawn.main.text]
    assert raw_names(drawn) == []
