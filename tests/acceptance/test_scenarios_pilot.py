"""S10: forty entries in shadow mode with six seeded differences, forty more, and the audit in time."""

from __future__ import annotations

import csv
import hashlib
import io
import time
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from bot import cli, people
from bot.sandbox.player import DANA, LUIS
from storage.models import (
    Entry,
    LineItem,
    OutgoingMessage,
    ShadowCase,
    ShadowRule,
    Shipment,
    State,
)
from storage.values import Role
from tests import clients
from tests.integration.test_town_story import decide_all, file
from tests.town import Town
from workflows import comparing, shadow

pytestmark = pytest.mark.slow

NAME, TOM = "Northgate Retail Inc.", "U05TOM"
GOODS = [
    ("PA-45W", "Power adapters USB-C for telecommunication", "CN", "1500", "PCS", "6.20"),
    ("CX-BNC50", "Coaxial connectors BNC", "CN", "8000", "PCS", "1.65"),
    ("TP-58", "Thermal printers with USB", "CN", "100", "PCS", "120.00"),
]
CODES = {1: "8504409550", 2: "8536694010", 3: "8443321050"}


def northgate(town: Town, number: str, bill: str) -> None:
    clients.send(
        town,
        *clients.papers(
            seller="Shenzhen Brightpath Electronics Co. Ltd.", importer=NAME, number=number,
            bill=bill, goods=GOODS,
        ),
        sender="Amy Chen <amy@brightpath.example>", subject=f"Papers {number}", mark=number,
        text=f"Papers attached.\n\nB/L No.: {bill}\nVessel: LOTUS STREAM\nContainer No.: ZZZU3045127\n"
        "Port of Loading: Yantian\nPort of Discharge: Long Beach, CA\nETA: 2026-05-04\n",
    )  # fmt: skip


def test_s10_the_pilot_of_forty_then_forty_more_then_the_audit(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.command.logs.configure", lambda *_, **__: None)
    monkeypatch.setenv("TIDEWAITER_DATA_DIR", str(town.app.settings.data))
    monkeypatch.chdir(tmp_path)

    def say(*words: str) -> str:
        return CliRunner().invoke(cli.app, list(words)).output

    with town.app.database.transaction() as session:
        people.add(session, slack_user=TOM, name="Tom Becker", role=Role.LICENSED_BROKER, licence="99002")
    for lane in ("CN ocean", "VN ocean"):
        assert "stands" in say("shadow", "start", "--importer", NAME, "--lane", lane, "--by", DANA)
    northgate(town, "BP-1", "ZZZQ26051877")
    decide_all(town, NAME, CODES)
    town.hands.press(DANA, town.hands.card(NAME), "shipment_confirm")
    (case,) = town.hands.wait("the packet", lambda: town.rows(ShadowCase))
    town.drain()
    assert [one.hts for one in comparing.ours(case.packet)] == list(CODES.values())

    # Forty, six of which people filed otherwise; the coordinator hands in a CSV of each.
    cases = [1, *others(town, 39)]
    seeded = dict(zip(cases[3::6], SEEDS, strict=False))
    for at, shipment in enumerate(cases):
        filed = theirs(town, shipment, seeded.get(shipment))
        place = tmp_path / f"{at}.csv"
        place.write_text(filed)
        if shipment in seeded:
            ref = town.rows(Shipment)[shipment - 1].ref
            said = say("shadow", "record", ref, "--by", DANA, "--entry", NUMBER, "--file", str(place))
            assert seeded[shipment].replace("_", " ") in said, said
        else:
            record(town, shipment, filed)
    assert town.rows(OutgoingMessage) == []
    found = list(csv.DictReader(io.StringIO(say("shadow", "differences"))))
    assert sorted(one["cause"] for one in found) == sorted(SEEDS)
    assert "compared 40, of the newest 40 agree 34" in say("shadow", "status")
    assert "goes on: 2 of the newest 40 differ critically" in say("shadow", "end", "1", "--by", TOM)
    assert town.rows(ShadowRule)[0].ended_at is None

    # Forty more, all alike: Tom lets the machine file on this lane, and on no other.
    for shipment in others(town, 40):
        record(town, shipment, theirs(town, shipment, None))
    assert "compared 80, of the newest 40 agree 40, critical 0. It may end." in say("shadow", "status")
    assert "Only a licensed broker" in say("shadow", "end", "1", "--by", LUIS)
    assert "Shadow mode 1 has ended: 40 of the newest 40" in say("shadow", "end", "1", "--by", TOM)
    assert [one.ended_by for one in town.rows(ShadowRule)] == ["Tom Becker", None]
    assert town.rows(OutgoingMessage) == []
    assert town.rows(Entry) == []
    customs_asks_for_everything(town, tmp_path, say)


SEEDS = ("unit", "manufacturer", "statistical_suffix", "exchange_rate", "freight", "lines_swapped")
NUMBER = "QZ7-0204518-1"
FREIGHT, MID = Decimal("1850.00"), "CNSHEBRI88SHE"


def others(town: Town, many: int) -> list[int]:
    """More shipments of the same goods, prepared as a broker's confirmation prepares them."""
    made = []
    with town.app.database.transaction() as session:
        first = session.get(Shipment, 1)
        dana = people.who(session, DANA)
        rule = session.get(ShadowRule, 1)
        lines = session.exec(select(LineItem).where(LineItem.shipment_id == 1)).all()
        for _ in range(many):
            row = Shipment(**{**kept(first), "state": State.IN_REVIEW})
            row.totals = row.totals.model_copy(update={"freight": FREIGHT})
            maker = row.parties.manufacturer.model_copy(update={"mid": MID})
            row.parties = row.parties.model_copy(update={"manufacturer": maker})
            session.add(row)
            session.flush()
            row.ref = f"SHP-2026-{row.id:06d}"
            session.add_all(LineItem(**{**kept(one), "shipment_id": row.id}) for one in lines)
            session.flush()
            shadow.prepared(session, row, rule, actor=dana, house=town.app.house)
            made.append(row.id)
    return made


def kept(row: Shipment | LineItem) -> dict[str, object]:
    return {name: getattr(row, name) for name in type(row).model_fields if name not in ("id", "ref")}


def theirs(town: Town, shipment: int, cause: str | None) -> str:
    """What people filed, as CSV: as we prepared it, but for one seeded difference."""
    with town.app.database.snapshot() as session:
        lines = comparing.ours(shadow.case_of(session, shipment).packet)
    first, second, *rest = lines
    match cause:
        case "unit":
            first = first.model_copy(update={"unit": "kg"})
        case "manufacturer":
            first = first.model_copy(update={"mid": MID[:-1] + "N"})
        case "statistical_suffix":
            first = first.model_copy(update={"hts": f"{first.hts[:8]}20"})
        case "exchange_rate":  # the rate of another day
            first, second, *rest = (
                one.model_copy(update={"value": one.value * Decimal("1.0124")}) for one in lines
            )
        case "freight":
            first = first.model_copy(update={"value": first.value + FREIGHT})
        case "lines_swapped":
            first, second = (
                first.model_copy(update={"line": second.line}),
                second.model_copy(update={"line": first.line}),
            )
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(("line", "hts", "origin", "quantity", "unit", "value", "mid"))
    for one in (first, second, *rest):
        sheet.writerow((one.line, one.hts, one.origin, one.quantity, one.unit, one.value, one.mid))
    return out.getvalue()


def record(town: Town, shipment: int, filed: str) -> None:
    with town.app.database.transaction() as session:
        row = session.get(Shipment, shipment)
        dana = people.who(session, DANA)
        made = shadow.record(session, row, number=NUMBER, lines=comparing.read(filed), actor=dana)
        assert made.differences == []


def customs_asks_for_everything(town: Town, folder: Path, say: Callable[..., str]) -> None:
    """The lane files now; of its first entry customs wants all, within a minute."""
    say("entry-numbers", "add", "--filer", "QZ7", "--first", "204518", "--last", "204518")
    northgate(town, "BP-2", "ZZZQ26051878")
    clients.decide(town, "BP-2", CODES)
    town.hands.wait("the button", lambda: clients.offers(town, "BP-2", "shipment_confirm"))
    file(town, "BP-2")
    town.poll()
    town.poll()
    (entry,) = town.rows(Entry)
    assert entry.number == NUMBER
    began = time.monotonic()
    say("archive", "package", "--entry", NUMBER, "-o", "for-cbp.zip")
    assert time.monotonic() - began < 60
    with zipfile.ZipFile(folder / "for-cbp.zip") as package:
        assert package.testzip() is None
        names = [one.partition("/")[2] for one in package.namelist()]
        for kind in ("documents/001_commercial_invoice", "documents/002_packing_list", "mails/001_in",
                     "filing.json", "status.csv", "classification.json", "decisions.csv"):  # fmt: skip
            assert any(one.startswith(kind) for one in names), kind
        for line in package.read("SHA256SUMS").decode().splitlines():
            sha256, _, name = line.partition("  ")
            assert hashlib.sha256(package.read(name)).hexdigest() == sha256
    assert "are as they were" in say("archive", "verify")
