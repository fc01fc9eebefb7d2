"""Draws the 240 patients: who they are, who pays for them, and which parents pay for their children.

Mobiles come from Ofcom's range for drama (07700 900xxx); postcodes end in letters that Royal Mail never uses there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from lib.sandbox.seed.names import HARD, POOLS
from lib.sandbox.seed.people import DOCTORS, Patient

ADULTS, CHILDREN, PARENTS = 216, 24, 14
SENT_BY_HERO = {"ferrow": 5}  # billed to an organisation in Hero only, without a default payer of ours
DISTRICTS = ("W1G", "SW3", "SE10", "E14", "N1", "TW9", "TW10", "NW3", "SW15", "EC1V", "KT2", "W4")
SWITCHED_OFF = {"Gender": 0.10, "Registered practitioner": 0.08, "Email": 0.05, "Mobile": 0.04, "Date of birth": 0.02}
LETTERS = str.maketrans("łŁøØđĐıßð", "lLoOdDisd")


@dataclass(frozen=True)
class Name:
    first: str
    last: str
    gender: str
    born: str | None = None
    pool: int = 0


def patients(today: date, covers: dict[str, int]) -> list[Patient]:
    """Everybody, parents before their children. `covers` says how many patients each organisation pays for."""
    rng = Random("patients")
    names = [*(Name(*hard) for hard in HARD), *_names(rng, ADULTS - len(HARD))]
    payers = _payers(rng, covers)
    adults = [_adult(rng, today, number, *pair) for number, pair in enumerate(zip(names, payers, strict=True))]
    return [*adults, *_children(rng, today, adults, names)]


def _payers(rng: Random, covers: dict[str, int]) -> list[tuple[str | None, str | None]]:
    """(default payer, payer known to Hero alone) for each adult, shuffled."""
    covered: list[tuple[str | None, str | None]] = [(key, None) for key, count in covers.items() for _ in range(count)]
    covered += [(None, key) for key, count in SENT_BY_HERO.items() for _ in range(count)]
    covered += [(None, None)] * (ADULTS - len(covered))
    rng.shuffle(covered)
    return covered


def _names(rng: Random, count: int) -> Iterator[Name]:
    taken = {(first, last) for first, last, _, _ in HARD}
    while count:
        pool = rng.randrange(len(POOLS))
        gender = rng.choice(("Female", "Male"))
        first, last = _first(rng, pool, gender), rng.choice(POOLS[pool][2].split())
        if (first, last) not in taken:
            taken.add((first, last))
            count -= 1
            yield Name(first, last, gender, None, pool)


def _first(rng: Random, pool: int, gender: str) -> str:
    return rng.choice(POOLS[pool][0 if gender == "Female" else 1].split())


def _adult(rng: Random, today: date, number: int, name: Name, payers: tuple[str | None, str | None]) -> Patient:
    payer, hero_only = payers
    born = date.fromisoformat(name.born) if name.born else today - timedelta(days=rng.randint(19 * 366, 84 * 365))
    digits = f"900{100 + number:03d}"
    return Patient(
        key=f"p{number:03d}",
        first=name.first,
        last=name.last,
        gender=name.gender,
        born=born,
        email=_mailbox(rng, name, number) if rng.random() < 0.98 else None,
        mobile=f"+44 7700 {digits}" if rng.random() < 0.2 else f"07700 {digits}",
        postcode=f"{rng.choice(DISTRICTS)} {rng.randint(1, 9)}{rng.choice('CIKMOV')}{rng.choice('CIKMOV')}",
        practitioner=rng.choice(DOCTORS),
        payer=payer,
        sent_by_hero=hero_only,
        marked=payer is not None or rng.random() < 0.6,
        member=payer is None and rng.random() < 0.25,
        hidden=frozenset(label for label, share in SWITCHED_OFF.items() if rng.random() < share),
    )


def _mailbox(rng: Random, name: Name, number: int) -> str:
    """first.last in plain letters; a number for names in other scripts."""
    letters = unicodedata.normalize("NFKD", f"{name.first}.{name.last}".translate(LETTERS))
    kept = "".join(char for char in letters.lower() if char.isascii() and (char.isalnum() or char in ".-")).strip(".-")
    return f"{kept if len(kept) > 3 else f'reader{number}'}@{rng.choice(('post', 'mailbox', 'letters'))}.example"


def _children(rng: Random, today: date, adults: list[Patient], names: list[Name]) -> Iterator[Patient]:
    """Children share their parent's surname, address and telephone; the parent pays."""
    able = [(adult, name) for adult, name in zip(adults, names, strict=True) if _could_be_parent(adult, name, today)]
    taken = {adult.name for adult in adults}
    for number in range(CHILDREN):
        parent, name = able[number % PARENTS]
        gender = rng.choice(("Female", "Male"))
        first = _first(rng, name.pool, gender)
        while f"{first} {parent.last}" in taken:
            first = _first(rng, rng.randrange(len(POOLS)), gender)
        taken.add(f"{first} {parent.last}")
        born = today - timedelta(days=rng.randint(200, 16 * 365))
        child = replace(parent, key=f"c{number:02d}", first=first, gender=gender, born=born)
        yield replace(child, payer=parent.key, marked=True, hidden=frozenset())


def _could_be_parent(adult: Patient, name: Name, today: date) -> bool:
    settled = adult.payer is None and adult.sent_by_hero is None and name.born is None and adult.email is not None
    return settled and adult.key >= f"p{len(HARD):03d}" and 36 <= (today - adult.born).days // 365 <= 56
