"""Invoices by EDI: EDIFACT INVOIC and X12 810."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import fields, hazards
from ingest.fields import segments
from storage.values import DocumentKind, Reading, Unreadable

INVOIC = (
    "UNA:+.? '\nUNB+UNOC:3+SELLER+BUYER+261028:1200+1'\nUNH+1+INVOIC:D:96A:UN'\nBGM+380+LB-7714+9'\n"
    "DTM+137:20261028:102'\nRFF+ON:PO-88'\nRFF+BM:ZZZQ11110001'\n"
    "NAD+SE+77::92++Hanoi Lotus Bags JSC+18 Weaver Road+Hanoi++10000+VN'\n"
    "NAD+BY+78::92++O?'Hara ?+ Sons LLC+1 Main St+Tacoma+WA+98402+US'\nCUX+2:USD:4'\nTOD+6++FOB:::Haiphong'\n"
    "LIN+1++S-1:SA'\nPIA+1+4202922000:HS'\nIMD+F++:::Backpacks of polyester'\nQTY+47:10:PCE'\nALI+VN'\n"
    "MOA+203:25.00'\nPRI+AAA:2.50'\nLIN+2++S-2:SA'\nIMD+F++:::Straps'\nQTY+47:4:KGM'\nMOA+203:6.00'\nPRI+AAA:1.50'\n"
    "UNS+S'\nMOA+79:31.00'\nMOA+64:9.00'\nMOA+39:40.00'\nUNT+24+1'\nUNZ+1+1'\n"
)
ISA = "ISA*00*          *00*          *ZZ*SELLER         *ZZ*BUYER          *261028*1200*U*00401*000000001*0*P*>~"
X12 = (
    ISA
    + "GS*IN*SELLER*BUYER*20261028*1200*1*X*004010~ST*810*0001~BIG*20261028*LB-7714**PO-88~CUR*SE*USD~"
    "REF*BM*ZZZQ11110001~N1*SE*Hanoi Lotus Bags JSC*92*77~N3*18 Weaver Road~N4*Hanoi**10000*VN~"
    "N1*BY*O'Hara + Sons LLC~N3*1 Main St~N4*Tacoma*WA*98402*US~FOB*CC***01*FOB*OR*Haiphong~"
    "IT1*1*10*EA*2.50**VP*S-1*CH*VN*HD*4202922000~PID*F****Backpacks of polyester~"
    "IT1*2*4*KG*1.50**VP*S-2~PID*F****Straps~TDS*4000~SAC*C*D240***900~CTT*2~SE*18*0001~GE*1*1~IEA*1*000000001~"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [("i.edi", INVOIC), ("i.x12", X12), ("one-line.txt", INVOIC.replace("\n", ""))],
)
def test_both_say_the_same_invoice(name: str, text: str) -> None:
    made = fields.read(name, text.encode())
    assert isinstance(made, Reading)
    assert made.documentType is DocumentKind.COMMERCIAL_INVOICE
    assert (made.header.invoiceNumber, made.header.invoiceDate) == ("LB-7714", date(2026, 10, 28))
    assert (made.header.currency, made.totals.currency, made.header.purchaseOrder) == (
        "USD",
        "USD",
        "PO-88",
    )
    assert made.header.incoterms == "FOB Haiphong"
    assert made.transport.masterBill == "ZZZQ11110001"
    seller, buyer = made.parties.exporter, made.parties.importer
    assert (seller.name, seller.country) == ("Hanoi Lotus Bags JSC", "VN")
    assert seller.address == "18 Weaver Road, Hanoi, 10000"
    assert (buyer.name, buyer.country) == ("O'Hara + Sons LLC", "US")
    assert (made.totals.total, made.totals.freight) == (Decimal("40.00"), Decimal("9.00"))
    one, two = made.lineItems
    assert (one.sku, one.description, one.quantity, one.unit) == (
        "S-1",
        "Backpacks of polyester",
        10,
        "PCS",
    )
    assert (one.unitPrice, one.extendedValue) == (Decimal("2.50"), Decimal("25.00"))
    assert (one.countryOfOrigin, one.hsCodeHint) == ("VN", "4202922000")
    assert (two.quantity, two.unit, two.extendedValue) == (4, "KG", Decimal("6.00"))
    assert "7714" in made.evidence["header.invoiceNumber"].text
    assert not [
        flag for flag in made.flags if flag.severity == "must_resolve" or flag.type == "arithmetic"
    ]


def test_of_several_invoices_the_first_is_read_and_the_rest_is_said() -> None:
    message = INVOIC[INVOIC.index("UNH+") : INVOIC.index("UNZ+")]
    made = fields.read(
        "two.edi", INVOIC.replace("UNZ+", message.replace("LB-7714", "LB-9") + "UNZ+").encode()
    )
    assert isinstance(made, Reading)
    assert (made.header.invoiceNumber, len(made.lineItems)) == ("LB-7714", 2)
    assert any("holds 2 invoices" in flag.message for flag in made.flags)


def test_a_file_with_its_own_separators_and_decimal_comma() -> None:
    text = (
        INVOIC.replace("25.00", "25,00").replace("2.50", "2,50").replace("UNA:+.? '", "UNA:+,? '")
    )
    made = fields.read("comma.edi", text.encode())
    assert isinstance(made, Reading)
    assert made.lineItems[0].unitPrice == Decimal("2.50")


@pytest.mark.parametrize(
    "text",
    [
        INVOIC.replace("INVOIC", "DESADV"),
        X12.replace("ST*810", "ST*856"),
        "UNA",
        "ISA*short",
        "UNB+",
    ],
)
def test_another_message_or_a_broken_one_is_no_invoice(text: str) -> None:
    made = fields.read("other.edi", text.encode())
    assert isinstance(made, Unreadable)
    assert "other.edi" in made.message


def test_the_door_lets_such_files_in() -> None:
    for name, text in (("i.edi", INVOIC), ("i.x12", X12)):
        assert hazards.danger(name, text.encode()) is None


WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Z")), min_size=1, max_size=12)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_what_is_escaped_comes_back_as_it_was(elements: list[list[str]]) -> None:
    def escaped(word: str) -> str:
        return "".join("?" + sign if sign in "?+:'" else sign for sign in word)

    written = "+".join(":".join(escaped(word) for word in one) for one in elements)
    read = segments.read(f"UNB+UNOC:3'FTX+{written}'".encode())
    assert read is not None
    assert read.segments[1].elements == tuple(tuple(one) for one in elements)


@settings(max_examples=150)
@given(
    st.sampled_from([b"UNB+", b"UNA:+.? '", ISA.encode(), INVOIC.encode()[:400]]),
    st.binary(max_size=200),
)
def test_whatever_follows_is_read_or_refused_without_a_fault(head: bytes, tail: bytes) -> None:
    assert isinstance(fields.read("any.edi", head + tail), Reading | Unreadable)
