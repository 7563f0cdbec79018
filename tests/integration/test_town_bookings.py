"""From a booking to a card to the documents that join it, over real HTTP and SMTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import drop
from storage.db import Database
from storage.models import (
    AuditEvent,
    Booked,
    BookingReceipt,
    Document,
    Entry,
    LineItem,
    Outbox,
    OutboxStatus,
    Screening,
    State,
    TmsCursor,
)
from tests.factories import invoice_csv, mail
from tests.integration.test_town_story import decide_all, file
from tests.servers.flexport import SECRET, TOKEN, FlexportServer, event, shipment, signature
from tests.town import Thread, Town, free_port
from workflows.booked import acting, pulling, triggers

pytestmark = pytest.mark.slow

CSV = """booking,importer,exporter,exporter country,destination,mode,port of loading,port of discharge,eta,packages,package unit,house bill,po,contact
K-1,Kestrel Outdoor LLC,Hanoi Lotus Bags JSC,VN,US,ocean,Hai Phong,Long Beach,2026-12-05,10,PALLETS,,PO-4471,ha@lotusbags.example
"""
PACKING = b"""PACKING LIST

Exporter:,Hanoi Lotus Bags JSC,,Invoice No.:,T-1001
Importer:,Kestrel Outdoor LLC,,P.O. No.:,PO-4471
Packages:,%b,,,

No.,Description,Quantity,Unit
1,Backpacks of polyester textile 1,10,PCS
"""


@pytest.fixture
def source() -> Iterator[FlexportServer]:
    made, port = FlexportServer(), free_port()
    thread = Thread(made.app, port)
    made.base = f"http://127.0.0.1:{port}"
    yield made
    thread.close()


@pytest.fixture
def booked_town(tmp_path: Path, source: FlexportServer) -> Iterator[Town]:
    folder = tmp_path / "drop"
    folder.mkdir()
    made = Town(
        tmp_path,
        more={
            "tms": {"url": source.base, "token": TOKEN, "webhook_secret": SECRET},
            "bookings": {"drop_folder": folder},
        },
    )
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def hooked_town(tmp_path: Path) -> Iterator[Town]:
    """Webhooks only: the source cannot be asked."""
    made = Town(tmp_path, more={"tms": {"webhook_secret": SECRET}})
    try:
        yield made
    finally:
        made.close()


def post(town: Town, raw: bytes, **headers: str) -> httpx.Response:
    url = f"{town.app.settings.public_url}/bookings/flexport"
    with httpx.Client(trust_env=False, timeout=60) as client:
        return client.post(url, content=raw, headers=headers)


def hook(town: Town, raw: bytes) -> httpx.Response:
    return post(town, raw, **{"X-Hub-Signature-256": signature(raw)})


def dropped(town: Town, text: str | bytes, name: str = "bookings.csv") -> list[str]:
    place = town.app.settings.bookings.drop_folder / name
    place.write_bytes(text.encode() if isinstance(text, str) else text)
    said = drop.sweep(town.app, settled=0)
    town.drain()
    return said


def thread(town: Town, words: str) -> list[str]:
    card = town.hands.card(words)
    assert card is not None
    return [one["text"] for one in town.hands.thread(card)]


def shown(town: Town, words: str) -> str:
    card = town.hands.card(words)
    assert card is not None
    return str(card["blocks"])


def written_to(town: Town, address: str) -> list[dict[str, Any]]:
    return [one for one in town.hands.state()["mails"] if one["to"] == [address]]


def test_the_same_webhook_three_times_is_one_shipment_one_thread_and_three_receipts(
    hooked_town: Town,
) -> None:
    raw = event(354987, "/shipment#created", shipment(7001))
    assert [hook(hooked_town, raw).json()["outcome"] for _ in range(3)] == [
        "taken",
        "repeated",
        "repeated",
    ]
    hooked_town.drain()
    (made,) = hooked_town.shipments()
    receipts = hooked_town.rows(BookingReceipt)
    assert made.state is State.BOOKED
    assert [one.outcome for one in receipts] == ["taken", "repeated", "repeated"]
    assert {one.shipment_id for one in receipts} == {made.id}
    cards = [
        one
        for one in hooked_town.hands.state()["messages"]
        if made.ref in str(one.get("blocks")) and not one.get("thread_ts")
    ]
    assert len(cards) == 1


def test_the_card_of_a_booking_shows_what_is_known_and_what_is_missing(hooked_town: Town) -> None:
    hook(hooked_town, event(1, "/shipment#created", shipment(7001)))
    hooked_town.drain()
    text = shown(hooked_town, "Kestrel Outdoor LLC")
    for fact in (
        "Ningbo Yinhe Lamps",
        "CN → US, ocean",
        "10 packages",
        "flexport 7001",
        "2026-11-28",
    ):
        assert fact in text
    for gap in (
        "Commercial invoice",
        "Packing list",
        "Bill of lading or arrival notice",
        "house bill or master bill",
    ):
        assert gap in text
    assert "Confirm and file" not in text


def test_every_party_of_a_booking_is_screened_at_once(hooked_town: Town) -> None:
    hook(hooked_town, event(1, "/shipment#created", shipment(7001)))
    assert {one.party for one in hooked_town.rows(Screening)} == {
        "Ningbo Yinhe Lamps",
        "Kestrel Outdoor LLC",
    }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "nonsense"},
        {"X-Hub-Signature-256": signature(b"other bytes")},
        {"X-Hub-Signature-256": signature(event(1, "/shipment#created", shipment(7001)), secret="another")},
        {"X-Hub-Signature": signature(event(1, "/shipment#created", shipment(7001)), how="sha1")},
    ],
)  # fmt: skip
def test_a_bad_signature_is_401_and_nothing_is_recorded(
    hooked_town: Town, headers: dict[str, str]
) -> None:
    before = len(hooked_town.rows(AuditEvent))
    answer = post(hooked_town, event(1, "/shipment#created", shipment(7001)), **headers)
    assert answer.status_code == 401
    assert hooked_town.shipments() == []
    assert hooked_town.rows(BookingReceipt) == []
    assert len(hooked_town.rows(AuditEvent)) == before


def test_the_legacy_signature_counts_only_where_it_is_allowed(tmp_path: Path) -> None:
    town = Town(tmp_path, more={"tms": {"webhook_secret": SECRET, "accept_sha1": True}})
    try:
        raw = event(1, "/shipment#created", shipment(7001))
        assert post(town, raw, **{"X-Hub-Signature": signature(raw, how="sha1")}).status_code == 200
        both = {"X-Hub-Signature": signature(raw, how="sha1"), "X-Hub-Signature-256": "sha256=00"}
        assert post(town, raw, **both).status_code == 401
    finally:
        town.close()


def test_what_is_too_large_is_refused_before_it_is_read_to_the_end(hooked_town: Town) -> None:
    raw = b"{" + b" " * 1_100_000 + b"}"
    assert hook(hooked_town, raw).status_code == 413


@pytest.mark.parametrize(
    "raw", [b"no json", b"[]", b'{"id":1}', b'{"id":1,"type":7}', b"[" * 100_000]
)
def test_a_genuine_webhook_that_is_no_event_is_kept_and_told_to_operations(
    hooked_town: Town, raw: bytes
) -> None:
    assert hook(hooked_town, raw).status_code == 422
    hooked_town.drain()
    (receipt,) = hooked_town.rows(BookingReceipt)
    assert receipt.outcome == "refused"
    assert hooked_town.app.blobs.read(receipt.sha256) == raw
    assert hooked_town.shipments() == []


def test_an_old_webhook_sent_again_does_not_undo_a_newer_one(hooked_town: Town) -> None:
    old = event(1, "/shipment#created", shipment(7001))
    newer = shipment(7001, estimated_arrival_date="2026-12-09", updated_at="2026-11-09T08:00:00Z")
    hook(hooked_town, old)
    hook(hooked_town, event(2, "/shipment#updated", newer))
    hook(hooked_town, old)
    stale = shipment(7001, updated_at="2026-11-02T08:00:00Z")
    hook(hooked_town, event(3, "/shipment#updated", stale))
    hooked_town.drain()
    (made,) = hooked_town.shipments()
    assert str(made.transport.eta) == "2026-12-09"
    assert any("arrival: 2026-11-28 → 2026-12-09" in one for one in thread(hooked_town, "Kestrel"))


def test_a_milestone_of_the_source_clears_nothing(hooked_town: Town) -> None:
    hook(hooked_town, event(1, "/shipment#created", shipment(7001)))
    hook(hooked_town, event(2, "/shipment#customs_entry_release_status_released", shipment(7001)))
    hooked_town.drain()
    (made,) = hooked_town.shipments()
    assert made.state is State.BOOKED
    said = thread(hooked_town, "Kestrel")
    assert any("customs entry release status released" in one for one in said)


def test_a_lane_that_nobody_described_is_told_to_a_person(hooked_town: Town) -> None:
    odd = shipment(
        7001,
        consignees=[{"name": "Kestrel Outdoor LLC", "mailing_address": {"country_code": "BR"}}],
    )
    hook(hooked_town, event(1, "/shipment#created", odd))
    hooked_town.drain()
    assert any(
        "no lane profile for CN to BR by ocean" in one for one in thread(hooked_town, "Kestrel")
    )
    assert "no lane profile for CN to BR" in shown(hooked_town, "Kestrel")


def test_an_unknown_importer_is_told_and_no_poa_is_assumed(hooked_town: Town) -> None:
    stranger = [{"name": "Nobody Knows Inc.", "mailing_address": {"country_code": "US"}}]
    hook(
        hooked_town,
        event(
            1,
            "/shipment#created",
            shipment(7001, importers_of_record=stranger, consignees=stranger),
        ),
    )
    hooked_town.drain()
    assert any(
        "Nobody Knows Inc. is not among our importers" in one
        for one in thread(hooked_town, "Nobody Knows")
    )


def test_a_webhook_with_only_a_number_lets_the_source_be_asked(
    booked_town: Town, source: FlexportServer
) -> None:
    source.add(shipment(7001), boxes=("ZZZU3045127",))
    reference = {"_object": "/api/refs/object", "ref_type": "/shipment", "id": 7001}
    hook(booked_town, event(1, "/shipment#created", reference))
    booked_town.drain()
    (made,) = booked_town.shipments()
    assert (made.transport.vessel, made.transport.portOfDischarge) == ("LOTUS STREAM", "Long Beach")
    assert made.transport.containers == ("ZZZU3045127",)
    assert made.parties.importer.name == "Kestrel Outdoor LLC"


def pull(town: Town) -> None:
    with town.app.database.transaction() as session:
        row = session.get(TmsCursor, "flexport")
        if row is not None:
            row.next_at = None
            session.add(row)
            session.flush()
        pulling.schedule(session, house=town.app.house)
    town.drain()


def test_the_list_is_walked_to_its_end_and_nothing_is_opened_twice(
    booked_town: Town, source: FlexportServer
) -> None:
    for number in range(7001, 7024):
        source.add(shipment(number))
    source.add(shipment(7100, status="final_destination"))
    source.add(shipment(7101, archived_at="2026-01-01T00:00:00Z"))
    pull(booked_town)
    assert len(booked_town.shipments()) == 23
    asked = len(source.asked)
    pull(booked_town)
    assert len(booked_town.shipments()) == 23
    assert [one.split("?")[0] for one in source.asked[asked:]] == ["GET /shipments"] * 3


def test_a_changed_shipment_is_read_again_and_the_thread_hears_of_it(
    booked_town: Town, source: FlexportServer
) -> None:
    source.add(shipment(7001))
    pull(booked_town)
    source.add(
        shipment(7001, estimated_arrival_date="2026-12-09", updated_at="2026-11-12T00:00:00Z")
    )
    pull(booked_town)
    (made,) = booked_town.shipments()
    assert str(made.transport.eta) == "2026-12-09"
    assert any("2026-11-28 → 2026-12-09" in one for one in thread(booked_town, "Kestrel"))


def test_a_dropped_file_opens_a_shipment_asks_the_shipper_and_is_moved(booked_town: Town) -> None:
    folder = booked_town.app.settings.bookings.drop_folder
    dropped(booked_town, CSV)
    (made,) = booked_town.shipments()
    assert made.state is State.BOOKED
    assert [one.name for one in sorted((folder / "taken").iterdir())] == [
        "bookings.csv",
        "bookings.csv.result.txt",
    ]
    (asked,) = written_to(booked_town, "ha@lotusbags.example")
    assert "commercial invoice" in asked["text"]
    assert "packing list" in asked["text"]
    assert made.ref in asked["text"]


def test_the_same_file_again_does_nothing(booked_town: Town) -> None:
    dropped(booked_town, CSV)
    receipts = len(booked_town.rows(BookingReceipt))
    assert "taken already" in dropped(booked_town, CSV, "again.csv")[0]
    assert len(booked_town.rows(BookingReceipt)) == receipts
    assert len(booked_town.shipments()) == 1
    assert len(written_to(booked_town, "ha@lotusbags.example")) == 1


def test_good_rows_are_taken_and_bad_ones_told_by_number(booked_town: Town) -> None:
    row = CSV.splitlines()[1]
    dropped(
        booked_town,
        f"{CSV}{row.replace('K-1', 'K-2').replace('2026-12-05', '05/12/2026')}\n{row.replace('K-1', 'K-3')}\n",
    )
    assert len(booked_town.shipments()) == 2
    told = [
        one["text"] for one in booked_town.hands.state()["messages"] if "Not taken" in one["text"]
    ]
    assert any("row 3: eta '05/12/2026' is no date that can be only one day" in one for one in told)


def test_a_broken_file_is_refused_with_its_reason_and_kept(booked_town: Town) -> None:
    folder = booked_town.app.settings.bookings.drop_folder
    dropped(booked_town, 'booking,importer\n"K-1,Kestrel\n', "broken.csv")
    assert "is broken at line" in (folder / "refused" / "broken.csv.result.txt").read_text()
    assert (folder / "refused" / "broken.csv").exists()
    assert booked_town.shipments() == []


def test_documents_that_name_the_order_join_the_booking_and_come_to_review(
    booked_town: Town,
) -> None:
    dropped(booked_town, CSV)
    papers = mail(
        ("pl.csv", PACKING % b"10 PALLETS"),
        ("invoice.csv", invoice_csv()),
        subject="Documents for PO-4471",
    )
    booked_town.send(papers)
    booked_town.drain()
    (made,) = booked_town.shipments()
    assert made.state is State.IN_REVIEW
    assert len(booked_town.rows(Document)) == 2
    assert str(made.transport.eta) == "2026-12-05"  # from the booking: no document says it
    assert not [flag for flag in made.flags if flag.type == "booking_conflict"]


def test_a_revised_packing_list_settles_what_the_old_one_raised(booked_town: Town) -> None:
    dropped(booked_town, CSV)
    booked_town.send(
        mail(
            ("pl.csv", PACKING % b"12 PALLETS"),
            ("invoice.csv", invoice_csv()),
            subject="Documents for PO-4471",
        )
    )
    booked_town.drain()
    again = mail(
        ("pl2.csv", PACKING % b"10 PALLETS"),
        message_id="<m2@lotusbags.example>",
        answers="<m1@lotusbags.example>",
    )
    booked_town.send(again)
    booked_town.drain()
    (made,) = booked_town.shipments()
    assert not [one for one in made.flags if one.type == "booking_conflict"]


def test_a_mail_that_is_only_a_booking_stays_booked_until_documents_come(town: Town) -> None:
    booking = b"BOOKING CONFIRMATION\n\nShipper:,Hanoi Lotus Bags JSC\nConsignee:,Kestrel Outdoor LLC\nVessel:,LOTUS STREAM\nPort of Loading:,Hai Phong\nPort of Discharge:,Long Beach\nETA:,2026-12-05\n"
    town.send(mail(("booking.csv", booking), subject="Booking no. EGLV77812"))
    town.drain()
    (made,) = town.shipments()
    assert made.state is State.BOOKED
    (row,) = town.rows(Booked)
    assert (row.source, row.external_id, row.facts.mode) == ("mail", "EGLV77812", "ocean")
    assert "VN → US, ocean" in shown(town, "Kestrel")
    town.send(
        mail(
            ("invoice.csv", invoice_csv()),
            subject="Invoice for booking no. EGLV77812",
            message_id="<m2@lotusbags.example>",
        )
    )
    town.drain()
    (made,) = town.shipments()
    assert made.state is State.IN_REVIEW


def released(town: Town, source: FlexportServer) -> None:
    source.add(
        shipment(
            7001,
            pieces=0,
            sellers=[],
            shippers=[{"name": "Hanoi Lotus Bags JSC", "mailing_address": {"country_code": "VN"}}],
        )
    )
    pull(town)
    made = town.shipments()[0]
    kestrel = town.story("kestrel")
    kestrel.replace_header("To", town.app.house.address_for(made.ref))
    town.send(kestrel)
    packing = town.story("kestrel-packing-list")
    packing.replace_header("To", town.app.house.address_for(made.ref))
    town.send(packing)
    town.drain()


def test_did_it_clear_is_answered_at_the_source(booked_town: Town, source: FlexportServer) -> None:
    from tests.integration.test_town_story import CODES

    released(booked_town, source)
    decide_all(booked_town, "Kestrel", CODES["kestrel"])
    file(booked_town, "Kestrel")
    assert source.shipments["7001"]["metadata"]["customs_status"] == "filed"
    booked_town.poll()
    booked_town.poll()
    number = booked_town.rows(Entry)[0].number
    facts = source.shipments["7001"]["metadata"]
    assert (facts["customs_status"], facts["customs_entry_number"]) == ("released", number)
    assert [body["metadata"]["customs_status"] for _, body in source.patches] == [
        "filed",
        "accepted",
        "released",
    ]
    assert len({key for key, _ in source.patches}) == 3
    assert [one["file_name"] for one in source.documents] == [f"entry-{number}.json"]
    assert {one.state.value for one in booked_town.rows(LineItem)} == {"confirmed"}
    said = {one.action: one.at for one in booked_town.rows(AuditEvent)}  # the last of each
    assert (said["status_written_back"] - said["status_reported"]).total_seconds() < 60


def test_a_source_that_is_down_hears_the_status_later_and_once(
    booked_town: Town, source: FlexportServer
) -> None:
    from starlette.responses import PlainTextResponse

    from tests.integration.test_town_story import CODES

    released(booked_town, source)
    decide_all(booked_town, "Kestrel", CODES["kestrel"])
    source.wrong = [PlainTextResponse("down", status_code=503)]
    file(booked_town, "Kestrel")
    (row,) = [one for one in booked_town.rows(Outbox) if one.kind == "tms.write_back"]
    assert row.status is OutboxStatus.PENDING
    assert source.patches == []
    from bot import jobs

    jobs.perform(row.id)
    assert [body["metadata"]["customs_status"] for _, body in source.patches] == ["filed"]


def test_one_webhook_at_eight_doors_at_once_is_one_shipment(
    tmp_path: Path, database: Database
) -> None:
    town = Town(tmp_path, database_url=database.url, more={"tms": {"webhook_secret": SECRET}})
    try:
        raw = event(354987, "/shipment#created", shipment(7001))
        with ThreadPoolExecutor(8) as pool:
            answers = [
                one.json()["outcome"] for one in pool.map(lambda _: hook(town, raw), range(8))
            ]
        assert sorted(answers) == ["repeated"] * 7 + ["taken"]
        assert len(town.shipments()) == 1
        assert len(town.rows(BookingReceipt)) == 8
    finally:
        town.close()


def test_a_mail_and_a_booking_with_one_bill_are_one_shipment(booked_town: Town) -> None:
    booked_town.send(mail(("invoice.csv", invoice_csv(bill="ZZZQ11110001"))))
    booked_town.drain()
    dropped(booked_town, CSV.replace("PALLETS,,", "PALLETS,ZZZQ11110001,"))
    (made,) = booked_town.shipments()
    assert made.state is State.IN_REVIEW
    assert made.totals.packages == 10
    assert any("speaks of this shipment" in one for one in thread(booked_town, "Kestrel"))


def test_a_booking_of_another_client_never_joins(booked_town: Town) -> None:
    booked_town.send(mail(("invoice.csv", invoice_csv(bill="ZZZQ11110001"))))
    booked_town.drain()
    other = CSV.replace("PALLETS,,", "PALLETS,ZZZQ11110001,").replace(
        "Kestrel Outdoor LLC", "Northgate Retail Inc."
    )
    dropped(booked_town, other)
    assert len(booked_town.shipments()) == 2


def test_triggers_are_rehearsed_without_side_effects(booked_town: Town, tmp_path: Path) -> None:
    hook(booked_town, event(1, "/shipment#created", shipment(7001)))
    hook(booked_town, event(2, "/shipment_leg#departed", shipment(7001)))
    table = tmp_path / "tried.toml"
    table.write_text(
        'version = "tried"\n[[trigger]]\nwhen = "flexport:/shipment_leg#*"\ndo = ["poll_now"]\n'
    )
    made = booked_town.shipments()[0]
    before = [len(booked_town.rows(one)) for one in (Outbox, AuditEvent, BookingReceipt)]
    with booked_town.app.database.snapshot() as session:
        past = acting.rehearse(session, made, triggers.load(table))
    assert [(one.milestone, one.would) for one in past] == [
        ("flexport:/shipment#created", ()),
        ("flexport:/shipment_leg#departed", ("poll_now",)),
    ]
    assert past[0].did == ("open_shipment", "ask_poa", "request_documents")
    assert [len(booked_town.rows(one)) for one in (Outbox, AuditEvent, BookingReceipt)] == before
