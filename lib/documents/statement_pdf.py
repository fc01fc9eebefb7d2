"""A statement as a PDF that prints every name right, or says of a name that it cannot.

The typeface is DejaVu Sans (lib/documents/fonts): Latin, Greek, Cyrillic, Armenian and Georgian letters stand in it. A
script that is written from the right, or whose letters join or change beside one another, would come out wrong, and a
letter that the typeface lacks would be an empty box: such a name is not printed. Its place says so, and the CSV beside
it has the name of whoever stands on it: the payer beside each invoice, and the patients.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from html import escape, unescape
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from lib.dates import say_day, say_moment
from lib.documents.statement import AGES, Line, Section, Statement, say_balance
from lib.money import Money
from lib.text import shown

# Instead of what the CSV holds, and of what it does not.
NOT_PRINTED, NOT_PRINTABLE = "(name in the CSV)", "(not printable)"
_FOOTNOTES = {
    NOT_PRINTED: f"A name marked {NOT_PRINTED} is written in letters that this PDF cannot print. It stands in full in "
    "the CSV file of the same statement, beside the same invoice number.",
    NOT_PRINTABLE: f"What is marked {NOT_PRINTABLE} is written in letters that this PDF cannot print.",
}
_FONT, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN")
_INK, _PALE, _LINE = HexColor("#1d2b33"), HexColor("#eef3f4"), HexColor("#b9c7cb")
_WIDTHS = [w * mm for w in (32, 22, 58, 25, 22, 22, 25, 27, 20, 16)]
_PAGE = landscape(A4)
_HEADS = ("Invoice", "Date", "For", "Total", "From account", "Credit notes", "Paid", "Remaining", "Due", "Days late")


def as_pdf(found: Statement) -> bytes:
    """The statement on A4 pages (lying), each numbered and saying whose it is."""
    _load_fonts()
    out, names = BytesIO(), _Names()
    story = [*_heading(found, names)]
    for section in found.sections:
        story += _section(found, section, names)
    if not found.sections:
        story.append(Paragraph("Nothing is open.", _style()))
    for instead in sorted(names.missed):
        story += [Spacer(0, 4 * mm), Paragraph(_FOOTNOTES[instead], _style(7.5))]
    margin = {f"{side}Margin": 12 * mm for side in ("left", "right")}
    page = SimpleDocTemplate(
        out, pagesize=_PAGE, topMargin=14 * mm, bottomMargin=16 * mm, title="Statement of account", author="", **margin
    )
    foot = _footer(found, names)
    page.build(story, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def printable(text: str) -> bool:
    """Whether these letters come out right: the typeface has each, and each stands by itself from left to right."""
    return all(_stands_alone(char) and ord(char) in _glyphs() for char in text)


class _Names:
    """Names for this paper; remembers what stands instead of those that had to be left out."""

    def __init__(self) -> None:
        self.missed: set[str] = set()

    def __call__(self, name: str, limit: int = 120, instead: str = NOT_PRINTED) -> str:
        tidy = shown(unicodedata.normalize("NFC", name), limit)
        if printable(tidy):
            return escape(tidy)
        self.missed.add(instead)
        return instead

    def payer(self, found: Statement, limit: int = 120) -> str:
        """The CSV names the payer beside each invoice: where there is none, nobody."""
        listed = any(section.lines for section in found.sections)
        return self(found.name or "No name", limit, NOT_PRINTED if listed else NOT_PRINTABLE)


def _stands_alone(char: str) -> bool:
    if unicodedata.category(char)[0] == "L":
        return unicodedata.name(char, "").startswith(_SCRIPTS)
    return unicodedata.category(char)[0] in "NPSZ" and unicodedata.bidirectional(char) not in ("R", "AL", "AN")


@cache
def _glyphs() -> frozenset[int]:
    _load_fonts()
    regular, bold = (pdfmetrics.getFont(name).face.charToGlyph for name in (_FONT, _BOLD))
    return frozenset(regular.keys() & bold.keys())


@cache
def _load_fonts() -> None:
    folder = Path(__file__).parent / "fonts"
    for name in (_FONT, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))


@cache
def _style(size: float = 9, *, bold: bool = False, right: bool = False) -> ParagraphStyle:
    font = _BOLD if bold else _FONT
    align = {"alignment": TA_RIGHT} if right else {}
    whole = {"splitLongWords": 0} if right else {}  # an amount is never broken
    more = {"leading": size * 1.35, "textColor": _INK, **align, **whole}
    return ParagraphStyle(f"{font}{size}{right}", fontName=font, fontSize=size, **more)


def _heading(found: Statement, names: _Names) -> list[Any]:
    said = [Paragraph(escape(found.title), _style(14, bold=True)), Spacer(0, 3 * mm)]
    said.append(Paragraph(names.payer(found), _style(11, bold=True)))
    said += [Paragraph(names(part, instead=NOT_PRINTABLE), _style()) for part in found.address]
    terms = "" if found.terms_days is None else f" Payment terms: {found.terms_days} days."
    moment = say_moment(found.as_of, found.zone)
    practice = names(found.practice, instead=NOT_PRINTABLE)
    said += [Spacer(0, 2 * mm), Paragraph(f"From {practice}, as of {moment}.{terms}", _style())]
    return [*said, Spacer(0, 5 * mm)]


def _section(found: Statement, section: Section, names: _Names) -> list[Any]:
    said: list[Any] = [Paragraph(section.currency.upper(), _style(10, bold=True)), Spacer(0, 1.5 * mm)]
    if section.lines:
        said += [_lines(found, section, names), Spacer(0, 4 * mm)]
    said += [KeepTogether([_ages(section), Spacer(0, 3 * mm), _position(section)]), Spacer(0, 7 * mm)]
    return said


def _lines(found: Statement, section: Section, names: _Names) -> Table:
    rows = [[_cell(head, bold=True, right=at in _RIGHT) for at, head in enumerate(_HEADS)]]
    rows += [_row(found, section, line, names) for line in section.lines]
    sums = section.sums()
    totals = [str(sums[name]) for name in ("total", "used", "credited", "paid", "remaining")]
    rows.append([_cell(t, bold=True, right=at in _RIGHT) for at, t in enumerate(("Sum", "", "", *totals, "", ""))])
    return Table(rows, colWidths=_WIDTHS, repeatRows=1, hAlign="LEFT", style=_grid(len(rows)))


_RIGHT = frozenset({3, 4, 5, 6, 7, 9})


def _row(found: Statement, section: Section, line: Line, names: _Names) -> list[Paragraph]:
    def money(minor: int) -> str:
        return str(Money(minor, section.currency)) if minor else "–"

    late = str(line.overdue_days) if line.overdue_days else ""
    amounts = [money(each) for each in (line.total, line.used, line.credited, line.paid, line.remaining)]
    days = [say_day(line.issued, found.zone), names(line.about, 200)]
    texts = [names(line.number), *days, *amounts, say_day(line.due_at, found.zone), late]
    return [_cell(text, right=at in _RIGHT) for at, text in enumerate(texts)]


def _ages(section: Section) -> Table:
    heads = [_cell(age, bold=True, right=True) for age in (*AGES, "Outstanding")]
    amounts = [_cell(str(Money(minor, section.currency)), right=True) for minor in section.ages]
    rows = [heads, [*amounts, _cell(str(section.outstanding), bold=True, right=True)]]
    return Table(rows, colWidths=[36 * mm] * 6, style=_grid(2), hAlign="LEFT")


def _position(section: Section) -> Table:
    net = f"{section.net} to pay" if section.net.minor > 0 else say_balance(section.net)
    told = {"Outstanding": str(section.outstanding), "On account": say_balance(section.on_account), "Net": net}
    rows = [[_cell(label, bold=True), _cell(text, right=True)] for label, text in told.items()]
    return Table(
        rows, colWidths=[31 * mm, 70 * mm], hAlign="LEFT", style=TableStyle([("LINEABOVE", (0, 2), (1, 2), 0.6, _LINE)])
    )


def _cell(text: str, *, bold: bool = False, right: bool = False) -> Paragraph:
    return Paragraph(text, _style(7, bold=bold, right=right))


def _grid(rows: int) -> TableStyle:
    marks: Sequence[Any] = [
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), _PALE),
        ("LINEBELOW", (0, 0), (-1, rows - 2), 0.4, _LINE),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [white]),
    ]
    return TableStyle(marks)


def _footer(found: Statement, names: _Names) -> Callable[[Any, Any], None]:
    name = names.payer(found, 60)

    def draw(canvas: Any, page: Any) -> None:
        canvas.setFont(_FONT, 7)
        canvas.setFillColor(_INK)
        canvas.drawString(12 * mm, 9 * mm, f"Statement for {unescape(name)}")
        canvas.drawRightString(_PAGE[0] - 12 * mm, 9 * mm, f"Page {page.page}")

    return draw
