"""Documents made here in the ways that forms, ERP programs, carriers and traders lay them out.

Each is words on a page with what stands on it; the reader's rules were not written with them at
hand. Names, places and numbers are invented. A `Sheet` draws at (x, y from the top) in points.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from reportlab.pdfgen.canvas import Canvas

Text = tuple[float, float, str]


@dataclass(frozen=True)
class Sample:
    """A page or more of words, and the answer in the reader's own paths."""

    name: str
    pages: tuple[tuple[Text, ...], ...]
    answer: dict[str, Any]
    lines: tuple[dict[str, Any], ...] = ()
    size: float = 8
    font: str = "Helvetica"

    def pdf(self) -> bytes:
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=(595, 842), invariant=1)
        for page in self.pages:
            canvas.setFont(self.font, self.size)
            for x, y, text in page:
                canvas.drawString(x, 842 - y, text)
            canvas.showPage()
        canvas.save()
        return out.getvalue()


def col(x: float, y: float, *lines: str, step: float = 11) -> tuple[Text, ...]:
    return tuple((x, y + step * at, line) for at, line in enumerate(lines))


def row(y: float, *cells: tuple[float, str]) -> tuple[Text, ...]:
    return tuple((x, y, text) for x, text in cells)


SAMPLES: tuple[Sample, ...] = (
    # An express carrier's form: boxes with small labels above, "Sold to" beside "Ship to".
    Sample(
        "courier_form",
        ((
            (220, 40, "COMMERCIAL INVOICE"),
            *row(70, (40, "International Air Waybill No."), (300, "Date of Exportation")),
            *row(81, (40, "784512369012"), (300, "14-Oct-2026")),
            *row(100, (40, "Shipper/Exporter (complete name and address)"), (300, "Consignee (complete name and address)")),
            *col(40, 112, "Sundara Handicrafts Pvt. Ltd.", "41 Lake View Road", "Jaipur 302001", "INDIA"),
            *col(300, 112, "Marlow & Finch Interiors LLC", "1180 Peachtree Street", "Atlanta, GA 30309", "USA"),
            *row(170, (40, "Country of Export"), (170, "Reason for Export"), (300, "Terms of Sale")),
            *row(181, (40, "India"), (170, "Sale"), (300, "FCA Jaipur")),
            *row(200, (40, "Invoice No.: SH-2026-0881"), (300, "Currency: USD")),
            *row(230, (40, "No. of"), (85, "Complete Commodity Description"), (290, "Country of"), (360, "Qty"), (395, "Unit of"), (445, "Unit"), (510, "Total")),
            *row(240, (40, "Pkgs"), (290, "Mfr"), (395, "Measure"), (445, "Value"), (510, "Value")),
            *row(258, (40, "2"), (85, "Block printed cotton cushion covers"), (290, "IN"), (360, "240"), (395, "PCS"), (445, "3.15"), (510, "756.00")),
            *row(272, (40, "1"), (85, "Brass wall hooks, hand finished"), (290, "IN"), (360, "60"), (395, "PCS"), (445, "4.80"), (510, "288.00")),
            *row(300, (40, "Total No. of Packages"), (170, "Total Weight"), (430, "Total Invoice Value")),
            *row(311, (40, "3"), (170, "48.5 kg"), (510, "1,044.00")),
        ),),
        {
            "documentType": "commercial_invoice", "header.invoiceNumber": "SH-2026-0881", "header.currency": "USD",
            "header.incoterms": "FCA Jaipur", "parties.exporter.name": "Sundara Handicrafts Pvt. Ltd.",
            "parties.exporter.country": "IN", "parties.consignee.name": "Marlow & Finch Interiors LLC",
            "parties.consignee.country": "US", "totals.total": "1044.00", "totals.packages": "3",
            "totals.grossWeightKg": "48.5",
        },
        (
            {"description": "Block printed cotton cushion covers", "quantity": "240", "unit": "PCS", "unitPrice": "3.15", "extendedValue": "756.00", "countryOfOrigin": "IN"},
            {"description": "Brass wall hooks, hand finished", "quantity": "60", "unit": "PCS", "unitPrice": "4.80", "extendedValue": "288.00", "countryOfOrigin": "IN"},
        ),
    ),
    # German ERP: sender in one small line, meta block on the right, EU numbers, prices per 100.
    Sample(
        "german_erp",
        ((
            (50, 60, "Brandt Werkzeugbau GmbH - Am Hammer 7 - 42655 Solingen - Deutschland"),
            *col(50, 90, "Cascade Tooling Supply Inc.", "4410 Industrial Way", "Portland, OR 97210", "USA"),
            (50, 170, "Rechnung / Invoice"),
            *row(190, (50, "Rechnungsnummer"), (150, "90012345"), (330, "Datum"), (430, "03.09.2026")),
            *row(202, (50, "Ihre Bestellung"), (150, "PO-77120"), (330, "Kundennummer"), (430, "10442")),
            *row(214, (50, "Lieferbedingung"), (150, "FCA Solingen (Incoterms 2020)"), (330, "Währung"), (430, "EUR")),
            *row(240, (50, "Pos"), (80, "Artikel"), (150, "Bezeichnung"), (320, "Menge"), (365, "ME"), (410, "Einzelpreis"), (490, "Gesamtpreis")),
            *row(256, (50, "10"), (80, "WZ-4471"), (150, "Spiralbohrer HSS-Co 8,0 mm"), (320, "1.200"), (365, "STK"), (410, "2,35"), (490, "2.820,00")),
            *row(268, (150, "Zolltarifnummer: 82075060")),
            *row(282, (50, "20"), (80, "WZ-5102"), (150, "Gewindebohrer M10"), (320, "350"), (365, "STK"), (410, "7,90"), (490, "2.765,00")),
            *row(294, (150, "Zolltarifnummer: 82074030")),
            *row(320, (380, "Warenwert"), (490, "5.585,00")),
            *row(332, (380, "Rabatt 2 %"), (490, "-111,70")),
            *row(344, (380, "Gesamtbetrag EUR"), (490, "5.473,30")),
            (50, 370, "Ursprungsland: Deutschland"),
            (50, 384, "Bruttogewicht: 214,5 kg     Nettogewicht: 198,0 kg"),
        ),),
        {
            "documentType": "commercial_invoice", "header.invoiceNumber": "90012345", "header.invoiceDate": "2026-09-03",
            "header.currency": "EUR", "header.incoterms": "FCA Solingen", "header.purchaseOrder": "PO-77120",
            "parties.exporter.name": "Brandt Werkzeugbau GmbH", "parties.exporter.country": "DE",
            "parties.consignee.name": "Cascade Tooling Supply Inc.", "totals.total": "5473.30",
            "totals.grossWeightKg": "214.5", "totals.netWeightKg": "198.0",
        },
        (
            {"description": "Spiralbohrer HSS-Co 8,0 mm", "sku": "WZ-4471", "quantity": "1200", "unit": "STK", "unitPrice": "2.35", "extendedValue": "2820.00", "countryOfOrigin": "DE"},
            {"description": "Gewindebohrer M10", "sku": "WZ-5102", "quantity": "350", "unit": "STK", "unitPrice": "7.90", "extendedValue": "2765.00", "countryOfOrigin": "DE"},
        ),
    ),
    # A Chinese trader: letterhead, "TO:", wrapped descriptions, unit in the figures, SAY TOTAL.
    Sample(
        "chinese_trader",
        ((
            (170, 40, "NINGBO STARWAY HOUSEWARES CO., LTD."),
            (150, 53, "NO. 288 CANGHAI ROAD, YINZHOU, NINGBO, CHINA"),
            (230, 75, "COMMERCIAL INVOICE"),
            *row(100, (50, "TO:"), (90, "BLUE HERON IMPORTS LLC"), (380, "INVOICE NO.:"), (460, "SW26-1093")),
            *row(112, (90, "52 HARBOR STREET, BALTIMORE, MD 21202, USA"), (380, "DATE:"), (460, "SEP. 18, 2026")),
            *row(124, (380, "S/C NO.:"), (460, "SC-26071")),
            *row(140, (50, "FROM:"), (90, "NINGBO, CHINA"), (240, "TO:"), (280, "BALTIMORE, USA")),
            *row(165, (50, "MARKS & NO."), (140, "DESCRIPTION OF GOODS"), (330, "QUANTITY"), (410, "UNIT PRICE"), (490, "AMOUNT")),
            *row(177, (410, "FOB NINGBO"), (490, "(USD)")),
            *row(195, (50, "BHI"), (140, "STAINLESS STEEL MIXING BOWL"), (330, "3000PCS"), (410, "USD1.85"), (490, "USD5,550.00")),
            *row(207, (50, "BALTIMORE"), (140, "SET OF 3, MIRROR POLISH")),
            *row(223, (50, "C/NO.1-410"), (140, "BAMBOO CUTTING BOARD 30X20CM"), (330, "2400PCS"), (410, "USD0.92"), (490, "USD2,208.00")),
            *row(250, (140, "TOTAL:"), (330, "5400PCS"), (490, "USD7,758.00")),
            (50, 275, "SAY TOTAL U.S. DOLLARS SEVEN THOUSAND SEVEN HUNDRED AND FIFTY EIGHT ONLY."),
            (50, 295, "COUNTRY OF ORIGIN: CHINA"),
        ),),
        {
            "documentType": "commercial_invoice", "header.invoiceNumber": "SW26-1093", "header.invoiceDate": "2026-09-18",
            "header.currency": "USD", "header.incoterms": "FOB NINGBO", "parties.exporter.name": "NINGBO STARWAY HOUSEWARES CO., LTD.",
            "parties.exporter.country": "CN", "parties.consignee.name": "BLUE HERON IMPORTS LLC", "parties.consignee.country": "US",
            "transport.portOfLoading": "NINGBO, CHINA", "transport.portOfDischarge": "BALTIMORE, USA", "totals.total": "7758.00",
        },
        (
            {"description": "STAINLESS STEEL MIXING BOWL SET OF 3, MIRROR POLISH", "quantity": "3000", "unit": "PCS", "unitPrice": "1.85", "extendedValue": "5550.00", "countryOfOrigin": "CN"},
            {"description": "BAMBOO CUTTING BOARD 30X20CM", "quantity": "2400", "unit": "PCS", "unitPrice": "0.92", "extendedValue": "2208.00", "countryOfOrigin": "CN"},
        ),
    ),
    # Spanish exporter: labels with colons, values beside, EU numbers, flete and seguro apart.
    Sample(
        "spanish_exporter",
        ((
            *col(50, 45, "Olivares del Guadalquivir, S.L.", "Ctra. de la Sierra km 4", "23400 Úbeda (Jaén), España"),
            (400, 45, "FACTURA COMERCIAL"),
            *row(65, (400, "Nº Factura:"), (480, "EX-26/0417")),
            *row(77, (400, "Fecha:"), (480, "22/09/2026")),
            *row(110, (50, "Cliente:"), (120, "Hudson Valley Foods Corp.")),
            *col(120, 122, "9 Orchard Lane", "Poughkeepsie, NY 12601", "Estados Unidos"),
            *row(170, (50, "Condiciones de entrega:"), (170, "CIF New York"), (330, "Moneda:"), (400, "USD")),
            *row(182, (50, "Puerto de embarque:"), (170, "Algeciras, España"), (330, "Puerto de destino:"), (430, "New York, NY")),
            *row(194, (50, "País de origen:"), (170, "España")),
            *row(220, (50, "Código"), (110, "Descripción"), (300, "Cantidad"), (360, "Unidad"), (415, "Precio"), (490, "Importe")),
            *row(236, (50, "AOVE-500"), (110, "Aceite de oliva virgen extra 500 ml"), (300, "4.800"), (360, "BOT"), (415, "3,20"), (490, "15.360,00")),
            *row(250, (50, "ACE-370"), (110, "Aceitunas verdes rellenas 370 g"), (300, "2.400"), (360, "TAR"), (415, "1,15"), (490, "2.760,00")),
            *row(276, (400, "Subtotal"), (490, "18.120,00")),
            *row(288, (400, "Flete"), (490, "1.450,00")),
            *row(300, (400, "Seguro"), (490, "95,00")),
            *row(312, (400, "Importe total"), (490, "19.665,00")),
            *row(336, (50, "Peso bruto:"), (120, "6.240,00 kg"), (250, "Peso neto:"), (320, "5.610,00 kg"), (420, "Bultos:"), (480, "312")),
        ),),
        {
            "documentType": "commercial_invoice", "header.invoiceNumber": "EX-26/0417", "header.invoiceDate": "2026-09-22",
            "header.currency": "USD", "header.incoterms": "CIF New York", "parties.exporter.name": "Olivares del Guadalquivir, S.L.",
            "parties.exporter.country": "ES", "parties.importer.name": "Hudson Valley Foods Corp.", "parties.importer.country": "US",
            "transport.portOfLoading": "Algeciras, España", "transport.portOfDischarge": "New York, NY",
            "totals.subtotal": "18120.00", "totals.freight": "1450.00", "totals.insurance": "95.00", "totals.total": "19665.00",
            "totals.grossWeightKg": "6240.00", "totals.netWeightKg": "5610.00", "totals.packages": "312",
        },
        (
            {"description": "Aceite de oliva virgen extra 500 ml", "sku": "AOVE-500", "quantity": "4800", "unit": "BOT", "unitPrice": "3.20", "extendedValue": "15360.00", "countryOfOrigin": "ES"},
            {"description": "Aceitunas verdes rellenas 370 g", "sku": "ACE-370", "quantity": "2400", "unit": "TAR", "unitPrice": "1.15", "extendedValue": "2760.00", "countryOfOrigin": "ES"},
        ),
    ),
    # French exporter: two party columns, French months and spaces in numbers.
    Sample(
        "french_exporter",
        ((
            (230, 40, "FACTURE COMMERCIALE"),
            *row(65, (50, "Expéditeur / Exportateur"), (310, "Destinataire")),
            *col(50, 77, "Maison Delacour SARL", "12 rue des Tanneurs", "87000 Limoges", "France"),
            *col(310, 77, "Tableware Collective Inc.", "600 Canal Street", "New Orleans, LA 70130", "USA"),
            *row(140, (50, "Facture n° : FC-2026-118"), (310, "Date : 5 octobre 2026")),
            *row(152, (50, "Incoterm : DAP New Orleans"), (310, "Devise : EUR")),
            *row(180, (50, "Désignation des marchandises"), (260, "Origine"), (310, "Code SH"), (380, "Quantité"), (430, "Prix unitaire"), (500, "Montant")),
            *row(196, (50, "Assiettes plates en porcelaine 27 cm"), (260, "France"), (310, "69111000"), (380, "600"), (430, "8,40"), (500, "5 040,00")),
            *row(210, (50, "Tasses à café avec soucoupe"), (260, "France"), (310, "69111000"), (380, "480"), (430, "5,75"), (500, "2 760,00")),
            *row(240, (430, "Total HT"), (500, "7 800,00")),
            *row(262, (50, "Nombre de colis : 24"), (230, "Poids brut : 812 kg"), (400, "Poids net : 706 kg")),
        ),),
        {
            "documentType": "commercial_invoice", "header.invoiceNumber": "FC-2026-118", "header.invoiceDate": "2026-10-05",
            "header.currency": "EUR", "header.incoterms": "DAP New Orleans", "parties.exporter.name": "Maison Delacour SARL",
            "parties.exporter.country": "FR", "parties.consignee.name": "Tableware Collective Inc.", "parties.consignee.country": "US",
            "totals.total": "7800.00", "totals.packages": "24", "totals.grossWeightKg": "812", "totals.netWeightKg": "706",
        },
        (
            {"description": "Assiettes plates en porcelaine 27 cm", "quantity": "600", "unitPrice": "8.40", "extendedValue": "5040.00", "countryOfOrigin": "FR", "hsCodeHint": "69111000"},
            {"description": "Tasses à café avec soucoupe", "quantity": "480", "unitPrice": "5.75", "extendedValue": "2760.00", "countryOfOrigin": "FR", "hsCodeHint": "69111000"},
        ),
    ),
    # An online accounting program: big name, "Bill to", meta right, description under the item.
    Sample(
        "accounting_program",
        ((
            (50, 45, "Tidepool Ceramics Ltd"),
            *col(50, 57, "Unit 6, Quay Works", "Falmouth TR11 3XY", "United Kingdom"),
            (480, 45, "INVOICE"),
            *row(110, (50, "BILL TO"), (250, "SHIP TO"), (420, "Invoice #"), (500, "INV-00871")),
            *row(122, (50, "Lantern Home Goods"), (250, "Lantern Home Goods DC 2"), (420, "Invoice date"), (500, "10/17/2026")),
            *row(134, (50, "88 Mission Street"), (250, "2100 Depot Road"), (420, "Due date"), (500, "11/16/2026")),
            *row(146, (50, "San Francisco, CA 94105"), (250, "Reno, NV 89502"), (420, "P.O. number"), (500, "LHG-5521")),
            *row(158, (50, "United States"), (250, "United States"), (420, "Terms"), (500, "Net 30")),
            *row(190, (50, "ITEM"), (300, "QTY"), (370, "RATE"), (480, "AMOUNT (USD)")),
            *row(206, (50, "Stoneware mug, sea glaze"), (300, "144"), (370, "6.50"), (480, "936.00")),
            *row(220, (50, "Serving platter, large"), (300, "36"), (370, "18.00"), (480, "648.00")),
            *row(250, (370, "Subtotal"), (480, "1,584.00")),
            *row(262, (370, "Shipping"), (480, "210.00")),
            *row(274, (370, "TOTAL"), (480, "$1,794.00")),
            *row(286, (370, "BALANCE DUE"), (480, "$1,794.00")),
        ),),
        {
            "documentType": "commercial_invoice", "header.invoiceNumber": "INV-00871", "header.invoiceDate": "2026-10-17",
            "header.currency": "USD", "header.purchaseOrder": "LHG-5521", "parties.exporter.name": "Tidepool Ceramics Ltd",
            "parties.exporter.country": "GB", "parties.importer.name": "Lantern Home Goods", "parties.importer.country": "US",
            "totals.subtotal": "1584.00", "totals.total": "1794.00",
        },
        (
            {"description": "Stoneware mug, sea glaze", "quantity": "144", "unitPrice": "6.50", "extendedValue": "936.00"},
            {"description": "Serving platter, large", "quantity": "36", "unitPrice": "18.00", "extendedValue": "648.00"},
        ),
    ),
    # Line printer, monospaced: everything in columns of letters.
    Sample(
        "line_printer",
        ((
            (40, 40, "KOREA PRECISION BEARINGS CORP            C O M M E R C I A L   I N V O I C E"),
            (40, 52, "55 SEONGSAN-RO, CHANGWON, KOREA"),
            (40, 76, "SOLD TO: MIDWEST DRIVETRAIN INC          INVOICE NO. : KPB-260914-03"),
            (40, 88, "         2700 FOUNDRY AVENUE             INVOICE DATE: 2026-09-14"),
            (40, 100, "         DETROIT, MI 48210 USA           TERMS       : CPT DETROIT"),
            (40, 124, "LINE PART NO.     DESCRIPTION                    QTY UM      PRICE        AMOUNT"),
            (40, 136, "---- ------------ ------------------------- -------- -- ---------- -------------"),
            (40, 148, "0001 6204-2RS     DEEP GROOVE BALL BEARING     5,000 EA     0.8400      4,200.00"),
            (40, 160, "0002 32008-X      TAPERED ROLLER BEARING       1,250 EA     3.1200      3,900.00"),
            (40, 184, "                                         TOTAL USD                      8,100.00"),
            (40, 208, "COUNTRY OF ORIGIN: KOREA      HS CODE: 8482.10"),
        ),),
        {
            "documentType": "commercial_invoice", "header.invoiceNumber": "KPB-260914-03", "header.invoiceDate": "2026-09-14",
            "header.currency": "USD", "header.incoterms": "CPT DETROIT", "parties.exporter.name": "KOREA PRECISION BEARINGS CORP",
            "parties.exporter.country": "KR", "parties.importer.name": "MIDWEST DRIVETRAIN INC", "parties.importer.country": "US",
            "totals.total": "8100.00",
        },
        (
            {"description": "DEEP GROOVE BALL BEARING", "sku": "6204-2RS", "quantity": "5000", "unit": "EA", "unitPrice": "0.8400", "extendedValue": "4200.00", "countryOfOrigin": "KR"},
            {"description": "TAPERED ROLLER BEARING", "sku": "32008-X", "quantity": "1250", "unit": "EA", "unitPrice": "3.1200", "extendedValue": "3900.00", "countryOfOrigin": "KR"},
        ),
        size=7.5, font="Courier",
    ),
    # UN layout key: boxes, labels small above the value, consignee and buyer apart.
    Sample(
        "un_layout_key",
        ((
            *row(40, (40, "Seller"), (300, "Invoice number"), (430, "Invoice date")),
            *row(51, (40, "Ferro Nordic Castings AB"), (300, "FN-11872"), (430, "2026-08-27")),
            *row(62, (40, "Hamngatan 4"), (300, "Seller's reference"), (430, "Buyer's order no.")),
            *row(73, (40, "602 23 Norrköping"), (300, "SO 55810"), (430, "4500881023")),
            (40, 84, "Sweden"),
            *row(105, (40, "Consignee"), (300, "Buyer (if not consignee)")),
            *row(116, (40, "Great Lakes Hydraulics Corp."), (300, "Great Lakes Holdings Inc.")),
            *row(127, (40, "1500 Lakeshore Drive"), (300, "20 Erie Plaza")),
            *row(138, (40, "Cleveland, OH 44114"), (300, "Cleveland, OH 44113")),
            *row(149, (40, "United States"), (300, "United States")),
            *row(170, (40, "Country of origin"), (170, "Country of destination"), (300, "Terms of delivery and payment")),
            *row(181, (40, "Sweden"), (170, "USA"), (300, "FOB Gothenburg, 60 days net")),
            *row(200, (40, "Vessel / flight no."), (170, "Port of loading"), (300, "Port of discharge"), (430, "Currency")),
            *row(211, (40, "ATLANTIC STAR / 045W"), (170, "Gothenburg"), (300, "Newark, NJ"), (430, "USD")),
            *row(235, (40, "Description of goods"), (270, "Commodity code"), (350, "Quantity"), (420, "Unit price"), (500, "Amount")),
            *row(251, (40, "Cast iron valve bodies DN50"), (270, "8481.90"), (350, "320 PCS"), (420, "41.20"), (500, "13,184.00")),
            *row(265, (40, "Cast iron pump covers"), (270, "8413.91"), (350, "150 PCS"), (420, "27.60"), (500, "4,140.00")),
            *row(295, (420, "Invoice total"), (500, "17,324.00")),
            *row(320, (40, "Gross weight (kg)"), (170, "Net weight (kg)"), (300, "Number of packages")),
            *row(331, (40, "4,880"), (170, "4,615"), (300, "14")),
        ),),
        {
            "documentType": "commercial_invoice", "header.invoiceNumber": "FN-11872", "header.invoiceDate": "2026-08-27",
            "header.currency": "USD", "header.incoterms": "FOB Gothenburg", "header.purchaseOrder": "4500881023",
            "parties.exporter.name": "Ferro Nordic Castings AB", "parties.exporter.country": "SE",
            "parties.consignee.name": "Great Lakes Hydraulics Corp.", "parties.consignee.country": "US",
            "parties.importer.name": "Great Lakes Holdings Inc.", "transport.vessel": "ATLANTIC STAR", "transport.voyage": "045W",
            "transport.portOfLoading": "Gothenburg", "transport.portOfDischarge": "Newark, NJ", "totals.total": "17324.00",
            "totals.grossWeightKg": "4880", "totals.netWeightKg": "4615", "totals.packages": "14",
        },
        (
            {"description": "Cast iron valve bodies DN50", "quantity": "320", "unit": "PCS", "unitPrice": "41.20", "extendedValue": "13184.00", "countryOfOrigin": "SE", "hsCodeHint": "848190"},
            {"description": "Cast iron pump covers", "quantity": "150", "unit": "PCS", "unitPrice": "27.60", "extendedValue": "4140.00", "countryOfOrigin": "SE", "hsCodeHint": "841391"},
        ),
    ),
)
