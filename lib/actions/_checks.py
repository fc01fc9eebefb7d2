"""What is checked of typed text before anything is stored: a clear sentence for the field, and what was typed stays
typed.
"""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from lib.errors import Refused
from lib.text import shown


def required(text: str, words: str, field: str, limit: int) -> str:
    """Text that must be there, trimmed; Refused with `words` when nobody could see it, or when it is too long."""
    if not shown(text):
        raise Refused(words, field=field)
    return within(text, field, limit)


def within(text: str, field: str, limit: int) -> str:
    """Text within Stripe's limit, trimmed; control characters are refused."""
    trimmed = text.strip()
    if len(trimmed) > limit:
        raise Refused(f"At most {limit} characters; this has {len(trimmed)}.", field=field)
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", trimmed):
        raise Refused("This contains characters that cannot be printed.", field=field)
    return trimmed


def email(text: str, field: str = "email") -> str:
    """An email address as it was typed, trimmed; Refused when no mail could ever reach it."""
    typed = required(text, "Enter the email address that invoices go to.", field, 512)
    try:
        validate_email(typed, check_deliverability=False, test_environment=True)
    except EmailNotValidError as wrong:
        raise Refused("This is not an email address. Example: accounts@acme.example.", field=field) from wrong
    return typed


def vat_number(text: str, field: str = "vat_number") -> str:
    """A UK VAT number without spaces, in capitals; empty stays empty. Whether it is right is Stripe's to say."""
    tidy = re.sub(r"[\s.-]", "", text).upper()
    if not tidy:
        return ""
    tidy = tidy if tidy.startswith("GB") else f"GB{tidy}"
    if not re.fullmatch(r"GB(\d{9}|\d{12}|GD\d{3}|HA\d{3})", tidy, re.ASCII):
        raise Refused("A UK VAT number is GB followed by 9 or 12 digits, for example GB123456789.", field=field)
    return tidy


def days(value: int | str | None, field: str = "terms_days") -> int | None:
    """A whole number of days from 0 to 365, or none."""
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or int(text) > 365:
        raise Refused("Enter a whole number of days from 0 to 365.", field=field)
    return int(text)


def terms(text: str) -> str:
    """Payment terms in whole days, which must be said, as text that `int` takes."""
    said = days(text)
    if said is None:
        raise Refused("Enter the payment terms in days; 0 means due today.", field="terms_days")
    return str(said)
