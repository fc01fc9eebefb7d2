"""Every parameter's name and type, checked against the official SDK's own declarations at run time.

The SDK's TypedDicts are read the first time an endpoint is called. They say which names exist, which are required, and
of what type; an enumeration is declared as `Literal[…] | str`, of which the Literal part is what Stripe accepts.
"""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NotRequired, Required

import stripe
from stripe._request_options import RequestOptions
from typing_extensions import is_typeddict

from lib.sandbox import errors

LOCALS = {"StripeContext": stripe.StripeContext, "Mapping": typing.Mapping, "Optional": typing.Optional}
OPTIONS = frozenset(RequestOptions.__annotations__)
INTEGER = re.compile(r"-?\d{1,18}")
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,12})?")
SAID = {"status": ("draft", "open", "void", "paid", "uncollectible")}
KEPT = frozenset({"customer", "invoice", "currency", "product", "invoice_item", "price", "query", "display_name"})


@dataclass(frozen=True)
class Shape:
    """What one parameter may look like on the wire."""

    scalar: type | None = None
    choices: tuple[str, ...] = ()
    model: type | None = None
    items: Shape | None = None
    values: Shape | None = None
    clearable: bool = False


@cache
def declared(name: str) -> type:
    return getattr(stripe.params, name)


@cache
def fields(model: type) -> dict[str, Shape]:
    hints = typing.get_type_hints(model, localns=LOCALS, include_extras=True)
    return {name: _shape(hint) for name, hint in hints.items() if name not in OPTIONS}


def _shape(hint: Any) -> Shape:
    found: dict[str, Any] = {}
    for part in _alternatives(hint):
        found |= _part(part, found)
    return Shape(**found)


def _alternatives(hint: Any) -> list[Any]:
    origin = typing.get_origin(hint)
    if origin in (NotRequired, Required, typing.NotRequired, typing.Required, typing.Annotated):
        return _alternatives(typing.get_args(hint)[0])
    if origin is typing.Union or str(origin) == "<class 'types.UnionType'>":
        return [part for arg in typing.get_args(hint) for part in _alternatives(arg)]
    return [hint]


def _part(part: Any, found: dict[str, Any]) -> dict[str, Any]:
    origin, args = typing.get_origin(part), typing.get_args(part)
    if origin is typing.Literal:
        return {"clearable": True} if args == ("",) else {"choices": args, "scalar": str}
    if origin is list:
        return {"items": _shape(args[0])}
    if origin is dict:
        return {"values": _shape(args[1])}
    if is_typeddict(part):
        return {"model": part}
    if part in (int, bool, float, Decimal, str):
        return {"scalar": found.get("scalar") or part}
    return {}


def check(model: str, given: dict[str, Any]) -> dict[str, Any]:
    """The parameters as Python values, or a refusal that names the first one that is wrong."""
    return _fields(declared(model), given, "")


def _fields(model: type, given: dict[str, Any], prefix: str) -> dict[str, Any]:
    known, out = fields(model), {}
    for key, value in given.items():
        name = f"{prefix}[{key}]" if prefix else key
        if key not in known:
            raise errors.unknown_parameter(name)
        out[key] = _value(known[key], value, name, needed=key in model.__required_keys__)
    for key in sorted(model.__required_keys__ & known.keys()):
        if key not in given:
            raise errors.required(f"{prefix}[{key}]" if prefix else key)
    return out


def _value(shape: Shape, value: Any, name: str, needed: bool = False) -> Any:
    if value == "":
        return _cleared(shape, name, needed)
    if isinstance(value, dict):
        return _nested(shape, value, name)
    if shape.scalar is None:
        raise errors.Malformed(f"Invalid {'array' if shape.items else 'object'}", param=name)
    return _scalar(shape, value, name)


def _cleared(shape: Shape, name: str, needed: bool) -> str:
    """Text can be unset with an empty value; numbers, choices and references cannot, unless Stripe says so."""
    text = shape.scalar is str and not shape.choices and name not in KEPT and not needed
    if shape.clearable or text or ((shape.items or shape.values) and not needed):
        return ""
    raise errors.empty(name)


def _nested(shape: Shape, value: dict[str, Any], name: str) -> Any:
    if shape.items is not None and all(key.isdigit() for key in value):
        ordered = sorted(value, key=int)
        return [_value(shape.items, value[key], f"{name}[{key}]") for key in ordered]
    if shape.values is not None:
        return {key: _value(shape.values, inner, f"{name}[{key}]") for key, inner in value.items()}
    if shape.model is not None:
        return _fields(shape.model, value, name)
    raise errors.Malformed(f"Invalid {'array' if shape.items else 'string'}: {{...}}", param=name)


def _scalar(shape: Shape, value: str, name: str) -> Any:
    if shape.choices and value not in shape.choices:
        said = SAID.get(name, ())
        raise errors.not_one_of(name, said if set(said) == set(shape.choices) else shape.choices)
    if shape.scalar is int:
        if not INTEGER.fullmatch(value):
            raise errors.Malformed(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
        return int(value)
    if shape.scalar is bool:
        if value not in ("true", "false"):
            raise errors.Malformed(f"Invalid boolean: {value}", param=name)
        return value == "true"
    if shape.scalar in (float, Decimal) and not NUMBER.fullmatch(value):
        raise errors.Malformed(f"Invalid decimal: {value}", param=name)
    return float(value) if shape.scalar is float else value
