"""Whatever dies: every change happens once, is on record, and is told truly. `make torture` runs it in full.

Each part has a `run` that returns figures; short runs of the same parts are tests (tests/actions/test_torture.py). A
part says with which seed it drew, and the same seed draws the same again.
"""
