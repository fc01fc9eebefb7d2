"""The mirror remembers: a copy of Stripe's objects in SQL that can be thrown away and filled again at any time."""
