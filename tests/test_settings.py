"""A wrong setting stops the start with one line; secrets are in no repr."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lib.context import open_context
from lib.errors import SettingsError
from lib.settings import FIELDS, load_settings

TEST_KEY, LIVE_KEY = "sk_test_canary", "rk_live_canary"

WRONG = [
    {"STRIPE_API_KEY": "pk_live_canary"},
    {"STRIPE_API_KEY": "canary"},
    {"STRIPE_API_KEY": "sk_live_"},
    {"STRIPE_WEBHOOK_SECRET": "canary"},
    {"STRIPE_WEBHOOK_SECRET": "whsec_"},
    {"STRIPE_API_BASE": "http://127.0.0.1:12111"},
    {"STRIPE_API_BASE": "127.0.0.1:12111", "STRIPE_API_KEY": TEST_KEY},
    {"STRIPE_API_BASE": "http://[::1", "STRIPE_API_KEY": TEST_KEY},
    {"STRIPE_API_BASE": "ftp://127.0.0.1", "STRIPE_API_KEY": TEST_KEY},
    {"STRIPE_API_BASE": "http://stripe.example", "STRIPE_API_KEY": TEST_KEY},
    {"STRIPE_API_BASE": "http://127.0.0.1@stripe.example", "STRIPE_API_KEY": TEST_KEY},
    {"STRIPE_API_BASE": "http://127.0.0.1:12111", "STRIPE_API_KEY": LIVE_KEY},
    {"STRIPE_API_BASE": "https://api.stripe.com.evil.example", "STRIPE_API_KEY": LIVE_KEY},
    {"STRIPE_API_BASE": "http://api.stripe.com", "STRIPE_API_KEY": LIVE_KEY},
    {"PAYERDESK_TIMEZONE": "Europe/Londn"},
    {"PAYERDESK_TIMEZONE": "../../etc/passwd"},
    {"PAYERDESK_TIMEZONE": " "},
    {"PAYERDESK_CURRENCY": "pounds"},
    {"PAYERDESK_CURRENCY": "£"},
    {"PAYERDESK_CURRENCY": "qqq"},
    {"PAYERDESK_TERMS_DAYS": "-1"},
    {"PAYERDESK_TERMS_DAYS": "thirty"},
    {"PAYERDESK_TERMS_DAYS": "366"},
    {"PAYERDESK_TERMS_DAYS": "٣٠"},
    {"PAYERDESK_TERMS_DAYS": "9" * 5000},
    {"PAYERDESK_HERO_LABELS": "{"},
    {"PAYERDESK_HERO_LABELS": "[]"},
    {"PAYERDESK_HERO_LABELS": '{"nickname": "Nickname"}'},
    {"PAYERDESK_HERO_LABELS": '{"email": 1}'},
    {"PAYERDESK_HERO_LINK": "https://hero.example/patient"},
    {"PAYERDESK_HERO_LINK": "javascript:alert({reference})"},
    {"PAYERDESK_URL": "payerdesk.practice.example"},
    {"PAYERDESK_URL": "https://[::1"},
]


@pytest.mark.parametrize("given", WRONG)
def test_a_wrong_setting_is_one_line_that_names_it(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as no:
        load_settings(given)
    assert "\n" not in no.value.words
    assert any(name in no.value.words for name in given)
    assert "canary" not in no.value.words


@pytest.mark.parametrize(
    "url", ["nonsense", "postgres://x/y", "mysql://x/y", "sqlite:////nowhere/at/all/x.sqlite", "postgresql://[::1/x"]
)
def test_a_database_that_cannot_be_opened_is_one_line(url: str, tmp_path: Path) -> None:
    told = load_settings({"DATABASE_URL": url, "PAYERDESK_DATA": str(tmp_path), "STRIPE_API_KEY": TEST_KEY})
    with pytest.raises(SettingsError, match=r"^The database cannot be opened \(\w+\): check DATABASE_URL"):
        open_context(told)


def test_a_data_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(SettingsError, match="PAYERDESK_DATA"):
        open_context(load_settings({"PAYERDESK_DATA": str(path), "STRIPE_API_KEY": TEST_KEY}))


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({}, "sandbox"),
        ({"STRIPE_API_KEY": TEST_KEY}, "test"),
        ({"STRIPE_API_KEY": f" {LIVE_KEY}\n"}, "live"),
        ({"STRIPE_API_KEY": LIVE_KEY, "STRIPE_API_BASE": "https://api.stripe.com/"}, "live"),
        ({"STRIPE_API_KEY": TEST_KEY, "STRIPE_API_BASE": "http://[::1]:12111"}, "test"),
    ],
)
def test_the_key_says_which_mode_it_is(given: dict[str, str], mode: str) -> None:
    assert load_settings(given).mode == mode


@pytest.mark.parametrize("key", [TEST_KEY, LIVE_KEY])
def test_stripe_named_as_the_server_is_stripe_itself(key: str) -> None:
    assert load_settings({"STRIPE_API_KEY": key, "STRIPE_API_BASE": "https://api.stripe.com/"}).stripe_base == ""


def test_each_mode_has_a_database_of_its_own() -> None:
    urls = {load_settings(given).database_url for given in ({}, *({"STRIPE_API_KEY": k} for k in (TEST_KEY, LIVE_KEY)))}
    assert len(urls) == 3


def test_no_secret_is_in_what_is_printed_of_the_settings() -> None:
    secrets = {"STRIPE_API_KEY": LIVE_KEY, "STRIPE_WEBHOOK_SECRET": "whsec_canary"}
    told = load_settings({**secrets, "DATABASE_URL": "postgresql://me:canary@db/x"})
    assert "canary" not in repr(told) + str(told) + repr(replace(told, practice="x"))


def test_the_environment_wins_over_the_secrets_file(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(
        'PAYERDESK_PRACTICE = "File"\nPAYERDESK_TERMS_DAYS = 14\n[PAYERDESK_HERO_LABELS]\nemail = "E-mail"\n'
    )
    told = load_settings({"PAYERDESK_PRACTICE": "Shell"}, path)
    assert (told.practice, told.terms_days, told.hero_labels["email"]) == ("Shell", 14, "E-mail")


@pytest.mark.parametrize("content", [b"PAYERDESK_PRACTICE = ", b"\xff\xfe", b"STRIPE_API_KEY = sk_live_canary"])
def test_a_secrets_file_that_cannot_be_read_is_one_line_without_what_is_in_it(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"secrets\.toml cannot be read") as no:
        load_settings({}, path)
    assert "canary" not in no.value.words


def test_without_a_file_and_a_setting_there_is_a_practice_in_london() -> None:
    told = load_settings({}, Path("nowhere.toml"))
    assert (str(told.zone), told.currency, told.terms_days, told.mode) == ("Europe/London", "gbp", 30, "sandbox")


def test_every_setting_is_one_of_those_that_are_described() -> None:
    source = Path(load_settings.__code__.co_filename).read_text("utf-8")
    assert all(source.count(f'"{name}"') >= 2 for name in FIELDS)
