"""Each kind of hold from its alert to its end, in one town: who hears, what is staged, who acts."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import people
from bot.sandbox.player import DANA, LUIS, PRIYA
from storage.models import AuditEvent, Entry, Hold, LegalHold, OutgoingMessage, State
from tests.integration.test_town_faults import press_file, ready_to_file
from tests.integration.test_town_filing import submit_modal
from tests.town import Thread, Town, free_port
from workflows import audit_package, hold_acts, hold_history
from workflows.states import Refused


class Texts:
    """A service that sends text messages: takes each key once, refuses the first try."""

    def __init__(self) -> None:
        self.port = free_port()
        self.sent: dict[str, dict[str, Any]] = {}
        self.busy = 1
        self._thread = Thread(
            Starlette(routes=[Route("/send", self._take, methods=["POST"])]), self.port
        )

    async def _take(self, request: Request) -> Response:
        if self.busy:
            self.busy -= 1
            return JSONResponse({}, 503)
        assert request.headers["x-tidewaiter-signature"].startswith("t=")
        told = await request.json()
        self.sent[request.headers["idempotency-key"]] = told
        return JSONResponse({"ok": True})

    def close(self) -> None:
        self._thread.close()


@pytest.fixture
def texts() -> Iterator[Texts]:
    made = Texts()
    yield made
    made.close()


@pytest.fixture
def hold_town(tmp_path: Path, texts: Texts) -> Iterator[Town]:
    roles = ("broker", "finance", "warehouse", "drayage", "principal", "counsel")
    made = Town(
        tmp_path,
        more={
            "holds": {
                **{f"{who}_mail": [f"{who}@house.example"] for who in roles},
                "text_url": f"http://127.0.0.1:{texts.port}/send",
                "text_secret": "secret",
            },
            "screening": {"compliance_mail": ["compliance@house.example"]},
        },
    )
    try:
        yield made
    finally:
        made.close()


@dataclass(frozen=True)
class Case:
    event: str  #: what the sandbox's authority is told to do
    kind: str
    mails: frozenset[str]
    alert: str  #: words in the thread
    staged: tuple[str, ...]  #: parts of names in the package
    missing: tuple[str, ...]


CASES = (
    Case("hold_documents", "documents", frozenset({"broker"}), "document deficiency",
         ("commercial_invoice", "packing", "answer-draft"), ("certificates",)),
    Case("hold_value", "value", frozenset({"broker", "finance", "compliance"}), "2026-06-04",
         ("value-reconciliation.csv",), ("proof of payment",)),
    Case("hold_classification", "classification", frozenset({"broker", "compliance"}),
         "classification challenge", ("memo-line-1", "decisions.json"), ()),
    Case("hold_exam", "examination", frozenset({"broker", "warehouse", "drayage"}), "19 CFR 151.16",
         ("exam-request.txt",), ()),
    Case("hold_adcvd", "adcvd", frozenset({"broker", "finance", "compliance"}),
         "antidumping", ("adcvd-estimate.txt",), ("evidence of origin",)),
)  # fmt: skip


def newest(town: Town) -> Hold:
    return town.rows(Hold)[-1]


def told(town: Town, words: str) -> dict[str, Any]:
    card = town.hands.card("Kestrel")
    assert card is not None
    return town.told(card, words)


def package(town: Town, link: str) -> zipfile.ZipFile:
    answer = town.open(link)
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


def mails_of(town: Town, hold: Hold) -> set[str]:
    return {
        one.recipients[0].partition("@")[0]
        for one in town.rows(OutgoingMessage)
        if one.key.startswith(f"hold-{hold.id}-")
    }


def each_kind_of_hold_from_alert_to_its_end(town: Town, texts: Texts) -> None:
    ready_to_file(town)
    press_file(town)
    town.drain()
    town.poll()
    entry = town.rows(Entry)[0]
    for case in CASES:
        town.hands.authority(entry.key, case.event)
        town.poll()
        hold = newest(town)
        assert (hold.kind, hold.confirmed) == (case.kind, True)
        alert = told(town, ":rotating_light: *Entry")
        assert case.alert in alert["text"]
        assert "<@U01DANA>" in alert["text"]
        assert mails_of(town, hold) == case.mails
        assert [one for one in case.missing if one in hold.missing] == list(case.missing)
        note = told(town, "The package for the hold")
        link = re.search(r"<(http[^|]+)\|", note["text"])
        assert link is not None
        names = package(town, link[1]).namelist()
        for part in case.staged:
            assert any(part in name for name in names), (part, names)
        town.hands.press(LUIS, alert, "hold_answer")
        town.hands.wait(
            "the refusal",
            lambda: any(
                "Only a licensed broker can answer" in str(view)
                for view in town.hands.state(LUIS)["views"]
            ),
        )
        town.hands.press(DANA, alert, "hold_ack")
        town.hands.wait("taken", lambda: newest(town).acknowledged_by == DANA)
        town.hands.press(DANA, alert, "hold_answer")
        submit_modal(town, DANA, "hold_answer", text=f"Our answer on {case.kind}.")
        town.hands.wait("answered", lambda: newest(town).answered_at)
        town.drain()
        town.hands.authority(entry.key, "lift")
        town.poll()
        assert newest(town).lifted_at is not None
        assert town.shipments()[0].state is State.ACCEPTED
    answers = town.sandbox.authority.entries[entry.key]["answers"]
    assert [one["text"] for one in answers] == [f"Our answer on {case.kind}." for case in CASES]
    assert all(one["documents"] for one in answers)
    _the_history_has_it_all(town)
    town.later("hold.text")
    bodies = [one["text"] for one in texts.sent.values()]
    assert bodies
    for body in bodies:
        assert not re.search(r"\d{4}\.\d{2}|USD|Kestrel", body)  # no code, no value, no client
    _the_value_adds_up(town)
    estimate = next(one for one in town.rows(Hold) if one.kind == "adcvd")
    assert estimate.case_number == "A-570-979"
    with zipfile.ZipFile(io.BytesIO(town.app.blobs.read(estimate.package_sha256))) as made:
        name = next(one for one in made.namelist() if "adcvd-estimate" in one)
        assert "deposit not available" in made.read(name).decode()


def _the_value_adds_up(town: Town) -> None:
    """Line by line to the cent, and what stays unexplained is said."""
    value = next(one for one in town.rows(Hold) if one.kind == "value")
    with zipfile.ZipFile(io.BytesIO(town.app.blobs.read(value.package_sha256))) as made:
        name = next(one for one in made.namelist() if "value-reconciliation" in one)
        rows = list(csv.DictReader(io.StringIO(made.read(name).decode())))
    assert [one["difference, USD"] for one in rows if one["line"]] == ["0.00", "0.00"]
    assert rows[-1]["goods"] == "UNEXPLAINED RESIDUE, USD"
    assert (rows[-1]["line"], Decimal(rows[-1]["difference, USD"])) == ("", Decimal(0))


def _the_history_has_it_all(town: Town) -> None:
    """Of the examination: its slot, its bill, its day, and everything before them."""
    exam = next(one for one in town.rows(Hold) if one.kind == "examination")
    with town.app.database.transaction() as session:
        dana = people.who(session, DANA)
        hold_acts.note(session, hold_id=exam.id, kind="cost", text="CES bill 17", actor=dana,
                       amount=Decimal("640.00"), currency="USD")  # fmt: skip
        with pytest.raises(Refused, match="already lifted"):
            hold_acts.presented(session, hold_id=exam.id, on=date(2026, 5, 5), actor=dana)
        with pytest.raises(Refused, match="amount and a currency"):
            hold_acts.note(session, hold_id=exam.id, kind="cost", text="x", actor=dana)
    with town.app.database.snapshot() as session:
        made = hold_history.of(session, session.get(Hold, exam.id))
    assert made["costs"] == {"USD": "640.00"}
    assert made["standing"] == "lifted"
    done = [one["what"] for one in made["timeline"]]
    for step in ("hold placed", "hold package staged", "hold taken", "hold answered", "hold lifted",
                 "mail out", "cost"):  # fmt: skip
        assert step in done, step
    assert "640.00 USD" in hold_history.words(made)
    entry = town.rows(Entry)[0]
    out = io.BytesIO()
    audit_package.write(
        out, [entry.id], snapshot=town.app.database.snapshot, blobs=town.app.blobs, firm="H&P"
    )
    names = zipfile.ZipFile(out).namelist()
    assert any(one.endswith("holds.json") for one in names)
    assert len([one for one in names if "/holds/" in one]) == len(CASES)


def restricted_goods_stop_everything_until_two_let_go(town: Town) -> None:
    ready_to_file(town)
    press_file(town)
    town.drain()
    town.poll()
    entry = town.rows(Entry)[0]
    town.hands.authority(entry.key, "hold_restricted")
    town.poll()
    hold = newest(town)
    assert (hold.kind, hold.frozen) == ("restricted", True)
    assert mails_of(town, hold) == {"principal", "counsel", "compliance", "broker"}
    assert town.rows(LegalHold)[0].lifted_at is None
    shown = town.shipments()[0].card_ts
    card = next(m for m in town.hands.state()["messages"] if m["ts"] == shown)
    said = str(card["blocks"]) + str(town.hands.thread(card))
    assert "Please see the broker" in said
    assert "UFLPA" not in said
    few = next(m for m in town.hands.state()["messages"] if "Confidential" in m["text"])
    assert "UFLPA" in few["text"]
    assert few["channel"] != card["channel"]
    # Customs releases; yet nothing goes out before compliance and a broker both say so.
    town.hands.authority(entry.key, "release")
    town.poll()
    assert town.shipments()[0].state is State.RELEASED
    released = [m for m in town.hands.state()["mails"] if "Released by customs" in m["subject"]]
    assert released == []
    town.hands.press(DANA, few, "hold_close")
    submit_modal(town, DANA, "hold_close", text="Released by customs.")
    assert newest(town).closed_at is None
    town.hands.press(PRIYA, few, "hold_clear")
    submit_modal(town, PRIYA, "hold_clear", text="Customs' letter of release, file 7.")
    town.hands.wait("cleared", lambda: newest(town).cleared_at)
    town.hands.press(DANA, few, "hold_close")
    submit_modal(town, DANA, "hold_close", text="Released by customs.")
    town.hands.wait("let go", lambda: not newest(town).frozen)
    town.drain()
    assert town.shipments()[0].state is State.CLOSED
    acts = [one.action for one in town.rows(AuditEvent) if one.action.startswith("hold_")]
    assert [one for one in acts if one in ("hold_cleared", "hold_closed")] == [
        "hold_cleared",
        "hold_closed",
    ]
