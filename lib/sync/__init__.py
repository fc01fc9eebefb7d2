"""Bringing the mirror up to date: a first copy, then following Stripe's events."""
