"""Customers in the order of what depends on others: whoever changes, in whatever order it comes, the lists follow."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from lib.mirror import standing, store
from lib.mirror.database import reading, writing
from lib.mirror.tables import customers as rows
from lib.queries import balances, customers, organisations, patients
from tests.support.world import World


def order(query: Any, world: World, sort: str, *, down: bool = False, **more: Any) -> list[str]:
    found = query.table(world.ctx, sort=sort, descending=down, **more).rows
    return list(dict.fromkeys(found["name"]))


def change(world: World, customer: str, **params: Any) -> None:
    world.wait(60)
    world.sandbox.call("POST", f"/v1/customers/{customer}", params)
    world.sync()


@pytest.fixture
def three(world: World) -> list[str]:
    """Ada owes most, Ben nothing, Cay something."""
    made = [world.patient(name) for name in ("Ada", "Ben", "Cay")]
    world.invoice(made[0], 900)
    world.invoice(made[2], 500)
    world.sync()
    return made


def test_patients_stand_by_what_they_owe_until_they_have_paid(world: World, three: list[str]) -> None:
    assert order(patients, world, "Outstanding", down=True) == ["Ada", "Cay", "Ben"]
    world.wait(60)
    [opened] = world.sandbox.call("GET", "/v1/invoices", {"customer": three[0]})["data"]
    world.sandbox.call("POST", f"/v1/invoices/{opened['id']}/void")
    world.sync()
    assert order(patients, world, "Outstanding", down=True)[0] == "Cay"


def test_a_patient_stands_by_what_the_account_owes_in_its_own_currency(world: World, three: list[str]) -> None:
    world.wait(60)
    world.invoice(three[1], 99_000, currency="eur")
    world.sync()
    found = patients.table(world.ctx, sort="Outstanding", descending=True).rows
    shown = list(found["outstanding"])
    assert shown == sorted(shown, reverse=True)


def test_patients_follow_their_payer_when_it_is_renamed_changed_or_comes_later(world: World, three: list[str]) -> None:
    zeta, acme = world.customer("Zeta"), world.customer("Acme")
    change(world, three[0], metadata={"pd_default_payer": zeta})
    assert order(patients, world, "Payer") == ["Ben", "Cay", "Ada"]
    change(world, zeta, name="Aardvark")
    assert order(patients, world, "Payer") == ["Ada", "Ben", "Cay"]
    change(world, three[1], metadata={"pd_default_payer": acme})
    change(world, three[0], metadata={"pd_default_payer": ""})
    assert order(patients, world, "Payer") == ["Ben", "Ada", "Cay"]
    world.wait(60)
    world.sandbox.call("DELETE", f"/v1/customers/{acme}")
    world.sync()
    assert order(patients, world, "Payer") == ["Ben", "Ada", "Cay"]
    assert patients.table(world.ctx, payer="deleted").total == 1


def test_a_payer_that_is_read_after_its_patients_is_followed_all_the_same(world: World) -> None:
    zeta = world.customer("Zeta")
    ada, ben = world.patient("Ada", metadata={"pd_default_payer": zeta}), world.patient("Ben")
    for one in (ada, ben, zeta):
        with writing(world.ctx.engine) as conn:
            store.put(conn, [world.in_stripe("customer", one)], world.ctx.now, world.ctx.settings)
    assert order(patients, world, "Payer") == ["Ben", "Ada"]


def test_organisations_stand_by_each_of_their_sums(world: World) -> None:
    made = {name: world.customer(name) for name in ("Acme", "Bolt", "Cove")}
    for name, amount in {"Acme": 100, "Cove": 300}.items():
        world.wait(60)
        world.invoice(made[name], amount)
    world.entry(made["Bolt"], -500)
    world.entry(made["Acme"], 200)
    for number in range(2):
        world.patient(f"P{number}", metadata={"pd_default_payer": made["Bolt"]})
    world.sync()
    assert order(organisations, world, "Outstanding", down=True) == ["Cove", "Acme", "Bolt"]
    assert (
        order(organisations, world, "Credit on account") == ["Bolt", "Cove", "Acme"]
        or order(organisations, world, "Credit on account")[0] == "Bolt"
    )
    assert order(organisations, world, "Patients", down=True)[0] == "Bolt"
    assert order(organisations, world, "Last invoice", down=True) == ["Cove", "Acme", "Bolt"]
    assert order(organisations, world, "Last invoice")[0] == "Bolt"


def test_an_organisation_of_several_currencies_stands_by_the_largest_of_its_rows(world: World) -> None:
    acme, bolt = world.customer("Acme"), world.customer("Bolt")
    world.invoice(acme, 100)
    world.invoice(acme, 9000, currency="eur")
    world.invoice(bolt, 500)
    world.sync()
    assert order(organisations, world, "Outstanding", down=True) == ["Acme", "Bolt"]
    assert order(organisations, world, "Outstanding") == ["Bolt", "Acme"]


def test_what_becomes_an_organisation_is_found_among_them_and_no_longer_elsewhere(world: World) -> None:
    plain = world.customer("Acme Ltd", kind="")
    world.sync()
    assert organisations.table(world.ctx, search="acme").total == 0
    change(world, plain, metadata={"pd_kind": "organisation"})
    assert [one.id for one in customers.choices(world.ctx, kinds=("organisation",), text="acme")] == [plain]
    assert [one.id for one in customers.choices(world.ctx, text="acme")] == [plain]


def test_common_words_find_the_same_customers_as_rare_ones(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Acme Ltd", "Bolt Ltd"):
        world.entry(world.customer(name), -500)
    for name in ("Ada Byrne", "Bea Byrne", "Cay Doe"):
        world.patient(name)
    world.sync()
    gone = world.patient("Abe Byrne")
    world.sync()
    world.wait(60)
    world.sandbox.call("DELETE", f"/v1/customers/{gone}")
    world.sync()

    def found() -> list[Any]:
        told: list[Any] = []
        for word in ("byrne", "ltd", "b", "by", "acme ltd", "nobody", "."):
            for query in (organisations, patients, balances):
                for sort in query.SORTS:
                    shown = query.table(world.ctx, search=word, sort=sort)
                    told.append((word, query.__name__, sort, shown.total, list(shown.rows["id"])))
            told.append([one.id for one in customers.choices(world.ctx, text=word)])
        return told

    few = found()
    monkeypatch.setattr("lib.queries.balances.COUNTED", 1)
    assert found() == few
    with monkeypatch.context() as patched:
        patched.setattr("lib.queries._search._easier_so", lambda *_: True)
        assert found() == few
    monkeypatch.setattr("lib.queries._search._MOST", 0)
    assert found() == few
    monkeypatch.setattr("lib.queries._search._SAMPLE", 1)
    assert found() == few


def test_very_many_that_hold_a_word_are_not_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        world.patient(f"Ada {number}")
    world.sync()
    monkeypatch.setattr("lib.queries._search._MOST", 2)
    monkeypatch.setattr("lib.queries.patients.COUNTED", 3)
    found = patients.table(world.ctx, search="ada", size=3)
    assert (found.total, len(found.rows), found.after) == (None, 3, True)


def test_what_is_kept_wrong_is_found_and_put_right(world: World) -> None:
    acme = world.customer()
    world.sync()
    with writing(world.ctx.engine) as conn:
        conn.execute(update(rows).values(owing=7, payer_order="x"))
    with reading(world.ctx.engine) as conn:
        assert standing.wrong(conn) == [acme]
    with writing(world.ctx.engine) as conn:
        standing.settle(conn, [acme])
    with reading(world.ctx.engine) as conn:
        assert standing.wrong(conn) == []
