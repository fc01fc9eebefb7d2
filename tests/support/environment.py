"""The tests forget whose machine they run on: no proxy, no stored password, no key or setting of the person at it."""

from __future__ import annotations

import os

OURS = ("STRIPE_", "PAYERDESK_", "STREAMLIT_", "DATABASE_URL", "PG")
KEPT = ("PAYERDESK_SCREENSHOTS",)  # where pictures of the pages go, for `make screenshots`
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")


def forget_the_machine() -> None:
    """Take the person's settings out of this process and of every process it starts."""
    for name in list(os.environ):
        if (name.startswith(OURS) and name not in KEPT) or name.lower() in PROXIES:
            del os.environ[name]
    os.environ["NETRC"] = os.devnull
