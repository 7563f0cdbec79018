"""The file of a closed shipment: packaged for an audit, checked, held, and deleted in its time."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from sqlmodel import select
from typer.testing import CliRunner

from bot import cli
from bot.sandbox import player
from storage.columns import now
from storage.models import (
    AuditEvent,
    Document,
    Entry,
    LineItem,
    Message,
    Outbox,
    OutgoingMessage,
    Screening,
    Shipment,
    State,
)
from storage.values import Actor, Role
from tests.integration.test_town_story import CODES, decide_all, file
from tests.town import Town
from workflows import archive, audit_package, integrity, retention
from workflows.states import Refused

pytestmark = pytest.mark.slow

DANA = Actor(id="U01DANA", name="Dana Whitlock", role=Role.LICENSED_BROKER, licence="99001")
PRIYA = Actor(id="U01PRIYA", name="Priya Raman", role=Role.COMPLIANCE)
LUIS = Actor(id="U01LUIS", name="Luis Ortega", role=Role.ENTRY_WRITER)


@pytest.fixture
def closed(town: Town) -> Town:
    town.send(town.story("kestrel"))
    town.send(town.story("kestrel-packing-list"))
    town.drain()
    decide_all(town, "Kestrel", CODES["kestrel"])
    file(town, "Kestrel")
    town.poll()
    town.poll()
    town.drain()
    assert town.shipments()[0].state is State.CLOSED
    return town


def made(town: Town, **asked: object) -> tuple[zipfile.ZipFile, audit_package.Made]:
    with town.app.database.snapshot() as session:
        entries = audit_package.chosen(session, **asked)  # type: ignore[arg-type]
    out = io.BytesIO()
    told = audit_package.write(
        out,
        entries,
        snapshot=town.app.database.snapshot,
        blobs=town.app.blobs,
        firm="Harbor & Pine",
    )
    return zipfile.ZipFile(out), told


def grow_old(town: Town) -> None:
    with town.app.database.transaction() as session:
        row = session.get(Shipment, 1)
        assert row is not None
        row.keep_until = now() - timedelta(days=1)
        session.add(row)


def findings(town: Town) -> list[str]:
    return list(integrity.check(town.app.database.snapshot, town.app.blobs))


def blob_file(town: Town, sha256: str) -> Path:
    return next(p for p in Path(town.app.settings.blobs.removeprefix("file://")).rglob(sha256))


def test_an_audit_package_has_every_original_and_sums_that_fit(closed: Town) -> None:
    entry = closed.rows(Entry)[0]
    package, told = made(closed, numbers=[entry.number])
    sums = dict(
        reversed(line.split("  ", 1)) for line in package.read("SHA256SUMS").decode().splitlines()
    )
    inside = {name: hashlib.sha256(package.read(name)).hexdigest() for name in package.namelist()}
    inside.pop("SHA256SUMS")
    assert sums == inside
    assert set(inside.values()) >= {one.sha256 for one in closed.rows(Document)}
    assert set(inside.values()) >= {one.raw_sha256 for one in closed.rows(Message)}
    folder = f"{entry.submitted_at.date()}_{entry.number}"
    names = {name.removeprefix(f"{folder}/") for name in package.namelist()}
    assert names >= {
        "filing.json",
        "status.csv",
        "decisions.csv",
        "classification.json",
        "screening.json",
        "correspondence.json",
        "sealed-manifest.json",
    }
    decided = json.loads(package.read(f"{folder}/classification.json"))
    assert decided[0]["decided_name"] == "Dana Whitlock"
    assert decided[0]["proposed"]["candidates"]
    assert told.problems == []


def test_the_index_of_a_package_says_what_is_there_and_what_is_absent(closed: Town) -> None:
    entry = closed.rows(Entry)[0]
    package, _ = made(closed, importer="Kestrel Outdoor LLC")
    pages = pdfium.PdfDocument(package.read("index.pdf"))
    text = " ".join(page.get_textpage().get_text_range() for page in pages)
    assert entry.number in text
    assert "Kestrel Outdoor LLC" in text
    assert "certificate of origin: none on file" in " ".join(text.split())


def test_a_damaged_original_is_named_and_the_rest_is_in_the_package(closed: Town) -> None:
    document = closed.rows(Document)[0]
    blob_file(closed, document.sha256).write_bytes(b"changed")
    package, told = made(closed, numbers=[closed.rows(Entry)[0].number])
    assert any("damaged" in said for said in told.problems)
    assert any(name.endswith("filing.json") for name in package.namelist())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "never asks for everything"),
        ({"numbers": ["QZ7-9999999-9"]}, "no entry QZ7-9999999-9"),
        ({"importer": "Somebody Else Inc."}, "No entry of that importer"),
        ({"until": datetime(2001, 1, 1, tzinfo=UTC).date()}, "No entry of that importer"),
    ],
)
def test_a_package_of_what_is_not_there_is_refused(
    closed: Town, asked: dict[str, object], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        made(closed, **asked)


def test_an_untouched_archive_is_whole_and_a_changed_byte_is_named(closed: Town) -> None:
    assert findings(closed) == []
    document = closed.rows(Document)[0]
    path = blob_file(closed, document.sha256)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(bytes(data))
    assert [one for one in findings(closed) if document.filename in one]


def test_a_document_that_vanished_from_a_sealed_file_is_missed(closed: Town) -> None:
    with closed.app.database.transaction() as session:
        row = session.get(Document, closed.rows(Document)[-1].id)
        name = row.filename if row else ""
        session.delete(row)
    assert any(name in one and "no longer there" in one for one in findings(closed))


def test_a_file_is_kept_until_its_day_and_longer_under_a_legal_hold(closed: Town) -> None:
    database = closed.app.database
    with database.transaction() as session:
        row = session.get(Shipment, 1)
        assert row is not None
        with pytest.raises(Refused, match="must be kept until"):
            retention.dispose(session, row, actor=DANA)
    grow_old(closed)
    with database.transaction() as session:
        row = session.get(Shipment, 1)
        assert row is not None
        retention.place_hold(session, row, reason="CF-28 of 4 May", actor=PRIYA)
        assert retention.due(session) == []
        with pytest.raises(Refused, match="legal hold: CF-28"):
            retention.dispose(session, row, actor=DANA)
        with pytest.raises(Refused, match="for compliance or a licensed broker"):
            retention.lift_hold(session, row, reason="done", actor=LUIS)
        assert retention.lift_hold(session, row, reason="answered", actor=PRIYA) == 1
        assert [one.id for one in retention.due(session)] == [1]
        with pytest.raises(Refused, match="Only a licensed broker"):
            retention.dispose(session, row, actor=PRIYA)


def test_a_disposed_file_leaves_its_numbers_its_screening_and_the_audit_chain(
    closed: Town,
) -> None:
    names = {one.sha256 for one in closed.rows(Document)}
    number = closed.rows(Entry)[0].number
    filed = closed.rows(Entry)[0].filing_sha256
    assert filed
    assert closed.app.blobs.has(filed)
    events = len(closed.rows(AuditEvent))
    grow_old(closed)
    with closed.app.database.transaction() as session:
        row = session.get(Shipment, 1)
        assert row is not None
        gone = retention.dispose(session, row, actor=DANA)
    assert gone["document"] == len(names)
    closed.drain()
    for table in (Document, Message, LineItem, OutgoingMessage):
        assert closed.rows(table) == []
    assert closed.rows(Screening)
    assert not any(closed.app.blobs.has(one) for one in (*names, filed))
    assert closed.rows(Entry)[0].number == number
    assert closed.rows(Entry)[0].filing == {}
    assert len(closed.rows(AuditEvent)) > events
    assert findings(closed) == []
    with closed.app.database.snapshot() as session:
        assert archive.search(session, "kestrel") == []
    assert [one.kind for one in closed.rows(Outbox)] == ["archive.delete_blobs"]


def test_bytes_that_another_file_shares_stay_when_one_is_disposed(closed: Town) -> None:
    shared = closed.rows(Document)[0]
    with closed.app.database.transaction() as session:
        other = Shipment(state=State.IN_REVIEW)
        session.add(other)
        session.flush()
        session.add(
            Document(
                shipment_id=other.id,
                filename="again.pdf",
                content_type=shared.content_type,
                size=shared.size,
                sha256=shared.sha256,
                kind=shared.kind,
                state=shared.state,
            )
        )
    grow_old(closed)
    with closed.app.database.transaction() as session:
        row = session.get(Shipment, 1)
        assert row is not None
        retention.dispose(session, row, actor=DANA)
    closed.drain()
    assert closed.app.blobs.has(shared.sha256)


def test_screenings_are_forgotten_ten_years_after(closed: Town) -> None:
    grow_old(closed)
    with closed.app.database.transaction() as session:
        row = session.get(Shipment, 1)
        assert row is not None
        retention.dispose(session, row, actor=DANA)
        for days, some in ((9 * 365, False), (400, True)):
            for one in session.exec(select(Screening)):
                one.screened_at -= timedelta(days=days)
                session.add(one)
            session.flush()
            assert bool(retention.screening_due(session)) is some


def test_the_office_packs_checks_holds_and_disposes_from_the_command_line(
    closed: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEWAITER_DATA_DIR", str(closed.app.settings.data))
    monkeypatch.chdir(tmp_path)
    hands = CliRunner()
    entry = closed.rows(Entry)[0].number

    def say(*words: str) -> str:
        return hands.invoke(cli.app, ["archive", *words]).output

    assert "1 entries" in say("package", "--entry", entry, "-o", "for-cbp.zip")
    assert zipfile.ZipFile("for-cbp.zip").testzip() is None
    assert "are as they were" in say("verify")
    assert "Nothing is due." in say("due")
    assert "must be kept until" in say("dispose", entry, "--by", player.DANA)
    grow_old(closed)
    assert "under a legal hold" in say("hold", entry, "--by", player.PRIYA, "--reason", "CF-28")
    assert "legal hold: CF-28" in say("dispose", entry, "--by", player.DANA)
    assert "1 holds lifted" in say("lift", entry, "--by", player.PRIYA, "--reason", "answered")
    assert "not on Tidewaiter's list" in say("dispose", entry, "--by", "U0NOBODY")
    assert "audit chain stay" in say("dispose", entry, "--by", player.DANA)
    assert "0 files" in say("reindex")
    assert "no shipment or entry" in say("hold", "SHP-9", "--by", player.DANA, "--reason", "x")
