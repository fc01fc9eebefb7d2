"""What every resource does alike: metadata, lists, stubs of deleted things."""

from __future__ import annotations

from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, empty, missing, only_one, required
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

KEYS, KEY_LENGTH, VALUE_LENGTH = 50, 40, 500
RANGE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
CODES = (
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf "
    "clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg huf "
    "idr ils inr isk jmd jpy kes kgs khr kmf krw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr "
    "mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd "
    "shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw "
    "kwd jod omr bhd tnd "
)
CURRENCIES = frozenset(CODES.split())


def merged(held: dict[str, str], given: Any) -> dict[str, str]:
    """Metadata after an update: key by key, an empty value removes one, an empty whole removes all."""
    if given == "":
        return {}
    for key, value in given.items():
        _within(key, value)
    found = {key: value for key, value in {**held, **given}.items() if value != ""}
    if len(found) > KEYS:
        raise Malformed(f"You can only have up to {KEYS} metadata keys on an object.", param="metadata")
    return found


def _within(key: str, value: str) -> None:
    if len(key) > KEY_LENGTH:
        said = f"Metadata keys can have up to {KEY_LENGTH} characters, but you passed in a key that is {len(key)}"
        raise Malformed(f"{said} characters. Invalid key: {key}", param="metadata")
    if len(value) > VALUE_LENGTH:
        said = (
            f"Metadata values can have up to {VALUE_LENGTH} characters, but you passed in a value that is {len(value)}"
        )
        raise Malformed(f"{said} characters. Invalid value: {value}", param=f"metadata[{key}]")


def currency(given: str) -> str:
    """Lower case, and one that exists."""
    code = given.lower()
    if code not in CURRENCIES:
        said = ", ".join(sorted(CURRENCIES))
        raise Malformed(
            f"Invalid currency: {given}. Stripe currently supports these currencies: {said}", param="currency"
        )
    return code


def clear(value: Any) -> Any:
    """An empty value unsets."""
    return None if value == "" else value


def short(params: dict[str, Any], **limits: int) -> None:
    """Refuse text longer than Stripe keeps."""
    for name, limit in limits.items():
        if len(params.get(name) or "") > limit:
            value = params[name]
            said = f"Invalid string: {value[:10]}...{value[-10:]}; must be at most {limit} characters"
            raise Malformed(said, code="parameter_invalid_string", param=name)


def stub(kind: str, ident: str) -> Body:
    return {"id": ident, "object": kind, "deleted": True}


def listing(call: Call, kind: str, *where: tuple[str, Any], word: str | None = None) -> Page:
    """One page of a list, with both cursors, the limit and `created` from the parameters."""
    params = call.params
    limit = min(max(params.get("limit", 10), 1), 100)
    after = _cursor(call, kind, "starting_after", word)
    before = _cursor(call, kind, "ending_before", word)
    if after and before:
        raise Malformed("Received both starting_after and ending_before parameters. Please pass in only one.")
    limits = [*where, *between("rank", params.get("created"))]
    entries, has_more = call.store.page(kind, limits, limit, after, before)
    return Page(entries, has_more, call.url)


def _cursor(call: Call, kind: str, name: str, word: str | None) -> tuple[int, int] | None:
    ident = call.params.get(name)
    if ident is None:
        return None
    place = call.store.place(kind, ident)
    if place is None:
        raise missing(word or kind, ident, name, status=400)
    return place


def between(column: str, given: Any) -> list[tuple[str, Any]]:
    """An exact time or a range of times."""
    if given is None:
        return []
    if isinstance(given, int):
        return [(f"{column} = ?", given)]
    return [(f"{column} {RANGE[name]} ?", value) for name, value in given.items()]


def same(call: Call, *names: str) -> list[tuple[str, Any]]:
    """Filters that compare a column with a parameter of the same name."""
    return [(f"{name} = ?", call.params[name]) for name in names if name in call.params]


def of_customer(call: Call) -> list[tuple[str, Any]]:
    """The filter by customer, who must exist."""
    if ident := call.params.get("customer"):
        call.named("customer", ident, "customer")
    return same(call, "customer")


def one_of(params: dict[str, Any], *names: str, prefix: str = "") -> None:
    """At most one of these parameters."""
    given = [name for name in names if name in params]
    if len(given) > 1:
        raise only_one(f"{prefix}[{given[0]}]" if prefix else given[0], *given)


def needed(params: dict[str, Any], name: str) -> Any:
    if params.get(name) == "":
        raise empty(name)
    if name not in params:
        raise required(name)
    return params[name]
