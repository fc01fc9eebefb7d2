"""One message: plain text, the same as HTML, and attachments. No line of a name can become a header of its own.

Names lose every control mark before they get near a header; the standard library refuses what is left of line breaks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from lib.errors import Refused
from lib.text import shown


@dataclass(frozen=True)
class Attachment:
    """A file beside the text: its name (ours), its media type, its bytes."""

    name: str
    media: str
    body: bytes


@dataclass(frozen=True)
class Mail:
    """What is to be sent. `html` says the same as `text`; every name in it is escaped by whoever made it."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()


def as_message(mail: Mail, sender: tuple[str, str], key: str, now: int) -> EmailMessage:
    """The message as it goes out. Raises Refused for an address that cannot stand in a header."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))  # not every server takes eight bits
    message["From"] = _address(*sender)
    message["To"] = [_address("", each) for each in mail.to]
    message["Subject"] = shown(mail.subject, 200)
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender[1].rpartition('@')[2]}>"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for each in mail.attachments:
        kind, _, detail = each.media.partition("/")
        message.add_attachment(each.body, maintype=kind, subtype=detail, filename=each.name)
    return message


def sender(text: str) -> tuple[str, str]:
    """Name and address of a setting such as Accounts <accounts@practice.example>."""
    name, address = parseaddr(text)
    return name, address


def _address(name: str, address: str) -> Address:
    wrong = Refused(f"{shown(address) or 'An empty address'} is not an address that mail can be sent to.")
    if address != address.strip() or shown(address, 1000) != address or not address.isascii() or "@" not in address:
        raise wrong
    try:
        return Address(display_name=shown(name), addr_spec=address)
    except (ValueError, IndexError, HeaderParseError):
        raise wrong from None
