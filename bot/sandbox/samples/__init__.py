"""The story of the demo: five mails of invented firms, with their documents.

`make.py` writes the documents; this module tells which mail carries which, and what a broker
who knows the goods would decide.
"""

from __future__ import annotations

import mimetypes
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from storage.columns import now
from storage.values import Value

FILES = Path(__file__).with_name("files")

CLIENTS = (
    ("Northgate Retail Inc.", "receiving@northgate.example", "Renee Park"),
    ("Kestrel Outdoor LLC", "warehouse@kestrel.example", "Renee Voss"),
    ("Cascade Lighting Co.", "dock@cascade.example", "Omar Haddad"),
    ("Juniper Table Inc.", "dc@juniper.example", "Ines Calder"),
)
"""(importer of record, where the consignee hears of a release, who signed the POA)."""


class StoryMail(Value):
    """One mail of the story."""

    name: str
    sender: str
    subject: str
    text: str
    files: tuple[str, ...]
    answers: str | None = None  #: the name of the mail that it replies to
    codes: dict[int, str] = {}  #: what the broker decides, by line


STORY = (
    StoryMail(
        name="northgate",
        sender="Amy Chen <amy@brightpath.example>",
        subject="Documents for PO NR-4471, B/L ZZZQ26051877",
        text="Dear team,\n\nplease find the commercial invoice, packing list and arrival notice "
        "for our shipment to Northgate.\n\nBest regards\nAmy Chen",
        files=(
            "invoice_BP-2026-1107.pdf",
            "packing_list_BP-2026-1107.pdf",
            "arrival_notice_ZZZQ26051877.pdf",
        ),
        codes={
            1: "8504409510",
            2: "8536694010",
            3: "8443321050",
            4: "6109100012",
            5: "6911104500",
            6: "4202923120",
            7: "3924104000",
            8: "9403200086",
            9: "6302600020",
            10: "9617001000",
        },
    ),
    StoryMail(
        name="kestrel",
        sender="Ha Nguyen <ha@lotusbags.example>",
        subject="Invoice HLB-2026-0419 for Kestrel Outdoor",
        text="Hello,\n\nour invoice is attached. Arrival details from the carrier:\n\n"
        "B/L No.: ZZZQ26104411\nVessel: LOTUS STREAM\nContainer No.: ZZZU3045132\n"
        "Port of Discharge: Long Beach, CA\nETA: 2026-11-25\n\nThe packing list follows.\nHa",
        files=("HLB-2026-0419.xlsx",),
        codes={1: "4202923120", 2: "4202923120"},
    ),
    StoryMail(
        name="cascade",
        sender="Wu Lei <sales@yinhe.example>",
        subject="Scan of invoice YH-88021",
        text="Scan attached, original by courier.",
        files=("scan_YH-88021.pdf",),
    ),
    StoryMail(
        name="kestrel-packing-list",
        sender="Ha Nguyen <ha@lotusbags.example>",
        subject="Re: Invoice HLB-2026-0419 for Kestrel Outdoor",
        text="Here is the packing list that was missing.\nHa",
        files=("packing_list_HLB-2026-0419.pdf",),
        answers="kestrel",
    ),
    StoryMail(
        name="juniper",
        sender="Lin Mei <export@cloudkiln.example>",
        subject="Shipping documents CK-30912, Juniper Table",
        text="Dear all,\n\ninvoice, packing list and arrival notice are attached.\n\nLin Mei",
        files=(
            "invoice_CK-30912.pdf",
            "packing_list_CK-30912.pdf",
            "arrival_notice_ZZZQHOLD26052209.pdf",
        ),
        codes={1: "6911104500", 2: "6911108010"},
    ),
)


def build(mail: StoryMail, *, to: str, run: str) -> EmailMessage:
    """The mail on the wire; `run` makes its Message-ID the run's own."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = mail.sender, to, mail.subject
    made["Date"] = format_datetime(now())
    made["Message-ID"] = message_id(mail.name, run)
    if mail.answers:
        made["In-Reply-To"] = message_id(mail.answers, run)
    made.set_content(mail.text)
    for name in mail.files:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        major, _, minor = kind.partition("/")
        made.add_attachment(
            (FILES / name).read_bytes(), maintype=major, subtype=minor, filename=name
        )
    return made


def message_id(name: str, run: str) -> str:
    return f"<{name}.{run}@story.example>"
