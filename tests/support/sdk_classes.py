"""What the official SDK says an answer looks like: the class of each Stripe object, and the annotations of a class.

The SDK writes the names of other objects as forward references and imports them only for type checkers, so plain
`typing.get_type_hints` cannot resolve them. The imports are read from the module's source instead.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
import typing
from types import ModuleType
from typing import Any

from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import StripeObject


@functools.cache
def class_named(object_name: str) -> type[StripeObject] | None:
    """The SDK's class for what an answer calls its `object`, or None where the SDK knows no such object."""
    place = OBJECT_CLASSES.get(object_name)
    return getattr(importlib.import_module(place[0]), place[1]) if place else None


@functools.cache
def fields_of(cls: type[StripeObject]) -> dict[str, Any]:
    """The fields that an object of this class has on the wire, with their annotations resolved."""
    hints = typing.get_type_hints(cls, localns=_names_for_type_checkers(sys.modules[cls.__module__]))
    return {
        name: hint
        for name, hint in hints.items()
        if not name.startswith("_") and typing.get_origin(hint) is not typing.ClassVar
    }


@functools.cache
def _names_for_type_checkers(module: ModuleType) -> dict[str, Any]:
    blocks = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.If)]
    imports = [
        statement
        for block in blocks
        if isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
    ]
    return {
        alias.asname or alias.name: getattr(importlib.import_module(str(statement.module)), alias.name)
        for statement in imports
        for alias in statement.names
    }
