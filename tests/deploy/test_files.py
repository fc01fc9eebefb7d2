"""The container's files: what they promise about secrets, ports and settings, as far as it can be read off them."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml

from lib.settings import FIELDS
from tests.support.image import CADDYFILE, DOCKERFILE, ROOT, copied

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / "deploy" / "env.example").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)
SERVICES: dict[str, Any] = COMPOSE["services"]
# What .env may hold beside the program's own settings.
AROUND = {"PAYERDESK_HOST", "PAYERDESK_TLS", "POSTGRES_PASSWORD"}


def asked_of_env() -> dict[str, set[str]]:
    """Every ${NAME…} in compose.yaml, with what stands behind the name."""
    found: dict[str, set[str]] = {}
    for name, rest in re.findall(r"\$\{(\w+)([^}]*)\}", (ROOT / "compose.yaml").read_text("utf-8")):
        found.setdefault(name, set()).add(rest)
    return found


def test_postgres_and_the_dashboard_are_reached_through_the_proxy_only() -> None:
    published = {name for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy"}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == ["inside"]
    assert "inside" not in SERVICES["proxy"]["networks"]
    assert not any("network_mode" in service for service in SERVICES.values())


def test_no_secret_has_a_value_and_nothing_starts_without_one() -> None:
    asked = asked_of_env()
    for name in ("STRIPE_API_KEY", "POSTGRES_PASSWORD", "PAYERDESK_HOST", "PAYERDESK_AUDIT_KEY"):
        assert EXAMPLE[name] == ""
        assert any(rest.startswith(":?") for rest in asked[name])
        assert not any(rest.startswith((":-", "-")) for rest in asked[name])
    assert EXAMPLE["STRIPE_WEBHOOK_SECRET"] == ""
    assert asked["STRIPE_WEBHOOK_SECRET"] == {":-"}


def test_the_files_with_secrets_stay_out_of_git_and_out_of_the_image() -> None:
    secret = [".env", "deploy/certificates/name.key", ".streamlit/secrets.toml", "data/payerdesk-live.sqlite"]
    ignored = subprocess.run(["git", "check-ignore", *secret], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ignored.stdout.split() == secret
    allowed = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert allowed[1] == "*"
    assert {line[1:] for line in allowed if line.startswith("!")} == set(copied())


def test_every_setting_reaches_the_dashboard_and_only_settings_do() -> None:
    given = set(SERVICES["app"]["environment"])
    assert {name for name in given if not name.startswith("STREAMLIT_")} <= set(FIELDS)
    assert set(FIELDS) - given == {"PAYERDESK_DATA", "STRIPE_API_BASE"}  # the image's, and the tests'
    assert set(EXAMPLE) == set(asked_of_env())
    assert set(EXAMPLE) - AROUND <= set(FIELDS)


def test_the_names_in_the_caddyfile_are_given_by_compose_or_have_a_value() -> None:
    needed = set(re.findall(r"\{\$(\w+)\}", CADDYFILE))
    assert needed == {"PAYERDESK_HOST"}
    assert needed <= set(SERVICES["proxy"]["environment"])


def test_the_image_installs_what_is_locked_and_runs_as_nobody_in_particular() -> None:
    assert re.search(r"pip install .*--require-hashes[\s\\]+--only-binary :all: -r /requirements.txt", DOCKERFILE)
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER payerdesk$", last, re.MULTILINE)
    assert "pip install" not in last
    assert "/healthz" in last


@pytest.mark.parametrize("path", copied())
def test_what_is_copied_into_the_image_exists(path: str) -> None:
    assert (ROOT / path.lstrip("/")).exists()


def test_images_are_pinned_to_a_version() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images += [service["image"] for service in SERVICES.values() if "build" not in service]
    assert [image for image in images if not re.fullmatch(r"\w+:\d+(\.\d+)?(-[\w-]+)?", image)] == []
    major, minor = re.fullmatch(r"caddy:(\d+)\.(\d+)", SERVICES["proxy"]["image"]).groups()  # type: ignore[union-attr]
    assert (int(major), int(minor)) >= (2, 8), "an older one ends a download that was cut off as though it were whole"


def test_a_backup_holds_everything_that_is_ours_to_lose() -> None:
    from lib import backup
    from lib.context import TABLES
    from lib.mirror.database import metadata
    from lib.mirror.tables import MIRROR

    assert TABLES
    left_out = {table.name for table in metadata.sorted_tables if table not in (*MIRROR, *backup.tables())}
    assert left_out == {"sessions", "tickets", "guesses", "downloads"}  # good for a day at most, and nobody's record
    for page in ("large-practice.md", "restore.md"):
        assert "python -m lib backup" in (ROOT / "docs" / page).read_text("utf-8")


def test_postgres_compares_texts_as_the_tests_postgres_does() -> None:
    from tests.support.postgres import LOCALE

    assert set(SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()) == set(LOCALE)


@pytest.mark.parametrize("name", SERVICES)
def test_every_part_comes_back_by_itself_and_may_do_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    if name != "postgres":  # its start-up hands the data folder to its own user first
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
