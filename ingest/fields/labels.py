"""The labels that trade documents print beside their values, and how a label is recognised.

The words are facts of the trade, kept as data; a label is compared without case, accents,
dots and numbering. "Invoice No. and date" names two fields in one cell.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

LABELS: dict[str, tuple[str, ...]] = {
    "header.invoiceNumber": (
        "invoice no",
        "invoice number",
        "inv no",
        "invoice #",
        "invoice nr",
        "commercial invoice no",
        "invoice no and date",
        "invoice no & date",
        "rechnung nr",
        "rechnungsnummer",
        "factura no",
        "numero de factura",
        "facture no",
        "发票号码",
        "发票编号",
        "invoice ref",
        "proforma invoice no",
        "invoice id",
        "invoice",
    ),
    "header.invoiceDate": (
        "invoice date",
        "date of invoice",
        "dated",
        "date",
        "rechnungsdatum",
        "fecha",
        "fecha de factura",
        "date de facture",
        "开票日期",
        "日期",
        "issue date",
        "date of issue",
    ),
    "header.currency": ("currency", "ccy", "wahrung", "moneda", "devise", "币种"),
    "header.incoterms": (
        "incoterms",
        "incoterm",
        "terms of delivery",
        "delivery terms",
        "trade terms",
        "price terms",
        "terms of sale",
        "shipping terms",
        "lieferbedingung",
        "贸易条款",
    ),
    "header.paymentTerms": (
        "payment terms",
        "terms of payment",
        "payment",
        "zahlungsbedingungen",
        "付款条款",
        "terms of delivery and payment",
    ),
    "header.purchaseOrder": (
        "purchase order",
        "po no",
        "p.o. no",
        "po number",
        "purchase order no",
        "order no",
        "buyer's order no",
        "your order",
        "customer po",
        "po",
        "po #",
        "order number",
        "customer order no",
        "bestellnummer",
        "订单号",
    ),
    "header.exportDate": (
        "date of export",
        "export date",
        "exportation date",
        "date of exportation",
    ),
    "transport.masterBill": (
        "mbl no",
        "master b/l",
        "master b/l no",
        "mbl",
        "mb/l no",
        "ocean b/l no",
        "obl no",
        "master bill of lading",
        "master bill no",
        "mawb",
        "mawb no",
        "b/l no",
        "b/l number",
        "bill of lading no",
        "bill of lading number",
        "bl no",
        "bill of lading",
        "提单号",
        "sea waybill no",
        "awb no",
        "air waybill no",
        "mbl number",
    ),
    "transport.houseBill": (
        "hbl no",
        "house b/l",
        "house b/l no",
        "hbl",
        "hb/l no",
        "house bill of lading",
        "hawb",
        "hawb no",
        "house bill no",
        "hbl number",
    ),
    "transport.vessel": (
        "vessel",
        "vessel name",
        "ocean vessel",
        "vessel / voyage",
        "vessel/voyage",
        "vessel & voyage",
        "vessel/voy",
        "vessel / voy no",
        "vessel voyage",
        "ship",
        "vessel/flight",
        "船名",
        "ocean vessel / voyage no",
        "vessel/voyage no",
    ),
    "transport.voyage": ("voyage", "voyage no", "voy no", "voy", "voyage number", "航次"),
    "transport.portOfLoading": (
        "port of loading",
        "pol",
        "load port",
        "loading port",
        "place of loading",
        "port of lading",
        "airport of departure",
        "puerto de carga",
        "装货港",
        "port of load",
    ),
    "transport.portOfDischarge": (
        "port of discharge",
        "pod",
        "discharge port",
        "port of unlading",
        "unloading port",
        "airport of destination",
        "puerto de descarga",
        "卸货港",
        "port of entry",
    ),
    "transport.placeOfDelivery": (
        "place of delivery",
        "final destination",
        "delivery place",
        "place of final delivery",
        "destination",
    ),
    "transport.etd": (
        "etd",
        "sailing date",
        "on board date",
        "shipped on board",
        "departure date",
        "pol etd",
    ),
    "transport.eta": (
        "eta",
        "estimated arrival",
        "est arrival date",
        "arrival date",
        "pod eta",
        "estimated time of arrival",
        "due to arrive",
    ),
    "transport.containers": (
        "container no",
        "container",
        "container number",
        "containers",
        "container #",
        "cntr no",
        "container nos",
        "集装箱号",
    ),
    "transport.seals": ("seal no", "seal", "seal number", "seals", "封号"),
    "transport.freeTimeDays": ("free time", "free days", "free time days"),
    "transport.lastFreeDay": ("last free day", "lfd", "free time expires", "free time ends"),
    "transport.scac": ("scac", "scac code", "carrier code"),
    "parties.exporter": (
        "exporter",
        "seller",
        "shipper",
        "shipper/exporter",
        "seller/exporter",
        "shipper / exporter",
        "exporter/shipper",
        "vendor",
        "supplier",
        "consignor",
        "shipper/seller",
        "seller / exporter",
        "from",
        "absender",
        "vendedor",
        "发货人",
        "卖方",
    ),
    "parties.importer": (
        "importer",
        "buyer",
        "sold to",
        "bill to",
        "importer of record",
        "customer",
        "buyer/importer",
        "buyer / importer",
        "buyer (if other than consignee)",
        "invoice to",
        "comprador",
        "买方",
        "importer/buyer",
        "for account and risk of",
        "messrs",
        "to",
    ),
    "parties.consignee": (
        "consignee",
        "consigned to",
        "收货人",
        "ultimate consignee",
        "consignee / importer",
        "importer/consignee",
        "consignee/importer",
    ),
    "parties.notifyParty": (
        "notify party",
        "notify",
        "also notify",
        "notify address",
        "通知人",
        "notify parties",
    ),
    "parties.manufacturer": ("manufacturer", "made by", "producer", "factory", "manufacturer name"),
    "parties.shipTo": ("ship to", "deliver to", "delivery address", "deliver-to"),
    "totals.subtotal": ("subtotal", "sub total", "sub-total", "goods total"),
    "totals.freight": (
        "freight",
        "ocean freight",
        "freight charge",
        "freight charges",
        "freight cost",
    ),
    "totals.insurance": ("insurance",),
    "totals.total": (
        "total",
        "grand total",
        "invoice total",
        "total amount",
        "total value",
        "amount due",
        "total invoice value",
        "total invoice amount",
        "total fob",
        "total cif",
        "总计",
        "合计",
        "gesamtbetrag",
        "importe total",
    ),
    "totals.packages": (
        "total packages",
        "number of packages",
        "no of packages",
        "packages",
        "total cartons",
        "pieces",
        "total ctns",
        "no of pkgs",
        "number of cartons",
        "total number of packages",
    ),
    "totals.grossWeightKg": (
        "gross weight",
        "total gross weight",
        "g.w.",
        "gross wt",
        "gross weight kg",
        "毛重",
        "gw",
        "bruttogewicht",
        "weight",
    ),
    "totals.netWeightKg": (
        "net weight",
        "total net weight",
        "n.w.",
        "net wt",
        "net weight kg",
        "净重",
        "nw",
        "nettogewicht",
    ),
    "lines.origin": (
        "country of origin",
        "origin",
        "country of manufacture",
        "made in",
        "coo",
        "ursprungsland",
        "原产地",
    ),
}

COLUMNS: dict[str, tuple[str, ...]] = {
    "lineNumber": (
        "no",
        "line",
        "item",
        "item no",
        "s no",
        "sl no",
        "#",
        "pos",
        "ln",
        "sr no",
        "line no",
    ),
    "sku": (
        "sku",
        "part no",
        "part number",
        "article",
        "article no",
        "model",
        "model no",
        "item code",
        "style",
        "style no",
        "material",
        "product code",
        "item number",
        "art no",
        "货号",
    ),
    "description": (
        "description",
        "description of goods",
        "goods description",
        "goods",
        "commodity",
        "product",
        "particulars",
        "full description of goods",
        "item description",
        "description of merchandise",
        "bezeichnung",
        "descripcion",
        "品名",
        "product description",
        "marks and description",
        "description of goods and services",
    ),
    "hsCodeHint": (
        "hs code",
        "hts",
        "hts code",
        "hs",
        "h.s. code",
        "tariff",
        "tariff code",
        "tariff no",
        "hscode",
        "hs/hts",
        "hs no",
        "hts no",
        "税号",
        "hts hint",
    ),
    "countryOfOrigin": (
        "origin",
        "country of origin",
        "coo",
        "c/o",
        "made in",
        "ctry",
        "country",
        "orig",
    ),
    "quantity": (
        "qty",
        "quantity",
        "pcs",
        "pieces",
        "units",
        "quantity pcs",
        "qty pcs",
        "menge",
        "cantidad",
        "数量",
        "shipped qty",
    ),
    "unit": ("unit", "uom", "u/m", "um", "einheit", "unidad", "单位"),
    "unitPrice": (
        "unit price",
        "price",
        "price/unit",
        "unit value",
        "rate",
        "u/price",
        "u. price",
        "einzelpreis",
        "precio",
        "单价",
        "unit cost",
    ),
    "extendedValue": (
        "amount",
        "total",
        "total price",
        "value",
        "line total",
        "total amount",
        "total value",
        "ext price",
        "extended value",
        "extended",
        "betrag",
        "importe",
        "金额",
        "net amount",
        "line value",
    ),
    "packages": ("cartons", "ctns", "packages", "pkgs", "no of cartons", "ctn"),
    "grossWeight": ("gross weight", "g.w.", "gw", "gross wt", "gross"),
    "netWeight": ("net weight", "n.w.", "nw", "net wt", "net"),
    "measure": ("cbm", "volume", "measurement", "m3"),
}

_NUMBERED = re.compile(r"^\(?\d{1,2}[.)]\s*")
_IN_BRACKETS = re.compile(r"\([^()]{1,40}\)")
_CURRENCY_IN = re.compile(r"\b(?:in\s+)?(usd|eur|cny|rmb|gbp|us\$)\b|[$€£¥]", re.IGNORECASE)


def plain(text: str) -> str:
    """A label for comparison."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    folded = _NUMBERED.sub("", folded.strip())
    folded = re.sub(r"[.:：*]+", " ", folded)
    folded = "".join(
        c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c)
    )
    folded = re.sub(r"\s*([/#&])\s*", r" \1 ", folded)
    return " ".join(folded.split())


@cache
def _fields() -> dict[str, str]:
    found: dict[str, str] = {}
    for field, names in LABELS.items():
        for name in names:
            found.setdefault(plain(name), field)
    return found


@cache
def _columns() -> dict[str, str]:
    found: dict[str, str] = {}
    for field, names in COLUMNS.items():
        for name in names:
            found.setdefault(plain(name), field)
    return found


@cache
def _longest_first() -> tuple[str, ...]:
    return tuple(sorted(_fields(), key=len, reverse=True))


def field_of(text: str) -> tuple[str, str] | None:
    """(field, the value behind the label in the same cell or "") when the text begins so.

    Without a colon the whole cell must be the label; otherwise prose would match.
    """
    head, colon, tail = text.partition(":")
    if not colon:
        head, colon, tail = text.partition("：")
    if colon:
        field = _fields().get(_bare(head))
        return (field, tail.strip()) if field else None
    wanted = plain(text)
    if field := _fields().get(wanted) or _fields().get(_bare(text)):
        return field, ""
    for label in _longest_first():
        if len(label) > 5 and wanted.startswith(label + " ") and ("no" in label or "#" in label):
            place = _after(text, label)
            if place and any(c.isdigit() for c in place):
                return _fields()[label], place
    return None


def column_of(text: str) -> str | None:
    """The column that a header cell names; units and currencies in it do not matter."""
    wanted = plain(text)
    if found := _columns().get(wanted):
        return found
    cut = plain(_CURRENCY_IN.sub(" ", _IN_BRACKETS.sub(" ", text)))
    return _columns().get(cut) or _columns().get(plain(cut.removesuffix(" in").strip(" /-")))


def currency_in(text: str) -> str | None:
    """The currency that a header cell names: "AMOUNT (USD)"."""
    found = _CURRENCY_IN.search(text)
    if found is None or found[1] is None:
        return None
    return {"RMB": "CNY", "US$": "USD"}.get(found[1].upper(), found[1].upper())


def _bare(text: str) -> str:
    return plain(_IN_BRACKETS.sub(" ", text))


def _after(text: str, label: str) -> str:
    """What stands in `text` behind as many words as the label has."""
    count = len(re.findall(r"\w+", label))
    found = list(re.finditer(r"\w+", text))
    return text[found[count - 1].end() :].strip(" .:#") if len(found) > count else ""
