"""A search finds every word, each wherever it stands: in who pays, who was treated, or at an end of the number."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from lib.mirror.database import reading, writing
from lib.mirror.tables import parties
from lib.queries import customers, organisations, patients
from lib.queries import invoices as lists
from lib.queries.invoices import Filters
from tests.support.world import World


class Practice:
    """Acme pays for Ada Byrne; Zoë Søn pays for herself."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.acme = world.customer("Acme Ltd", email="ap@acme.example")
        self.ada = world.patient("Ada Byrne", metadata={"Postcode": "E1 1AA", "Hero reference": "P/17"})
        self.zoe = world.patient("Zoë Søn", email="zoe@home.example")
        self.paid_for = world.invoice(self.acme, 9000, metadata={"pd_patient": self.ada})
        self.own = world.invoice(self.zoe, 500)
        world.sync()
        self.number = world.in_stripe("invoice", self.paid_for)["number"]

    def found(self, words: str, **more: object) -> set[str]:
        return set(lists.table(self.world.ctx, Filters(text=words), **more).rows["id"])


@pytest.fixture
def practice(world: World) -> Practice:
    return Practice(world)


def test_words_may_be_found_in_different_places(practice: Practice) -> None:
    number = practice.number
    for words in ("acme byrne", "byrne ap@acme", f"byrne {number[:5]}", f"{number[-4:]} acme e11aa", "ADA  p/17"):
        assert practice.found(words) == {practice.paid_for}, words
    for words in ("byrne søn", f"zoe {number}", "acme nobody"):
        assert practice.found(words) == set(), words


def test_names_emails_references_postcodes_ids_and_numbers_are_found(practice: Practice) -> None:
    for words in (practice.number, practice.number.lower(), practice.number[-3:], practice.paid_for, practice.acme):
        assert practice.paid_for in practice.found(words), words
    for words in ("zoe", "SØN", "home.exam", practice.zoe, practice.own):
        assert practice.found(words) == {practice.own}, words


def test_a_name_is_found_as_it_stands_on_the_invoice_and_as_it_is_now(practice: Practice) -> None:
    practice.world.wait(60)
    practice.world.sandbox.call("POST", f"/v1/customers/{practice.acme}", {"name": "Corvane plc"})
    practice.world.sync()
    assert practice.found("acme") == practice.found("corvane") == {practice.paid_for}


def test_a_name_that_only_an_invoice_has_is_found_by_the_first_letter_of_each_word(practice: Practice) -> None:
    world = practice.world
    only_here = world.invoice(practice.acme, 700, metadata={"Patient name": "Quentin Ueda"})
    world.sync()
    for words in ("q", "u", "qu", "q u"):
        assert practice.found(words) == {only_here}, words


def test_a_name_that_a_customer_still_has_stands_in_the_index_once(practice: Practice) -> None:
    with reading(practice.world.ctx.engine) as conn:
        texts = list(conn.execute(select(parties.c.text).where(~parties.c.alone)).scalars())
    assert sorted(each.count("acme  ltd") for each in texts) == [0, 1]
    assert not [each for each in texts if "acme ltd" in each]


def test_common_words_find_the_same_rows_as_rare_ones(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("acme byrne", practice.number[:4], f"byrne {practice.number[:4]}", "zo", "e", "nobody")
    rare = [practice.found(word) for word in words]
    monkeypatch.setattr("lib.queries._search._MOST", 0)
    assert [practice.found(word) for word in words] == rare
    monkeypatch.setattr("lib.queries._search._NUMBERS", 0)
    assert [practice.found(word) for word in words] == rare
    for table in (organisations.table, patients.table):
        assert list(table(practice.world.ctx, search="zo acme").rows["id"]) == []
    assert list(patients.table(practice.world.ctx, search="zo søn").rows["id"]) == [practice.zoe]
    assert [choice.id for choice in customers.choices(practice.world.ctx, text="acme")] == [practice.acme]


def test_signs_of_the_database_are_only_signs(practice: Practice) -> None:
    for words in ("%", "a_e", "'", '"', "\\", "* OR", "a%e", "NEAR(", "-acme"):
        assert practice.found(words) == set(), words


def test_every_list_answers_while_the_late_indexes_are_not_there_yet(practice: Practice) -> None:
    """The first copy does without them: lib/mirror/late.py."""
    filters = (
        Filters(payer=practice.acme),
        Filters(patient=practice.ada),
        Filters(text="byrne"),
        Filters(text=practice.number),
    )
    with writing(practice.world.ctx.engine) as conn:
        for name in ("customer", "treated", "party", "total", "remaining", "number_end", "payer_order"):
            conn.execute(text(f"DROP INDEX invoices_by_{name}"))
    for wanted in filters:
        for sort in lists.SORTS:
            found = lists.table(practice.world.ctx, wanted, sort=sort).rows
            assert list(found["id"]) == [practice.paid_for], (wanted, sort)
    assert patients.open_work(practice.world.ctx, [practice.ada])["id"].tolist() == [practice.paid_for]
