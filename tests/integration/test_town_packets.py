"""A packet by mail: one file with the documents of a shipment, each of which counts."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pypdfium2 as pdfium
import pytest
from PIL import Image

from storage import outbox
from storage.models import AuditEvent, Document, Entry, Outbox, State
from storage.values import DocumentKind
from tests.factories import mail
from tests.integration.test_archive_files import made
from tests.integration.test_town_story import CODES, decide_all, file
from tests.packets import INVOICE, NOTICE, PACKING, isf, packet, sheet
from tests.town import Town
from workflows import notices
from workflows.effects import ReadDocuments

pytestmark = pytest.mark.slow

TERMS = sheet("GENERAL TERMS AND CONDITIONS OF SALE", "1. The invoice is payable at once.")
PACKET = packet(INVOICE, TERMS, PACKING, NOTICE, isf("ZZZQ26051877"))
K = DocumentKind
_NO_TIME = timedelta(seconds=-1)  # the lease is over at once


def test_the_documents_of_a_packet_are_on_the_card_and_its_file_is_kept_once(town: Town) -> None:
    town.send(mail(("courier.pdf", PACKET), sender="Amy Chen <amy@brightpath.example>",
                   subject="Documents for PO NR-4471", message_id="<packet@brightpath.example>"))  # fmt: skip
    town.receive()
    # Killed after the documents were told apart and before anything was proposed from them.
    waiting = [one for one in town.pending() if _kind(town, one) == ReadDocuments.kind]
    with town.app.database.transaction() as session:
        claimed = outbox.claim(session, waiting[0], lease=_NO_TIME)
    assert claimed is not None
    town.app.reader.perform(town.app.ports, claimed)
    assert len(town.rows(Document)) == 4
    assert town.shipments()[0].state is State.RECEIVED
    town.drain()

    rows = town.rows(Document)
    assert [(one.kind, one.first_page, one.last_page, one.part_of) for one in rows] == [
        (K.COMMERCIAL_INVOICE, 1, 2, None),
        (K.PACKING_LIST, 3, 3, rows[0].id),
        (K.ARRIVAL_NOTICE, 4, 4, rows[0].id),
        (K.ISF_SHEET, 5, 5, rows[0].id),
    ]
    assert len({one.sha256 for one in rows}) == 1
    parted = [one for one in town.rows(AuditEvent) if one.action == "file_parted"]
    assert len(parted) == 1
    shipment = town.shipments()[0]
    assert shipment.state is State.IN_REVIEW
    assert shipment.header.invoiceNumber == "BP-2026-1107"
    assert shipment.evidence["transport.houseBill"][0] == rows[2].id
    assert shipment.evidence["transport.houseBill"][1].page == 4

    card = town.hands.card(shipment.ref)
    shown = str(card)
    for words in ("Commercial invoice · courier.pdf, pages 1-2", "Packing list · courier.pdf, page 3",
                  "Arrival notice · courier.pdf, page 4", "#page=4", "ISF sheet · courier.pdf, page 5"):  # fmt: skip
        assert words in shown
    # From the card to the pages of each document, with the boxes of what was read on them.
    links = dict(re.findall(r"page (\d)[^>]*> \(<([^|]+)\|what was read>", shown))
    told = town.open(links["4"])
    assert "courier.pdf, page 4" in told.text
    assert re.findall(r'src="[^"]*/(\d)"', told.text) == ["4"]
    drawn = town.open(f"{links['4']}/4")
    assert drawn.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(drawn.content)) as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24) or ()}
    assert (0, 130, 60) in colours
    assert town.open(f"{links['4']}/1").status_code == 404  # a page of another document
    assert town.open(f"{links['4'][:-2]}xx").status_code == 404
    assert [one.details["page"] for one in town.rows(AuditEvent) if one.action == "drawn_page_opened"] == [4]

    # The consignee of a release must not see the invoice that lies in the same file.
    with town.app.database.snapshot() as session:
        assert notices.documents(session, shipment.id or 0) == []

    decide_all(town, "Northgate", CODES["northgate"])
    file(town, "Northgate")
    town.poll()
    town.poll()
    town.drain()
    assert town.shipments()[0].state is State.CLOSED
    kept, _ = made(town, numbers=[town.rows(Entry)[0].number])
    (only,) = [one for one in kept.namelist() if "/documents/" in one]
    assert kept.read(only) == PACKET
    pages = pdfium.PdfDocument(kept.read("index.pdf"))
    index = " ".join(page.get_textpage().get_text_range() for page in pages)
    assert "packing list (page 3)" in " ".join(index.split())


def _kind(town: Town, number: int) -> str:
    return next(one.kind for one in town.rows(Outbox) if one.id == number)
