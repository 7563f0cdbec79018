"""Each kind of document is known by its title, in the languages that traders write."""

import pytest

from ingest import fields
from storage.values import DocumentKind, Reading
from tests.packets import isf, sheet

K = DocumentKind
BODY = ("Fjordline Tools AS", "Havnegata 9, Bergen, Norway", "To: Beacon Hardware Inc., Newark")


def kind(*lines: str) -> tuple[DocumentKind, float]:
    made = fields.read("paper.pdf", sheet(*lines))
    assert isinstance(made, Reading), made
    return made.documentType, made.kindConfidence


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("COMMERCIAL INVOICE", K.COMMERCIAL_INVOICE),
        ("Factura Comercial No. 881", K.COMMERCIAL_INVOICE),
        ("Handelsrechnung", K.COMMERCIAL_INVOICE),
        ("Facture commerciale", K.COMMERCIAL_INVOICE),
        ("RECHNUNG", K.COMMERCIAL_INVOICE),
        ("PROFORMA INVOICE", K.PROFORMA_INVOICE),
        ("Pro-forma Invoice", K.PROFORMA_INVOICE),
        ("PACKING LIST / WEIGHT LIST", K.PACKING_LIST),
        ("Packliste", K.PACKING_LIST),
        ("装箱单 PACKING LIST", K.PACKING_LIST),
        ("LISTE DE COLISAGE", K.PACKING_LIST),
        ("Lista de empaque", K.PACKING_LIST),
        ("OCEAN BILL OF LADING", K.BILL_OF_LADING),
        ("HOUSE BILL OF LADING", K.BILL_OF_LADING),
        ("SEA WAYBILL", K.BILL_OF_LADING),
        ("Conocimiento de Embarque", K.BILL_OF_LADING),
        ("AIR WAYBILL", K.AIR_WAYBILL),
        ("HOUSE AIR WAYBILL", K.AIR_WAYBILL),
        ("ARRIVAL NOTICE / FREIGHT INVOICE", K.ARRIVAL_NOTICE),
        ("AVISO DE LLEGADA", K.ARRIVAL_NOTICE),
        ("CERTIFICATE OF ORIGIN", K.CERTIFICATE_OF_ORIGIN),
        ("Certificat d'origine", K.CERTIFICATE_OF_ORIGIN),
        ("Ursprungszeugnis", K.CERTIFICATE_OF_ORIGIN),
        ("MILL TEST CERTIFICATE", K.MILL_CERTIFICATE),
        ("Inspection Certificate 3.1 acc. to EN 10204", K.MILL_CERTIFICATE),
        ("CUSTOMS POWER OF ATTORNEY", K.POWER_OF_ATTORNEY),
        ("BOOKING CONFIRMATION", K.BOOKING),
        ("Importer Security Filing (10+2) data sheet", K.ISF_SHEET),
        ("ISF WORKSHEET", K.ISF_SHEET),
        ("ISF 10+2 INFORMATION", K.ISF_SHEET),
        ("10 + 2 Declaration", K.ISF_SHEET),
        ("CERTIFICATE OF ANALYSIS", K.OTHER),
        ("Insurance policy", K.OTHER),
    ],
)
def test_a_title_tells_the_kind(title: str, expected: DocumentKind) -> None:
    found, sure = kind(title, *BODY)
    assert found is expected
    assert 0.3 <= sure <= 0.97


def test_the_title_counts_and_not_what_is_named_in_passing() -> None:
    assert kind("COMMERCIAL INVOICE", *BODY, "Proforma Invoice No. P-1", "Packing list attached",
                "A certificate of origin is enclosed")[0] is K.COMMERCIAL_INVOICE  # fmt: skip
    assert kind("BILL OF LADING", *BODY, "Invoice No. 77 dated 1 May 2026")[0] is K.BILL_OF_LADING
    assert kind("Dear all,", "please find the news of our firm.")[0] is K.OTHER


def test_an_isf_sheet_is_known_and_its_numbers_are_no_part_of_an_address() -> None:
    made = fields.read("isf.pdf", isf("FJLB2600417"))
    assert isinstance(made, Reading)
    assert made.documentType is K.ISF_SHEET
    assert made.transport.houseBill == "FJLB2600417"
    read = {
        name: getattr(made.parties, name)
        for name in ("exporter", "importer", "manufacturer", "shipTo")
    }
    assert {name: (one.name, one.address, one.country) for name, one in read.items()} == {
        "exporter": ("Fjordline Tools AS", "Havnegata 9, 5003 Bergen, Norway", "NO"),
        "importer": (
            "Beacon Hardware Inc.",
            "40 Market Street, Newark, NJ 07102, United States",
            "US",
        ),
        "manufacturer": ("Sula Smie AS", "Smieveien 3, 6030 Langevag, Norway", "NO"),
        "shipTo": ("Beacon Hardware Inc.", "7 Dock Road, Newark, NJ 07114, United States", "US"),
    }
    # Who filed it, when it was due and what it costs stand on other papers.
    assert (
        kind("ARRIVAL NOTICE", *BODY, "ISF FILED: YES", "AMS / ISF cut-off 4 May")[0]
        is K.ARRIVAL_NOTICE
    )
    assert (
        kind("INVOICE", *BODY, "ISF filing fee 35.00", "Importer Security Filing")[0]
        is K.COMMERCIAL_INVOICE
    )
    assert (
        kind("BOOKING CONFIRMATION", *BODY, "ISF data due 48 hours before sailing")[0] is K.BOOKING
    )


def test_words_of_a_mail_are_a_mail() -> None:
    assert fields.read_mail_text("Commercial invoice 77", "attached").documentType is K.EMAIL


def test_what_an_isf_sheet_says_of_the_goods_is_one_line() -> None:
    made = fields.read("isf.pdf", isf("FJLB2600417"))
    assert isinstance(made, Reading)
    (line,) = made.lineItems
    assert (line.countryOfOrigin, line.hsCodeHint, line.description) == ("NO", "820520", None)
