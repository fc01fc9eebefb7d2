"""The names of the fields that Stripe publishes for each object, kept in `published_fields.json`.

They are taken from `fixtures3.json` of the repository stripe/openapi, which is under the MIT licence: names only, no
values. `python -m tests.sandbox.published path/to/fixtures3.json` renews the file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("published_fields.json")
SOURCE = "Names of fields in fixtures3.json of https://github.com/stripe/openapi (MIT licence)"
STUBS = ("deleted_customer", "deleted_invoice", "deleted_invoiceitem", "deleted_product", "deleted_tax_id")


def names(value: Any, prefix: str = "") -> set[str]:
    """The fields of an object and of the hashes in it, `customer_address.city`; other objects speak for themselves."""
    if isinstance(value, list):
        return {name for entry in value for name in names(entry, prefix)}
    if not isinstance(value, dict):
        return set()
    found = {f"{prefix}{key}" for key in value}
    for key, inner in value.items():
        if key not in ("metadata", "previous_attributes") and not _is_object(inner):
            found |= names(inner, f"{prefix}{key}.")
    return found


def _is_object(value: Any) -> bool:
    if isinstance(value, list):
        return any(_is_object(entry) for entry in value)
    return isinstance(value, dict) and isinstance(value.get("object"), str)


def published() -> dict[str, set[str]]:
    return {kind: set(found) for kind, found in json.loads(FILE.read_text(encoding="utf-8"))["objects"].items()}


def renew(fixtures: Path) -> None:
    """Write the names of every kind that the sandbox serves."""
    from lib.sandbox.expand import FIELDS

    resources = json.loads(fixtures.read_text(encoding="utf-8"))["resources"]
    kinds = [kind for kind in sorted([*FIELDS, *STUBS]) if kind in resources]
    content = {"source": SOURCE, "objects": {kind: sorted(names(resources[kind])) for kind in kinds}}
    FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    renew(Path(sys.argv[1]))
