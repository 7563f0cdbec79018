"""Makes the demo's documents (for developers: needs the `test` extra). All firms are invented.

Run `python -m bot.sandbox.samples.make` after changing anything here, and commit what it writes.
"""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from openpyxl import Workbook
from openpyxl.styles import Font
from PIL import Image, ImageFilter
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

FILES = Path(__file__).with_name("files")
INK, FAINT = HexColor("#1b2733"), HexColor("#8a97a5")
WIDTH, HEIGHT = A4

Line = tuple[str, str, str, str, int, str, str]

BRIGHTPATH: list[Line] = [
    (
        "PA-45W",
        "Power adapter, USB-C, 45 W output, for household appliances",
        "8504.40.9510",
        "CN",
        1500,
        "PCS",
        "6.20",
    ),
    ("CX-BNC50", "Coaxial connectors, BNC, 50 ohm", "8544.42", "CN", 8000, "PCS", "1.65"),
    (
        "TP-58",
        "Thermal printer, direct thermal, USB and network",
        "8443.32.1050",
        "CN",
        100,
        "PCS",
        "120.00",
    ),
    ("TS-M180", "Men's T-shirts, knitted, 100% cotton", "6109.10.0012", "CN", 250, "DOZ", "38.40"),
    ("MG-11", "Porcelain mugs, 11 oz, household", "6911.10.4500", "CN", 400, "DOZ", "9.80"),
    (
        "BP-22L",
        "Backpacks of polyester textile, 22 liters",
        "4202.92.3120",
        "CN",
        600,
        "PCS",
        "11.50",
    ),
    (
        "FC-3",
        "Food storage containers of plastic, set of three",
        "3924.10.4000",
        "CN",
        1200,
        "SETS",
        "3.40",
    ),
    (
        "SH-5T",
        "Steel shelves for storage rooms, five tiers",
        "9403.20.0086",
        "CN",
        150,
        "PCS",
        "32.00",
    ),
    ("BT-70", "Bath towels of cotton terry fabric", "6302.60.0020", "CN", 2000, "PCS", "2.95"),
    (
        "VB-750",
        "Vacuum bottles of stainless steel, 0.75 liter",
        "9617.00.1000",
        "CN",
        900,
        "PCS",
        "5.10",
    ),
]
JUNIPER: list[Line] = [
    ("MG-11W", "Porcelain mugs, 11 oz, household", "6911.10.4500", "CN", 1500, "DOZ", "9.80"),
    (
        "PL-27",
        "Porcelain dinner plates for household use, food safe",
        "6911.10.8010",
        "CN",
        980,
        "DOZ",
        "14.00",
    ),
]
CASCADE: list[Line] = [
    ("CH-8B", "Brass chandeliers, LED, household", "9405.11.4010", "CN", 480, "PCS", "129.79"),
]


class Sheet:
    """A page that is being drawn, from the top."""

    def __init__(self, place: Path | io.BytesIO, title: str) -> None:
        self.c = Canvas(str(place) if isinstance(place, Path) else place, pagesize=A4, invariant=1)
        self.c.setTitle(title)

    def at(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 9,
        bold: bool = False,
        right: bool = False,
        faint: bool = False,
    ) -> None:
        self.c.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        self.c.setFillColor(FAINT if faint else INK)
        draw = self.c.drawRightString if right else self.c.drawString
        draw(x, HEIGHT - y, text)

    def box(self, x: float, y: float, wide: float, high: float) -> None:
        self.c.setStrokeColor(FAINT)
        self.c.setLineWidth(0.6)
        self.c.rect(x, HEIGHT - y - high, wide, high)

    def rule(self, y: float, *, strong: bool = False) -> None:
        self.c.setStrokeColor(INK if strong else FAINT)
        self.c.setLineWidth(1.0 if strong else 0.4)
        self.c.line(40, HEIGHT - y, WIDTH - 40, HEIGHT - y)

    def done(self) -> None:
        self.c.showPage()
        self.c.save()


def invoice(
    place: Path | io.BytesIO,
    *,
    seller: list[str],
    buyer: list[str],
    number: str,
    dated: str,
    order: str,
    terms: str,
    bill: str,
    lines: list[Line],
    signed: str,
) -> Decimal:
    """A commercial invoice; gives its total."""
    page = Sheet(place, f"Commercial invoice {number}")
    page.at(40, 52, seller[0], size=14, bold=True)
    for row, text in enumerate(seller[1:]):
        page.at(40, 66 + row * 11, text, size=8, faint=True)
    page.at(WIDTH - 40, 56, "COMMERCIAL INVOICE", size=15, bold=True, right=True)
    for row, (label, value) in enumerate(
        (
            ("Invoice No.:", number),
            ("Invoice Date:", dated),
            ("Purchase Order:", order),
            ("Currency:", "USD"),
            ("Incoterms:", terms),
            ("Payment Terms:", "T/T 30 days"),
            ("B/L No.:", bill),
        )
    ):
        page.at(340, 82 + row * 13, label, faint=True)
        page.at(425, 82 + row * 13, value)
    page.box(40, 182, 250, 66)
    page.at(46, 193, "Seller / Exporter", size=7.5, faint=True)
    page.box(305, 182, 250, 66)
    page.at(311, 193, "Importer / Buyer", size=7.5, faint=True)
    for row, text in enumerate(seller[:4]):
        page.at(46, 206 + row * 11, text)
    for row, text in enumerate(buyer[:4]):
        page.at(311, 206 + row * 11, text)
    columns = (
        ("No.", 42, False),
        ("SKU", 60, False),
        ("Description of goods", 112, False),
        ("HS Code", 318, False),
        ("Origin", 372, False),
        ("Qty", 420, True),
        ("Unit", 426, False),
        ("Unit Price", 496, True),
        ("Amount (USD)", 555, True),
    )
    y = 272.0
    page.rule(y - 12, strong=True)
    for name, x, right in columns:
        page.at(x, y, name, size=8, bold=True, right=right)
    page.rule(y + 5)
    total = Decimal(0)
    for at, (sku, goods, code, origin, quantity, unit, price) in enumerate(lines, start=1):
        y += 17
        amount = quantity * Decimal(price)
        total += amount
        first, second = _wrapped(goods, 42)
        for x, text, right in (
            (42, str(at), False),
            (60, sku, False),
            (112, first, False),
            (318, code, False),
            (372, origin, False),
            (420, f"{quantity:,}", True),
            (426, unit, False),
            (496, f"{Decimal(price):,.2f}", True),
            (555, f"{amount:,.2f}", True),
        ):
            page.at(x, y, text, size=8, right=right)
        if second:
            y += 10
            page.at(112, y, second, size=8)
    y += 14
    page.rule(y)
    y += 16
    page.at(447, y, "Total", bold=True)
    page.at(555, y, f"{total:,.2f}", bold=True, right=True)
    y += 30
    page.at(
        40, y, "We certify that this invoice is true and correct and states the price paid.", size=8
    )
    page.at(40, y + 40, f"Signed: {signed}", size=9)
    page.at(40, y + 52, "Export manager", size=8, faint=True)
    page.done()
    return total


def packing_list(
    place: Path, *, seller: list[str], buyer: list[str], number: str, bill: str, lines: list[Line]
) -> None:
    """A packing list."""
    page = Sheet(place, f"Packing list {number}")
    page.at(40, 52, seller[0], size=14, bold=True)
    page.at(WIDTH - 40, 56, "PACKING LIST", size=15, bold=True, right=True)
    page.at(40, 90, "Invoice No.:", faint=True)
    page.at(110, 90, number)
    page.at(40, 104, "B/L No.:", faint=True)
    page.at(110, 104, bill)
    page.at(300, 90, "Consignee:", faint=True)
    page.at(370, 90, buyer[0])
    y = 140.0
    for name, x, right in (
        ("No.", 42, False),
        ("SKU", 60, False),
        ("Description of goods", 130, False),
        ("Cartons", 380, True),
        ("Net Weight", 460, True),
        ("Gross Weight", 555, True),
    ):
        page.at(x, y, name, size=8, bold=True, right=right)
    page.rule(y + 5)
    cartons = net = gross = 0
    for at, (sku, goods, _, _, quantity, _, _) in enumerate(lines, start=1):
        y += 16
        boxes, kilos = max(quantity // 20, 1), max(quantity // 4, 10)
        cartons, net, gross = cartons + boxes, net + kilos, gross + kilos + boxes
        for x, text, right in (
            (42, str(at), False),
            (60, sku, False),
            (130, goods[:44], False),
            (380, str(boxes), True),
            (460, f"{kilos:,} KG", True),
            (555, f"{kilos + boxes:,} KG", True),
        ):
            page.at(x, y, text, size=8, right=right)
    y += 12
    page.rule(y)
    page.at(40, y + 20, f"Total packages: {cartons}")
    page.at(200, y + 20, f"Total net weight: {net:,} KG")
    page.at(380, y + 20, f"Total gross weight: {gross:,} KG")
    page.done()


def arrival_notice(
    place: Path,
    *,
    shipper: list[str],
    consignee: list[str],
    facts: dict[str, str],
    cargo: tuple[str, str, str, str, str],
) -> None:
    """A forwarder's arrival notice."""
    page = Sheet(place, "Arrival notice")
    page.at(40, 52, "Pelican Gate Forwarding LLC", size=14, bold=True)
    page.at(40, 66, "700 Harbor Plaza, Long Beach, CA 90802", size=8, faint=True)
    page.at(WIDTH - 40, 56, "ARRIVAL NOTICE", size=15, bold=True, right=True)
    page.box(40, 84, 250, 60)
    page.at(46, 95, "Shipper", size=7.5, faint=True)
    page.box(305, 84, 250, 60)
    page.at(311, 95, "Consignee", size=7.5, faint=True)
    for row, text in enumerate(shipper[:3]):
        page.at(46, 107 + row * 11, text)
    for row, text in enumerate(consignee[:3]):
        page.at(311, 107 + row * 11, text)
    y = 168.0
    for at, (label, value) in enumerate(facts.items()):
        x = 40 if at % 2 == 0 else 305
        page.at(x, y, f"{label}:", faint=True)
        page.at(x + 100, y, value)
        y += 16 if at % 2 else 0
    y += 34
    for name, x in (
        ("Container No.", 40),
        ("Seal No.", 150),
        ("Pieces", 250),
        ("Gross Weight", 330),
        ("Measurement", 440),
    ):
        page.at(x, y, name, size=8, bold=True)
    page.rule(y + 5)
    for text, x in zip(cargo, (40, 150, 250, 330, 440), strict=True):
        page.at(x, y + 20, text)
    page.at(
        40,
        y + 60,
        "Please present the original bill of lading or a telex release before pick-up.",
        size=8,
        faint=True,
    )
    page.done()


def sheet_invoice(place: Path) -> None:
    """The XLSX invoice."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Invoice"
    rows: list[list[Any]] = [
        ["COMMERCIAL INVOICE"],
        [],
        ["Exporter:", "Hanoi Lotus Bags JSC", None, "Invoice No.:", "HLB-2026-0419"],
        [None, "12 Nguyen Trai, Thanh Xuan, Hanoi, Vietnam", None, "Invoice Date:", "2026-10-28"],
        ["Importer:", "Kestrel Outdoor LLC", None, "PO No.:", "KO-1187"],
        [None, "415 Alpine Road, Boulder, CO 80302, USA", None, "Currency:", "USD"],
        ["Incoterms:", "FOB Hai Phong", None, "B/L No.:", "ZZZQ26104411"],
        [],
        [
            "No.",
            "Style No",
            "Description",
            "HS Code",
            "Country of Origin",
            "Quantity",
            "Unit",
            "Unit Price",
            "Amount",
        ],
        [
            1,
            "TRK-30",
            "Backpacks of polyester textile, trekking, 30 liters",
            "4202.92.3120",
            "VN",
            1800,
            "PCS",
            14.2,
            25560,
        ],
        [
            2,
            "DAY-18",
            "Backpacks of nylon textile, daypack, 18 liters",
            "4202.92.3120",
            "VN",
            1500,
            "PCS",
            10.48,
            15720,
        ],
        [],
        ["Total", None, None, None, None, 3300, "PCS", None, 41280],
        [],
        ["Signed: Nguyen Thu Ha"],
    ]
    for row in rows:
        sheet.append(row)
    sheet["A1"].font = Font(bold=True, size=14)
    for cell in sheet[9]:
        cell.font = Font(bold=True)
    for column, wide in zip("ABCDEFGHI", (11, 22, 46, 16, 17, 10, 7, 11, 12), strict=True):
        sheet.column_dimensions[column].width = wide
    book.save(place)


def scan(place: Path, page: bytes) -> None:
    """A page as a scanner gives it: a picture, a little turned and soft."""
    picture = pdfium.PdfDocument(page)[0].render(scale=1.7).to_pil().convert("L")
    turned = picture.rotate(0.8, fillcolor=255, expand=False).filter(ImageFilter.GaussianBlur(0.6))
    noise = Image.effect_noise(turned.size, 14)
    Image.blend(turned, noise, 0.06).save(place, "PDF", resolution=122, quality=55)


def _wrapped(text: str, most: int) -> tuple[str, str]:
    if len(text) <= most:
        return text, ""
    cut = text.rfind(" ", 0, most)
    return text[:cut], text[cut + 1 :]


def main() -> None:
    """Write all files."""
    FILES.mkdir(exist_ok=True)
    brightpath = [
        "Shenzhen Brightpath Electronics Co., Ltd.",
        "88 Keji Road, Nanshan District",
        "Shenzhen 518057, China",
        "amy@brightpath.example",
    ]
    northgate = ["Northgate Retail Inc.", "2200 Truckee Street", "Reno, NV 89502, USA"]
    invoice(
        FILES / "invoice_BP-2026-1107.pdf",
        seller=brightpath,
        buyer=northgate,
        number="BP-2026-1107",
        dated="2026-10-30",
        order="NR-4471",
        terms="FOB Yantian",
        bill="ZZZQ26051877",
        lines=BRIGHTPATH,
        signed="Amy Chen",
    )
    packing_list(
        FILES / "packing_list_BP-2026-1107.pdf",
        seller=brightpath,
        buyer=northgate,
        number="BP-2026-1107",
        bill="ZZZQ26051877",
        lines=BRIGHTPATH,
    )
    arrival_notice(
        FILES / "arrival_notice_ZZZQ26051877.pdf",
        shipper=brightpath,
        consignee=northgate,
        facts={
            "MBL No.": "ZZZQ26051877",
            "HBL No.": "PGFL2610552",
            "Vessel": "EVER HARBOR",
            "Voyage": "118E",
            "Port of Loading": "Yantian",
            "Port of Discharge": "Long Beach, CA",
            "ETD": "2026-11-02",
            "ETA": "2026-11-24",
            "Last Free Day": "2026-11-30",
            "Freight": "Collect",
        },
        cargo=("ZZZU3045127", "HL778201", "754", "4,528 KG", "41.2 CBM"),
    )
    sheet_invoice(FILES / "HLB-2026-0419.xlsx")
    kestrel = ["Kestrel Outdoor LLC", "415 Alpine Road", "Boulder, CO 80302, USA"]
    hanoi = ["Hanoi Lotus Bags JSC", "12 Nguyen Trai, Thanh Xuan", "Hanoi, Vietnam"]
    packing_list(
        FILES / "packing_list_HLB-2026-0419.pdf",
        seller=hanoi,
        buyer=kestrel,
        number="HLB-2026-0419",
        bill="ZZZQ26104411",
        lines=[
            ("TRK-30", "Backpacks of polyester textile, trekking", "", "VN", 1800, "PCS", "0"),
            ("DAY-18", "Backpacks of nylon textile, daypack", "", "VN", 1500, "PCS", "0"),
        ],
    )
    kept = io.BytesIO()
    invoice(
        kept,
        seller=[
            "Ningbo Yinhe Lamps Factory",
            "9 Lantern Street, Yinzhou",
            "Ningbo, China",
            "sales@yinhe.example",
        ],
        buyer=["Cascade Lighting Co.", "81 Foundry Avenue", "Portland, OR 97209, USA"],
        number="YH-88021",
        dated="2026-11-03",
        order="CL-2093",
        terms="FOB Ningbo",
        bill="ZZZQ26112007",
        lines=CASCADE,
        signed="Wu Lei",
    )
    scan(FILES / "scan_YH-88021.pdf", kept.getvalue())
    jingde = [
        "Jingdezhen Cloud Kiln Porcelain Ltd.",
        "5 Kiln Lane, Zhushan",
        "Jingdezhen, China",
        "export@cloudkiln.example",
    ]
    juniper = ["Juniper Table Inc.", "1400 Citrus Way", "Riverside, CA 92507, USA"]
    invoice(
        FILES / "invoice_CK-30912.pdf",
        seller=jingde,
        buyer=juniper,
        number="CK-30912",
        dated="2026-11-01",
        order="JT-555",
        terms="FOB Shanghai",
        bill="ZZZQHOLD26052209",
        lines=JUNIPER,
        signed="Lin Mei",
    )
    packing_list(
        FILES / "packing_list_CK-30912.pdf",
        seller=jingde,
        buyer=juniper,
        number="CK-30912",
        bill="ZZZQHOLD26052209",
        lines=JUNIPER,
    )
    arrival_notice(
        FILES / "arrival_notice_ZZZQHOLD26052209.pdf",
        shipper=jingde,
        consignee=juniper,
        facts={
            "MBL No.": "ZZZQHOLD26052209",
            "HBL No.": "PGFL2610901",
            "Vessel": "PACIFIC LANTERN",
            "Voyage": "044E",
            "Port of Loading": "Shanghai",
            "Port of Discharge": "Los Angeles, CA",
            "ETD": "2026-11-04",
            "ETA": "2026-11-23",
        },
        cargo=("ZZZU1188601", "SH114420", "124", "6,120 KG", "28.4 CBM"),
    )


if __name__ == "__main__":
    main()
