"""Documents: bytes from values. No database and no Stripe in here."""
