"""Starts the dashboard as its users do, `streamlit run app.py`, on a free port with its own data folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY_WITHIN = 60.0


@dataclass(frozen=True)
class AppServer:
    """A running dashboard."""

    url: str
    data: Path
    log: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Ask it to stop, as a service manager does; kill it when it does not."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """The plug is pulled: no handler runs."""
        self.process.kill()
        self.process.wait()


def start_app(data: Path, env: Mapping[str, str] | None = None, *, port: int | None = None) -> AppServer:
    """Start the dashboard on `data` with these settings and wait until /healthz answers 200."""
    _refuse_a_real_key()
    port = port or free_port()
    data.mkdir(parents=True, exist_ok=True)
    log = data / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    # The home folder is the test's own: ~/.streamlit and ~/.netrc of whoever runs the tests must not matter.
    given = {"PATH": os.environ["PATH"], "HOME": str(data), "PAYERDESK_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=given | dict(env or {}), stdout=out, stderr=out)
    app = AppServer(f"http://127.0.0.1:{port}", data, log, process)
    try:
        _wait_until_ready(app)
    except BaseException:
        app.kill()
        raise
    return app


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _refuse_a_real_key() -> None:
    if (ROOT / ".streamlit" / "secrets.toml").exists():
        raise RuntimeError("Move .streamlit/secrets.toml away first: the dashboard under test would use the key in it.")


def _wait_until_ready(app: AppServer) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _healthy(app.url):
        if app.process.poll() is not None or time.monotonic() > deadline:
            state = f"ended with {app.process.returncode}" if app.process.poll() is not None else "is not ready"
            raise RuntimeError(f"The dashboard {state}:\n{app.log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.05)


def _healthy(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/healthz", timeout=5) as answer:
            # An address that the server does not know is answered with the front page, also 200.
            return answer.status == 200 and "html" not in answer.headers.get_content_type()
    except OSError:
        return False
