"""Finding a shipment's file: by number, firm, goods, code and day, alike on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from storage.db import Database
from storage.models import Entry, Importer, LineItem, LineState, Message, Reference, Shipment, State
from storage.models.mail import Disposition
from storage.values import Header, Parties, PartyBlock, Transport
from workflows import archive


def shipment(
    session: Session,
    *,
    importer: str,
    supplier: str = "Ningbo Yinhe Lamps",
    goods: str = "Brass chandelier",
    code: str = "9405.11.40.10",
    entry: str | None = None,
    filed: datetime | None = None,
    container: str = "ZZZU7712043",
    mail: str = "",
) -> Shipment:
    known = Importer(name=importer, match_name=f"{importer}-{entry}")
    session.add(known)
    session.flush()
    row = Shipment(
        state=State.CLOSED,
        importer_id=known.id,
        header=Header(invoiceNumber="HLB/2026/77"),
        parties=Parties(exporter=PartyBlock(name=supplier), importer=PartyBlock(name=importer)),
        transport=Transport(masterBill="ZZZQ26051877", containers=(container,)),
    )
    session.add(row)
    session.flush()
    row.ref = f"SHP-2026-{row.id:06d}"
    session.add(
        LineItem(
            shipment_id=row.id, number=1, state=LineState.CONFIRMED, description=goods, code=code
        )
    )
    session.add(Reference(shipment_id=row.id, kind="purchase_order", value="NR4471"))
    if entry:
        session.add(
            Entry(
                shipment_id=row.id,
                number=entry,
                key=f"key-{entry}",
                gateway="sandbox",
                confirmed_by="U1",
                confirmed_name="Dana",
                confirmed_at=filed or datetime(2026, 5, 4, tzinfo=UTC),
                submitted_at=filed or datetime(2026, 5, 4, tzinfo=UTC),
            )
        )
    if mail:
        session.add(
            Message(
                spool_name=f"m{row.id}",
                message_id=f"<{row.id}@x.example>",
                digest="d",
                raw_sha256="0" * 64,
                sender="ha@lotus.example",
                subject="Papers",
                text=mail,
                received_at=datetime(2026, 5, 1, tzinfo=UTC),
                disposition=Disposition.ACCEPTED,
                shipment_id=row.id,
            )
        )
    archive.index(session, row)
    return row


@pytest.fixture(scope="module")
def files(shared_database: Database) -> Iterator[Session]:
    with shared_database.transaction() as session:
        shipment(session, importer="Cascade Lighting Co.", entry="QZ7-0204531-4")
        shipment(
            session,
            importer="Kestrel Outdoor LLC",
            supplier="Hà Nội Lotus Bags JSC",
            goods="Textile backpacks, 背包 涤纶",
            code="4202.92.31.31",
            entry="QZ7-0204522-3",
            filed=datetime(2026, 7, 9, tzinfo=UTC),
            container="ZZZU3045132",
            mail="The lamps follow next week, says Müller.",
        )
    with shared_database.snapshot() as session:
        yield session


LIGHTING, KESTREL = "SHP-2026-000001", "SHP-2026-000002"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("QZ7-0204531-4", [LIGHTING]),
        ("qz702045314", [LIGHTING]),
        ("0204531", [LIGHTING]),
        ("entry:QZ7", [KESTREL, LIGHTING]),
        ("cascade", [LIGHTING]),
        ("importer:kestrel", [KESTREL]),
        ("importer:lotus", []),
        ("supplier:lotus", [KESTREL]),
        ("supplier:hanoi", []),
        ("ha noi", [KESTREL]),
        ("hts:9405", [LIGHTING]),
        ("9405.11", [LIGHTING]),
        ("hts:4202.92.3131", [KESTREL]),
        ("container:ZZZU3045132", [KESTREL]),
        ("3045132", [KESTREL]),
        ("chandeliers", []),
        ("chandel brass", [LIGHTING]),
        ("goods:lamps", []),
        ("lamps", [KESTREL, LIGHTING]),
        ("mail:lamps", [KESTREL]),
        ("mail:muller", [KESTREL]),
        ("背包", [KESTREL]),
        ("po:NR-4471", [KESTREL, LIGHTING]),
        ("HLB/2026/77", [KESTREL, LIGHTING]),
        ('"brass chandelier" zzzq26051877', [LIGHTING]),
        ("from:2026-06", [KESTREL]),
        ("to:2026-05-04 brass", [LIGHTING]),
        ("from:2026-05-04 to:2026-05-04", [LIGHTING]),
        ("shp-2026-000002", [KESTREL]),
        ("nothing of the kind", []),
        ("", [KESTREL, LIGHTING]),
        ("' OR 1=1 -- \" * : & | ! ( ) <->", []),
    ],
)
def test_a_file_is_found_by_whatever_is_known_of_it(
    files: Session, asked: str, found: list[str]
) -> None:
    assert [one.ref for one in archive.search(files, asked)] == found


@pytest.mark.parametrize("asked", ["from:yesterday", "to:2026-13", "colour:red"])
def test_a_question_that_cannot_be_asked_says_why(files: Session, asked: str) -> None:
    with pytest.raises(ValueError, match=r"no date|cannot be searched"):
        archive.search(files, asked)


def test_what_a_shipment_was_called_before_no_longer_finds_it(database: Database) -> None:
    with database.transaction() as session:
        row = shipment(session, importer="Cascade Lighting Co.")
        row.parties = Parties(importer=PartyBlock(name="Juniper Table Inc."))
        row.importer_id = None
        archive.index(session, row)
    with database.snapshot() as session:
        assert archive.search(session, "cascade") == []
        assert [one.ref for one in archive.search(session, "importer:juniper")] == [LIGHTING]
