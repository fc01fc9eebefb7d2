"""Who and what of a made-up practice the benches ask for by name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from lib.mirror.database import open_database, reading
from lib.mirror.tables import balance_transactions, customers, invoices
from tests.bench.practice import Practice


@dataclass(frozen=True)
class Known:
    """Ids and words of one practice: its busiest payer, one in the middle, a patient, an open invoice, a ledger."""

    busiest: str
    usual: str
    patient: str
    invoice: str
    ledger: str
    number: str
    email: str
    postcode: str
    reference: str
    name: str
    payer_name: str


def of(practice: Practice) -> Known:
    """Look them up."""
    engine = open_database(practice.url)
    with reading(engine) as conn:
        found = _known(conn)
    engine.dispose()
    return found


def _known(conn: Connection) -> Known:
    organisation = select(customers.c.id).where(customers.c.kind == "organisation")
    many = func.count().desc()
    billed = (
        select(invoices.c.customer)
        .where(invoices.c.customer.in_(organisation))
        .group_by(invoices.c.customer)
        .order_by(many, invoices.c.customer)
    )
    payers = list(conn.execute(billed).scalars())
    treated = select(invoices.c.patient).where(invoices.c.patient != "").group_by(invoices.c.patient)
    patient = conn.execute(treated.order_by(many, invoices.c.patient).limit(1)).scalar_one()
    owing = select(invoices.c.id, invoices.c.number).where(invoices.c.status == "open")
    invoice = conn.execute(owing.order_by(invoices.c.created.desc(), invoices.c.id).offset(100).limit(1)).one()
    who = conn.execute(select(customers).where(customers.c.id == patient)).one()
    entries = select(balance_transactions.c.customer).group_by(balance_transactions.c.customer)
    ledger = conn.execute(entries.order_by(many, balance_transactions.c.customer).limit(1)).scalar_one()
    payer = conn.execute(select(customers.c.name).where(customers.c.id == payers[0])).scalar_one()
    return Known(
        busiest=payers[0],
        usual=payers[len(payers) // 2],
        patient=patient,
        invoice=invoice.id,
        ledger=ledger,
        number=invoice.number,
        email=who.email,
        postcode=who.postcode,
        reference=who.reference,
        name=who.name,
        payer_name=payer,
    )
