"""A broker sets fields right once; the next document of the layout is read by what that taught."""

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from bot.sandbox.player import DANA
from storage.models import AuditEvent, Document, ReadingLesson
from tests.factories import mail
from tests.integration.test_slack_requests import said
from tests.town import Town
from tests.unit.ingest.test_ingest_lessons import letter

pytestmark = pytest.mark.slow
OTHER = "Northgate Retail Inc."
TAUGHT = "learned from the correction by Dana Whitlock of "


def arrive(town: Town, number: int, data: bytes, *, sender: str = "Ha <ha@lotusrugs.example>") -> None:
    one = mail((f"rugs-{number}.pdf", data), sender=sender, message_id=f"<rugs-{number}@lotusrugs.example>")
    town.send(one)
    town.drain()


def typed(**said: str) -> dict:
    return {
        path.replace("__", "."): {"value": {"type": "plain_text_input", "value": words}}
        for path, words in said.items()
    }


def test_what_a_broker_sets_right_is_read_right_the_next_time(town: Town) -> None:
    first = letter("LB/7714", "28 October 2026", "Hanoi Lotus Rugs JSC")
    arrive(town, 1, first)
    shipment = town.shipments()[0]
    assert shipment.header.invoiceNumber is None
    assert any(flag.message == "The invoice number is missing." for flag in shipment.flags)

    card = town.hands.card(shipment.ref)
    assert card is not None
    town.hands.press(DANA, card, "shipment_edit")
    town.hands.submit(
        DANA,
        town.hands.modal(DANA, "correct"),
        typed(
            header__invoiceNumber="LB/7714",
            header__invoiceDate="2026-10-28",
            parties__exporter__name="Hanoi Lotus Rugs JSC",
        ),
    )
    assert said(town, "Corrected: Invoice number, Invoice date (YYYY-MM-DD), Exporter.")
    town.drain()
    kept = town.rows(ReadingLesson)
    assert [(one.sender, one.path, one.label) for one in kept] == [
        ("lotusrugs.example", "header.invoiceNumber", "our sign"),
        ("lotusrugs.example", "header.invoiceDate", "penned on"),
        ("lotusrugs.example", "parties.exporter.name", "loomed by"),
    ]
    assert all(one.importer_id == town.shipments()[0].importer_id for one in kept)
    assert [one.details["by"] for one in town.rows(AuditEvent) if one.action == "reading_taught"] == ["Dana Whitlock"]

    second = letter("LB/7802", "3 November 2026", "Hanoi Lotus Rugs JSC", bill="ZZZQ11110002", moved=20)
    arrive(town, 2, second)
    read = town.shipments()[-1]
    assert read.id != shipment.id
    assert read.header.invoiceNumber == "LB/7802"
    assert str(read.header.invoiceDate) == "2026-11-03"
    assert read.parties.exporter.name == "Hanoi Lotus Rugs JSC"
    assert read.evidence["header.invoiceNumber"][1].learned.startswith(TAUGHT)
    assert not any(flag.field == "header.invoiceNumber" for flag in read.flags)
    again = town.hands.card(read.ref)
    assert again is not None
    town.hands.press(DANA, again, "shipment_edit")
    view = town.hands.modal(DANA, "correct")
    told = [str(one) for one in view["blocks"] if one["type"] in ("context", "section")]
    assert any("LB/7802" in one and TAUGHT in one for one in told)

    # Another sender's paper of the same look is read without it; so is another importer's.
    arrive(town, 3, letter("LB/9001", "4 November 2026", "Hanoi Lotus Rugs JSC", bill="ZZZQ11110003"), sender="x@elsewhere.example")
    assert town.shipments()[-1].header.invoiceNumber is None
    arrive(town, 4, letter("LB/9002", "5 November 2026", "Hanoi Lotus Rugs JSC", importer=OTHER, bill="ZZZQ11110004"))
    assert town.shipments()[-1].parties.consignee.name == OTHER
    assert town.shipments()[-1].header.invoiceNumber is None

    # A lesson that led astray is forgotten with the next correction.
    town.hands.submit(DANA, view, typed(header__invoiceNumber="SOMETHING-ELSE-1"))
    town.drain()
    assert [one.path for one in town.rows(ReadingLesson)] == ["header.invoiceDate", "parties.exporter.name"]


def test_how_far_a_long_document_is_read_stands_in_the_thread(town: Town) -> None:
    out = io.BytesIO()
    paper = Canvas(out)
    for page in range(45):
        paper.drawString(60, 780, "PACKING LIST")
        paper.drawString(60, 750, f"Carton {page + 1}: rugs")
        paper.showPage()
    paper.save()
    town.send(mail(("long.pdf", out.getvalue())))
    town.drain()
    card = town.hands.card(town.shipments()[0].ref)
    assert card is not None
    told = [one["text"] for one in town.hands.thread(card) if "Still reading" in one["text"]]
    assert ["20 pages" in told[0], "40 pages" in told[1], len(told)] == [True, True, 2]
    assert town.rows(Document)[0].reading.pages == 45
