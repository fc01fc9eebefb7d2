"""Mail through the practice's own server, and in the demo into a tray that sends nothing to anybody.

`send` is one conversation with the server, never repeated by itself: whoever calls has stored that it begins.
"""

from __future__ import annotations

from lib.errors import Refused
from lib.mail import capture
from lib.mail.conversation import Road, deliver, road
from lib.mail.message import Attachment, Mail, as_message
from lib.mail.message import sender as sender_of
from lib.settings import Settings

__all__ = ["Attachment", "Mail", "can_send", "is_demo", "send", "sender"]

_DEMO_SENDER = "Accounts <accounts@practice.example>"


def is_demo(settings: Settings) -> bool:
    """Whether messages are kept on this machine and go to nobody."""
    return settings.mode == "sandbox" and not settings.smtp


def can_send(settings: Settings) -> bool:
    """Whether there is a road at all."""
    return bool(settings.smtp) or is_demo(settings)


def sender(settings: Settings) -> str:
    """Whom messages come from, as it stands in them."""
    return settings.mail_from or _DEMO_SENDER


def send(settings: Settings, mail: Mail, *, key: str, now: int) -> None:
    """Send one message to every recipient, or to none. `key` makes its Message-ID, the same for the same message.

    Raises Refused (for certain nothing went out: a wrong address, a recipient or message the server refused, no server
    set), Unavailable (the server is away: nothing went out), NotConfirmed (it may have gone out).
    """
    from_name, from_address = sender_of(sender(settings))
    message = as_message(mail, (from_name, from_address), key, now)
    deliver(_road(settings), from_address, mail.to, message)


def _road(settings: Settings) -> Road:
    if settings.smtp:
        return road(settings.smtp)
    if is_demo(settings):
        return Road("127.0.0.1", capture.running(settings.data), tls="")
    raise Refused("No mail server is set: PAYERDESK_SMTP and PAYERDESK_MAIL_FROM say which one sends reminders.")
