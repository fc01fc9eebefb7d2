"""Payerdesk: who owes a practice what, who pays for whom, and the few changes that follow."""
