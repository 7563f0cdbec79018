"""Certificates of origin: forms in boxes, whose goods stand in one wide box without prices."""

from __future__ import annotations

import io
from decimal import Decimal
from itertools import pairwise

from reportlab.pdfgen.canvas import Canvas

from ingest import fields
from storage.values import Reading

Text = tuple[float, float, str]
Box = tuple[float, float, float, float]
HEIGHT = 792


def form(boxes: list[Box], *texts: Text) -> Reading:
    """A page with ruled boxes and each text at (x, y from the top)."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=(612, HEIGHT))
    page.setFont("Helvetica", 7.5)
    for left, top, right, bottom in boxes:
        page.rect(left, HEIGHT - bottom, right - left, bottom - top)
    for x, y, text in texts:
        page.drawString(x, HEIGHT - y, text)
    page.save()
    made = fields.read("origin.pdf", out.getvalue())
    assert isinstance(made, Reading), made
    return made


def column(x: float, y: float, *lines: str, step: float = 11) -> list[Text]:
    return [(x, y + step * at, line) for at, line in enumerate(lines) if line]


def goods(
    made: Reading,
) -> list[tuple[str | None, Decimal | None, str | None, str | None, str | None]]:
    return [
        (line.description, line.quantity, line.unit, line.countryOfOrigin, line.hsCodeHint)
        for line in made.lineItems
    ]


HEAD: list[Box] = [
    (40, 60, 300, 150), (300, 60, 570, 150), (40, 150, 300, 230), (300, 150, 570, 230),
    (40, 230, 300, 300), (300, 230, 570, 300),
]  # fmt: skip
CHAMBER: list[Box] = [
    *HEAD, (40, 300, 470, 325), (470, 300, 570, 325), (40, 325, 470, 600), (470, 325, 570, 600),
    (40, 600, 570, 750),
]  # fmt: skip


def chamber(*texts: Text) -> Reading:
    """The European Union's form, in French."""
    return form(
        CHAMBER,
        *column(44, 70, "1 Expéditeur / Consignor"),
        *column(50, 84, "FROMAGERIES DU HAUT-DOUBS SAS", "12 rue de la Gare", "25300 PONTARLIER - FRANCE"),
        *column(305, 75, "N° 4471820", "UNION EUROPEENNE", "CERTIFICAT D'ORIGINE", step=14),
        *column(44, 160, "2 Destinataire / Consignee"),
        *column(50, 174, "ALPINE DELI IMPORTS LLC", "P.O. BOX 99120", "DUBAI", "EMIRATS ARABES UNIS"),
        *column(305, 160, "3 Pays d'origine / Country of origin"),
        *column(315, 182, "UNION EUROPEENNE", "FRANCE"),
        *column(44, 240, "4 Informations relatives au transport"),
        *column(50, 254, "PAR BATEAU HANSA JADE V. 0MX7TE1MA", "DE FOS SUR MER A JEBEL ALI"),
        *column(305, 240, "5 Remarques / Remarks"),
        *column(315, 254, "FACTURE N° FD-26/0388", "DU 13/03/2026"),
        (44, 310, "6 N° d'ordre; marques, numéros, nombre et nature des colis; désignation des marchandises"),
        (474, 310, "7 Quantité"),
        *texts,
        (44, 612, "8 L'AUTORITE SOUSSIGNEE CERTIFIE QUE LES MARCHANDISES SONT ORIGINAIRES DU PAYS"),
        (50, 700, "BESANCON, le 18/03/2026"),
    )  # fmt: skip


def test_a_chambers_form_names_goods_invoice_ship_and_ports() -> None:
    made = chamber(
        *column(50, 345, "ADI DUBAI"),
        *column(130, 345, "1/   14 PALETTES - COMTE AOP 12 MOIS, MEULES", "      SH 0406.90",
                "2/   6 PALETTES - MORBIER AOP", "      SH 0406.90", "",
                "POIDS BRUT 12 480 KG", "POIDS NET 11 020 KG"),
        *column(480, 345, "7 840 KG"), *column(480, 367, "3 180 KG"),
    )  # fmt: skip
    assert goods(made) == [
        ("COMTE AOP 12 MOIS, MEULES", Decimal(7840), "KG", "FR", "040690"),
        ("MORBIER AOP", Decimal(3180), "KG", "FR", "040690"),
    ]
    assert (made.totals.packages, made.totals.grossWeightKg) == (20, Decimal(12480))
    assert made.header.invoiceNumber == "FD-26/0388"
    assert str(made.header.invoiceDate) == "2026-03-13"
    ship = made.transport
    assert (ship.vessel, ship.voyage) == ("HANSA JADE", "0MX7TE1MA")
    assert (ship.portOfLoading, ship.portOfDischarge) == ("FOS SUR MER", "JEBEL ALI")
    assert made.parties.consignee.country == "AE"


def test_goods_that_go_on_below_their_packages_are_one_line() -> None:
    made = chamber(
        *column(54, 345, "1", "", "", "2"),
        *column(76, 345, "32 PALETS  PAVIMENTO PORCELANICO", '60X60 RECTIFICADO "CREMA"',
                "(PORCELAIN FLOOR TILES) HS 6907.21",
                "12 PALETS  REVESTIMIENTO BLANCO 30X90", "", "MARCAS: ADI / DUBAI / 1-44",
                "TOTAL: 44 PALETS"),
        *column(480, 345, "1.382,40 M2", "", "", "583,20 M2"),
    )  # fmt: skip
    assert goods(made) == [
        ('PAVIMENTO PORCELANICO 60X60 RECTIFICADO "CREMA" (PORCELAIN FLOOR TILES)',
         Decimal("1382.40"), "M2", "FR", "690721"),
        ("REVESTIMIENTO BLANCO 30X90", Decimal("583.20"), "M2", "FR", None),
    ]  # fmt: skip
    assert made.totals.packages == 44
    assert made.totals.total is None


EDGES = (40, 75, 150, 370, 420, 490, 570)
FORM_A: list[Box] = [
    *HEAD, *((a, 300, b, 340) for a, b in pairwise(EDGES)), *((a, 340, b, 560) for a, b in pairwise(EDGES)),
    (40, 560, 300, 700), (300, 560, 570, 700),
]  # fmt: skip


def test_form_a_has_a_box_for_each_thing_that_is_said_of_the_goods() -> None:
    made = form(
        FORM_A,
        *column(44, 70, "1. Goods consigned from (Exporter's business name, address, country)",
                "ZHEJIANG BRIGHTWAY HOUSEWARES CO., LTD.", "NO. 88 XINGYE ROAD, YIWU, CHINA"),
        *column(305, 70, "Reference No. G263300418270018", "CERTIFICATE OF ORIGIN", "FORM A"),
        *column(44, 160, "2. Goods consigned to (Consignee's name, address, country)",
                "NORDLYS INTERIOR AS", "STRANDGATA 14, 5003 BERGEN, NORWAY"),
        *column(44, 240, "3. Means of transport and route (as far as known)",
                "FROM NINGBO, CHINA TO BERGEN, NORWAY", "BY SEA"),
        *column(42, 310, "5. Item", "number", step=9),
        *column(77, 310, "6. Marks and", "numbers of", "packages", step=9),
        *column(152, 310, "7. Number and kind of packages;", "description of goods", step=9),
        *column(372, 310, "8. Origin", "criterion", step=9),
        *column(422, 310, "9. Gross weight", "or other", "quantity", step=9),
        *column(492, 310, "10. Number and", "date of invoices", step=9),
        *column(50, 355, "1"), *column(80, 355, "NORDLYS", "BERGEN", "C/NO. 1-420"),
        *column(155, 355, "TWO HUNDRED AND TEN (210) CARTONS OF", "GLASS CANDLE HOLDERS", "HS CODE: 7013.99"),
        *column(385, 355, '"P"'), *column(425, 355, "5,040 PCS"),
        *column(495, 355, "BW26-0418", "APR. 18, 2026"),
        *column(50, 405, "2"),
        *column(155, 405, "TWO HUNDRED AND TEN (210) CARTONS OF", "CERAMIC VASES", "HS CODE: 6913.10"),
        *column(385, 405, '"P"'), *column(425, 405, "1,260 PCS"),
        *column(155, 450, "TOTAL: FOUR HUNDRED AND TWENTY (420) CARTONS ONLY", "***  ***  ***"),
        *column(44, 570, "11. Certification", "It is hereby certified that the declaration is correct."),
        *column(305, 570, "12. Declaration by the exporter", "The undersigned hereby declares that",
                "all the goods were produced in", "CHINA", "(country)"),
        *column(305, 680, "YIWU, CHINA, APR. 19, 2026"),
    )  # fmt: skip
    assert goods(made) == [
        ("GLASS CANDLE HOLDERS", Decimal(5040), "PCS", "CN", "701399"),
        ("CERAMIC VASES", Decimal(1260), "PCS", "CN", "691310"),
    ]
    assert (made.header.invoiceNumber, str(made.header.invoiceDate)) == ("BW26-0418", "2026-04-18")
    assert made.totals.packages == 420
    assert (made.transport.portOfLoading, made.transport.portOfDischarge) == (
        "NINGBO, CHINA",
        "BERGEN, NORWAY",
    )


def test_pieces_named_with_the_goods_are_counted_where_the_box_has_a_weight() -> None:
    made = chamber(
        *column(50, 345, "1200 PIECES OF TRUCK TYRES 295/80R22.5", "L/C NO. 0018834", "***"),
        *column(480, 345, "G.W. 61.200 KGS"),
    )
    ((name, _, _, land, _),) = goods(made)
    assert (name, land) == ("TRUCK TYRES 295/80R22.5", "FR")


def test_the_criterion_of_origin_is_no_country_and_the_certifier_says_where() -> None:
    edges = (40, 70, 300, 400, 450, 500, 570)
    made = form(
        [(40, 60, 300, 100), (300, 60, 570, 100), (40, 100, 300, 170), (300, 100, 570, 170),
         *((a, top, b, top + 30) for a, b in pairwise(edges) for top in (170, 200, 230))],
        (150, 45, "CERTIFICATION OF ORIGIN"),
        *column(44, 72, "1. Certifier / Certificador: Exporter"),
        *column(305, 72, "Single shipment - Invoice No.: B-20418    Date:", "27/MAR/2026"),
        *column(44, 112, "2. CERTIFIER (name, title, address, country)", "Cables Delicias S.A. de C.V.",
                "Av. Norte 4420, Delicias, Chihuahua, MEXICO"),
        *column(305, 112, "3. EXPORTER (if different from certifier)", "Arneses Delicias, S.A. de C.V.",
                "Same address as certifier"),
        *column(50, 182, "#"), *column(100, 182, "6. Description of good(s)"),
        *column(310, 182, "7. HS tariff", "classification", step=9),
        *column(405, 182, "8. Origin", "criterion", step=9), *column(455, 182, "Country", "of origin", step=9),
        *column(520, 182, "Qty"),
        *column(50, 215, "1"), *column(75, 215, "WIRE HARNESS, CAB MAIN"), *column(330, 215, "8544.30"),
        *column(420, 215, "B"), *column(465, 215, "MX"), *column(515, 215, "240 pcs"),
        *column(50, 245, "2"), *column(75, 245, "MOLDED GROMMET KIT"), *column(330, 245, "4016.93"),
        *column(420, 245, "A"), *column(465, 245, "US"), *column(515, 245, "15 kits"), (44, 600, "Signature"),
    )  # fmt: skip
    assert goods(made) == [
        ("WIRE HARNESS, CAB MAIN", Decimal(240), "PCS", "MX", "854430"),
        ("MOLDED GROMMET KIT", Decimal(15), "KITS", "US", "401693"),
    ]
    assert made.parties.exporter.country == "MX"
    assert str(made.header.invoiceDate) == "2026-03-27"


def test_items_that_begin_with_their_packages_need_no_numbers() -> None:
    made = chamber(
        *column(54, 345, "1    2 Kisten", "     Hydraulikpresse HP 250, Masch.-Nr. 88-1204", "     1 Palette",
                "     Dichtungssätze und Ventile"),
        *column(480, 356, "1 Stück", "", "48 Stück"),
    )  # fmt: skip
    assert [(name, count) for name, count, *_ in goods(made)] == [
        ("Hydraulikpresse HP 250, Masch.-Nr. 88-1204", Decimal(1)),
        ("Dichtungssätze und Ventile", Decimal(48)),
    ]


def test_a_box_of_weights_tells_no_quantity_where_the_words_do() -> None:
    made = form(
        [],
        (180, 45, "ARAB CHAMBER CERTIFICATE OF ORIGIN"),
        *column(44, 80, "Consignor:", "Harrow Valve Company Ltd", "Wigan WN3 5BA", "United Kingdom"),
        *column(44, 140, "Consignee:", "Gulf Water Trading WLL", "Road 1010, Manama", "Kingdom of Bahrain"),
        (44, 195, "The goods originated in: UNITED KINGDOM"),
        (44, 210, "Method of transport: Sea freight - Felixstowe to Khalifa Bin Salman Port"),
        (44, 240, "Marks and numbers"), (470, 240, "Weight (gross & net)"),
        (150, 240, "Quantity and kind of packages; description of goods"),
        *column(44, 262, "GWT", "1/6"),
        *column(150, 262, "6 CRATES", "BRONZE GATE VALVES DN80 PN16, QTY 240 PCS",
                "Invoice No. HV-33871 dated 14 January 2026"),
        *column(470, 262, "Gross 3,180 kg", "Net 2,940 kg"),
        (44, 400, "Place and date of issue: Manchester, 16 January 2026"),
    )  # fmt: skip
    assert goods(made) == [("BRONZE GATE VALVES DN80 PN16", Decimal(240), "PCS", "GB", None)]
    assert (made.header.invoiceNumber, str(made.header.invoiceDate)) == ("HV-33871", "2026-01-14")
    assert (made.totals.packages, made.totals.grossWeightKg) == (6, Decimal(3180))
    assert (made.transport.portOfLoading, made.transport.portOfDischarge) == (
        "Felixstowe",
        "Khalifa Bin Salman Port",
    )


def test_the_date_of_the_certificate_is_not_that_of_the_invoice() -> None:
    made = form(
        [],
        *column(60, 40, "Filati Monteverde S.p.A.", "Via Tessitori 18, 59100 Prato, Italy"),
        (200, 110, "CERTIFICATE OF ORIGIN"),
        *column(60, 140, "Date: 3 March 2026", "Invoice No.: 311/26"),
        (60, 190, "We hereby certify that the goods described below are of Italian origin:"),
        *column(60, 215, "Description of goods: Wool yarn Nm 2/30, dyed", "Quantity: 1.240,5 kg"),
    )
    assert (made.header.invoiceNumber, made.header.invoiceDate) == ("311/26", None)
