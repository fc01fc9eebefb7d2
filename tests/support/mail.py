"""A mail server on this machine for tests: it keeps what it takes, and can be told to misbehave as real ones do."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lib.mail.capture import Captured, Conversation, Server, latest
from tests.support.world import World


class Unruly(Conversation):
    """Follows the server's orders: refuses an address, the sender or the message, or dies on the way."""

    server: Post

    def finish(self) -> None:
        """Goodbye, also to the encrypted line."""
        super().finish()
        self.connection.close()

    def command(self, verb: str, rest: str) -> bool:
        """One command."""
        post = self.server
        post.heard.append(f"{verb} {rest}".strip())
        if verb == "RCPT":
            time.sleep(post.waits)
        if verb == "RCPT" and any(word in rest for word in post.refuses):
            self.say("550 5.1.1 no such mailbox here")
            return True
        if verb == post.dies_at:
            return False
        if verb == "EHLO" and post.extensions:
            for each in post.extensions[:-1]:
                self.say(f"250-{each}")
            self.say(f"250 {post.extensions[-1]}")
            return True
        if verb == "AUTH":
            self.say("535 5.7.8 not with these credentials")
            return True
        if verb == "STARTTLS" and post.tls:
            self.say("220 go ahead")
            self.connection = post.tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            return True
        return super().command(verb, rest)

    def take(self) -> bool:
        """The message."""
        if self.server.dies_at == "message":
            self.rfile.readline()
            return False
        if self.server.dies_at == "answer":
            self.say = lambda _line: None  # type: ignore[method-assign]
            super().take()
            return False
        if self.server.refuses_message:
            self.server.keep, kept = lambda _body: None, self.server.keep  # type: ignore[method-assign]
            say, self.say = self.say, lambda _line: None  # type: ignore[method-assign]
            super().take()
            self.server.keep, self.say = kept, say  # type: ignore[method-assign]
            self.say("554 5.7.1 this looks like spam")
            return True
        return super().take()


class Post(Server):
    """The server. `heard` is every command that came."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[str] = []
        self.refuses: list[str] = []
        self.refuses_message = False
        self.waits = 0.0  # seconds before it answers to an address
        self.dies_at = ""  # a command, "message" (in the middle of it) or "answer" (kept, and not said)
        self.extensions: list[str] = []
        self.tls: ssl.SSLContext | None = None
        self._folder = folder
        super().__init__(folder, Unruly)

    @property
    def url(self) -> str:
        """For PAYERDESK_SMTP."""
        return f"smtp://127.0.0.1:{self.port}"

    def kept(self) -> list[Captured]:
        """What it took, oldest first."""
        return latest(self._folder, 100)[::-1]


@contextmanager
def post_office(folder: Path) -> Iterator[Post]:
    """Open for one test."""
    post = Post(folder)
    try:
        yield post
    finally:
        post.stop()


def with_server(world: World, post: Post) -> World:
    """The practice sends through this server."""
    world.ctx = replace(
        world.ctx,
        settings=replace(world.ctx.settings, smtp=post.url, mail_from="Accounts <accounts@surgery.example>"),
    )
    return world
