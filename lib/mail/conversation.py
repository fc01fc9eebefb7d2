"""One conversation with a mail server (RFC 5321): encrypted, its certificate checked, given up after seconds.

What is certain and what is not: until the message itself is handed over nothing has gone out; a line that breaks after
that leaves it unknown. Neither password nor user name stands in any error.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from lib.errors import NotConfirmed, Refused, Unavailable
from lib.text import shown

# Seconds for any one answer of the server.
PATIENCE = 15.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MAY_HAVE = (
    "The mail server did not confirm that it took the message: it may have gone out. "
    "Ask the payer, or look into the mail server's log, before you send it again."
)


@dataclass(frozen=True)
class Road:
    """Where to, and how: `tls` is "from the start", "upgrade" or, on this machine only, none."""

    host: str
    port: int
    tls: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def road(url: str) -> Road:
    """What a setting such as smtps://user:password@mail.practice.example:465 says."""
    parts = urlsplit(url)
    host, at_start = parts.hostname or "", parts.scheme == "smtps"
    tls = "from the start" if at_start else "" if host in _LOOPBACK else "upgrade"
    user, password = (unquote(text or "") for text in (parts.username, parts.password))
    return Road(host, parts.port or (465 if at_start else 587), tls, user, password)


def deliver(where: Road, sender: str, recipients: tuple[str, ...], message: EmailMessage) -> None:
    """Hand the message over for every recipient, or for none. Raises Refused, Unavailable or NotConfirmed."""
    body = message.as_bytes()
    with _opened(where, sender.rpartition("@")[2]) as server:
        with _nothing_went_out():
            _log_in(server, where)
            _answered(server.mail(sender), "The mail server does not take mail from this sender")
            for each in recipients:
                _answered(server.rcpt(each), f"The mail server refuses the address {shown(each)}")
        _hand_over(server, body)


@contextmanager
def _opened(where: Road, greeting: str) -> Iterator[smtplib.SMTP]:
    with _nothing_went_out():
        server = _connected(where, greeting)
    try:
        yield server
    finally:
        server.close()


def _connected(where: Road, greeting: str) -> smtplib.SMTP:
    # The name in the greeting is the sender's domain: this machine's own would have to be looked up, and told.
    common = {"local_hostname": greeting or "localhost", "timeout": PATIENCE}
    if where.tls == "from the start":
        return smtplib.SMTP_SSL(where.host, where.port, context=ssl.create_default_context(), **common)  # type: ignore[arg-type]
    server = smtplib.SMTP(where.host, where.port, **common)  # type: ignore[arg-type]
    try:
        if where.tls:
            server.starttls(context=ssl.create_default_context())
    except BaseException:
        server.close()
        raise
    return server


def _log_in(server: smtplib.SMTP, where: Road) -> None:
    server.ehlo_or_helo_if_needed()
    if where.user:
        server.login(where.user, where.password)


def _hand_over(server: smtplib.SMTP, body: bytes) -> None:
    try:
        answer = server.data(body)
    except smtplib.SMTPDataError as no:
        answer = (no.smtp_code, no.smtp_error if isinstance(no.smtp_error, bytes) else no.smtp_error.encode())
    except (smtplib.SMTPException, OSError) as lost:
        raise NotConfirmed(_MAY_HAVE, type(lost).__name__) from None
    _answered(answer, "The mail server refuses the message")


def _answered(answer: tuple[int, bytes], words: str) -> None:
    code, said = answer
    if code // 100 != 2:
        raise Refused(f"{words}: {code} {shown(said.decode('utf-8', 'replace'), 160)}. Nothing was sent.")


@contextmanager
def _nothing_went_out() -> Iterator[None]:
    """Trouble before the message is handed over is a certain no."""
    try:
        yield
    except ssl.SSLError as wrong:
        words = "The mail server's certificate or encryption is not in order: nothing was sent."
        raise Refused(words, type(wrong).__name__) from None
    except smtplib.SMTPAuthenticationError as wrong:
        words = "The mail server does not accept the user or password in PAYERDESK_SMTP. Nothing was sent."
        raise Refused(words, f"code {wrong.smtp_code}") from None
    except smtplib.SMTPNotSupportedError as wrong:
        words = "The mail server offers no encryption, or no way to sign in. Nothing was sent."
        raise Refused(words, type(wrong).__name__) from None
    except (smtplib.SMTPException, OSError) as away:
        words = "The mail server cannot be reached, or broke off. Nothing was sent; try again in a few minutes."
        raise Unavailable(words, type(away).__name__) from None
