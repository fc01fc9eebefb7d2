"""Search: Stripe's query language over customers and invoices. What is new is found only after a while."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lib.sandbox.call import Call
from lib.sandbox.errors import Malformed, required
from lib.sandbox.schema import Body
from lib.sandbox.wire import Page

FIELDS = {
    "customer": {"created", "email", "name", "phone"},
    "invoice": {
        "created",
        "currency",
        "customer",
        "last_finalization_error_code",
        "last_finalization_error_type",
        "number",
        "receipt_number",
        "status",
        "subscription",
        "total",
    },
}
NUMBERS = {"created", "total"}
CLAUSES = 10
WORD = re.compile(
    r"""\s*(?:(?P<join>AND|OR)\b\s*)?(?P<not>-)?(?P<field>\w+)(?:\[(?P<quote>["'])(?P<key>.*?)(?P=quote)\])?\s*"""
    r"""(?P<op>:|~|>=|<=|>|<)\s*(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>[^\s"']+))\s*""",
    re.IGNORECASE,
)


def customers(call: Call) -> Page:
    return _search(call, "customer")


def invoices(call: Call) -> Page:
    return _search(call, "invoice")


def _search(call: Call, kind: str) -> Page:
    if not call.params.get("query"):
        raise required("query")
    joiner, clauses = _clauses(kind, call.params["query"])
    condition = f"({joiner.join(text for text, _ in clauses)})"
    found = (condition, [arg for _, args in clauses for arg in args])
    seen = ("rank <= ?", call.now - call.search_lag)
    return _page(call, kind, [found, seen])


def _page(call: Call, kind: str, where: list[tuple[str, Any]]) -> Page:
    """The token of the next page is the id of the last result, which nobody should rely on."""
    limit = min(max(call.params.get("limit", 10), 1), 100)
    token = call.params.get("page")
    after = call.store.place(kind, token) if token else None
    if token and after is None:
        raise Malformed(f"Invalid page: {token}", param="page")
    entries, has_more = call.store.page(kind, where, limit, after, None)
    return Found(entries, has_more, call.url, call.store.count(kind, *where))


@dataclass(frozen=True)
class Found(Page):
    """A page of results in the envelope of a search."""

    total: int

    def parsed(self) -> Body:
        body = super().parsed()
        last = body["data"][-1]["id"] if self.has_more else None
        return {**body, "object": "search_result", "next_page": last, "total_count": self.total}


def _clauses(kind: str, query: str) -> tuple[str, list[tuple[str, list[Any]]]]:
    """The clauses as SQL, and what joins them."""
    found, joiners, at = [], set(), 0
    while at < len(query):
        match = WORD.match(query, at)
        if not match:
            raise Malformed(f"We were unable to parse your search query: {query}", param="query")
        if found:
            joiners.add((match["join"] or "AND").upper())
        found.append(_clause(kind, match))
        at = match.end()
    if len(joiners) > 1:
        raise Malformed("You cannot mix AND and OR in a search query.", param="query")
    if len(found) > CLAUSES:
        raise Malformed(f"A search query can have at most {CLAUSES} clauses.", param="query")
    return f" {joiners.pop() if joiners else 'AND'} ", found


def _clause(kind: str, match: re.Match[str]) -> tuple[str, list[Any]]:
    column, args = _column(kind, match)
    value = next((match[name] for name in ("double", "single", "bare") if match[name] is not None), "")
    value = re.sub(r"\\(.)", r"\1", value)
    text, more = _compare(match, column, value)
    return (f"NOT ifnull(({text}), 0)" if match["not"] else f"ifnull(({text}), 0)"), [*args, *more]


def _column(kind: str, match: re.Match[str]) -> tuple[str, list[Any]]:
    name = match["field"].lower()
    if name == "metadata" and match["key"] is not None:
        return "(SELECT value FROM json_each(body, '$.metadata') WHERE key = ?)", [match["key"]]
    if name not in FIELDS[kind]:
        raise Malformed(
            f"Field `{match['field']}` is an unsupported search field for resource `{kind}s`.", param="query"
        )
    return f"json_extract(body, '$.{name}')", []


def _compare(match: re.Match[str], column: str, value: str) -> tuple[str, list[Any]]:
    operator, name = match["op"], match["field"].lower()
    if operator == ":" and match["bare"] and value.lower() == "null":
        return f"{column} IS NULL", []
    if operator == "~":
        if len(value) < 3:
            raise Malformed("A substring search needs at least 3 characters.", param="query")
        return f"instr(lower({column}), lower(?)) > 0", [value]
    if name in NUMBERS:
        if not re.fullmatch(r"-?\d+", value):
            raise Malformed(f"Invalid integer: {value}", param="query")
        return f"{column} {'=' if operator == ':' else operator} ?", [int(value)]
    if operator != ":":
        raise Malformed(f"The operator {operator} works on numbers only.", param="query")
    return f"lower({column}) = lower(?)", [value]
