"""The same invoice as UBL, as CII inside a PDF, as DOCX and as HTML."""

import io
from datetime import date
from decimal import Decimal

import pytest
from docx import Document
from pypdfium2 import PdfDocument
from reportlab.pdfgen import canvas

from ingest import fields
from ingest.pages import CannotRead, open_pages
from storage.values import DocumentKind, Reading

UBL = """<?xml version="1.0"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:a="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:b="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <b:ID>TW-881</b:ID><b:IssueDate>2026-10-30</b:IssueDate>
 <b:DocumentCurrencyCode>EUR</b:DocumentCurrencyCode>
 <a:AccountingSupplierParty><a:Party><a:PartyName><b:Name>Hafen Lampen GmbH</b:Name></a:PartyName>
  <a:PostalAddress><b:CityName>Bremen</b:CityName><a:Country><b:IdentificationCode>DE</b:IdentificationCode></a:Country></a:PostalAddress>
 </a:Party></a:AccountingSupplierParty>
 <a:AccountingCustomerParty><a:Party><a:PartyName><b:Name>Northgate Retail Inc.</b:Name></a:PartyName></a:Party></a:AccountingCustomerParty>
 <a:LegalMonetaryTotal><b:LineExtensionAmount>125.00</b:LineExtensionAmount><b:TaxInclusiveAmount>125.00</b:TaxInclusiveAmount></a:LegalMonetaryTotal>
 <a:InvoiceLine><b:ID>1</b:ID><b:InvoicedQuantity unitCode="H87">50</b:InvoicedQuantity>
  <b:LineExtensionAmount>125.00</b:LineExtensionAmount>
  <a:Item><b:Name>Brass lamp</b:Name><a:OriginCountry><b:IdentificationCode>TR</b:IdentificationCode></a:OriginCountry></a:Item>
  <a:Price><b:PriceAmount>2.50</b:PriceAmount></a:Price></a:InvoiceLine>
</Invoice>"""

CII = """<r:CrossIndustryInvoice xmlns:r="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:a="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:u="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
 <r:ExchangedDocument><a:ID>TW-881</a:ID><a:IssueDateTime><u:DateTimeString format="102">20261030</u:DateTimeString></a:IssueDateTime></r:ExchangedDocument>
 <r:SupplyChainTradeTransaction>
  <a:IncludedSupplyChainTradeLineItem><a:SpecifiedTradeProduct><a:Name>Brass lamp</a:Name>
    <a:OriginTradeCountry><a:ID>TR</a:ID></a:OriginTradeCountry></a:SpecifiedTradeProduct>
   <a:SpecifiedLineTradeAgreement><a:NetPriceProductTradePrice><a:ChargeAmount>2.50</a:ChargeAmount></a:NetPriceProductTradePrice></a:SpecifiedLineTradeAgreement>
   <a:SpecifiedLineTradeDelivery><a:BilledQuantity unitCode="H87">50</a:BilledQuantity></a:SpecifiedLineTradeDelivery>
   <a:SpecifiedLineTradeSettlement><a:SpecifiedTradeSettlementLineMonetarySummation><a:LineTotalAmount>125.00</a:LineTotalAmount></a:SpecifiedTradeSettlementLineMonetarySummation></a:SpecifiedLineTradeSettlement>
  </a:IncludedSupplyChainTradeLineItem>
  <a:ApplicableHeaderTradeAgreement><a:SellerTradeParty><a:Name>Hafen Lampen GmbH</a:Name><a:PostalTradeAddress><a:CityName>Bremen</a:CityName><a:CountryID>DE</a:CountryID></a:PostalTradeAddress></a:SellerTradeParty>
   <a:BuyerTradeParty><a:Name>Northgate Retail Inc.</a:Name></a:BuyerTradeParty></a:ApplicableHeaderTradeAgreement>
  <a:ApplicableHeaderTradeSettlement><a:InvoiceCurrencyCode>EUR</a:InvoiceCurrencyCode>
   <a:SpecifiedTradeSettlementHeaderMonetarySummation><a:LineTotalAmount>125.00</a:LineTotalAmount><a:GrandTotalAmount>125.00</a:GrandTotalAmount></a:SpecifiedTradeSettlementHeaderMonetarySummation></a:ApplicableHeaderTradeSettlement>
 </r:SupplyChainTradeTransaction>
</r:CrossIndustryInvoice>"""

HEAD = [
    "COMMERCIAL INVOICE",
    "Invoice No.: TW-881",
    "Date: 2026-10-30",
    "Seller: Hafen Lampen GmbH, Bremen, Germany",
    "Buyer: Northgate Retail Inc., Seattle, USA",
    "Currency: EUR",
]
GOODS = [
    ("Description", "Origin", "Qty", "Unit", "Unit Price", "Amount"),
    ("Brass lamp", "TR", "50", "PCS", "2.50", "125.00"),
]


def carrying(xml: str) -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.drawString(72, 700, "Invoice: see the data inside. Total cartons: 4")
    page.save()
    document = PdfDocument(out.getvalue())
    document.new_attachment("factur-x.xml").set_data(xml.encode())
    done = io.BytesIO()
    document.save(done)
    return done.getvalue()


def docx() -> bytes:
    made = Document()
    for line in HEAD:
        made.add_paragraph(line)
    table = made.add_table(rows=0, cols=6)
    for row in GOODS:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    made.add_paragraph("Total: EUR 125.00")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def html() -> bytes:
    rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in GOODS)
    head = "".join(f"<p>{line}</p>" for line in HEAD)
    hidden = "<script>Total: 999</script><p style='display:none'>Invoice No.: XX-1</p>"
    return f"<html>{hidden}{head}<table>{rows}</table><p>Total: EUR 125.00</p></html>".encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("invoice.xml", UBL.encode()),
        ("invoice.xml", CII.encode()),
        ("invoice.pdf", carrying(CII)),
        ("invoice.docx", docx()),
        ("invoice.html", html()),
    ],
    ids=["ubl", "cii", "factur-x", "docx", "html"],
)
def test_one_invoice_in_five_forms_says_the_same(name: str, data: bytes) -> None:
    made = fields.read(name, data)
    assert isinstance(made, Reading)
    assert made.documentType is DocumentKind.COMMERCIAL_INVOICE
    assert (made.header.invoiceNumber, made.header.invoiceDate) == ("TW-881", date(2026, 10, 30))
    assert (made.header.currency, made.totals.total) == ("EUR", Decimal("125.00"))
    assert made.parties.exporter.name == "Hafen Lampen GmbH"
    assert made.parties.exporter.country == "DE"
    line = made.lineItems[0]
    assert (line.description, line.countryOfOrigin) == ("Brass lamp", "TR")
    assert (line.quantity, line.unitPrice, line.unit) == (50, Decimal("2.50"), "PCS")
    assert len(made.lineItems) == 1


def test_xml_that_names_entities_is_not_opened() -> None:
    trick = UBL.replace("<Invoice", '<!DOCTYPE x [<!ENTITY a "aaaa">]><Invoice', 1)
    made = fields.read("invoice.xml", trick.encode())
    assert made.message == "invoice.xml: this kind of file cannot be read yet."  # type: ignore[union-attr]


def test_a_broken_docx_says_so() -> None:
    with pytest.raises(CannotRead, match="is damaged"):
        open_pages("a.docx", docx()[:400])


def test_an_amount_under_the_codes_is_no_code_and_one_line_s_code_is_not_all_lines() -> None:
    made = fields.read(
        "made.csv",
        b"Commercial invoice\nDescription,Qty,Unit Price,HS Code,Amount\n"
        b"Lamp,10,,,1250.50\nShade,10,,1250.50,\nPlug,10,1.00,8536.69,10.00\n",
    )
    assert isinstance(made, Reading)
    assert [line.hsCodeHint for line in made.lineItems] == [None, None, "853669"]
    assert [line.extendedValue for line in made.lineItems] == [
        Decimal("1250.50"), None, Decimal("10.00")
    ]  # fmt: skip
