"""The twelve mails of the list of features (IN-8), each with where it lands and what it brings.

One row a mail. A mail before it sets the scene where one is needed. Nothing is ever lost: the raw
mail is a blob, and every file that was in it is a document or is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from storage.models import Document, Message, OutgoingMessage, State
from tests import mail_forms as forms
from tests.factories import invoice_csv, mail
from tests.town import Town

pytestmark = pytest.mark.slow

INVOICE = invoice_csv()
OTHER = invoice_csv(number="T-2002", bill="ZZZQ22220002")
PACKING = b"PACKING LIST\n\nExporter:,Hanoi Lotus Bags JSC,,Invoice No.:,T-1001\nImporter:,Kestrel Outdoor LLC,,B/L No.:,ZZZQ11110001\n\nNo.,Description,Packages,Gross Weight\n1,Backpacks,10,100\n"
PDF = forms.pdf("COMMERCIAL INVOICE")


def first() -> EmailMessage:
    return mail(("invoice.csv", INVOICE))


def later(*files: tuple[str, bytes], **more) -> EmailMessage:
    return mail(*files, **{"message_id": "<later@lotusbags.example>", **more})


def wired(made: EmailMessage) -> bytes:
    return made.as_bytes(policy=SMTP)


def inline_pdf() -> bytes:
    made = later(text="see below")
    made.add_attachment(PDF, maintype="application", subtype="pdf", disposition="inline")
    return wired(made)


def forwarded() -> bytes:
    inner = later(("packing.csv", PACKING), text="B/L No.: ZZZQ11110001", message_id="<in@x.example>")
    return forms.forwarding(inner, subject="FW: docs", words="please add").replace(b"\n", b"\r\n")


def another_text() -> bytes:
    return wired(mail(("invoice.csv", INVOICE), ("packing.csv", PACKING)))


@dataclass(frozen=True)
class Case:
    """What is sent, and how it looks afterwards: the documents of each shipment that stands."""

    name: str
    send: Callable[[], bytes]
    lands: list[set[str]]
    before: Callable[[], bytes] | None = lambda: wired(first())
    mails: int = 2
    told: str = ""
    more: dict[str, int] = field(default_factory=dict)


TWELVE = [
    Case("1 an invoice attached", lambda: wired(first()), [{"invoice.csv"}], None, 1),
    Case("2 forwarded as a mail", forwarded, [{"invoice.csv", "packing.csv"}]),
    Case("3 a PDF inline, without a name, no number", inline_pdf, [{"invoice.csv"}, {"part.pdf"}], told="may belong to"),
    Case("4 a ZIP with two documents", lambda: wired(later(("docs.zip", forms.zipped(("packing.csv", PACKING), ("note.txt", b"x"))), text="B/L: ZZZQ11110001")), [{"invoice.csv", "packing.csv", "note.txt"}]),
    Case("5 winmail.dat", lambda: wired(later(("winmail.dat", forms.winmail("B/L: ZZZQ11110001", ("packing.csv", PACKING))))), [{"invoice.csv", "packing.csv"}]),
    Case("6 the same mail twice", lambda: wired(first()), [{"invoice.csv"}], mails=1),
    Case("7 the same Message-ID with other contents", another_text, [{"invoice.csv", "packing.csv"}]),
    Case("8 two shipments in one mail", lambda: wired(later(("b.csv", OTHER), ("a.csv", INVOICE.replace(b"25.00\nTotal", b"25.00 \nTotal")))), [{"invoice.csv", "a.csv"}, {"b.csv"}], mails=3, told="held the documents of several shipments"),
    Case("9 no reference at all", lambda: wired(later(("photo.txt", b"goods"), text="as promised")), [{"invoice.csv"}, {"photo.txt"}], told="Attach to SHP-"),
    Case("10 an answer to our acknowledgement", lambda: b"", [{"invoice.csv", "packing.csv"}]),
    Case("11 to the shipment's own address", lambda: b"", [{"invoice.csv", "extra.txt"}]),
    Case("12 a locked ZIP", lambda: wired(later(("docs.zip", forms.locked(forms.zipped(("packing.csv", PACKING)), "packing.csv")), text="B/L: ZZZQ11110001")), [{"invoice.csv", "docs.zip"}], told="Ask for a copy without a password"),
]  # fmt: skip


@pytest.mark.parametrize("case", TWELVE, ids=lambda case: case.name)
def test_each_of_the_twelve_lands_where_it_belongs(town: Town, case: Case) -> None:
    to = ""
    if case.before is not None:
        town.send_raw(case.before())
        town.drain()
    raw = case.send()
    if case.name.startswith("10"):
        (ours,) = town.rows(OutgoingMessage)
        raw = wired(later(("packing.csv", PACKING), text="here", subject="Re: yours", answers=ours.message_id))  # fmt: skip
    if case.name.startswith("11"):
        to = town.app.house.address_for(town.shipments()[0].ref or "")
        raw = wired(later(("extra.txt", b"word"), text="no number"))
    town.send_raw(raw, to=to)
    town.drain()
    standing = [one for one in town.shipments() if one.state is not State.CANCELLED]
    found = [
        {one.filename for one in town.rows(Document) if one.shipment_id == shipment.id}
        for shipment in standing
    ]
    assert found == case.lands
    assert len(town.rows(Message)) == case.mails
    assert case.told in str(town.hands.state()["messages"])
    for message in town.rows(Message):
        assert town.app.blobs.read(message.raw_sha256)
        assert all(town.app.blobs.read(file.sha256) for file in message.files)
    assert town.app.spool.waiting() == []
    assert town.app.spool.put_aside() == []
