"""Made-up people, organisations and addresses: some thousand surnames, one of them common, one that one person has."""

from __future__ import annotations

import random

_words = str.split

COMMON, RARE = "Taylor", "Zwickelhuber"  # one in a hundred; one in all

_FIRST = _words(
    "Ada Amelia Amir Anna Arjun Ben Beth Björn Callum Carys Chloë Daniel David Dev Ella Emeka Emma Eva Faith Farah "
    "Finn Florence George Grace Gwen Hana Harriet Henry Hugh Ines Iris Isaac Isla Ivan Jack James Jin Joanna José Jude "
    "Kai Karim Kate Keira Leah Leo Liam Lily Lucía Luke Mabel Maeve Małgorzata María Max Maya Mei Mina Mohammed Nadia "
    "Niamh Nina Noah Noor Oisín Olga Oliver Omar Oscar Owen Patrick Paul Petra Poppy Priya Quentin Rachel Ravi René "
    "Rhys Rosa Ruth Sadiq Saoirse Sara Seán Siân Simon Sofia Tamsin Theo Thomas Uma Victor Wei William Yara Yusuf Zoë"
)
_BEGINNINGS = _words(
    "Ab Ald Ash Bar Beck Black Brad Brook Cal Carl Chad Clay Col Crow Dal Den Dray Dun East Edger El Farn Fen Field "
    "Fox Gar Glen Gold Had Hal Ham Har Hazel Heath Hill Hol Ken Kings Lang Lee Lin Lock Mal Mar May Mill Nor Oak Old "
    "Pem Pres Rad Red Rock Row Rush Sand Shel Somer Stan Stock Sut Thorn Tre Under Wal War Wes Whit Win Wood Wy York"
)
_ENDINGS = _words(
    "bank beck bold bourne bridge brook burn bury by combe cott croft dale den don field ford gate grave grove ham "
    "hurst ington land ley low man mere more ney over ridge shaw sley stead stone ton wall ward wick win wood worth"
)
_ACCENTED = _words("Müller Sánchez Nguyễn Ó'Brien Żak Łuczak Åkesson Fernández Çelik Dvořák")
_TRADES = _words(
    "Assurance Bank Care Construction Embassy Foods Foundation Health Insurance Legal Logistics Media School"
)
_FORMS = ("Ltd", "Limited", "plc", "LLP", "Group", "")
_AREAS = _words("B BN BS CB E EC EH G GL L LS M N NE NW OX PO RG S SE SO SW W WC")
_MAIL = _words("patient.example post.example mail.example home.example")


def surnames() -> list[str]:
    """Every surname but the common and the rare one."""
    return [beginning + ending for beginning in _BEGINNINGS for ending in _ENDINGS] + _ACCENTED


def person(draw: random.Random, last: list[str]) -> str:
    """First name and surname."""
    return f"{draw.choice(_FIRST)} {COMMON if draw.random() < 0.01 else draw.choice(last)}"


def organisation(draw: random.Random, last: list[str]) -> str:
    """Thornbury Insurance plc."""
    return f"{draw.choice(last)} {draw.choice(_TRADES)} {draw.choice(_FORMS)}".strip()


def email(name: str, number: int) -> str:
    """An address that goes with a name; accents stay at home."""
    plain = "".join(
        char for char in name.lower().replace(" ", ".") if char.isascii() and (char.isalpha() or char == ".")
    )
    return f"{plain}{number % 97}@{_MAIL[number % len(_MAIL)]}"


def postcode(draw: random.Random) -> str:
    """SW4 7QT."""
    letters = draw.choices("ABDEFGHJLNPQRSTUWXYZ", k=2)
    return f"{draw.choice(_AREAS)}{draw.randint(1, 30)} {draw.randint(1, 9)}{''.join(letters)}"
