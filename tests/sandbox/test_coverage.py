"""What is written about the sandbox is what the sandbox is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lib import sandbox
from lib.sandbox import coverage, params
from lib.sandbox.api import ROUTES

FOLDER = Path(sandbox.__file__).parent


def test_the_account_of_what_is_imitated_is_up_to_date():
    assert coverage.FILE.read_text(encoding="utf-8") == coverage.text()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_a_route_refuses_openly_is_something_that_the_sdk_can_send(route):
    assert route.not_imitated <= params.fields(params.declared(route.params)).keys()


def test_the_sandbox_imports_nothing_of_the_dashboard():
    strays = []
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            strays += [f"{path}: {name}" for name in names if name.startswith("lib.") and "lib.sandbox" not in name]
    assert strays == []
