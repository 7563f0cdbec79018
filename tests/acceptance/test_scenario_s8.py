"""S8: PV modules of China, sold and shipped from Vietnam: AD/CVD is asked before filing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot import people
from bot.sandbox.player import DANA, LUIS
from storage.models import AdcvdDecision, AuditEvent, Entry, Shipment
from tests.acceptance import scenario_goods as goods
from tests.factories import mail
from tests.integration.test_town_filing import submit_modal
from tests.town import Town
from workflows import filing
from workflows.gateways.catair import read
from workflows.states import Refused

SELLER, IMPORTER = "Hai Phong Solar Trading Co. Ltd.", "Sunline Roofing Supply"
BILL, BOX = "ZZZQ26058899", "ZZZU9033458"
MESSAGE = "A-570-979 0.00 % message 1234567 of 2026-01-31"


@pytest.fixture
def solar_town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path, more={"holds": {"finance_mail": ["joan.pell@house.example"]}})
    goods.client(made, IMPORTER, "yard@sunline.example")
    goods.next_number(made, "QZ7-0204589-2")
    try:
        yield made
    finally:
        made.close()


def finance(town: Town) -> list[dict]:
    return [one for one in town.hands.state()["mails"] if one["to"] == ["joan.pell@house.example"]]


def test_s8_the_adcvd_question_comes_before_filing_and_dana_decides_type_03(
    solar_town: Town,
) -> None:
    town = solar_town
    row = ("Crystalline silicon photovoltaic modules", "CN", "1250", "PCS", "187.00", "233750.00")
    town.send(mail(
        ("invoice.csv", goods.invoice(
            seller=SELLER, seller_at="12 Le Hong Phong, Hai Phong, Vietnam", importer=IMPORTER,
            number="HPS-77", rows=[row], more=(f"B/L No.:,{BILL}",), hints={1: "8541.43"})),
        ("packing.csv", goods.packing(seller=SELLER, number="HPS-77", packages="50 PALLETS",
                                      container=BOX, bill=BILL)),
        ("arrival.csv", goods.arrival(bill=BILL, container=BOX, loading="Hai Phong")),
        sender="Linh <linh@hpsolar.example>", subject=f"Documents {BILL}",
        message_id="<s8@hpsolar.example>",
    ))  # fmt: skip
    town.drain()
    asked = town.told(goods.card_of(town, IMPORTER), "must be decided before this can be filed")
    for words in (
        "of CN origin but shipped from VN: A-570-979, C-570-980", "Advisory",
        "Cells of 20 micrometers or more", "77 FR 73018", "who made the cells",
        "which producer and exporter pair", "Suggested: entry type *03*",
        "The goods hold polysilicon (UFLPA)", "quartzite",
    ):  # fmt: skip
        assert words in asked["text"], words
    (first,) = finance(town)
    for words in ("USD 233,750.00", "Out of scope, duty and fees", "not available",
                  "MPF USD 651.50", "HMF USD 292.19"):  # fmt: skip
        assert words in first["text"], words

    _nothing_is_filed_while_it_is_open(town)
    _dana_decides(town)
    _filed_as_03(town)


def _nothing_is_filed_while_it_is_open(town: Town) -> None:
    # The codes are decided, and yet nothing can be filed: not by the card, not past it.
    goods.decide(town, IMPORTER, {1: "8541430010"})
    card = goods.card_of(town, IMPORTER)
    assert "shipment_confirm" not in goods.actions(town, IMPORTER)
    assert "to be decided: 03 suggested" in str(card["blocks"])
    assert "A licensed broker decides type 03 or 01" in str(card["blocks"])
    with town.app.database.transaction() as session, pytest.raises(Refused, match="no type yet"):
        filing.prepare(session, session.get(Shipment, 1), actor=people.who(session, DANA),
                       house=town.app.house)  # fmt: skip
    assert town.rows(Entry) == []

    # The question and the list for the UFLPA file go to the seller when Dana sends them.
    town.hands.press(DANA, card, "shipment_ask")
    prepared = town.hands.modal(DANA, "ask_shipper")
    (question,) = [one["element"]["initial_value"] for one in prepared["blocks"]
                   if one.get("block_id") == "question"]  # fmt: skip
    assert "who made the cells" in question
    assert "quartzite" in question
    submit_modal(town, DANA, "ask_shipper", to="linh@hpsolar.example", question=question)
    town.drain()
    (sent,) = [one for one in town.hands.state()["mails"] if one["to"] == ["linh@hpsolar.example"]
               and "who made the cells" in one["text"]]  # fmt: skip
    assert "A-570" not in sent["text"]


def _dana_decides(town: Town) -> None:
    # Luis may not; a rate without its message is not taken; 0 % is still 03.
    said = {"type": "03", "producer": "Jiangyin Cell Works (CN)", "exporter": SELLER,
            "reason": "Cells of Chinese make, by the seller's flow chart of 2026-11-20."}  # fmt: skip
    card = goods.card_of(town, IMPORTER)
    town.hands.press(LUIS, card, "entry_type")
    assert "Only a licensed broker" in goods.refused(town, LUIS, "entry_type", cases=MESSAGE, **said)
    town.hands.press(DANA, card, "entry_type")
    shown = town.hands.modal(DANA, "entry_type")
    kind = next(one for one in shown["blocks"] if one.get("block_id") == "type")
    assert kind["element"]["initial_option"]["value"] == "03"
    no_message = goods.refused(town, DANA, "entry_type", cases="A-570-979 238.95 %", **said)
    assert "is not understood" in no_message
    assert town.rows(AdcvdDecision) == []
    submit_modal(town, DANA, "entry_type", cases=f"{MESSAGE}\nC-570-980", **said)
    town.hands.wait("the decision", lambda: town.rows(AdcvdDecision))
    town.told(goods.card_of(town, IMPORTER), "decided: entry type *03*")
    assert "03: A-570-979, C-570-980" in str(goods.card_of(town, IMPORTER)["blocks"])
    second = finance(town)[-1]
    assert "The type of this entry is decided: 03, by Dana Whitlock" in second["text"]
    assert "Line 1, A-570-979: USD 0.00 (0.00 %, message 1234567 of 2026-01-31)" in second["text"]
    assert "C-570-980: not available: no rate from a dated message" in second["text"]


def _filed_as_03(town: Town) -> None:
    # Filed as 03, in every form that leaves the house.
    entry = goods.file(town, IMPORTER)
    assert entry.number == "QZ7-0204589-2"
    assert entry.filing["entryType"] == "03"
    (line,) = entry.filing["lines"]
    assert Decimal(line["enteredValue"]) == Decimal("233750.00")
    assert (goods.fee(entry, "499"), goods.fee(entry, "501")) == (Decimal("651.50"), Decimal("292.19"))
    assert goods.base_duty(entry) == 0
    assert [(one["case"], one["rate"], one["source"]) for one in line["cases"]] == [
        ("A-570-979", "0.00", "message 1234567 of 2026-01-31"), ("C-570-980", None, None),
    ]  # fmt: skip
    assert town.sandbox.authority.entries[entry.key]["filing"]["entryType"] == "03"
    records = town.open(town.app.filing_link(entry.key, "cargo_release"))
    summary = town.open(town.app.filing_link(entry.key, "entry_summary"))
    assert read.read(records.text).entry_type == "03"
    # The summary waits for the rate that nobody has read anywhere.
    assert (summary.status_code, "C-570-980: the deposit rate is not available" in summary.text) == (409, True)
    decided = next(one for one in town.rows(AuditEvent) if one.action == "entry_type_decided")
    assert (decided.actor_name, decided.actor_licence) == ("Dana Whitlock", "99001")
    assert decided.details["entry_type"] == "03"
