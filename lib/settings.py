"""Settings: read once from the environment and .streamlit/secrets.toml (the environment wins), checked, frozen.

A wrong setting stops the start with one line. The key is kept out of every repr.
"""

from __future__ import annotations

import json
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.numbers import is_currency

from lib.errors import SettingsError
from lib.hero import DEFAULT_LABELS

# Every setting and what it does; the README's table is held against this one by a test.
FIELDS = {
    "STRIPE_API_KEY": "Secret or restricted key. Without one the embedded sandbox runs.",
    "STRIPE_API_BASE": "Another Stripe-compatible server, with a test key only: on this machine, or over https.",
    "STRIPE_WEBHOOK_SECRET": "Signing secret (whsec_…) of a webhook endpoint at …/webhook: news at once.",
    "DATABASE_URL": "SQLAlchemy URL; SQLite in the data folder when unset.",
    "PAYERDESK_DATA": "Folder for SQLite files (./data).",
    "PAYERDESK_PRACTICE": "The practice's name on screen.",
    "PAYERDESK_TIMEZONE": "The practice's time zone (Europe/London).",
    "PAYERDESK_CURRENCY": "The practice's currency (gbp).",
    "PAYERDESK_TERMS_DAYS": "Payment terms where a payer has none of their own (30).",
    "PAYERDESK_HERO_LABELS": "JSON: our word -> the label Hero writes into Stripe's metadata.",
    "PAYERDESK_HERO_LINK": "Link to a patient in Hero; {reference} stands for Hero's reference.",
    "PAYERDESK_URL": "The address people use, when it is not http://localhost.",
    "PAYERDESK_TYPE_TWICE_ABOVE": "Amounts above this are typed twice (1000); none for no limit.",
    "PAYERDESK_SECOND_PERSON_ABOVE": "Amounts above this need a second person's yes (10000); none for no limit.",
    "PAYERDESK_AUDIT_KEY": "Key that seals the audit log; a file audit.key in the data folder when unset.",
    "PAYERDESK_AUDIT_HEADS": "A file elsewhere that is told each day where the audit log ends.",
    "PAYERDESK_SMTP": "The practice's mail server: smtps://user:password@host:465, or smtp:// with STARTTLS.",
    "PAYERDESK_MAIL_FROM": "Whom reminders come from, for example Accounts <accounts@practice.example>.",
    "PAYERDESK_REMINDER_DAYS": "Days overdue at which reminders are due (7,21,45).",
}

# Named or not, Stripe itself is no other server: links lead to its dashboard.
_STRIPE = "https://api.stripe.com"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Settings:
    """What the program was told at start. `mode` is sandbox (no key), test or live."""

    mode: str
    data: Path
    stripe_key: str = field(repr=False, default="")
    stripe_base: str = ""
    webhook_secret: str = field(repr=False, default="")
    database_url: str = field(repr=False, default="")
    practice: str = "Our practice"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/London"))
    currency: str = "gbp"
    terms_days: int = 30
    hero_labels: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_LABELS))
    hero_link: str = ""
    public_url: str = ""
    type_twice_above: Decimal | None = Decimal(1000)
    second_person_above: Decimal | None = Decimal(10000)
    audit_key: str = field(repr=False, default="")
    audit_heads: str = ""
    smtp: str = field(repr=False, default="")
    mail_from: str = ""
    reminder_days: tuple[int, ...] = (7, 21, 45)


def data_folder(settings: Settings) -> Path:
    """The folder for SQLite files, made when it is not there. Raises SettingsError when it cannot be written to."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data):
            return settings.data
    except OSError as wrong:
        raise SettingsError(f"PAYERDESK_DATA is not a folder that can be written to: {settings.data}.") from wrong


def load_settings(environ: Mapping[str, str], secrets: Path | None = None) -> Settings:
    """Settings from the environment and a secrets file. Raises SettingsError with one line that names the setting."""
    given = {**_from_file(secrets), **{name: environ[name] for name in FIELDS if environ.get(name)}}
    key, base = given.get("STRIPE_API_KEY", "").strip(), given.get("STRIPE_API_BASE", "").strip().rstrip("/")
    mode = _mode(key)
    _check_base(mode, base)
    data = Path(given.get("PAYERDESK_DATA", "data")).expanduser()
    return Settings(
        mode=mode,
        data=data,
        stripe_key=key,
        stripe_base="" if base == _STRIPE else base,
        webhook_secret=_secret(given.get("STRIPE_WEBHOOK_SECRET", "").strip()),
        database_url=given.get("DATABASE_URL", "").strip()
        or f"sqlite:///{data.absolute() / f'payerdesk-{mode}.sqlite'}",
        practice=given.get("PAYERDESK_PRACTICE")
        or ("Harbour Street Practice" if mode == "sandbox" else "Our practice"),
        zone=_zone(given.get("PAYERDESK_TIMEZONE", "Europe/London")),
        currency=_currency(given.get("PAYERDESK_CURRENCY", "gbp")),
        terms_days=_days(given.get("PAYERDESK_TERMS_DAYS", "30")),
        hero_labels={**DEFAULT_LABELS, **_labels(given.get("PAYERDESK_HERO_LABELS", ""))},
        hero_link=_link(given.get("PAYERDESK_HERO_LINK", "")),
        public_url=_public(given.get("PAYERDESK_URL", "")),
        type_twice_above=_amount("PAYERDESK_TYPE_TWICE_ABOVE", given, "1000"),
        second_person_above=_amount("PAYERDESK_SECOND_PERSON_ABOVE", given, "10000"),
        audit_key=_audit_key(given.get("PAYERDESK_AUDIT_KEY", "").strip()),
        audit_heads=given.get("PAYERDESK_AUDIT_HEADS", "").strip(),
        smtp=_mail_server(given.get("PAYERDESK_SMTP", "").strip()),
        mail_from=_sender(given.get("PAYERDESK_MAIL_FROM", "").strip(), given.get("PAYERDESK_SMTP", "").strip()),
        reminder_days=_stages(given.get("PAYERDESK_REMINDER_DAYS", "7,21,45")),
    )


def _from_file(path: Path | None) -> dict[str, str]:
    if path is None or not path.exists():
        return {}
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as broken:
        raise SettingsError(f"{path.name} cannot be read: it is not valid TOML.") from broken
    return {
        name: json.dumps(found[name]) if isinstance(found[name], dict) else str(found[name])
        for name in FIELDS
        if name in found
    }


def _mode(key: str) -> str:
    if not key:
        return "sandbox"
    match = re.fullmatch(r"(?:sk|rk)_(test|live)_\w+", key, re.ASCII)
    if not match:
        raise SettingsError("STRIPE_API_KEY is not a Stripe secret or restricted key (sk_… or rk_…).")
    return match.group(1)


def _secret(text: str) -> str:
    if text and not re.fullmatch(r"whsec_\w+", text, re.ASCII):
        raise SettingsError("STRIPE_WEBHOOK_SECRET is not the signing secret of a webhook endpoint (whsec_…).")
    return text


def _check_base(mode: str, base: str) -> None:
    if not base:
        return
    scheme, host = _scheme_and_host(base)
    if scheme not in ("http", "https") or not host:
        raise SettingsError("STRIPE_API_BASE must be an address such as http://127.0.0.1:12111.")
    if mode == "sandbox":
        raise SettingsError("STRIPE_API_BASE needs STRIPE_API_KEY beside it (any sk_test_… key for a sandbox).")
    if mode == "live" and base != _STRIPE:
        raise SettingsError("STRIPE_API_BASE is refused with a live key: a live key goes to Stripe and nowhere else.")
    if scheme == "http" and host not in _LOOPBACK:
        raise SettingsError("STRIPE_API_BASE without https is allowed on this machine only (127.0.0.1).")


def _scheme_and_host(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, parts.hostname or ""


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name.strip())
    except (KeyError, ValueError, OSError) as unknown:
        raise SettingsError(f"PAYERDESK_TIMEZONE is not a time zone: {name!r}. Example: Europe/London.") from unknown


def _currency(code: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", code.strip(), re.ASCII) or not is_currency(code.strip().upper()):
        raise SettingsError(f"PAYERDESK_CURRENCY is not a currency code: {code!r}. Example: gbp.")
    return code.strip().lower()


def _days(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text.strip(), re.ASCII) or int(text) > 365:
        raise SettingsError(f"PAYERDESK_TERMS_DAYS must be a whole number of days from 0 to 365, not {text[:20]!r}.")
    return int(text)


def _labels(text: str) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except json.JSONDecodeError as broken:
        raise SettingsError("PAYERDESK_HERO_LABELS is not valid JSON.") from broken
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise SettingsError("PAYERDESK_HERO_LABELS must be a JSON object of texts.")
    if unknown := sorted(set(found) - set(DEFAULT_LABELS)):
        raise SettingsError(
            f"PAYERDESK_HERO_LABELS has an unknown word: {unknown[0]}. Known: {', '.join(DEFAULT_LABELS)}."
        )
    return found


def _link(text: str) -> str:
    if text and (not text.startswith("https://") or "{reference}" not in text):
        raise SettingsError("PAYERDESK_HERO_LINK must start with https:// and contain {reference}.")
    return text


def _public(text: str) -> str:
    scheme, host = _scheme_and_host(text)
    if text and (scheme not in ("http", "https") or not host):
        raise SettingsError("PAYERDESK_URL must be an address such as https://payerdesk.practice.example.")
    return text.rstrip("/")


def _amount(name: str, given: Mapping[str, str], usual: str) -> Decimal | None:
    """Whole units of money; none where the setting is there and empty ("" or "none")."""
    text = given.get(name, usual).strip().lower()
    if text in ("", "none"):
        return None
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise SettingsError(f"{name} must be a whole number such as {usual}, or none.")
    return Decimal(text)


def _audit_key(text: str) -> str:
    if text and len(text) < 32:
        raise SettingsError("PAYERDESK_AUDIT_KEY must have at least 32 characters.")
    return text


def _mail_server(text: str) -> str:
    try:
        parts = urlsplit(text)
        wrong = text and (parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.port == 0)
    except ValueError:
        wrong = True
    if wrong:  # it may hold a password: it is not repeated
        raise SettingsError("PAYERDESK_SMTP must look like smtps://user:password@mail.practice.example:465.")
    return text


def _sender(text: str, smtp: str) -> str:
    if smtp and not text:
        raise SettingsError("PAYERDESK_SMTP needs PAYERDESK_MAIL_FROM beside it.")
    if text and ("@" not in parseaddr(text)[1] or re.search(r"[\r\n]", text)):
        raise SettingsError("PAYERDESK_MAIL_FROM must be an address such as Accounts <accounts@practice.example>.")
    return text


def _stages(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\s*\d{1,3}(\s*,\s*\d{1,3}){0,5}\s*", text, re.ASCII):
        raise SettingsError("PAYERDESK_REMINDER_DAYS must be one to six numbers of days such as 7,21,45.")
    days = tuple(int(part) for part in text.split(","))
    if list(days) != sorted(set(days)):
        raise SettingsError("PAYERDESK_REMINDER_DAYS must rise from number to number, as in 7,21,45.")
    return days
