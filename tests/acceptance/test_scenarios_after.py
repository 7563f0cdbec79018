"""Acceptance scenarios of the time after filing: with their own importers, goods and numbers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.player import DANA
from storage.models import AuditEvent, Document, Entry, Hold, Pickup, Shipment, State
from tests import clients
from tests.integration.test_town_story import decide_all
from tests.town import Town
from tests.unit.knowledge.test_free_time import TOML
from workflows import demurrage, hold_acts
from workflows.gateways.http import signature

pytestmark = pytest.mark.slow

SECRET = "a-secret-of-the-filer"
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
            "screening": {"compliance_mail": ["compliance@house.example"]},
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
    card = town.hands.card(words)
    assert card is not None
    print("CARD", str(card["blocks"])[:6000])
    town.hands.press(DANA, card, "shipment_confirm")
    town.hands.wait("the entry", lambda: town.rows(Entry))
    town.drain()
    town.poll()
    return town.rows(Entry)[-1]


def thread(town: Town, words: str) -> str:
    card = town.hands.card(words)
    assert card is not None
    return "\n".join(one["text"] for one in town.hands.thread(card))


def test_s7_intensive_examination_demurrage_and_the_lines_invoice(harbor: Town) -> None:
    town = harbor
    name = "Bluecrest Auto Parts"
    clients.on_record(
        town, name, consignee="dock@bluecrest.example", signer="Ida Moss", numbers=(204577, 204577)
    )
    clients.send(
        town,
        *clients.papers(
            seller="Ningbo Torque Works", importer=name, number="TW-771", bill="ZZZQ26050077",
            poured="CN",
            goods=[("CA-9", "Stabilizer links for passenger cars", "CN", "5600", "PCS", "27.00")],
        ),
        sender="Li Na <li@torque.example>", subject="Invoice TW-771 for Bluecrest", mark="tw771",
        text="Papers attached.\n\nB/L No.: ZZZQ26050077\nVessel: LOTUS STREAM\n"
        "Container No.: ZZZU6620174\nPort of Discharge: Long Beach, CA\nETA: 2026-05-04\n",
    )  # fmt: skip
    entry = filed(town, name, {1: "8708998180"})
    print(entry.number, json.dumps(entry.filing, indent=1)[:3000])
