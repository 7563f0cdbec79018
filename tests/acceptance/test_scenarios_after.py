"""Acceptance scenarios of the time after filing: with their own importers, goods and numbers."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from bot import cli
from bot.sandbox.player import DANA, LUIS, PRIYA
from bot.sandbox.samples import make
from storage.columns import now
from storage.models import AuditEvent, Document, Entry, Hold, State
from tests import clients
from tests.factories import invoice_csv
from tests.integration.test_town_filing import submit_modal
from tests.integration.test_town_story import decide_all
from tests.town import Town
from tests.unit.knowledge.test_free_time import TOML
from workflows import demurrage
from workflows.gateways.http import signature

pytestmark = pytest.mark.slow

Say = Callable[..., str]
SECRET = "a-secret-of-the-filer"
WATCH = ("compliance", "tom", "ashford")  # Priya, the principal and counsel hear of a match
ROLES = ("broker", "finance", "warehouse", "drayage", "principal", "counsel")


@pytest.fixture
def harbor(tmp_path: Path) -> Iterator[Town]:
    """Harbor & Pine with everybody's address, terms of delivery, and a filer that posts statuses."""
    terms = tmp_path / "terms.toml"
    terms.write_text(TOML)
    made = Town(
        tmp_path,
        gateway={"webhook_secret": SECRET},
        more={
            "delivery": {"terms": terms},
            "holds": {f"{who}_mail": [f"{who}@house.example"] for who in ROLES},
            "screening": {"compliance_mail": [f"{who}@house.example" for who in WATCH]},
        },
    )
    try:
        yield made
    finally:
        made.close()


def status(town: Town, entry: Entry, code: str, raw: str, at: datetime, **more: str) -> None:
    """The filer passes a status on by its signed webhook."""
    event = {"entry": entry.number, "code": code, "rawCode": raw, "at": at.isoformat(), **more}
    body, stamp = json.dumps({"events": [event]}).encode(), str(int(time.time()))
    mark = signature(SECRET.encode(), stamp, "POST", "/statuses", body)
    answer = httpx.post(
        f"{town.app.settings.public_url}/statuses", content=body,
        headers={"X-Tidewaiter-Signature": f"t={stamp},v1={mark}"},
    )  # fmt: skip
    assert answer.json()["taken"] == 1, answer.text
    town.drain()


def filed(town: Town, words: str, codes: dict[int, str]) -> Entry:
    decide_all(town, words, codes)
    town.hands.press(DANA, town.hands.card(words), "shipment_confirm")
    town.hands.wait("the entry", lambda: town.rows(Entry))
    town.drain()
    town.poll()
    return town.rows(Entry)[-1]


def amounts(entry: Entry) -> dict[str, str]:
    """The filed duties and fees by kind."""
    rows = [*entry.filing["fees"], *(row for one in entry.filing["lines"] for row in one["duty"])]
    return {row["authority"]: row["amount"] for row in rows}


def package(town: Town, hold_id: int) -> zipfile.ZipFile:
    hold = next(one for one in town.rows(Hold) if one.id == hold_id)
    return zipfile.ZipFile(io.BytesIO(town.app.blobs.read(hold.package_sha256)))


def command(town: Town, monkeypatch: pytest.MonkeyPatch) -> Say:
    """The command line of this installation."""
    settings = town.app.settings
    monkeypatch.setattr("bot.command.logs.configure", lambda *_, **__: None)  # its output closes
    monkeypatch.setenv("TIDEWAITER_DATA_DIR", str(settings.data))
    monkeypatch.setenv("TIDEWAITER_DELIVERY__TERMS", str(settings.delivery.terms))

    def say(*words: str) -> str:
        made = CliRunner().invoke(cli.app, list(words)).output
        town.drain()
        return made

    return say


def watch(town: Town, on: date) -> None:
    """The clock looks at free time on this day."""
    with town.app.database.transaction() as session:
        demurrage.watch(session, house=town.app.house, on=on)
    town.drain()


def principal(town: Town) -> list[dict[str, Any]]:
    mails = town.hands.state()["mails"]
    return [one for one in mails if one["to"] == ["principal@house.example"]]


def card(town: Town, words: str) -> str:
    return str(town.hands.card(words))


def letters(town: Town) -> list[dict[str, Any]]:
    return [one for one in town.hands.state()["mails"] if "not a penalty" in one["text"]]


def says(town: Town, words: str, note: str) -> dict[str, Any]:
    """The newest message of the shipment's thread with these words."""
    return town.told(town.hands.card(words), note)


def thread(town: Town, words: str) -> str:
    return "\n".join(one["text"] for one in town.hands.thread(town.hands.card(words)))


def test_s7_intensive_examination_demurrage_and_the_lines_invoice(
    harbor: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = harbor
    name = "Bluecrest Auto Parts"
    clients.on_record(
        town, name, consignee="dock@bluecrest.example", signer="Ida Moss", numbers=(204577, 204577)
    )
    clients.send(
        town,
        *clients.papers(
            seller="Ningbo Torque Works", importer=name, number="TW-771", bill="ZZZQ26050077",
            goods=[("CA-9", "Stabilizer links for passenger cars", "CN", "5600", "PCS", "27.00")],
        ),
        sender="Li Na <li@torque.example>", subject="Invoice TW-771 for Bluecrest", mark="tw771",
        text="Papers attached.\n\nB/L No.: ZZZQ26050077\nVessel: LOTUS STREAM\n"
        "Container No.: ZZZU6620174\nPort of Discharge: Long Beach, CA\nETA: 2026-05-04\n",
    )  # fmt: skip
    clients.state(town, name, line_1="melt CN")
    entry = filed(town, name, {1: "8708998180"})
    assert entry.number == "QZ7-0204577-7"
    layers = amounts(entry)
    assert (layers["MFN"], layers["MPF"], layers["HMF"]) == ("3780.00", "523.76", "189.00")

    # Tuesday: the intensive examination. Everybody hears; nobody is to deliver.
    status(town, entry, "exam", "1A", datetime(2026, 5, 5, 16, tzinfo=UTC), record="AMS",
           reason="INTENSIVE EXAM, LAX-LGB")  # fmt: skip
    hold = town.rows(Hold)[0]
    assert (hold.kind, hold.exam, hold.confirmed) == ("examination", "intensive", True)
    mails = {one["to"][0]: one for one in town.hands.state()["mails"] if "1A" in str(one)}
    assert set(mails) == {f"{who}@house.example" for who in ("broker", "warehouse", "drayage")}
    assert "ZZZU6620174" in mails["warehouse@house.example"]["text"]
    assert "slot" in mails["warehouse@house.example"]["text"]
    assert "151,200" not in mails["drayage@house.example"]["text"]  # no outsider's business
    assert "exam-request.txt" in package(town, hold.id).namelist()[-1] or any(
        "exam-request" in one for one in package(town, hold.id).namelist()
    )

    _the_importer_hears_by_danas_word(town, name)

    # Free time runs while customs holds the goods; two days before its end everybody is warned.
    say = command(town, monkeypatch)
    ref = town.shipments()[0].ref
    assert "available for collection 2026-05-04" in say(
        "delivery", "record", ref, "--by", DANA, "--available", "2026-05-04"
    )
    assert "is not released" in say(
        "delivery", "record", ref, "--by", DANA, "--appointment", f"{now() + timedelta(2):%Y-%m-%dT09:00}"
    )
    watch(town, date(2026, 5, 5))
    assert "Demurrage" not in thread(town, name)
    watch(town, date(2026, 5, 6))
    says(town, name, "Demurrage begins in 2 days*: the last free day is 2026-05-08")
    assert len([one for one in principal(town) if "2026-05-08" in one["text"]]) == 1

    # The bill of the examination is kept with the hold; a removal of another family is no pair.
    assert "Noted." in say(
        "holds", "note", str(hold.id), "--by", DANA, "--kind", "cost", "CES bill 4471",
        "--amount", "640.00", "--currency", "USD",
    )  # fmt: skip
    assert "640.00 USD" in say("holds", "show", str(hold.id))
    status(town, entry, "lifted", "5I", datetime(2026, 5, 12, 16, tzinfo=UTC), record="AMS")
    assert town.shipments()[0].state is State.HELD
    assert "is released" not in thread(town, name)
    assert [one for one in town.hands.state()["mails"] if "Released by" in one["subject"]] == []
    status(town, entry, "released", "1C", datetime(2026, 5, 12, 20, tzinfo=UTC), record="AMS",
           reason="RELEASED AFTER EXAM")  # fmt: skip
    assert town.rows(Hold)[0].lifted_at == datetime(2026, 5, 12, 20, tzinfo=UTC)
    assert town.shipments()[0].state in (State.RELEASED, State.CLOSED)

    # Out on the 13th: five charged days, one by one.
    say("delivery", "record", ref, "--by", DANA, "--gate-out", "2026-05-13")
    told = say("delivery", "costs", ref, "--on", "2026-05-20")
    days = [f"2026-05-{9 + n:02} day {n + 1}: {'370' if n == 4 else '185'}.00 USD" for n in range(5)]
    assert all(one in told for one in days)
    assert "1110.00 USD, containers: 1 (terminal tariff 7)" in told

    _the_lines_invoice_lacks_the_end_of_free_time(town, name)


def _the_importer_hears_by_danas_word(town: Town, name: str) -> None:
    """In words that she may change; by nobody else's."""
    alert = says(town, name, ":rotating_light: *Entry")
    town.hands.press(LUIS, alert, "hold_letter")
    town.hands.wait(
        "the refusal", lambda: "Only a licensed broker writes" in str(town.hands.state(LUIS)["views"])
    )
    assert letters(town) == []
    town.hands.press(DANA, alert, "hold_letter")
    view = town.hands.modal(DANA, "hold_letter")
    filled = {one["block_id"]: one["element"].get("initial_value") for one in view["blocks"] if "element" in one}
    assert filled["to"] == "dock@bluecrest.example"
    assert "This is not a penalty" in filled["text"]
    assert "151,200" not in filled["text"]
    values = {name_: {"value": {"value": text}} for name_, text in filled.items()}
    town.hands.submit(DANA, view, values)
    town.hands.wait("the letter", lambda: (town.drain(), letters(town))[1])
    assert [one["to"] for one in letters(town)] == [["dock@bluecrest.example"]]


def _the_lines_invoice_lacks_the_end_of_free_time(town: Town, name: str) -> None:
    said = [
        "Bill of Lading No.:|ZZZQ26050077", "Container No.:|ZZZU6620174",
        "Port of Discharge:|Long Beach, CA", "Basis of billing: you are the consignee under the bill",
        "Invoice No.:|DD-88012", "Invoice Date:|2026-05-20", "Due Date:|2026-06-19",
        "Allowed free time:|4 working days", "Start of free time:|2026-05-05",
        "Container available:|2026-05-04", "Charged period:|2026-05-09 to 2026-05-13",
        "Tariff:|ZZZZ-7 rule 21", "Rate:|185.00 USD per day, from day 5 370.00",
        "Total amount due:|USD 1,110.00", "Questions: billing@zzzz.example",
        "What a request needs: https://zzzz.example/disputes",
        "Ask for a reduction, refund or waiver within 30 calendar days; we answer in 30 days.",
        "These charges are consistent with the rules of the Federal Maritime Commission.",
        "Our performance did not cause or contribute to these charges.",
    ]  # fmt: skip
    clients.send(
        town, ("DD-88012.pdf", clients.pdf(*said, title="DEMURRAGE INVOICE")),
        sender="Billing <billing@zzzz.example>", subject="Invoice DD-88012, container ZZZU6620174",
        text="Please pay.", mark="dd1",
    )  # fmt: skip
    note = says(town, name, "DD-88012")["text"]
    assert "Not found on it:* end of free time (46 CFR 541.6(b)(5))." in note
    assert "no obligation to pay until it is corrected* (46 CFR 541.5)" in note
    assert "30 days to dispute: until 2026-06-19" in note
    assert "Our own count: demurrage 1,110.00 USD up to 2026-05-13 (terminal tariff 7)" in note
    (kept,) = [one for one in town.rows(AuditEvent) if one.action == "carrier_invoice_checked"]
    assert (kept.details["missing"], kept.details["total"]) == (["(b)(5)"], "1110.00")
    # It is nobody's customs value: neither a line of goods nor a document that differs from what
    # was filed.
    document = town.rows(Document)[-1]
    assert (document.kind, document.reading.lineItems) == ("other", ())
    assert town.shipments()[0].totals.total == Decimal("151200.00")
    clients.send(
        town,
        ("DD-88012R.pdf", clients.pdf(*said, "End of free time:|2026-05-08", title="DEMURRAGE INVOICE")),
        sender="Billing <billing@zzzz.example>", subject="Corrected: DD-88012, ZZZU6620174",
        text="Corrected.", mark="dd2",
    )  # fmt: skip
    says(town, name, "Every item that 46 CFR 541.6 asks for was found on it.")


FORM_28 = (
    "U.S. Customs and Border Protection", "REQUEST FOR INFORMATION", "19 CFR 151.11",
    "1. Date of Request:|2026-05-11", "5. Entry No.:|QZ7-0204563-7",
    "9. TO: Orbit Railing US Inc., Chief Financial Officer",
    "12. Please answer the indicated questions:",
    "[X] A. Are you related in any way to the seller of this merchandise?",
    "B. Identify and give details of additional costs, such as:",
    "[ ] (1) packing", "[ ] (2) commissions", "[ ] (3) proceeds that accrue to the seller",
    "[X] (4) assists", "[ ] (5) royalties", "13. Please furnish the indicated items:",
    "[X] A. Copy of contract or purchase order", "[ ] B. Descriptive literature",
    "14. CBP Officer message: Please state the price actually paid or payable.",
    "15. Reply message", "CBP Form 28",
)  # fmt: skip


def test_s6_a_scanned_form_28_and_the_tooling_that_is_not_in_the_value(
    harbor: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, name = harbor, "Orbit Railing US Inc."
    clients.on_record(
        town, name, consignee="dock@orbit.example", signer="Ada Fell", numbers=(204563, 204563)
    )
    tooling = "Extrusion tooling for profile R7, paid by the buyer: USD 12,000.00"
    clients.send(
        town,
        *clients.papers(
            seller="Orbit Railing GmbH", importer=name, number="OR-2026-88", bill="ZZZQ26050063",
            goods=[("RS-7", "Balcony railing sections of aluminum", "DE", "2410", "KG", "40.00")],
        ),
        ("PO-5512.pdf", clients.pdf("Order to Orbit Railing GmbH", tooling, title="PURCHASE ORDER")),
        sender="Jan Voss <jan@orbit-railing.example>", subject="OR-2026-88", mark="or88",
        text="Papers attached.\n\nB/L No.: ZZZQ26050063\nVessel: LOTUS STREAM\n"
        "Container No.: ZZZU5502916\nPort of Discharge: Long Beach, CA\nETA: 2026-05-04\n",
    )  # fmt: skip
    # Aluminum: the Section 232 question comes before the filing.
    decide_all(town, name, {1: "7610900080"})
    assert "its aluminum or copper was smelted and cast is not stated (Section 232)" in card(town, name)
    clients.state(town, name, line_1="smelt DE")
    entry = filed(town, name, {})
    assert entry.number == "QZ7-0204563-7"
    layers = amounts(entry)
    assert (layers["MFN"], layers["MPF"], layers["HMF"]) == ("5494.80", "333.93", "120.50")
    # Another client's mould is nobody's business here.
    clients.send(
        town, ("HLB.csv", invoice_csv()), sender="Ha <ha@lotusbags.example>", mark="mould",
        subject="Invoice T-1001", text="The mould cost 7,777.00 USD, paid by Kestrel.",
    )  # fmt: skip
    outside = len(outsiders(town))

    # The CFO forwards the scan: form, date, deadline and boxes are read off the picture.
    make.scan(tmp_path / "cf28.pdf", clients.pdf(*FORM_28, title="DEPARTMENT OF HOMELAND SECURITY"))
    clients.send(
        town, ("cf28.pdf", (tmp_path / "cf28.pdf").read_bytes()), mark="cf28", text="Please see.",
        sender="Ruth Hale <cfo@orbit.example>", subject="Fwd: customs form, entry QZ7-0204563-7",
    )  # fmt: skip
    (query,) = town.rows(Hold)
    assert (query.kind, query.code, query.stops, query.confirmed) == ("value", "CBP 28", False, False)
    assert query.respond_by == date(2026, 6, 10)
    for words in ("related party", "assists", "contract or purchase order", "price actually paid"):
        assert words in query.reason
    assert town.shipments()[0].state is State.ACCEPTED  # a question stops no goods
    assert "CUSTOMS ASKS (CBP 28)" in card(town, name)
    says(town, name, "Customs asks about entry QZ7-0204563-7")

    _compliance_and_counsel_before_the_answer(town, name)
    _eighteen_rows_to_the_cent(town, query.id, command(town, monkeypatch))
    # Nothing was said to anybody outside, and nothing filed.
    assert len(outsiders(town)) == outside
    assert town.sandbox.authority.entries[entry.key]["answers"] == []


def _compliance_and_counsel_before_the_answer(town: Town, name: str) -> None:
    note = says(town, name, "Prior disclosure?")
    assert "PO-5512.pdf: Extrusion tooling" in note["text"]
    heard = {one["to"][0] for one in town.hands.state()["mails"] if "[HOLD]" in one["subject"]}
    assert {"compliance@house.example", "counsel@house.example"} <= heard
    alert = says(town, name, "Customs asks about entry")
    answer = "We enclose the order and the statement of the value."
    town.hands.press(DANA, alert, "hold_answer")
    town.hands.submit(DANA, town.hands.modal(DANA, "hold_answer"), {"text": {"value": {"value": answer}}})
    town.drain()
    assert town.rows(Hold)[0].answered_at is None
    for who, waits in ((DANA, True), (PRIYA, False)):
        town.hands.press(who, note, "hold_clear")
        submit_modal(town, who, "hold_clear", text="Counsel Ashford, 2026-05-12: answer and disclose.")
        town.drain()
        assert (town.rows(Hold)[0].cleared_at is None) is waits


def _eighteen_rows_to_the_cent(town: Town, query: int, say: Say) -> None:
    """The assist is the residue until a broker states it."""
    rows = statement(town, query)
    assert [int(one["row"]) for one in rows] == list(range(1, 19))
    assert (rows[0]["amount"], rows[5]["amount"]) == ("96400.00", "12000.00")
    assert "not apportioned" in rows[5]["from where"]
    assert (rows[16]["amount"], rows[17]["amount"]) == ("96400.00", "12000.00")
    listed = read_csv(town, query, "assists-found")
    assert [one["amount as printed"] for one in listed[:-1]] == ["12000.00"]
    assert "No conclusion is drawn." in listed[-1]["paper"]
    stated = ("--amount", "12000", "--source", "PO-5512.pdf")
    assert "Only a licensed broker" in say("holds", "assists", str(query), "--by", LUIS, *stated)
    assert "is being made anew" in say("holds", "assists", str(query), "--by", DANA, *stated)
    rows = statement(town, query)
    assert (rows[5]["amount"], rows[13]["amount"]) == ("12000.00", "108400.00")
    assert Decimal(rows[17]["amount"]) == 0


def outsiders(town: Town) -> list[str]:
    return [
        one["subject"]
        for one in town.hands.state()["mails"]
        if not all(to.endswith("@house.example") for to in one["to"])
    ]


def read_csv(town: Town, hold_id: int, part: str) -> list[dict[str, str]]:
    made = package(town, hold_id)
    name = next(one for one in made.namelist() if part in one)
    return list(csv.DictReader(io.StringIO(made.read(name).decode())))


def statement(town: Town, hold_id: int) -> list[dict[str, str]]:
    return read_csv(town, hold_id, "value-statement")
