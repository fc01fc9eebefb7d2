"""Amounts in words, for the pages a browser shows."""

from __future__ import annotations

SYMBOLS = {"gbp": "£", "eur": "€", "usd": "$", "jpy": "¥"}
NO_PENCE = "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf"
WHOLE, THOUSANDTHS = frozenset(NO_PENCE.split()), frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def said(amount: int, currency: str) -> str:
    """−£1,200.50, ¥12,000."""
    digits = 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2
    whole, part = divmod(abs(amount), 10**digits)
    tail = f".{part:0{digits}d}" if digits else ""
    return f"{'−' if amount < 0 else ''}{SYMBOLS.get(currency, currency.upper() + ' ')}{whole:,}{tail}"
