"""Queries read, from the mirror alone. Lists come back as a pandas DataFrame in minor units with a currency column;
one thing comes back as a frozen dataclass. Nothing here calls Stripe.
"""

from lib.queries._paging import FIRST, MOST, Page, Place

__all__ = ["FIRST", "MOST", "Page", "Place"]
