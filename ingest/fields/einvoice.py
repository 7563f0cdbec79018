"""E-invoices in XML: Factur-X and ZUGFeRD (UN/CEFACT CII), also inside a PDF, and UBL 2.

What such a file says is said in so many fields; nothing is guessed. The XML is taken without a
document type, so that no entity of it can be anything but text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

import pypdfium2 as pdfium

from ingest.fields import values
from ingest.fields.found import Findings
from ingest.fields.layout import Cell
from ingest.fields.lineread import LineRead
from ingest.pages.page import Word

SURE = 0.99
MOST_BYTES = 20_000_000
_MOST_FILES = 20  # looked at inside one PDF
_MOST_LINES = 2000
_ROOTS = ("CrossIndustryInvoice", "Invoice", "CreditNote")
UNITS = {"H87": "PCS", "C62": "PCS", "EA": "PCS", "KGM": "KG", "TNE": "MT", "MTR": "M"}
UNITS |= {"MTK": "M2", "LTR": "L", "PR": "PRS", "DZN": "DOZ", "SET": "SET", "NAR": "PCS"}

_CII = {
    "header.invoiceNumber": "ExchangedDocument/ID",
    "header.invoiceDate": "ExchangedDocument/IssueDateTime/DateTimeString",
    "header.purchaseOrder": "*/*/BuyerOrderReferencedDocument/IssuerAssignedID",
    "header.currency": "*/*/InvoiceCurrencyCode",
    "header.paymentTerms": "*/*/SpecifiedTradePaymentTerms/Description",
    "totals.subtotal": "*/*/SpecifiedTradeSettlementHeaderMonetarySummation/LineTotalAmount",
    "totals.total": "*/*/SpecifiedTradeSettlementHeaderMonetarySummation/GrandTotalAmount",
}
_UBL = {
    "header.invoiceNumber": "ID",
    "header.invoiceDate": "IssueDate",
    "header.purchaseOrder": "OrderReference/ID",
    "header.currency": "DocumentCurrencyCode",
    "header.paymentTerms": "PaymentTerms/Note",
    "totals.subtotal": "LegalMonetaryTotal/LineExtensionAmount",
    "totals.total": "LegalMonetaryTotal/TaxInclusiveAmount",
}
_PARTIES = {
    "parties.exporter": ("*/*/SellerTradeParty", "AccountingSupplierParty/Party"),
    "parties.importer": ("*/*/BuyerTradeParty", "AccountingCustomerParty/Party"),
    "parties.shipTo": ("*/*/ShipToTradeParty", "Delivery/DeliveryParty"),
}
_NAMES = ("Name", "PartyLegalEntity/RegistrationName", "PartyName/Name")
_ADDRESS = re.compile(r"(?:Line(?:One|Two|Three)|PostcodeCode|CityName|StreetName|PostalZone)$")
_CII_LINE = {
    "sku": "SpecifiedTradeProduct/SellerAssignedID",
    "description": "SpecifiedTradeProduct/Name",
    "countryOfOrigin": "SpecifiedTradeProduct/OriginTradeCountry/ID",
    "hsCodeHint": "SpecifiedTradeProduct/DesignatedProductClassification/ClassCode",
    "quantity": "SpecifiedLineTradeDelivery/BilledQuantity",
    "unitPrice": "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount",
    "extendedValue": "*/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
}
_UBL_LINE = {
    "sku": "Item/SellersItemIdentification/ID",
    "description": "Item/Name",
    "countryOfOrigin": "Item/OriginCountry/IdentificationCode",
    "hsCodeHint": "Item/CommodityClassification/ItemClassificationCode",
    "quantity": "InvoicedQuantity",
    "unitPrice": "Price/PriceAmount",
    "extendedValue": "LineExtensionAmount",
}


def inside(data: bytes) -> Element | None:
    """The e-invoice that a file is or carries, or None."""
    if data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _parsed(data)
    if b"%PDF-" not in data[:1024]:
        return None
    return next((root for one in _attached(data) if (root := _parsed(one)) is not None), None)


def put(root: Element, found: Findings) -> list[LineRead]:
    """Everything that the e-invoice says goes into `found`; its lines come back."""
    cii = _local(root) == "CrossIndustryInvoice"
    for path, place in (_CII if cii else _UBL).items():
        put_value(found, path, _said(root, place))
    coin = found.get("header.currency")
    put_value(found, "totals.currency", coin)
    for path, places in _PARTIES.items():
        party = _at(root, places[0 if cii else 1])
        if party is not None:
            _party(path, party, found)
    lines = [one for one in root.iter() if _local(one) in _LINES]
    return [
        made
        for number, one in enumerate(lines[:_MOST_LINES], 1)
        if (made := _line(one, number, _CII_LINE if cii else _UBL_LINE)).values.get("description")
    ]


_LINES = ("IncludedSupplyChainTradeLineItem", "InvoiceLine")


def _attached(data: bytes) -> Iterator[bytes]:
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError:
        return
    try:
        for at in range(min(document.count_attachments(), _MOST_FILES)):
            one = document.get_attachment(at)
            if one.get_name().casefold().endswith(".xml"):
                yield bytes(one.get_data())
    except pdfium.PdfiumError:
        return
    finally:
        document.close()


def _parsed(data: bytes) -> Element | None:
    if len(data) > MOST_BYTES or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return None
    try:
        root = fromstring(data)  # noqa: S314 - no document type, so no entities: see above
    except (ParseError, ValueError, LookupError):
        return None
    return root if _local(root) in _ROOTS else None


def _local(one: Element) -> str:
    return one.tag.rpartition("}")[2]


def _at(start: Element, place: str) -> Element | None:
    return start.find("/".join(step if step == "*" else "{*}" + step for step in place.split("/")))


def _said(start: Element, place: str) -> str | None:
    one = _at(start, place)
    text = " ".join((one.text or "").split()) if one is not None else ""
    return text[:1000] or None


def typed(path: str, text: str) -> Any:
    """The value of a field from its text; None when it is none. Amounts have a point."""
    field = path.rpartition(".")[2]
    if field == "invoiceDate":
        if re.fullmatch(r"\d{8}", text):
            text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        dated = values.day(text)
        return dated.value if dated else None
    if field in ("total", "subtotal", "quantity", "unitPrice", "extendedValue"):
        try:
            amount = Decimal(text)
        except InvalidOperation:
            return None
        return amount if amount.is_finite() else None
    if field == "currency":
        return text if text in values.CURRENCIES else None
    if field in ("countryOfOrigin", "country"):
        return values.country(text)
    return values.hs_code(text) if field == "hsCodeHint" else text


def cell_of(text: str) -> Cell:
    """The place of what stands in no picture of the page: its top left corner."""
    return Cell(page=1, words=(Word(text=text, x0=0, y0=0, x1=0, y1=0),))


def put_value(found: Findings, path: str, text: str | None, seen: str = "") -> None:
    """Put a value before whatever else was found; `seen` is the text that shows it."""
    value = typed(path, text) if isinstance(text, str) else None
    if value is None or isinstance(value, date | Decimal | str) is False:
        return
    found.by_path.pop(path, None)
    found.add(path, value, SURE, cell_of(seen or str(text)))


def _party(path: str, party: Element, found: Findings) -> None:
    name = next((said for place in _NAMES if (said := _said(party, place))), None)
    if name is None:
        return
    for field in ("name", "address", "country", "mid"):
        found.by_path.pop(f"{path}.{field}", None)
    put_value(found, f"{path}.name", name)
    lines = [" ".join((one.text or "").split()) for one in party.iter() if _ADDRESS.search(one.tag)]
    put_value(found, f"{path}.address", ", ".join(line for line in lines if line) or None)
    land = _said(party, "PostalTradeAddress/CountryID") or _said(
        party, "PostalAddress/Country/IdentificationCode"
    )
    put_value(found, f"{path}.country", land)


def _line(one: Element, number: int, places: dict[str, str]) -> LineRead:
    said: dict[str, Any] = {"lineNumber": number}
    evidence, sure = {}, {}
    for field, place in places.items():
        text = _said(one, place)
        value = typed(field, text) if text else None
        if value is not None:
            said[field], evidence[field], sure[field] = value, cell_of(text or "").evidence(), SURE
    counted = _at(one, places["quantity"])
    code = counted.get("unitCode") if counted is not None else None
    if code and "quantity" in said:
        said["unit"], sure["unit"] = UNITS.get(code, code)[:20], SURE
        evidence["unit"] = cell_of(code).evidence()
    return LineRead(values=said, evidence=evidence, confidence=sure)
