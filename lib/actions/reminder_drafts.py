"""The exact message that would go to a payer now about everything overdue, with the statement attached."""

from __future__ import annotations

from dataclasses import dataclass

from lib.context import Context
from lib.documents.statement import Line, Statement, as_csv
from lib.documents.statement_pdf import as_pdf
from lib.documents.statement_reminder import compose, overdue
from lib.errors import Refused
from lib.mail import Attachment, Mail
from lib.queries import statements
from lib.queries.reminder_log import reminder_id, sent_about
from lib.queries.reminders import stage_of


@dataclass(frozen=True)
class Draft:
    """A reminder as it would go out now, from the mirror. `lines` are what it lists, the oldest first; `amount` in
    minor units.
    """

    payer: str
    name: str
    kind: str
    currency: str
    stage: int
    email: str
    lines: tuple[Line, ...]
    mail: Mail

    @property
    def id(self) -> str:
        """What makes it the only one of its kind."""
        return reminder_id(self.payer, self.stage, self.lines[0].id)

    @property
    def amount(self) -> int:
        """Everything it lists, added up."""
        return sum(line.remaining for line in self.lines)


def draft(ctx: Context, payer: str, currency: str) -> Draft:
    """The exact message that would be sent to this payer about this currency.

    Raises Refused where there is none to send: nothing overdue, not late enough, no address. NotFound for nobody.
    """
    found = statements.get(ctx, payer)
    lines = overdue(found.section(currency))
    if not lines:
        raise Refused("Nothing of this payer's is overdue any more. Nothing was sent.")
    stage = stage_of(ctx, lines[0].overdue_days)
    if not stage:
        first = ctx.settings.reminder_days[0]
        raise Refused(f"The first reminder is due at {first} days overdue. Nothing was sent.")
    if not found.email:
        raise Refused("This payer has no email address: add one on the account. Nothing was sent.")
    words = compose(found, currency, sent_about(ctx, payer, {line.id for line in lines}))
    told = Mail((found.email,), words.subject, words.text, words.html, attachments(ctx, found))
    return Draft(payer, found.name, found.kind, currency, stage, found.email, lines, told)


def attachments(ctx: Context, found: Statement) -> tuple[Attachment, ...]:
    """The statement as PDF, and as CSV, in which every name stands."""
    name = f"statement-{ctx.today.isoformat()}"
    pdf, csv = as_pdf(found), b"".join(as_csv(found))
    return Attachment(f"{name}.pdf", "application/pdf", pdf), Attachment(f"{name}.csv", "text/csv", csv)
