"""What waits for a person: large amounts, and changes of which nobody knows what became."""

from lib.ui import page, review_lists

ctx = page.begin("Needs your eye")
review_lists.show(ctx)
