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
        "inv",
        "commercial invoice",
        "invoice no date",
        "invoice no and date of invoice",
        "invoice no & date of invoice",
        "numero factura",
        "no de factura",
        "facture n",
        "belegnummer",
        "factura",
        "facture",
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
        "dt",
        "doc date",
        "belegdatum",
        "fecha de emision",
        "date shipped",
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
        "terms of shipment",
        "trade term",
        "delivery term",
        "sales terms",
        "sales term",
        "terms of contract",
        "lieferbedingungen",
        "terms of delivery (incoterms)",
    ),
    "header.paymentTerms": (
        "payment terms",
        "terms of payment",
        "payment",
        "zahlungsbedingungen",
        "付款条款",
        "terms of delivery and payment",
        "zahlungsbedingung",
        "terms of payment and delivery",
        "condiciones de pago",
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
        "customer ref no",
        "customer reference no",
        "customer's reference no",
        "customer reference",
        "order ref",
        "purchase order number",
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
        "bill / lading number",
        "bl number",
        "bl",
        "b/l #",
        "bl #",
        "b/l no & date",
        "bill of lading no / po no",
        "document no",
        "document number",
        "awb number",
        "master awb",
        "awb",
        "waybill no",
        "combined transport bill of lading no",
        "bl no & date",
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
        "hbol no",
        "house awb",
        "house bill of lading no",
        "ams house bill of lading number",
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
        "vassel name",
        "vessel name & voy no",
        "vessel name & voyage no",
        "vessel / voy",
        "ocean vessel name",
        "m/vessel name",
        "mother vessel",
        "veh no",
        "flight no",
        "flight",
        "export carrier",
        "exporting carrier",
        "vessel and voyage",
        "vessel & voy no",
        "carrying vessel",
        "name of vessel",
    ),
    "transport.voyage": (
        "voyage",
        "voyage no",
        "voy no",
        "voy",
        "voyage number",
        "航次",
        "voyage n",
        "flight no / date",
    ),
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
        "from (port of loading)",
        "port of shipment",
        "dispatch from",
        "port of loading / export",
        "foreign port of lading",
        "verladehafen",
        "ladehafen",
        "puerto de embarque",
        "装船口岸",
        "airport of loading",
        "port of departure",
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
        "delivery port",
        "port of destination",
        "u s port of unlading",
        "loschhafen",
        "entladehafen",
        "discharging port",
        "air / sea port of discharge",
        "puerto de destino",
        "to (port of discharge)",
        "目的港",
    ),
    "transport.placeOfDelivery": (
        "place of delivery",
        "final destination",
        "delivery place",
        "place of final delivery",
        "destination",
        "on carriage to",
        "final destination port",
        "port of final destination",
        "manifest destination",
        "final dest",
        "to (final destination)",
        "bestimmungsort",
        "lugar de entrega",
        "destino final",
        "destination (if on-carriage)",
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
        "eta date",
        "estimated arrival date",
        "expected arrival",
        "eta pod",
        "flight date",
        "ata",
    ),
    "transport.eta+etd": ("etd / eta", "etd and eta", "etd-eta"),
    "transport.containers": (
        "container no",
        "container",
        "container number",
        "containers",
        "container #",
        "cntr no",
        "container nos",
        "集装箱号",
        "container no & seal no",
        "container nos & seal nos",
        "container / seal no",
        "cont no",
        "cnt",
        "container type / number",
        "container type & number",
    ),
    "transport.seals": (
        "seal no",
        "seal",
        "seal number",
        "seals",
        "封号",
        "actual seal",
        "carrier seal",
        "shipper seal",
    ),
    "transport.freeTimeDays": ("free time", "free days", "free time days"),
    "transport.lastFreeDay": (
        "last free day",
        "lfd",
        "free time expires",
        "free time ends",
        "last free date",
        "free time until",
    ),
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
        "company name",
        "exporter / manufacturer",
        "exporter / shipper name",
        "shipper name",
        "shipper / merchant",
        "exporter name",
        "exporter (shipper)",
        "manufacturer / exporter",
        "sender",
        "verkaufer",
        "exportador",
        "expediteur",
        "remitente",
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
        "applicant (importer)",
        "by order & for account and risk of",
        "for account and risk of messrs",
        "kauferadresse / sold to",
        "sold to / bill to",
        "kaufer",
        "importador",
        "acheteur",
        "applicant",
        "buyer name",
        "client",
        "cliente",
    ),
    "parties.consignee": (
        "consignee",
        "consigned to",
        "收货人",
        "ultimate consignee",
        "consignee / importer",
        "importer/consignee",
        "consignee/importer",
        "applicant / consignee",
        "consignee (importer)",
        "consignee name",
        "waren-empfanger",
        "warenempfanger",
        "empfanger",
        "consignatario",
        "destinataire",
        "consignee (or for account & risk of messrs)",
        "consignee or order",
        "by order & for account and risk of consignee",
    ),
    "parties.notifyParty": (
        "notify party",
        "notify",
        "also notify",
        "notify address",
        "通知人",
        "notify parties",
        "1st notify party",
        "2nd notify party",
        "notify party / intermediate consignee",
        "notity",
        "notify party and address",
        "first notify party",
    ),
    "parties.manufacturer": ("manufacturer", "made by", "producer", "factory", "manufacturer name"),
    "parties.shipTo": (
        "ship to",
        "deliver to",
        "delivery address",
        "deliver-to",
        "deliver to / ship to",
        "lieferadresse",
    ),
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
        "actual invoice value",
        "actual invoice vallue",
        "total value in usd",
        "balance due",
        "total invoice",
        "gesamtrechnungsbetrag",
        "consignment total",
        "g total",
        "net total",
        "invoice value",
        "total price",
        "total usd",
        "amount total",
        "rechnungsbetrag",
        "importe total de la factura",
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
        "total ctn qnty",
        "grand total carton q'ty",
        "total carton q'ty",
        "total carton qty",
        "ctn qty",
        "no of pcs",
        "no of cartons",
        "total no of packages",
        "number of box",
        "number and types of package",
        "package q'ty",
        "no of bales",
        "total pkgs",
        "total packages / cartons",
        "total number of cartons",
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
        "total g wt",
        "total grs wt",
        "grand total gr weight",
        "total gross wt",
        "gr wt",
        "g / w",
        "gross",
        "g weight",
        "peso bruto",
        "poids brut",
        "total g w",
        "gross qty",
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
        "total n wt",
        "grand total net weight",
        "grand total net: weight",
        "total net wt",
        "n / w",
        "nett weight",
        "n wt",
        "peso neto",
        "poids net",
        "total n w",
        "net qty",
    ),
    "lines.hsCode": ("hs code", "h s code", "hts code", "h s code no", "hs no", "hs code no"),
    # Labels that name nothing we keep: their words are no value of a neighbour.
    "ignore": (
        "place of receipt",
        "freight payable at",
        "number of originals",
        "number of original bs / l",
        "excess value declaration",
        "due date",
        "l / c date",
        "date of l / c",
        "bl date",
        "exp date",
        "exp no",
        "l / c no",
        "lc no",
        "place and date of issue",
        "place of issue",
        "pre-carriage by",
        "marks and numbers",
        "marks & nos",
        "shipping marks",
        "shipping mark",
        "lc issuing bank",
        "lc / issuing bank",
        "negotiating bank",
        "exporter bank",
        "negotiated under",
        "phone no",
        "phone number",
        "e-mail",
        "email",
        "tel",
        "fax",
        "attention",
        "contact person",
        "mode of transport",
        "mode",
        "measurement",
        "bl status",
        "shipment no",
        "goods available at",
        "plant",
        "remarks",
        "notes",
        "type of move",
        "freight details, charges, etc",
        "freight details",
        "company address",
        "supplier no",
        "buying dept",
        "carrier by",
        "sales order no",
        "sequence no",
        "trade sale",
        "other reference",
        "contract no",
    ),
    "lines.origin": (
        "country of origin",
        "origin",
        "country of manufacture",
        "made in",
        "coo",
        "ursprungsland",
        "原产地",
        "country of origin of goods",
        "point and country of origin",
        "pays d'origine",
        "pais de origen",
        "origin of goods",
        "country of origin of the goods",
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
        "net quantity",
        "q'ty",
        "qnty",
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
    "grossWeight": ("gross weight", "g.w.", "gw", "gross wt", "gross", "gross qty"),
    "netWeight": ("net weight", "n.w.", "nw", "net wt", "net", "net qty"),
    "measure": ("cbm", "volume", "measurement", "m3"),
}

_NUMBERED = re.compile(r"^\(?\d{1,2}[.)]\s*")
_IN_BRACKETS = re.compile(r"\([^()]{1,80}\)?")
_ORDINAL = re.compile(r"(?:^(?:1st|2nd|first|second)\s+)|(?:\s*-?\s*[12]$)")
_CURRENCY_IN = re.compile(r"\b(?:in\s+)?(usd|eur|cny|rmb|gbp|us\$)\b|[$€£¥]", re.IGNORECASE)


def plain(text: str) -> str:
    """A label for comparison."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    folded = _NUMBERED.sub("", folded.strip().strip("*").strip())
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
    if text.rstrip().endswith((":", "：")) and (whole := _fields().get(plain(text))):
        return whole, ""  # "GRAND TOTAL NET: WEIGHT:"
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


def leading(text: str) -> tuple[str, str] | None:
    """(field, what follows) when the text begins with a label of two words or more."""
    wanted = plain(text)
    for label in _longest_first():
        if " " in label and wanted.startswith(label + " "):
            rest = _after(text, label)
            return (_fields()[label], rest) if rest else None
    return None


def column_of(text: str) -> str | None:
    """The column that a header cell names; units and currencies in it do not matter."""
    wanted = plain(text)
    if found := _columns().get(wanted):
        return found
    cut = plain(_CURRENCY_IN.sub(" ", _IN_BRACKETS.sub(" ", text)))
    return _columns().get(cut) or _columns().get(plain(cut.removesuffix(" in").strip(" /-")))


# What a column's heading says when its words are no known label as a whole: tried in this order.
_HEADINGS: tuple[tuple[str, str], ...] = tuple(
    (pattern, field)
    for field, pattern in (
        ("packages", r"\b(ctns?|cartons?|carton qty|no of (pkgs?|packages|cartons|units|box)|packaging)\b"),
        ("grossWeight", r"\b(gross|brutto|gr wt|g w)\b"),
        ("netWeight", r"\b(nett?o? ?(weight|wt)|n wt|n w)\b"),
        ("measure", r"\b(cbm|volume|measurement|meas)\b"),
        ("unitPrice", r"\b(unit ?price|price per|u ?price|piece price|price / unit|einzelpreis|unit value|"
                      r"rate|price)\b"),
        ("extendedValue", r"\b(amount|total value|total price|ext price|line total|gesamtpreis|value|"
                          r"total usd|total amount|betrag|importe)\b"),
        ("hsCodeHint", r"\b(h ?t?s ?(code|no|number)|hts|tariff|commodity code|country ?code)\b"),
        ("countryOfOrigin", r"\b(origin|orig|country of manufacture|manufacture)\b"),
        ("quantity", r"\b(q'?ty|qnty|quantity|quantities|quantity pcs|menge|cantidad|pcs|net quantity|net qty)\b"),
        ("description", r"\b(description|designation|commodity|product|goods|bezeichnung|particulars|"
                        r"descripcion|designation)\b"),
        ("sku", r"\b(article|style|part|item code|model|sku|material|art) ?(no|number|code|#)?\b"),
    )
)  # fmt: skip
_NO_QUANTITY = re.compile(r"\b(packs|sets? per|per)\b")


def heading_of(text: str) -> str | None:
    """The column of a heading whose words may stand over several rows: "UNIT PRICE PER PCS"."""
    if found := column_of(text):
        return found
    wanted = plain(_IN_BRACKETS.sub(" ", text)) or plain(text)
    if len(wanted) > 60:
        return None
    for pattern, field in _HEADINGS:
        if re.search(pattern, wanted) and not (field == "quantity" and _NO_QUANTITY.search(wanted)):
            return field
    return None


_UNITS_IN = {
    "pcs": "PCS", "pieces": "PCS", "pc": "PCS", "sets": "SET", "set": "SET", "kgs": "KG", "kg": "KG",
    "mt": "MT", "m t": "MT", "pairs": "PRS", "prs": "PRS", "doz": "DOZ", "dozen": "DOZ", "mtr": "MTR",
    "yds": "YDS", "units": "UNITS", "stk": "PCS", "stuck": "PCS",
}  # fmt: skip


def unit_in(text: str) -> str | None:
    """The unit that a heading names: "QUANTITY (PCS)"."""
    found = re.search(rf"\b({'|'.join(_UNITS_IN)})\b", plain(text))
    return _UNITS_IN[found[1]] if found else None


def unbracketed(text: str) -> str:
    return _IN_BRACKETS.sub(" ", text).strip()


def currency_in(text: str) -> str | None:
    """The currency that a header cell names: "AMOUNT (USD)"."""
    found = _CURRENCY_IN.search(text)
    if found is None or found[1] is None:
        return None
    return {"RMB": "CNY", "US$": "USD"}.get(found[1].upper(), found[1].upper())


def _bare(text: str) -> str:
    return _ORDINAL.sub("", plain(_IN_BRACKETS.sub(" ", text))).strip(" -")


def _after(text: str, label: str) -> str:
    """What stands in `text` behind as many words as the label has."""
    count = len(re.findall(r"\w+", label))
    found = list(re.finditer(r"\w+", text))
    return text[found[count - 1].end() :].strip(" .:#") if len(found) > count else ""
