"""A packet: several documents in one PDF, as a courier's scanner or a forwarder makes them."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2 as pdfium
from reportlab.pdfgen.canvas import Canvas

FILES = Path(__file__).parents[1] / "bot" / "sandbox" / "samples" / "files"
INVOICE, PACKING, NOTICE = (
    FILES / "invoice_BP-2026-1107.pdf",
    FILES / "packing_list_BP-2026-1107.pdf",
    FILES / "arrival_notice_ZZZQ26051877.pdf",
)
OTHER_INVOICE = FILES / "invoice_CK-30912.pdf"


def sheet(*lines: str, foot: str = "") -> bytes:
    """A page of lines, with something in its foot."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=(612, 792))
    page.setFont("Helvetica", 9)
    for at, line in enumerate(lines):
        page.drawString(50, 740 - 14 * at, line)
    page.drawString(280, 30, foot)
    page.save()
    return out.getvalue()


def packet(*parts: Path | bytes) -> bytes:
    """The pages of all parts in one file."""
    whole = pdfium.PdfDocument.new()
    for part in parts:
        one = pdfium.PdfDocument(part if isinstance(part, bytes) else str(part))
        whole.import_pages(one)
        one.close()
    out = io.BytesIO()
    whole.save(out)
    whole.close()
    return out.getvalue()


def isf(bill: str, *, title: str = "IMPORTER SECURITY FILING (10+2) DATA SHEET") -> bytes:
    """What a seller is asked for before lading: the ten elements of 19 CFR 149.3(a)."""
    return sheet(
        title,
        f"House B/L No.: {bill}",
        "1. Seller: Fjordline Tools AS, Havnegata 9, 5003 Bergen, Norway",
        "2. Buyer: Beacon Hardware Inc., 40 Market Street, Newark, NJ 07102, United States",
        "3. Importer of record number: 12-3456789WP",
        "4. Consignee number: 12-3456789XQ",
        "5. Manufacturer (or supplier): Sula Smie AS, Smieveien 3, 6030 Langevag, Norway",
        "6. Ship to party: Beacon Hardware Inc., 7 Dock Road, Newark, NJ 07114, United States",
        "7. Country of origin: Norway",
        "8. Commodity HTSUS-6: 8205.20",
        "9. Container stuffing location: Kai 4, 5003 Bergen, Norway",
        "10. Consolidator (stuffer): Bergen Pakkhus AS, Kai 4, 5003 Bergen, Norway",
    )
