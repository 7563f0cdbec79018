"""Mails and documents for tests, made on the spot."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from storage.columns import now


def invoice_csv(
    *,
    number: str = "T-1001",
    bill: str = "ZZZQ11110001",
    importer: str = "Kestrel Outdoor LLC",
    lines: int = 1,
    goods: str = "Backpacks of polyester textile",
) -> bytes:
    """A commercial invoice as CSV; it adds up."""
    rows = [
        "COMMERCIAL INVOICE",
        "",
        f"Exporter:,Hanoi Lotus Bags JSC,,Invoice No.:,{number}",
        f"Importer:,{importer},,Invoice Date:,2026-10-28",
        f"Currency:,USD,,B/L No.:,{bill}",
        "",
        "No.,SKU,Description,Origin,Quantity,Unit,Unit Price,Amount",
        *(f"{n},S-{n},{goods} {n},VN,10,PCS,2.50,25.00" for n in range(1, lines + 1)),
        f"Total,,,,,,,{lines * 25}.00",
    ]
    return "\n".join(rows).encode()


def mail(
    *files: tuple[str, bytes],
    to: str = "intake@tidewaiter.test",
    sender: str = "Ha Nguyen <ha@lotusbags.example>",
    subject: str = "Documents",
    text: str = "Please find the documents attached.",
    message_id: str = "<m1@lotusbags.example>",
    answers: str | None = None,
) -> EmailMessage:
    """A mail with files."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"], made["Message-ID"] = format_datetime(now()), message_id
    if answers:
        made["In-Reply-To"] = answers
    made.set_content(text)
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made


def export_row(htsno: str, indent: int, description: str, **more: Any) -> dict[str, Any]:
    """A row of the HTSUS as the official export prints it."""
    return {
        "htsno": htsno,
        "indent": str(indent),
        "description": description,
        "superior": None,
        "units": [],
        "general": "",
        "special": "",
        "other": "",
        "footnotes": [],
        **more,
    }
