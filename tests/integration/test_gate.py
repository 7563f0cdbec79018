"""The completeness gate: each rule says in words what stands before filing."""

from datetime import date

import pytest
from sqlmodel import delete, select

from storage.models import Importer, PowerOfAttorney
from storage.values import SYSTEM
from tests.factories import invoice_csv, mail
from tests.town import Town
from workflows import gate, poa

pytestmark = pytest.mark.slow


def blockers(town: Town) -> str:
    (shipment,) = town.shipments()
    with town.app.database.snapshot() as session:
        return " ".join(
            gate.blockers(session, shipment, screener=town.app.screener, needs_official_list=False)
        )


def send(town: Town, data: bytes) -> None:
    town.send(mail(("i.csv", data)))
    town.drain()


def test_without_a_power_of_attorney_nothing_is_filed(town: Town) -> None:
    with town.app.database.transaction() as session:
        session.exec(delete(PowerOfAttorney))
    send(town, invoice_csv())
    assert "no power of attorney of Kestrel Outdoor LLC on file" in blockers(town)


def test_a_power_of_attorney_that_ended_is_none(town: Town) -> None:
    with town.app.database.transaction() as session:
        session.exec(delete(PowerOfAttorney))
        importer = session.exec(
            select(Importer).where(Importer.name == "Kestrel Outdoor LLC")
        ).one()
        poa.record(
            session,
            importer=importer,
            signed_by="Renee Voss",
            signed_on=date(2024, 1, 1),
            expires_on=date(2025, 1, 1),
            actor=SYSTEM,
        )
    send(town, invoice_csv())
    assert "ended on 2025-01-01" in blockers(town)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"Kestrel Outdoor LLC", b"Nobody We Know Ltd"), "is not among our importers"),
        ((b"COMMERCIAL INVOICE", b"PROFORMA INVOICE"), "a proforma does not replace it"),
        ((b"25.00\n", b"25.00\n\nSignature:\n"), "has an empty signature line"),
        ((b"ZZZQ11110001", b""), "There is no bill of lading"),
        ((b"10,PCS,2.50,25.00", b",PCS,2.50,25.00"), "the quantity is missing"),
    ],
)
def test_what_is_missing_is_said_in_words(
    town: Town, change: tuple[bytes, bytes], said: str
) -> None:
    send(town, invoice_csv().replace(*change))
    assert said in blockers(town)


def test_with_a_real_gateway_the_demonstration_list_is_not_enough(town: Town) -> None:
    send(town, invoice_csv())
    (shipment,) = town.shipments()
    with town.app.database.snapshot() as session:
        said = gate.blockers(
            session, shipment, screener=town.app.screener, needs_official_list=True
        )
    assert "only a demonstration" in said[0]
