"""Filing end to end: by HTTP, SFTP and e-mail, through outages, doubts, late papers, garbage."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select, update

from bot import jobs
from bot.sandbox.player import DANA, LUIS
from storage import outbox
from storage.columns import now
from storage.models import (
    AuditEvent,
    Entry,
    FilingAttempt,
    Importer,
    LateDocument,
    Outbox,
    OutboxStatus,
    State,
    StatusReceipt,
)
from storage.values import SYSTEM
from tests.factories import invoice_csv, mail
from tests.filers import HttpFiler, SftpFiler
from tests.integration.test_town_faults import at_once, press_file, ready_to_file
from tests.nameserver import Names
from tests.town import Town
from workflows import entry_numbers, outage
from workflows.effects import ReadStrays
from workflows.gateways.catair import read
from workflows.ports import Transient

pytestmark = pytest.mark.slow


def watch(town: Town) -> None:
    with town.app.database.transaction() as session:
        outage.watch(session, house=town.app.house)
    town.drain()


def age(town: Town, minutes: float) -> None:
    """As if the confirmation had been so long ago."""
    with town.app.database.transaction() as session:
        entry = session.exec(select(Entry)).one()
        entry.confirmed_at -= timedelta(minutes=minutes)
        if entry.submitted_at is not None:
            entry.submitted_at -= timedelta(minutes=minutes)
        session.add(entry)


def thread(town: Town, words: str) -> dict[str, Any]:
    card = town.hands.card("Kestrel")
    assert card is not None

    def told() -> dict[str, Any] | None:
        town.drain()  # a note that came before the card is tried again, and those behind it
        return next((one for one in town.hands.thread(card) if words in one["text"]), None)

    return town.hands.wait(words, told)


def submit_modal(town: Town, user: str, callback: str, **values: str) -> None:
    view = town.hands.modal(user, callback)
    told: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        kind, value = block["element"]["type"], values[block["block_id"]]
        chosen = next((o for o in block["element"].get("options", []) if o["value"] == value), None)
        told[block["block_id"]] = {
            block["element"]["action_id"]: {"type": kind, "selected_option": chosen}
            if chosen
            else {"type": kind, "value": value}
        }
    said = town.hands.submit(user, view, told)
    assert said.get("ok", True), said


# -- outage


def test_an_outage_is_told_once_and_the_entry_goes_out_once_when_it_ends(town: Town) -> None:
    ready_to_file(town)
    town.hands.outage(away=True)
    press_file(town)
    town.drain()
    for _ in range(4):
        at_once(town)
    watch(town)
    assert not [one for one in town.rows(AuditEvent) if one.action == "outage_told"]
    age(town, 31)
    for _ in range(3):
        watch(town)
    assert len([one for one in town.rows(AuditEvent) if one.action == "outage_told"]) == 1
    alert = thread(town, "does not get out")
    assert "<@U01DANA>" in alert["text"]
    ops = [m for m in town.hands.state()["messages"] if "has waited for 30 minutes" in m["text"]]
    assert len(ops) == 1
    town.hands.outage(away=False)
    at_once(town)
    at_once(town)
    assert town.sandbox.authority.submissions == 1
    tried = town.rows(FilingAttempt)
    assert [one.outcome for one in tried] == ["not_done"] * (len(tried) - 1) + ["submitted"]
    assert len(tried) >= 5
    assert {one.sha256 for one in tried} == {town.rows(Entry)[0].filing_sha256}
    said = [one for one in town.rows(AuditEvent) if one.action == "filing_answered"]
    assert [one.details["attempt"] for one in said] == [one.number for one in tried]


def test_the_packet_for_filing_by_hand_stands_behind_signed_links(town: Town) -> None:
    ready_to_file(town)
    town.hands.outage(away=True)
    press_file(town)
    key = town.rows(Entry)[0].key
    packet = town.open(town.app.filing_link(key, "packet"))
    assert packet.json()["entryNumber"] == town.rows(Entry)[0].number
    records = town.open(town.app.filing_link(key, "cargo_release"))
    said = read.read(records.text)
    assert said.entry_number == town.rows(Entry)[0].number
    assert said.ior == "00-000000200"
    summary = town.open(town.app.filing_link(key, "entry_summary"))
    assert summary.status_code == 409  # a rate of 2026-07 is not on file, and it says which
    assert "9903.05" in summary.text
    assert town.open(town.app.filing_link(key, "packet") + "x").status_code == 404


def test_who_filed_it_by_hand_ends_the_retries_and_it_is_not_filed_twice(town: Town) -> None:
    ready_to_file(town)
    town.hands.outage(away=True)
    press_file(town)
    town.drain()
    age(town, 31)
    watch(town)
    alert = thread(town, "does not get out")
    town.hands.press(LUIS, alert, "filed_by_hand")
    town.hands.wait(
        "the refusal",
        lambda: "Only a licensed broker" in json.dumps(town.hands.state(LUIS)["views"]),
    )
    town.hands.press(DANA, alert, "filed_by_hand")
    submit_modal(town, DANA, "filed_by_hand", reference="ACE portal 4711")
    entry = town.hands.wait(
        "the entry", lambda: next((e for e in town.rows(Entry) if e.submitted_at), None)
    )
    assert (entry.reference, entry.filed_by) == ("ACE portal 4711", DANA)
    town.hands.outage(away=False)
    at_once(town)
    at_once(town)
    assert town.sandbox.authority.submissions == 0
    assert town.shipments()[0].state is State.SUBMITTED
    done = next(one for one in town.rows(AuditEvent) if one.action == "filed_by_hand")
    assert (done.actor_licence, done.details["retries_stopped"]) == ("99001", True)
    note = thread(town, "by hand, reference")
    town.hands.press(DANA, note, "status_stated")
    submit_modal(town, DANA, "status_stated", status="released", reason="ACE screen at 14:02")
    town.hands.wait("the release", lambda: town.shipments()[0].state is not State.SUBMITTED)
    town.drain()
    assert town.shipments()[0].state is State.CLOSED


def test_while_an_attempt_is_under_way_nobody_files_by_hand(town: Town) -> None:
    ready_to_file(town)
    press_file(town)
    row = next(one for one in town.rows(Outbox) if one.kind == "gateway.submit")
    with town.app.database.transaction() as session:
        entry = session.exec(select(Entry)).one()
        assert outbox.claim(session, row.id, lease=jobs.LEASE[jobs.WORK]) is not None
        from workflows import byhand, journal
        from workflows.states import Refused

        journal.begin(session, key=entry.key, gateway="sandbox", sha256="0", shipment_id=1)
        from storage.values import Actor, Role

        dana = Actor(id=DANA, name="Dana", role=Role.LICENSED_BROKER, licence="99001")
        with pytest.raises(Refused, match="at this very moment"):
            byhand.filed(
                session, entry_id=entry.id, reference="X", actor=dana, house=town.app.house
            )


# -- other gateways


@pytest.fixture
def names() -> Iterator[Names]:
    """A DNS server that knows nobody: nobody in the world is asked about senders."""
    made = Names()
    yield made
    made.close()


def opened(folder: Path, gateway: dict[str, Any], names: Names) -> Town:
    """A town with a real gateway."""
    return Town(
        folder, gateway=gateway, new_senders="accept", mail={"resolver": names.address}
    )


@pytest.fixture
def http_town(tmp_path: Path, names: Names) -> Iterator[tuple[Town, HttpFiler]]:
    filer = HttpFiler(secret="s3c")
    made = opened(tmp_path, {"kind": "http", "url": filer.url, "hmac_secret": "s3c", "timeout": 3}, names)  # fmt: skip
    equip(made)
    yield made, filer
    made.close()
    filer.stop()


@pytest.fixture
def sftp_town(tmp_path: Path, names: Names) -> Iterator[tuple[Town, SftpFiler]]:
    filer = SftpFiler(tmp_path / "filer")
    made = opened(
        tmp_path,
        {
            "kind": "sftp", "host": "127.0.0.1", "port": filer.port, "user": filer.user,
            "password": filer.password, "host_key": filer.host_key, "folder": "/in", "timeout": 5,
        },
        names,
    )  # fmt: skip
    equip(made)
    yield made, filer
    made.close()
    if filer._thread.is_alive():
        filer.stop()


@pytest.fixture
def email_town(tmp_path: Path, names: Names) -> Iterator[Town]:
    made = opened(tmp_path, {"kind": "email", "to": "abi@filer.example"}, names)
    equip(made)
    yield made
    made.close()


def equip(town: Town) -> None:
    """What a real gateway asks of an installation: numbers, and an official list."""
    with town.app.database.transaction() as session:
        entry_numbers.add(session, filer="QZ7", first=500, last=599, actor=SYSTEM)


def drive(town: Town) -> None:
    ready_to_file(town)
    press_file(town)
    town.drain()


def test_by_http_the_entry_arrives_signed_and_its_release_comes_back(http_town) -> None:
    town, filer = http_town
    drive(town)
    entry = town.rows(Entry)[0]
    asked = filer.entries[entry.key]["asked"]
    assert entry.number.startswith("QZ7-0000500-")
    assert asked["filing"]["bond"]["kind"] == "continuous"
    assert Decimal(asked["filing"]["lines"][0]["enteredValue"]) > 0
    assert read.read(asked["records"]["cargo_release"]).entry_number == entry.number
    at = now().isoformat()
    filer.events[entry.key] = [
        {"code": "accepted", "rawCode": "AE", "at": at},
        {"code": "released", "rawCode": "98", "at": (now() + timedelta(seconds=1)).isoformat()},
    ]
    town.poll()
    assert town.shipments()[0].state is State.CLOSED


def test_an_hour_without_the_filer_is_one_filing_and_one_alert(http_town) -> None:
    town, filer = http_town
    ready_to_file(town)
    filer.stop()
    press_file(town)
    town.drain()
    age(town, 60)
    for _ in range(6):
        at_once(town)
        watch(town)
    assert len([one for one in town.rows(AuditEvent) if one.action == "outage_told"]) == 1
    filer.again()
    at_once(town)
    at_once(town)
    assert filer.puts == 1
    assert town.shipments()[0].state is State.SUBMITTED


def test_a_lost_answer_is_asked_about_and_not_sent_again(http_town) -> None:
    town, filer = http_town
    ready_to_file(town)
    filer.lose_answer = True
    press_file(town)
    town.drain()
    at_once(town)
    assert filer.puts == 1
    assert town.rows(Entry)[0].reference == "F-1"
    assert [one.outcome for one in town.rows(FilingAttempt)] == ["found"]


def test_garbage_stops_the_filing_and_says_so_to_its_owner(http_town) -> None:
    from starlette.responses import PlainTextResponse

    town, filer = http_town
    ready_to_file(town)
    filer.fault = lambda _: PlainTextResponse("<html>maintenance</html>")
    press_file(town)
    town.drain()
    note = thread(town, "was not filed")
    assert "<@U01DANA>" in note["text"]
    assert town.shipments()[0].state is State.CONFIRMED
    dead = [one for one in town.rows(Outbox) if one.status is OutboxStatus.DEAD]
    assert [one.kind for one in dead] == ["gateway.submit"]
    filer.fault = None
    ops = [m for m in town.hands.state()["messages"] if "gave up" in m["text"]]
    town.hands.press(DANA, ops[0], "outbox_retry")
    town.hands.wait("the retry", lambda: any("tried again" in w for w in town.whispers(DANA)))
    at_once(town)
    assert len(filer.entries) == 1


def test_a_status_that_is_garbage_concludes_nothing_and_is_told(http_town) -> None:
    town, filer = http_town
    drive(town)
    filer.fault = lambda _: garbage()
    town.poll()
    town.poll()
    assert town.shipments()[0].state is State.SUBMITTED
    ops = [m for m in town.hands.state()["messages"] if "cannot be read" in m["text"]]
    assert len(ops) == 1


def garbage() -> Any:
    from starlette.responses import JSONResponse

    return JSONResponse({"events": "released"})


def test_a_rejection_names_the_line_and_has_an_owner(http_town) -> None:
    town, filer = http_town
    drive(town)
    filer.events[town.rows(Entry)[0].key] = [
        {
            "code": "rejected", "rawCode": "R01", "at": now().isoformat(),
            "records": ["E0 TARIFF 000002", "E1RF368   HTS NUMBER UNKNOWN"],
        }
    ]  # fmt: skip
    town.poll()
    note = thread(town, "Customs refused entry")
    assert "Line 2: The tariff number is not known to CBP." in note["text"]
    assert "<@U01DANA>" in note["text"]
    assert note["broadcast"]
    assert town.shipments()[0].state is State.REJECTED


def test_by_sftp_the_archive_is_whole_and_the_acknowledgement_comes_back(sftp_town) -> None:
    town, filer = sftp_town
    drive(town)
    entry = town.rows(Entry)[0]
    (name,) = filer.whole()
    with zipfile.ZipFile(io.BytesIO((filer.inbox / name).read_bytes())) as archive:
        names = archive.namelist()
        told = json.loads(archive.read("manifest.json"))
    assert told["number"] == entry.number
    assert any(one.startswith("packing_list-") for one in names)
    assert not [one for one in filer.seen if one.endswith(".part")]
    assert "That is no acceptance" in thread(town, "handed to the filer")["text"]
    age(town, 31)
    watch(town)
    watch(town)
    assert "nobody has acknowledged" in thread(town, "nobody has acknowledged")["text"]
    stem = name.removesuffix(".zip")
    ack = {"status": "received", "time": now().isoformat(), "reference": "N-77"}
    (filer.inbox / f"{stem}.ack").write_text(json.dumps(ack))
    town.poll()
    assert town.shipments()[0].state is State.SUBMITTED
    assert thread(town, "The filer acknowledged")
    event = {"code": "accepted", "rawCode": "AE", "at": (now()).isoformat()}
    (filer.inbox / f"{stem}.1.status").write_text(json.dumps(event))
    town.poll()
    assert town.shipments()[0].state is State.ACCEPTED
    _files_about_nothing_of_ours(town, filer, event)


def _files_about_nothing_of_ours(town: Town, filer: SftpFiler, event: dict) -> None:
    """An entry that we never filed, and a file that is none: each kept and told, once."""
    (filer.inbox / "QZ7_SHP-1999-000001-entry-1.1.status").write_text(json.dumps(event))
    (filer.inbox / "elsewhere.status").write_text("{")
    for hour in ("1", "2"):
        with town.app.database.transaction() as session:
            outbox.add(session, ReadStrays(hour=hour))
        town.drain()
    kept = {one.number: one for one in town.rows(StatusReceipt)}
    assert sorted(kept) == ["QZ7_SHP-1999-000001-entry-1.1.status", "elsewhere.status"]
    assert len(town.rows(StatusReceipt)) == 2
    assert town.app.blobs.read(kept["elsewhere.status"].sha256) == b"{"
    told = [one["text"] for one in town.hands.state()["messages"] if "not known here" in one["text"]]
    assert len(told) == 2
    assert town.shipments()[0].state is State.ACCEPTED


def test_a_line_that_breaks_in_the_middle_ends_in_one_whole_archive(sftp_town) -> None:
    town, filer = sftp_town
    ready_to_file(town)
    filer.break_after = 1000
    press_file(town)
    town.drain()
    assert filer.whole() == []
    at_once(town)
    assert len(filer.whole()) == 1
    assert [one.outcome for one in town.rows(FilingAttempt)] == ["unknown", "submitted"]


def test_by_mail_it_is_handed_over_and_nothing_is_claimed(email_town: Town) -> None:
    town = email_town
    drive(town)
    sent = [one for one in town.hands.state()["mails"] if "abi@filer.example" in one["to"]]
    assert len(sent) == 1
    assert "That is no acceptance" in thread(town, "handed to the filer")["text"]
    town.poll()
    assert town.shipments()[0].state is State.SUBMITTED
    answer = mail(
        sender="ABI desk <abi@filer.example>",
        subject="Re: Filing",
        text="RELEASED! Entry accepted, all released.",
        message_id="<a1@filer.example>",
        answers=town.rows(Entry)[0].reference,
        to=town.app.house.address_for(town.shipments()[0].ref or ""),
    )
    town.send(answer)
    town.drain()
    town.poll()
    assert thread(town, "The filer acknowledged")
    assert town.shipments()[0].state is State.SUBMITTED


def test_a_mail_in_doubt_is_a_brokers_question_and_never_sent_twice(email_town: Town) -> None:
    town = email_town
    ready_to_file(town)
    true_send = town.app.ports.gateway._mailer.send
    sends: list[str] = []

    class Lossy:
        """The mail goes out and the answer is lost."""

        def send(self, made: Any) -> Any:
            sends.append(made.key)
            true_send(made)
            if len(sends) == 1:
                raise Transient("The mail server did not answer.", outcome="unknown")
            return true_send

    town.app.ports.gateway._mailer = Lossy()
    press_file(town)
    town.drain()
    for _ in range(4):
        at_once(town)
    assert len(sends) == 1
    question = thread(town, "It is not known whether")
    town.hands.press(DANA, question, "filing_denied")
    town.hands.wait("the answer", lambda: any("sent again" in w for w in town.whispers(DANA)))
    at_once(town)
    assert len(sends) == 2
    assert town.shipments()[0].state is State.SUBMITTED


# -- late documents


def test_a_new_invoice_after_filing_is_a_question_with_what_differs(town: Town) -> None:
    drive(town)
    town.poll()
    late = _later_invoice()
    town.send(late)
    town.drain()
    (row,) = town.rows(LateDocument)
    assert row.decision is None
    note = thread(town, "there came")
    assert "The entry was not touched." in note["text"]
    assert row.differences
    town.hands.press(LUIS, note, "late_correct")
    town.hands.wait(
        "the refusal", lambda: any("Only a licensed broker" in w for w in town.whispers(LUIS))
    )
    town.hands.press(DANA, note, "late_correct")
    town.hands.wait("the decision", lambda: town.rows(LateDocument)[0].decision == "correct")
    at_once(town)
    answers = next(iter(town.sandbox.authority.entries.values()))["answers"]
    assert len(answers) == 1
    assert "Correction of entry" in answers[0]["text"]
    assert answers[0]["documents"]
    town.hands.press(DANA, note, "late_nothing")
    town.hands.wait(
        "the second answer", lambda: any("decided that already" in w for w in town.whispers(DANA))
    )


def _later_invoice() -> Any:
    data = invoice_csv(number="HLB-2026-0419", bill="ZZZQ26104411", lines=2)
    return mail(
        ("invoice_v2.csv", data),
        subject="Corrected invoice HLB-2026-0419",
        text="Please use this one. B/L No.: ZZZQ26104411",
        message_id="<late@lotusbags.example>",
    )


# -- numbers, models


def test_without_a_range_a_real_gateway_files_nothing_and_says_what_to_do(
    tmp_path: Path, names: Names
) -> None:
    filer = HttpFiler(token="t")
    town = opened(tmp_path, {"kind": "http", "url": filer.url, "token": "t"}, names)
    try:
        ready_to_file(town)
        card = town.hands.card("Kestrel")
        assert "record a range with" in json.dumps(card)
        assert not [b for b in town.hands.buttons(card) if b["action_id"] == "shipment_confirm"]
    finally:
        town.close()
        filer.stop()


def test_an_importer_that_files_itself_has_its_own_numbers(town: Town) -> None:
    from workflows import filing_facts

    with town.app.database.transaction() as session:
        kestrel = session.exec(select(Importer).where(Importer.name.startswith("Kestrel"))).one()
        filing_facts.record(session, kestrel, actor=SYSTEM, filer_code="KO1")
        entry_numbers.add(session, filer="KO1", first=7, last=9, actor=SYSTEM, importer=kestrel)
    drive(town)
    entry = town.rows(Entry)[0]
    assert entry.number.startswith("KO1-0000007-")
    assert entry.filing["model"] == "direct"


def test_older_rows_of_the_outbox_still_file(town: Town) -> None:
    """A row that an older version wrote has no `turn`."""
    ready_to_file(town)
    press_file(town)
    with town.app.database.transaction() as session:
        row = session.exec(select(Outbox).where(Outbox.kind == "gateway.submit")).one()
        old = {"shipment_id": row.payload["shipment_id"], "entry_id": row.payload["entry_id"]}
        session.exec(update(Outbox).where(Outbox.id == row.id).values(payload=old))
    town.drain()
    assert town.rows(Entry)[0].submitted_at is not None
