"""What precedes filing, in one piece: a booking, its signature, its documents, one entry."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import delete, select

from bot import drop, people
from bot.sandbox.player import DANA
from storage.models import Entry, Importer, PowerOfAttorney, Shipment, SignatureEnvelope, State
from storage.powers import GrantorKind, Signatory
from tests.factories import invoice_csv, mail
from tests.integration.test_town_bookings import CSV, PACKING
from tests.integration.test_town_powers import blockers, note, tick
from tests.integration.test_town_story import CODES, decide_all, file
from tests.town import Town
from workflows.papers import asking
from workflows.papers.sheet import Kind
from workflows.signing import keep_signer
from workflows.states import Refused

pytestmark = pytest.mark.slow

BOOKING = """booking,importer,exporter,exporter country,destination,mode,port of loading,port of discharge,contact
K-1,Kestrel Outdoor LLC,Hanoi Lotus Bags JSC,VN,US,ocean,Hai Phong,Long Beach,ha@lotusbags.example
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Town]:
    """Powers of attorney are sent by themselves; Kestrel's is not on file."""
    folder = tmp_path / "drop"
    folder.mkdir()
    made = Town(tmp_path, esign={"automatic": True}, more={"bookings": {"drop_folder": folder}})
    with made.app.database.transaction() as session:
        kestrel = session.exec(
            select(Importer).where(Importer.name == "Kestrel Outdoor LLC")
        ).one()
        session.exec(delete(PowerOfAttorney).where(PowerOfAttorney.importer_id == kestrel.id))
        keep_signer(
            session,
            importer=kestrel,
            actor=people.who(session, DANA),
            signatory=Signatory(
                name="Renee Voss", title="Managing member", mail="renee@kestrel.example"
            ),
            kind=GrantorKind.LLC,
        )
    try:
        yield made
    finally:
        made.close()


def book(town: Town, text: str = BOOKING) -> None:
    place = town.app.settings.bookings.drop_folder / "bookings.csv"
    place.write_text(text)
    drop.sweep(town.app, settled=0)
    town.drain()


def shipment(town: Town) -> Shipment:
    (made,) = town.shipments()
    return made


def test_a_booking_gets_its_signature_its_documents_and_one_entry(office: Town) -> None:
    book(office)
    assert shipment(office).state is State.BOOKED
    (envelope,) = office.rows(SignatureEnvelope)
    office.hands.sign(str(envelope.key), name="Renee Voss")
    office.look_at_signatures()
    signed = note(office, "signed the power of attorney of Kestrel Outdoor LLC")
    assert tick(office, signed, "registration", "address", "authority") == {}
    office.drain()
    invoice = office.story("kestrel")
    invoice.replace_header("To", office.app.house.address_for(shipment(office).ref or ""))
    office.send(invoice)
    office.drain()
    assert "packing list is missing" in blockers(office)
    decide_all(office, "Kestrel", CODES["kestrel"])
    assert not office.rows(Entry)
    packing = office.story("kestrel-packing-list")
    packing.replace_header("To", office.app.house.address_for(shipment(office).ref or ""))
    office.send(packing)
    office.drain()
    assert blockers(office) == ""
    file(office, "Kestrel")
    office.poll()
    office.poll()
    assert shipment(office).state is State.CLOSED
    assert len(office.rows(Entry)) == 1
    assert len(office.rows(SignatureEnvelope)) == 1


def test_no_paper_carries_a_figure_that_the_booking_contradicts(office: Town) -> None:
    book(office, CSV)
    papers = mail(
        ("pl.csv", PACKING % b"12 PALLETS"),
        ("invoice.csv", invoice_csv()),
        subject="Documents for PO-4471",
    )
    office.send(papers)
    office.drain()
    with office.app.database.transaction() as session:
        row = session.get(Shipment, shipment(office).id)
        assert row is not None
        with pytest.raises(Refused, match="10 pallets in the booking .* but 12 pallets in pl.csv"):
            asking.ask(
                session,
                shipment_id=row.id or 0,
                kind=Kind.PACKING_LIST,
                actor=people.who(session, DANA),
                house=office.app.house,
            )
