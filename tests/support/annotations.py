"""Does an answer fit what the official SDK promises its users?

`check(answer)` returns one line for every place where it does not: a field that is missing, unknown, of another type or
outside its list of words. An empty list means that a program written against the SDK's annotations cannot stumble.

Each annotation is turned into a checking function once. A checking function returns the misfits below one value, each
with the rest of its path, so that no path is put together while everything fits.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from stripe._error_object import ErrorObject
from stripe._list_object import ListObject
from stripe._stripe_object import StripeObject, UntypedStripeObject

from tests.support.sdk_classes import class_named, fields_of

Misfit = tuple[str, str]
"""Where (a path such as `.lines.data[0].amount`) and what is wrong there."""
Checking = Callable[[Any], Sequence[Misfit]]
FITS: tuple[Misfit, ...] = ()

UNANNOTATED = {
    "product": {"attributes"},  # a list that Stripe still answers and the SDK has dropped
}
ENVELOPES = {
    "list": {"object": str, "url": str, "has_more": bool, "data": list, "total_count": int | None},
    "search_result": {
        "object": str,
        "url": str,
        "has_more": bool,
        "data": list,
        "next_page": str | None,  # the SDK says str, the last page of a real search says null
        "total_count": int | None,
    },
}
NOT_ALWAYS_SENT = {"total_count"}


def check(answer: Mapping[str, Any]) -> list[str]:
    """Every place where the answer does not fit, as `invoice.lines.data[0].amount: …`; empty when all of it fits."""
    if isinstance(answer.get("error"), dict):
        return _said("error", _shape(ErrorObject)(answer["error"]))
    return _said(str(answer.get("object", "answer")), _anything(answer, must_be_object=True))


def _said(start: str, misfits: Sequence[Misfit]) -> list[str]:
    return [f"{start}{path}: {words}" for path, words in misfits]


def _under(step: str, misfits: Sequence[Misfit]) -> Sequence[Misfit]:
    return [(step + path, words) for path, words in misfits] if misfits else FITS


def _wrong(value: Any, wanted: str) -> Sequence[Misfit]:
    return [("", f"{str(value)[:60]!r} ({type(value).__name__}) where the SDK says {wanted}")]


def _anything(value: Any, *, must_be_object: bool = False) -> Sequence[Misfit]:
    """What has no annotation, such as the object inside an event: whatever names itself is held to its class."""
    if isinstance(value, list):
        return [misfit for at, item in enumerate(value) for misfit in _under(f"[{at}]", _anything(item))]
    if not isinstance(value, dict):
        return FITS
    name = value.get("object")
    if name in ENVELOPES:
        return _envelope(name, value, _anything)
    cls = class_named(name) if isinstance(name, str) else None
    if cls is not None:
        return _shape(cls)(value)
    if must_be_object:
        return [(".object", f"{name!r} is no object of the SDK")]
    return [misfit for key, item in value.items() for misfit in _under(f".{key}", _anything(item))]


def _envelope(name: str, value: Any, each: Checking) -> Sequence[Misfit]:
    if not isinstance(value, dict):
        return _wrong(value, f"a {name}")
    fields = ENVELOPES[name]
    found = [(f".{key}", "not in the SDK's annotations") for key in value.keys() - fields.keys()]
    found += [(f".{key}", "missing") for key in fields.keys() - NOT_ALWAYS_SENT - value.keys()]
    for key in fields.keys() & value.keys():
        found += _under(f".{key}", _checking(fields[key])(value[key]))
    items = value.get("data")
    for at, item in enumerate(items if isinstance(items, list) else ()):
        found += _under(f".data[{at}]", each(item))
    return found


class _Shape:
    """Checks an object of one class. Its fields are looked up when the first value arrives, not before: an invoice
    leads to a customer, which leads to an invoice."""

    def __init__(self, cls: type[StripeObject]) -> None:
        self.cls = cls
        self.name = getattr(cls, "OBJECT_NAME", None)

    @functools.cached_property
    def fields(self) -> dict[str, Checking]:
        return {name: _checking(hint) for name, hint in fields_of(self.cls).items()}

    @functools.cached_property
    def required(self) -> set[str]:
        return {name for name, hint in fields_of(self.cls).items() if type(None) not in typing.get_args(hint)}

    def __call__(self, value: Any) -> Sequence[Misfit]:
        if not isinstance(value, dict):
            return _wrong(value, self.cls.__name__)
        deleted = value.get("deleted") is True and "deleted" in self.fields
        missing = ({"id", "object"} if deleted else self.required) - value.keys()
        found = [(f".{key}", "missing") for key in missing]
        for key, item in value.items():
            field = self.fields.get(key)
            if field is not None:
                found += _under(f".{key}", field(item))
            elif key not in UNANNOTATED.get(self.name or "", ()):
                found.append((f".{key}", "not in the SDK's annotations"))
        return found


_shape = functools.cache(_Shape)


def _checking(hint: Any) -> Checking:
    """The checking function of one annotation."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or (origin is UntypedStripeObject and args[0] is Any):
        return _anything
    if origin in (typing.Union, types.UnionType):
        return _one_of(args)
    if origin is typing.Literal:
        return _word(args)
    if origin is list:
        return _each(_checking(args[0]))
    if origin in (dict, UntypedStripeObject):
        return _values(_checking(args[-1]))
    if origin is ListObject:
        return functools.partial(_envelope, "list", each=_checking(args[0]))
    if isinstance(hint, type) and issubclass(hint, StripeObject):
        return _shape(hint)
    return _decimal if hint is Decimal else _plain(hint)


def _plain(kind: type) -> Checking:
    kinds = (int, float) if kind is float else (kind,)

    def checking(value: Any) -> Sequence[Misfit]:
        # True is an int to Python; it is none to anybody who reads an amount.
        fits = isinstance(value, kinds) and (kind is bool or not isinstance(value, bool))
        return FITS if fits else _wrong(value, kind.__name__)

    return checking


def _decimal(value: Any) -> Sequence[Misfit]:
    """Decimals travel as strings; the SDK turns them into `Decimal` on arrival."""
    try:
        fits = isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        fits = False
    return FITS if fits else _wrong(value, "a decimal in a string")


def _word(words: Sequence[Any]) -> Checking:
    def checking(value: Any) -> Sequence[Misfit]:
        return FITS if value in words else _wrong(value, f"one of {', '.join(map(repr, words[:12]))}")

    return checking


def _each(item: Checking) -> Checking:
    def checking(value: Any) -> Sequence[Misfit]:
        if not isinstance(value, list):
            return _wrong(value, "a list")
        return [misfit for at, entry in enumerate(value) for misfit in _under(f"[{at}]", item(entry))]

    return checking


def _values(item: Checking) -> Checking:
    def checking(value: Any) -> Sequence[Misfit]:
        if not isinstance(value, dict):
            return _wrong(value, "a mapping")
        return [misfit for key, entry in value.items() for misfit in _under(f".{key}", item(entry))]

    return checking


def _one_of(members: Sequence[Any]) -> Checking:
    if any(typing.get_origin(member) is typing.Literal for member in members):
        # Lists of words are open in the annotations (`Literal[…] | str`) for words of a later version; not here.
        members = [member for member in members if member is not str]
    nullable = type(None) in members
    checkings = [_checking(member) for member in members if member is not type(None)]

    def checking(value: Any) -> Sequence[Misfit]:
        if value is None and nullable:
            return FITS
        tried = [(one, one(value)) for one in checkings]
        if any(not misfits for _, misfits in tried):
            return FITS
        return min(tried, key=lambda pair: _distance(pair[0], value))[1]

    return checking


def _distance(one: Checking, value: Any) -> int:
    """Which member a misfitting value was meant to be: the object it names, else any object, else the rest."""
    if isinstance(value, dict) and isinstance(one, _Shape):
        return 0 if one.name == value.get("object") else 1
    return 2
