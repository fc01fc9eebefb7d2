"""What a reminder says: everything overdue in one currency, in one message, as text and as HTML.

No patient's name stands in the message: names are on the statement beside it. A payer who is a person is written to as
one. Firmer when it is not the first, never rude, and no charge is threatened.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from lib.dates import say_day
from lib.documents.statement import Line, Section, Statement, say_balance
from lib.money import Money
from lib.text import shown

_NAMES = ("Reminder", "Second reminder", "Further reminder")
_OPENINGS = (
    "according to our books the following is past its due date. It may have slipped through.",
    "we wrote before about what is past its due date. The following is still open.",
    "in spite of our reminders the following is still open. Please pay it now, or tell us what stands in the way.",
)


@dataclass(frozen=True)
class Words:
    """A message: subject, text, and the same as HTML."""

    subject: str
    text: str
    html: str


def overdue(section: Section) -> tuple[Line, ...]:
    """What a reminder lists, the oldest first."""
    late = [line for line in section.lines if line.overdue_days > 0]
    return tuple(sorted(late, key=lambda line: (line.due_at or 0, line.id)))


def compose(found: Statement, currency: str, before: int) -> Words:
    """The message about what is overdue in one currency; `before` says how many went out about any of it until now."""
    section = found.section(currency)
    late = overdue(section)
    amount = Money(sum(line.remaining for line in late), currency)
    practice = shown(found.practice)
    step = min(before, 2)
    subject = f"{_NAMES[step]}: {amount} overdue"
    opening = [_greeting(found), f"{_you(found, amount)} {_OPENINGS[step]}"]
    after = _after(found, section, practice)
    text = "\n\n".join([*opening, "\n".join(_told(line, found, currency) for line in late), *after])
    html = "".join(f"<p>{escape(each)}</p>" for each in opening) + _table(late, found, currency)
    html += "".join(f"<p>{_lines(each)}</p>" for each in after)
    return Words(f"{subject} – {practice}", f"{text}\n", f"<!doctype html><html><body>{html}</body></html>")


def _greeting(found: Statement) -> str:
    if found.kind == "patient":
        return f"Dear {shown(found.name) or 'patient'},"
    return f"To the accounts department of {shown(found.name) or 'your organisation'},"


def _you(found: Statement, amount: Money) -> str:
    return f"{amount} is overdue on your {'' if found.kind == 'patient' else 'organisation’s '}account:"


def _after(found: Statement, section: Section, practice: str) -> list[str]:
    said = []
    if len(overdue(section)) < len(section.lines):
        said.append(f"With what is not yet due, {section.outstanding} is outstanding.")
    if section.on_account:
        used = " It is used on your next invoice." if section.on_account.minor < 0 else ""
        said.append(f"On your account: {say_balance(section.on_account)}.{used}")
    said.append(
        "The statement is attached. If you have paid in the last few days, thank you: please take no notice of this."
    )
    question = "please reply to this message" if found.kind == "patient" else "please reply with the invoice number"
    return [*said, f"If anything is unclear, {question}.", f"Kind regards\n{practice}"]


def _told(line: Line, found: Statement, currency: str) -> str:
    days = "1 day overdue" if line.overdue_days == 1 else f"{line.overdue_days} days overdue"
    due = say_day(line.due_at, found.zone)
    pay = f"\n    Pay: {line.url}" if _may_link(line) else ""
    return f"  {shown(line.number)}, due {due}, {days}: {Money(line.remaining, currency)}{pay}"


def _table(late: tuple[Line, ...], found: Statement, currency: str) -> str:
    cell = "padding:2px 10px 2px 0;text-align:{}"
    heads = ("Invoice", "Due", "Days overdue", "Remaining")
    rows = [_row([escape(head) for head in heads], "th", cell)]
    for line in late:
        number = escape(shown(line.number))
        linked = f'<a href="{escape(line.url)}">{number}</a>' if _may_link(line) else number
        due, days = say_day(line.due_at, found.zone), str(line.overdue_days)
        rows.append(_row([linked, due, days, escape(str(Money(line.remaining, currency)))], "td", cell))
    return f"<table>{''.join(rows)}</table>"


def _row(cells: list[str], tag: str, style: str) -> str:
    sides = ("left", "left", "right", "right")
    told = (f'<{tag} style="{style.format(side)}">{text}</{tag}>' for text, side in zip(cells, sides, strict=True))
    return f"<tr>{''.join(told)}</tr>"


def _may_link(line: Line) -> bool:
    return line.url.startswith("https://") and line.url.isprintable() and " " not in line.url


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
