"""Mail goes over a checked, encrypted line to whom it is addressed, or not at all; what is not certain is said."""

from __future__ import annotations

import datetime
import ipaddress
import logging
import smtplib
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lib import mail
from lib.errors import NotConfirmed, Refused, Unavailable
from lib.mail import Attachment, Mail, capture, conversation
from lib.mail.conversation import road
from lib.settings import Settings
from tests.support.mail import Post, post_office

SECRET = "pa55-w0rd"


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with post_office(tmp_path) as opened:
        yield opened


def send(post: Post, *, to: tuple[str, ...] = ("ap@acme.example",), url: str = "", subject: str = "Hello £") -> None:
    settings = Settings(mode="test", data=post.folder, smtp=url or post.url, mail_from="Büro <desk@surgery.example>")
    note = Mail(
        to,
        subject,
        "Dear Siân,\n.\n..\nbye",
        "<p>Dear Siân</p>",
        (Attachment("s.pdf", "application/pdf", b"%PDF\r\n.\r\n"),),
    )
    mail.send(settings, note, key="rem_1", now=1_794_830_400)


def test_a_message_arrives_whole_with_its_attachment(post: Post) -> None:
    send(post)
    [kept] = post.kept()
    assert (kept.to, kept.subject, kept.attachments) == ("ap@acme.example", "Hello £", ("s.pdf",))
    assert kept.text.splitlines() == ["Dear Siân,", ".", "..", "bye"]
    raw = next(post.folder.glob("*.eml")).read_bytes()
    assert raw.isascii()
    assert b"From: =?utf-8?" in raw


def test_the_same_message_carries_the_same_id_whenever_it_is_sent(post: Post) -> None:
    send(post)
    send(post)
    heads = [path.read_bytes().partition(b"\r\n\r\n")[0] for path in post.folder.glob("*.eml")]
    ids = {line for head in heads for line in head.split(b"\r\n") if line.startswith(b"Message-ID")}
    assert (len(heads), len(ids)) == (2, 1)


def test_one_refused_recipient_means_that_nobody_gets_it(post: Post) -> None:
    post.refuses.append("gone@")
    with pytest.raises(Refused, match=r"gone@acme.example: 550 5.1.1 no such mailbox here\. Nothing was sent"):
        send(post, to=("ap@acme.example", "gone@acme.example"))
    assert (post.kept(), [word for word in post.heard if word.startswith("DATA")]) == ([], [])


def test_a_message_the_server_refuses_is_a_certain_no(post: Post) -> None:
    post.refuses_message = True
    with pytest.raises(Refused, match=r"554 5\.7\.1 this looks like spam"):
        send(post)
    assert post.kept() == []


@pytest.mark.parametrize("where", ["EHLO", "MAIL", "RCPT"])
def test_a_server_that_dies_before_the_message_has_sent_nothing(post: Post, where: str) -> None:
    post.dies_at = where
    with pytest.raises(Unavailable, match="Nothing was sent"):
        send(post)
    assert post.kept() == []


@pytest.mark.parametrize("where", ["DATA", "message", "answer"])
def test_a_server_that_dies_with_the_message_in_hand_leaves_it_unknown(post: Post, where: str) -> None:
    post.dies_at = where
    with pytest.raises(NotConfirmed, match="may have gone out"):
        send(post)


def test_a_server_that_says_nothing_is_given_up_after_seconds(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "PATIENCE", 0.3)
    monkeypatch.setattr(Post, "verify_request", lambda *_: time.sleep(1.5) or True)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="cannot be reached"):
        send(post)
    assert time.monotonic() - began < 1.4


def test_nobody_listening_is_said_in_words(post: Post) -> None:
    with pytest.raises(Unavailable, match="try again in a few minutes"):
        send(post, url="smtp://127.0.0.1:1")


def test_a_password_stands_in_no_error_and_no_log(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    post.extensions = ["localhost", "AUTH PLAIN LOGIN"]
    with pytest.raises(Refused, match="does not accept the user or password") as no:
        send(post, url=f"smtp://desk:{SECRET}@127.0.0.1:{post.port}")
    told = f"{no.value!r} {no.value.words} {no.value.detail} {no.value.__cause__!r} {caplog.text}"
    assert SECRET not in told
    assert SECRET not in repr(road(f"smtps://desk:{SECRET}@mail.example"))
    assert SECRET not in repr(Settings(mode="test", data=post.folder, smtp=f"smtps://desk:{SECRET}@mail.example"))


def test_another_machine_is_never_spoken_to_without_encryption(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name leads to this machine, and is none of its own names: STARTTLS is asked for, and is not on offer."""
    _lead_here(monkeypatch, post)
    with pytest.raises(Refused, match="offers no encryption"):
        send(post, url="smtp://desk:secret@mail.surgery.example:587")
    assert [word.split()[0] for word in post.heard] == ["EHLO"]


@pytest.mark.parametrize("name", ["mail.surgery.example", "mail.other.example"])
def test_a_certificate_that_nobody_vouches_for_ends_the_conversation(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    post.tls, post.extensions = _certified(tmp_path, name), ["localhost", "STARTTLS"]
    _lead_here(monkeypatch, post)
    with pytest.raises(Refused, match="certificate or encryption is not in order"):
        send(post, url="smtp://mail.surgery.example:587")
    assert [word.split()[0] for word in post.heard] == ["EHLO", "STARTTLS"]


def test_a_certificate_for_another_name_ends_it_even_where_its_maker_is_trusted(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.tls, post.extensions = _certified(tmp_path, "mail.other.example"), ["localhost", "STARTTLS"]
    _trust(monkeypatch, tmp_path)
    _lead_here(monkeypatch, post)
    with pytest.raises(Refused, match="certificate"):
        send(post, url="smtp://mail.surgery.example:587")


def test_over_a_checked_line_the_message_goes_out(post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    post.tls, post.extensions = _certified(tmp_path, "mail.surgery.example"), ["localhost", "STARTTLS"]
    _trust(monkeypatch, tmp_path)
    _lead_here(monkeypatch, post)
    send(post, url="smtp://mail.surgery.example:587")
    assert len(post.kept()) == 1


@pytest.mark.parametrize(
    ("url", "tls", "port"),
    [
        ("smtps://mail.example", "from the start", 465),
        ("smtp://mail.example", "upgrade", 587),
        ("smtp://10.0.0.5:25", "upgrade", 25),
        ("smtp://localhost:25", "", 25),
        ("smtp://127.0.0.1:25", "", 25),
        ("smtps://127.0.0.1", "from the start", 465),
    ],
)
def test_only_this_machine_may_be_spoken_to_in_the_clear(url: str, tls: str, port: int) -> None:
    assert (road(url).tls, road(url).port) == (tls, port)


def test_a_password_with_marks_of_an_address_is_read_as_it_is() -> None:
    found = road("smtps://desk%40surgery.example:p%3A%2F%40ss@mail.example")
    assert (found.user, found.password) == ("desk@surgery.example", "p:/@ss")


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nBcc: x@y.example",
        "a@b.example, c@d.example",
        "a@b.example>",
        "",
        "nobody",
        " a@b.example",
        "jö@x.example",
    ],
)
def test_an_address_that_is_not_one_is_refused_before_anybody_hears_of_it(post: Post, address: str) -> None:
    with pytest.raises(Refused, match="not an address"):
        send(post, to=(address,))
    assert post.heard == []


@pytest.mark.parametrize("mark", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x0b", "\x85"])
def test_no_line_of_a_subject_becomes_a_header(post: Post, mark: str) -> None:
    send(post, subject=f"Acme{mark}Bcc: thief@evil.example{mark}{mark}body")
    [path] = post.folder.glob("*.eml")
    head = path.read_bytes().partition(b"\r\n\r\n")[0]
    assert not any(line.lower().startswith(b"bcc") for line in head.splitlines())
    assert [word for word in post.heard if word.startswith("RCPT")] == ["RCPT TO:<ap@acme.example>"]


def test_the_demo_keeps_messages_for_the_owner_alone_and_the_newest_two_hundred(tmp_path: Path) -> None:
    settings = Settings(mode="sandbox", data=tmp_path)
    for number in range(3):
        mail.send(settings, Mail(("ap@acme.example",), f"No {number}", "text"), key=str(number), now=1)
    assert [each.subject for each in capture.latest(tmp_path)] == ["No 2", "No 1", "No 0"]
    folder = tmp_path / capture.FOLDER
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.iterdir()]} == {0}
    assert capture._running[tmp_path].server_address[0] == "127.0.0.1"


def _lead_here(monkeypatch: pytest.MonkeyPatch, post: Post) -> None:
    real = smtplib.SMTP._get_socket  # type: ignore[attr-defined]
    monkeypatch.setattr(smtplib.SMTP, "_get_socket", lambda self, _h, _p, t: real(self, "127.0.0.1", post.port, t))


def _trust(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    real = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: real(cafile=str(folder / "cert.pem")))


def _certified(folder: Path, name: str) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, plain, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
