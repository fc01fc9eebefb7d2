"""The plan of the house, held by machine: who may import whom, how long a page may be, and what is pinned."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.settings import FIELDS

ROOT = Path(__file__).parents[1]
SOURCES = sorted([ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("lib/**/*.py")])

# A library from outside, and the only places that may know it.
FENCES = {
    "streamlit": ("app.py", "pages/", "lib/ui/"),
    "streamlit_authenticator": ("app.py", "lib/ui/"),
    "stripe": ("lib/stripe_api/", "lib/sandbox/"),
    "sqlalchemy": (
        "lib/mirror/",
        "lib/queries/",
        "lib/actions/",
        "lib/people/",
        "lib/sync/",
        "lib/audit",
        "lib/backup",
        "lib/doctor.py",
        "lib/context.py",
    ),
    "starlette": ("app.py", "lib/ui/server.py", "lib/ui/webhook.py", "lib/ui/download_route.py", "lib/sandbox/"),
    "uvicorn": ("app.py", "lib/ui/server.py", "lib/sandbox/"),
}

# A room, and the only rooms of ours that it may enter. A room may always enter itself.
ROOMS = {
    "pages/": ("ui", "queries", "actions", "documents", "money", "dates", "errors", "people"),
    "lib/sandbox/": (),
    "lib/documents/": ("money", "dates", "errors", "text"),
    "lib/errors.py": (),
    "lib/money.py": ("errors",),
    "lib/dates.py": ("errors",),
}

# A room, and the rooms that it must never enter: showing, changing and asking Stripe stay apart.
CLOSED = {
    "lib/queries/": ("ui", "actions", "sync", "stripe_api", "sandbox"),
    "lib/actions/": ("ui", "sync", "sandbox"),
    "lib/mirror/": ("ui", "actions", "queries", "sync", "stripe_api", "sandbox"),
    "lib/sync/": ("ui", "actions", "sandbox"),
    "lib/stripe_api/": ("ui", "actions", "queries", "mirror", "sync", "sandbox"),
    "lib/people/": ("ui", "actions", "queries", "stripe_api", "sync", "sandbox"),
}


def name_of(source: Path) -> str:
    return source.relative_to(ROOT).as_posix()


def imports_of(source: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, wherever in the file, with the line. `from lib import money` is lib.money."""
    package = list(source.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def strays(*, fences: dict[str, tuple[str, ...]]) -> list[str]:
    return [
        f"{name_of(source)}:{line} imports {module}; only {', '.join(fences[top])} may"
        for source in SOURCES
        for line, module in imports_of(source)
        if (top := module.partition(".")[0]) in fences and not name_of(source).startswith(fences[top])
    ]


def rooms_entered(room: str) -> Iterator[tuple[str, str]]:
    """Where a file of this room enters another room of ours, and which."""
    own = room.removeprefix("lib/").rstrip("/").removesuffix(".py")
    for source in SOURCES:
        if name_of(source).startswith(room):
            for line, module in imports_of(source):
                top, _, rest = module.partition(".")
                entered = rest.partition(".")[0]
                if top == "lib" and entered and entered != own:
                    yield f"{name_of(source)}:{line}", entered


def test_libraries_from_outside_stay_behind_their_fences() -> None:
    found = strays(fences=FENCES)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_enters_only_the_rooms_it_may(room: str) -> None:
    found = [f"{place} imports lib.{other}" for place, other in rooms_entered(room) if other not in ROOMS[room]]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("room", CLOSED)
def test_a_room_keeps_out_of_the_rooms_closed_to_it(room: str) -> None:
    found = [f"{place} imports lib.{other}" for place, other in rooms_entered(room) if other in CLOSED[room]]
    assert not found, "\n".join(found)


def test_a_page_stays_short_enough_to_read() -> None:
    long = [name_of(page) for page in ROOT.glob("pages/*.py") if len(page.read_text("utf-8").splitlines()) >= 120]
    assert not long, f"{', '.join(long)}: what repeats belongs to lib/ui"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_hashes_and_names_no_registry(name: str) -> None:
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    loose = [entry[:60] for entry in entries if not re.match(r"[\w.\[\],-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)]
    assert entries
    assert loose == []


def test_a_stray_import_is_named_with_its_file_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stray = tmp_path / "lib" / "money.py"
    stray.parent.mkdir()
    stray.write_text("def add():\n    import stripe.error\n    from .sandbox import clock\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    monkeypatch.setitem(globals(), "SOURCES", [stray])
    assert strays(fences=FENCES) == ["lib/money.py:2 imports stripe.error; only lib/stripe_api/, lib/sandbox/ may"]
    assert list(rooms_entered("lib/money.py")) == [("lib/money.py:3", "sandbox")]


def test_the_readme_explains_every_setting() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in FIELDS if f"`{name}`" not in readme] == []
