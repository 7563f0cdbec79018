"""Invoices made here in many layouts, with what stands on them: the reader was not written for them.

Sellers, places, words of labels, order of boxes and columns, forms of dates and numbers and the
place of the totals are drawn by a seed. Names and goods are invented.
"""

import io
import random
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from reportlab.lib.pagesizes import A4, letter
from reportlab.pdfgen import canvas

LABELS: dict[str, list[str]] = {
    "number": ["Invoice No.", "Invoice Number", "INVOICE NO", "Inv. No.", "Commercial Invoice No.",
               "Invoice #", "Rechnung Nr.", "Factura No."],
    "date": ["Date", "Invoice Date", "DATE", "Date of Invoice", "Dated", "Rechnungsdatum"],
    "seller": ["Seller", "Exporter", "Shipper/Exporter", "Shipper", "Supplier", "Vendor"],
    "buyer": ["Consignee", "Consignee (Importer)", "CONSIGNEE"],
    "terms": ["Incoterms", "Terms of Delivery", "Delivery Terms", "Price Terms", "Trade Term"],
    "pol": ["Port of Loading", "POL", "Loading Port", "Port of Shipment"],
    "pod": ["Port of Discharge", "POD", "Discharge Port", "Port of Destination"],
    "gross": ["Gross Weight", "Total Gross Weight", "G.W."],
    "total": ["TOTAL", "Total Amount", "Grand Total", "Invoice Total", "TOTAL INVOICE VALUE"],
}
COLUMNS: dict[str, list[str]] = {
    "description": ["Description of Goods", "Description", "Goods", "Item Description", "Commodity"],
    "quantity": ["Quantity", "Qty", "QTY", "Q'ty"],
    "unit": ["Unit", "UOM", "U/M"],
    "unitPrice": ["Unit Price", "U/Price", "Price", "Unit Value"],
    "extendedValue": ["Amount", "Total Price", "Total Value", "Line Total", "Ext. Price"],
    "countryOfOrigin": ["Origin", "Country of Origin", "COO"],
    "hsCodeHint": ["HS Code", "H.S. Code", "HTS", "Tariff No."],
}
SELLERS = [("Ormonde Textile Mills Ltd.", "4 Loom Road", "Faisalabad", "Pakistan", "PK"),
           ("Quilla Ceramics S.A.C.", "Av. Lima 220", "Callao", "Peru", "PE"),
           ("Fjordline Tools AS", "Havnegata 9", "Bergen", "Norway", "NO"),
           ("Dong Hai Fasteners Co., Ltd.", "88 Jinshan Road", "Ningbo", "China", "CN"),
           ("Weber & Kranz GmbH", "Industriestr. 14", "Solingen", "Germany", "DE"),
           ("Saigon Rattan JSC", "12 Le Loi", "Ho Chi Minh City", "Vietnam", "VN")]
BUYERS = [("Alder Creek Supply LLC", "900 Mill Street", "Tacoma, WA 98402", "USA", "US"),
          ("Beacon Hardware Inc.", "31 Wharf Avenue", "Newark, NJ 07114", "USA", "US"),
          ("Prairie Home Goods Corp.", "77 Depot Lane", "Omaha, NE 68102", "USA", "US")]
GOODS = ["Cotton bed sheets, printed", "Glazed stoneware bowls", "Socket wrenches, 12 mm",
         "Hex bolts, zinc plated, M8 x 40", "Kitchen knives, stainless steel",
         "Rattan armchairs, unpainted", "Woven polypropylene sacks", "LED desk lamps",
         "Ladies' knitted pullovers", "Rubber gaskets for pumps"]
UNITS = ["PCS", "SET", "KG", "PRS", "DOZ"]
COINS = ["USD", "EUR", "GBP"]


@dataclass(frozen=True)
class Made:
    name: str
    pdf: bytes
    truth: dict[str, Any]


def invoice(seed: int) -> Made:
    draw = random.Random(seed)
    truth = _facts(draw)
    return Made(f"made-{seed}.pdf", _drawn(draw, truth), truth)


def _facts(draw: random.Random) -> dict[str, Any]:
    lines = []
    for _ in range(draw.randint(1, 7)):
        quantity, price = Decimal(draw.randint(2, 4000)), Decimal(draw.randint(15, 90_000)) / 100
        lines.append({
            "description": draw.choice(GOODS), "quantity": quantity, "unit": draw.choice(UNITS),
            "unitPrice": price, "extendedValue": quantity * price,
            "countryOfOrigin": draw.choice(SELLERS)[4],
            "hsCodeHint": re.sub("^77", "76", str(draw.randint(390000, 960999))),  # no chapter 77
        })
    seller, buyer = draw.choice(SELLERS), draw.choice(BUYERS)
    return {
        "header.invoiceNumber": f"{draw.choice(['INV', 'EX', 'A', '26'])}{draw.choice('-/')}{draw.randint(1000, 99999)}",
        "header.invoiceDate": date(2026, 1, 1) + timedelta(days=draw.randint(0, 330)),
        "header.currency": draw.choice(COINS),
        "header.incoterms": f"{draw.choice(['FOB', 'CIF', 'FCA', 'DAP'])} {draw.choice(['Ningbo', 'Hamburg', 'Callao', 'Karachi'])}",
        "parties.exporter.name": seller[0], "parties.exporter.country": seller[4],
        "parties.consignee.name": buyer[0], "parties.consignee.country": buyer[4],
        "transport.portOfLoading": draw.choice(["NINGBO, CHINA", "HAMBURG, GERMANY", "KARACHI"]),
        "transport.portOfDischarge": draw.choice(["NEW YORK, NY", "SEATTLE, WA", "LOS ANGELES, USA"]),
        "totals.grossWeightKg": Decimal(draw.randint(100, 99_000)) / 10,
        "totals.total": sum((line["extendedValue"] for line in lines), Decimal(0)),
        "lines": lines, "_seller": seller, "_buyer": buyer,
    }


def _drawn(draw: random.Random, truth: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    size = draw.choice([A4, letter])
    page = canvas.Canvas(out, pagesize=size)
    font, points = draw.choice(["Helvetica", "Times-Roman", "Courier"]), draw.choice([8, 9, 10])
    european = truth["header.currency"] == "EUR" and draw.random() < 0.7
    label = {field: draw.choice(names) for field, names in LABELS.items()}
    y = size[1] - 50
    page.setFont(font + ("-Bold" if font != "Times-Roman" else ""), points + 6) if font != "Times-Roman" else page.setFont("Times-Bold", points + 6)
    page.drawString(draw.choice([50, 220]), y, draw.choice(["COMMERCIAL INVOICE", "INVOICE", "Commercial Invoice"]))
    page.setFont(font, points)
    step = points + 3
    y -= 3 * step
    boxed = draw.random() < 0.5
    for field, party, x in (("seller", truth["_seller"], 50), ("buyer", truth["_buyer"], 310)):
        top = y
        page.drawString(x, top, label[field] + ("" if boxed else ":"))
        for at, text in enumerate(party[:4], 1):
            page.drawString(x, top - at * step, text)
    y -= 7 * step
    facts = [("number", truth["header.invoiceNumber"]), ("date", _day(draw, truth["header.invoiceDate"])),
             ("terms", truth["header.incoterms"]), ("pol", truth["transport.portOfLoading"]),
             ("pod", truth["transport.portOfDischarge"]),
             ("gross", _figure(truth["totals.grossWeightKg"], european) + " KG")]
    draw.shuffle(facts)
    if boxed:
        for row in (facts[:3], facts[3:]):
            for at, (field, text) in enumerate(row):
                page.drawString(50 + at * 170, y, label[field])
                page.drawString(50 + at * 170, y - step, text)
            y -= 3 * step
    else:
        for field, text in facts:
            page.drawString(50, y, label[field] + ":")
            page.drawString(190, y, text)
            y -= step
    _table(page, draw, truth, y - 2 * step, step, european, label["total"], points)
    page.save()
    return out.getvalue()


def _table(page: Any, draw: random.Random, truth: dict[str, Any], y: float, step: float,
           european: bool, total: str, points: int) -> None:
    order = ["description", *draw.sample(["hsCodeHint", "countryOfOrigin"], draw.randint(0, 2)),
             "quantity", "unit", "unitPrice", "extendedValue"]
    coin = truth["header.currency"]
    x, places = 40.0, {}
    for field in order:
        places[field] = x
        x += {"description": 165, "unitPrice": 80, "extendedValue": 85}.get(field, 62)
    squeeze = min(1.0, 500 / (x - 40))
    for field in order:
        places[field] = 40 + (places[field] - 40) * squeeze
        text = draw.choice(COLUMNS[field])
        if field == "extendedValue":
            text = f"{text} ({coin})" if "." not in text else f"Amount ({coin})"
        page.setFontSize(min(points, 8))
        page.drawString(places[field], y, text)
    truth["_columns"] = order
    for line in truth["lines"]:
        y -= step * 1.4
        for field in order:
            value = line[field]
            text = _figure(value, european) if isinstance(value, Decimal) and field != "quantity" else str(value)
            page.drawString(places[field], y, text)
    y -= step * 2
    page.drawString(places["description"], y, total + (":" if draw.random() < 0.5 else ""))
    page.drawString(places["extendedValue"], y, _figure(truth["totals.total"], european))


def _day(draw: random.Random, day: date) -> str:
    return day.strftime(draw.choice(["%Y-%m-%d", "%d-%b-%Y", "%d.%m.%Y", "%B %d, %Y", "%d %b %Y"]))


def _figure(value: Decimal, european: bool) -> str:
    text = f"{value:,.2f}"
    return text.translate(str.maketrans(",.", ".,")) if european else text
