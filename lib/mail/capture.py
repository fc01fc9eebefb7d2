"""A mail server for the demo: it takes every message and keeps it in a folder of this machine. It sends nothing.

It listens on the loopback address only, on a port of its own, from the first message on.
"""

from __future__ import annotations

import email
import os
import secrets
import socketserver
import threading
import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, ClassVar

FOLDER = "captured-mail"
_MOST, _LONGEST = 200, 30 * 1024 * 1024


@dataclass(frozen=True)
class Captured:
    """A message that went to nobody: when (seconds), to whom it was addressed, what it says, its attachments' names."""

    at: float
    to: str
    subject: str
    text: str
    attachments: tuple[str, ...]


class Conversation(socketserver.StreamRequestHandler):
    """One client's commands, answered as RFC 5321 says; every message is kept by the server."""

    timeout: ClassVar[int] = 30
    server: Server

    def handle(self) -> None:
        """Until the client says goodbye or goes."""
        self.recipients: list[str] = []
        self.say("220 localhost keeps mail and sends none")
        while line := self.rfile.readline(1000):
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            if not self.command(verb.upper(), rest):
                return

    def command(self, verb: str, rest: str) -> bool:
        """Answer one command; False when it was the last."""
        known = {"EHLO": "250 localhost", "HELO": "250 localhost", "NOOP": "250 ok", "RSET": "250 ok", "MAIL": "250 ok"}
        if verb == "QUIT":
            self.say("221 goodbye")
            return False
        if verb == "RCPT":
            self.recipients.append(rest)
            self.say("250 ok")
        elif verb == "DATA":
            self.say("354 end with a dot on a line of its own")
            return self.take()
        else:
            self.say(known.get(verb, "502 this is not done here"))
        return True

    def take(self) -> bool:
        """The message, up to the dot; False when the client went before that."""
        body = bytearray()
        while line := self.rfile.readline():
            if line == b".\r\n":
                self.server.keep(bytes(body))
                self.say("250 kept, and sent to nobody")
                return True
            body += line[1:] if line.startswith(b".") else line
            if len(body) > _LONGEST:
                return False
        return False

    def say(self, line: str) -> None:
        """One line of an answer."""
        self.wfile.write(f"{line}\r\n".encode())


class Server(socketserver.ThreadingTCPServer):
    """Listens on the loopback address and keeps what it takes in a folder, the newest two hundred."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: Path, conversation: type[Conversation] = Conversation) -> None:
        self.folder = folder / FOLDER
        super().__init__(("127.0.0.1", 0), conversation)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def keep(self, body: bytes) -> None:
        """Store a message for whoever owns this folder; the oldest go."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        part = self.folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}.part"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(body)
        part.rename(part.with_suffix(".eml"))
        for old in sorted(self.folder.glob("*.eml"))[:-_MOST]:
            old.unlink(missing_ok=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no trouble of ours."""

    def stop(self) -> None:
        """Close the door."""
        self.shutdown()
        self.server_close()


_running: dict[Path, Server] = {}
_starting = threading.Lock()


def running(data: Path) -> int:
    """The port of this process's server for a data folder; started when it is first asked for."""
    with _starting:
        if data not in _running:
            _running[data] = Server(data)
        return _running[data].port


def latest(data: Path, most: int = 20) -> list[Captured]:
    """What was captured, newest first."""
    found = sorted((data / FOLDER).glob("*.eml"), reverse=True)[:most]
    return [_read(path) for path in found]


def _read(path: Path) -> Captured:
    message: EmailMessage = email.message_from_bytes(path.read_bytes(), policy=default)  # type: ignore[assignment]
    text = message.get_body(("plain",))
    names = tuple(part.get_filename() or "" for part in message.iter_attachments())
    said = text.get_content() if text else ""
    return Captured(int(path.name[:20]) / 1e9, str(message["To"]), str(message["Subject"]), said, names)
