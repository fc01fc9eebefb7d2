"""Payerdesk's server: `streamlit run app.py`.

Opens the database, the road to Stripe (or the embedded sandbox when there is no key) and the background loop that keeps
the mirror fresh; then Streamlit runs lib/ui/main.py for every page. A wrong setting stops the start with one line.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import traceback
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path

import streamlit as st
from anyio import to_thread

from lib import memory
from lib.context import Context, open_context, share
from lib.errors import NotAllowed, PayerdeskError
from lib.people import demo
from lib.settings import Settings, load_settings
from lib.sync import loop
from lib.ui.server import MIDDLEWARE, ROUTES

_log = logging.getLogger("payerdesk")
_SECRETS = Path(__file__).parent / ".streamlit" / "secrets.toml"


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """From the start of the server to its end."""
    with ExitStack() as open_things:
        await to_thread.run_sync(_start, open_things)
        threading.Thread(target=_warm, name="warm", daemon=True).start()
        yield
        await to_thread.run_sync(open_things.close)


def on_script_error(error: Exception) -> bool:
    """Nobody sees a traceback. The log gets where it happened and not the message, which may hold a name."""
    words = (
        error.words
        if isinstance(error, PayerdeskError)
        else "Something went wrong on our side; it has been written down."
    )
    if not isinstance(error, NotAllowed):
        _log.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    st.error("This page could not be shown in full.", icon=":material/error:")
    st.text(words)
    return True


def _start(open_things: ExitStack) -> None:
    memory.share_among_threads()
    try:
        settings = load_settings(os.environ, _SECRETS)
        ctx = _open(settings, open_things)
    except PayerdeskError as wrong:
        _refuse_to_start(wrong.words)
    except Exception as wrong:
        if not isinstance(wrong, OSError) and not type(wrong).__module__.startswith("sqlalchemy"):
            raise
        name = type(wrong).__name__
        _refuse_to_start(f"The database cannot be opened ({name}): check DATABASE_URL and PAYERDESK_DATA.")
    demo.settle(ctx)
    share(ctx)
    open_things.callback(loop.start(ctx, first=_resolve))


def _resolve(ctx: Context) -> None:
    from lib.actions import resolver  # half of all that is imported: the door is open before

    resolver.resolve(ctx)


def _open(settings: Settings, open_things: ExitStack) -> Context:
    if settings.mode != "sandbox":
        return open_context(settings)
    from lib import embedded  # only without a key

    running = embedded.start(settings)
    open_things.callback(running.stop)
    return open_context(settings, stripe=running.stripe)


def _refuse_to_start(words: str) -> None:
    sys.stderr.write(f"Payerdesk cannot start: {words}\n")
    logging.getLogger("uvicorn.error").disabled = True  # it would add a traceback to the one line
    raise SystemExit(2)


def _warm() -> None:
    """While the first browser gets its scripts, what every page needs; then nobody waits for it."""
    for module in ("lib.actions.resolver", "lib.ui.tables", "lib.ui.charts"):
        import_module(module)
    # What was imported stays: Python's own collections need not look at it again, which takes 80 ms in which nobody is
    # served. Streamlit's, after every click, are off (.streamlit/config.toml).
    gc.collect()
    gc.freeze()


app = st.App("lib/ui/main.py", lifespan=lifespan, routes=ROUTES, middleware=MIDDLEWARE, on_script_error=on_script_error)
