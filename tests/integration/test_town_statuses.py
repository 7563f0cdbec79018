"""Statuses from outside, as a filer sends them: signed webhooks and mails, true and forged."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from email.policy import SMTP
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import archive_watch
from storage.columns import now
from storage.models import (
    AuditEvent,
    Document,
    Entry,
    Hold,
    SenderRule,
    State,
    StatusReceipt,
    Trusted,
)
from tests.factories import mail
from tests.integration.test_town_faults import press_file, ready_to_file
from tests.nameserver import Names, publish, signed
from tests.town import Town
from workflows.gateways.http import signature

pytestmark = pytest.mark.slow

SECRET = "a-secret-of-the-filer"
FILER = "status@lotusbags.example"


@pytest.fixture
def names() -> Iterator[Names]:
    made = Names()
    yield made
    made.close()


@pytest.fixture
def town(tmp_path: Path, names: Names) -> Iterator[Town]:
    made = Town(tmp_path, mail={"resolver": names.address}, gateway={"webhook_secret": SECRET})
    try:
        yield made
    finally:
        made.close()


def tell(town: Town, *events: dict[str, Any], secret: str = SECRET, age: int = 0) -> httpx.Response:
    body = json.dumps({"events": list(events)}).encode()
    stamp = str(int(time.time()) - age)
    mark = signature(secret.encode(), stamp, "POST", "/statuses", body)
    return httpx.post(
        f"{town.app.settings.public_url}/statuses",
        content=body,
        headers={"X-Tidewaiter-Signature": f"t={stamp},v1={mark}"},
    )


def event(entry: str, code: str, raw: str, **more: str) -> dict[str, Any]:
    return {"entry": entry, "code": code, "rawCode": raw, "at": now().isoformat(), **more}


def mailed(town: Town, subject: str, text: str, *, proved: bool = True, number: int = 1) -> None:
    made = mail(
        sender=f"Filer <{FILER}>", subject=subject, text=text,
        message_id=f"<s{number}@lotusbags.example>",
    )  # fmt: skip
    raw = signed(made) if proved else made.as_bytes(policy=SMTP)
    town.send_raw(raw, sender=FILER)
    town.drain()


def said(town: Town, words: str) -> bool:
    """Whether it is told anywhere; a note that came up before its card is tried again."""

    def look() -> bool:
        town.drain()
        return any(words in one["text"] for one in town.hands.state()["messages"])

    return bool(town.hands.wait(words, look))


def test_statuses_come_by_webhook_and_by_mail_and_a_release_by_neither_forger(
    town: Town, names: Names
) -> None:
    publish(names, spf=None, wish="none")
    ready_to_file(town)
    press_file(town)
    town.drain()
    entry = town.rows(Entry)[0]
    # The webhook: signed, in time, whole; or nothing is taken.
    refused = tell(town, event(entry.number, "released", "1C"), secret="another")
    assert refused.status_code == 401
    assert tell(town, event(entry.number, "released", "1C"), age=900).status_code == 401
    assert tell(town, {"entry": entry.number}).status_code == 422
    assert town.rows(StatusReceipt) == []
    acceptance = event(entry.number, "accepted", "AE")
    stray = event("QZ7-0204518-1", "released", "1C", reason="Released")
    friend = event(entry.number, "released", "1A", reason="RELEASED says a wrong table")
    answer = tell(town, acceptance, acceptance, stray, friend)
    assert answer.json() == {"ok": True, "taken": 2, "repeated": 1, "unknownEntry": 1}
    town.drain()
    assert town.shipments()[0].state is State.ACCEPTED
    assert said(town, "entry QZ7-0204518-1, which is not known here")
    assert said(town, "reported 1A")

    # A mail of somebody whom nobody allowed says RELEASED: told, and the authority is asked.
    mailed(town, f"Customs status of {entry.number}", "1C - RELEASED BY CBP")
    assert said(town, "It is not believed")
    assert town.shipments()[0].state is State.ACCEPTED
    with town.app.database.transaction() as session:
        session.add(
            SenderRule(pattern="lotusbags.example", decision=Trusted.ACCEPT, decided_by="U01DANA")
        )
    # Allowed, but not proved: the same.
    mailed(town, f"Customs status of {entry.number}", "5H - ENTRY PROCESSING HOLD", proved=False,
           number=2)  # fmt: skip
    assert town.rows(Hold) == []
    # Allowed and proved: a hold it may open, and nothing else.
    mailed(town, f"Customs status of {entry.number}", "5H - ENTRY PROCESSING HOLD", number=3)
    assert town.shipments()[0].state is State.HELD
    assert [(one.kind, one.confirmed) for one in town.rows(Hold)] == [("documents", False)]
    assert said(town, "says a mail of the filer; the authority is asked")
    mailed(town, f"Customs status of {entry.number}", "1C - RELEASED BY CBP", number=4)
    assert town.shipments()[0].state is State.HELD
    assert said(town, "a mail never releases")
    assert town.rows(Entry)[0].next_poll_at <= now()
    # The authority, asked, says what is so.
    town.hands.authority(entry.key, "release")
    town.poll()
    town.drain()
    assert town.shipments()[0].state is State.CLOSED
    outcomes = [one.outcome for one in town.rows(StatusReceipt)]
    assert outcomes.count("not_believed") == 2
    assert outcomes.count("unknown_entry") == 1
    _a_damaged_original_is_told(town)


def _a_damaged_original_is_told(town: Town) -> None:
    """By the clock's check; nothing is mended in silence."""
    document = town.rows(Document)[0]
    place = next(
        one
        for one in (town.app.settings.data / "blobs").rglob(f"*{document.sha256[-20:]}*")
        if one.is_file()
    )
    place.chmod(0o644)
    place.write_bytes(place.read_bytes() + b"x")
    assert archive_watch.check(town.app) == 1
    town.drain()
    assert said(town, f"{document.filename} was changed in the store")
    assert archive_watch.check(town.app) is None
    checked = [one for one in town.rows(AuditEvent) if one.action == "archive_verified"]
    assert [one.details["findings"] for one in checked] == [1]
