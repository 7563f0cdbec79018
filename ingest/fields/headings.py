"""The heading of a table of goods: where it stands, over how many rows, and what its columns mean.

Headings are printed over up to five rows, two in one cell, or one word under the other; what
names no column still keeps its own words to itself.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

from ingest.fields import labels
from ingest.fields.layout import Cell, Row
from ingest.pages.page import Word

Taught = Mapping[str, str]
"""What a person's corrections said of headings: the field by the heading's words (`labels.plain`).
It stands before what the words would mean elsewhere."""
NOTHING: Taught = {}

_FIGURES = ("quantity", "unitPrice", "extendedValue")
# What a heading says when its words are no known label as a whole: tried in this order.
_HEADINGS: tuple[tuple[str, str], ...] = (
    ("extendedValue", r"ext price|extended|gesamtpreis|total price|total value|line total"),
    # Before packages: "G.W./CTN" is a weight.
    ("grossWeight", r"gross|brutto|gr wt|g w|g wt|bruto|brut|lordo|総重量|毛重"),
    (
        "netWeight",
        (
            r"nett?o? ?(?:weight|wt)|nt wt|n wt|n w|gewicht netto|"
            r"peso (?:neto|netto|liquido|liq)|nett?o? kgs?|正味重量|净重"
        ),
    ),
    (
        "packages",
        (
            r"ctns?|cartons?|bales|(?:no of )?(?:(?:big |jumbo )?bags|sacks|drums|reels)|"
            r"carton qty|no of (?:pkgs?|packages|cartons|units|box)|packaging|"
            r"bultos|colis|kolli|colli|pallets|paletes|palets|bancali|cx|caixas|kap (?:adet|adedi)"
        ),
    ),
    ("measure", r"cbm|volume|measurement|meas"),
    ("discount", r"disc|discount|rabatt|iskonto oran[ıi]|dto|remise|sconto"),
    (
        "unitPrice",
        (
            r"unit ?price|price per|u ?price|piece price|unit value|einzelpreis|rate|price|"
            r"birim fiyat[ıi]?|p unit|pr unit|precio|prezzo|preco|prix|stuckpreis|cena|単価|单价"
        ),
    ),
    (
        "extendedValue",
        (
            r"amount|total value|total price|ext price|gesamtpreis|value|betrag|importe|montant|"
            r"mal hizmet tutar[ıi]|tutar|valor|importo|gesamt|kwota|bedrag|金額|金额"
        ),
    ),
    (
        "hsCodeHint",
        (
            r"h ?t?s ?(?:code|no|number)|harm(?:oni[sz]ed)?\b|hts|hs|hsn|tariff|"
            r"commodity (?:code|no)|country ?code|comm code|customs (?:code|tariff)|cod dog|"
            r"zolltarif ?-?(?:nr|nummer)?|pautal|"
            r"gt[iı]p|warennr|ncm|taric|"
            r"hs ?コー[トド]|税番|海关编码"
        ),
    ),
    ("countryOfOrigin", r"origin|orig|manufacture|mfr|ursprung|ursprungsland|mense[iı]?|origem"),
    ("unit", r"unit of (?:measure|qty|quantity)|u ?/ ?m|uom|um|mengeneinheit|einheit|単位|单位"),
    (
        "quantity",
        (
            r"q'?ty|qnty|quantity|quantities|menge|cantidad|pcs|miktar|quantidade|quantite|quantita|"
            r"anzahl|aantal|ilosc|数量|m2|m²|sqm"
        ),
    ),
    (
        "description",
        (
            r"description|designation|designacao|commodity|product|goods|bezeichnung|particulars|"
            r"specification|mal hizmet|descripcion|descrizione|descricao|warenbezeichnung|"
            r"omschrijving"
        ),
    ),
    (
        "sku",
        (
            r"(?:article|style|part|item code|model|sku|material|art|artikel|articolo|articulo|"
            r"artigo|品番|型番|货号|型号) ?-?"
            r"(?:no|number|code|#|nr)?"
        ),
    ),
)
_EXACT = {
    "per": "pricePer", "p / e": "pricePer", "p / u": "pricePer", "preiseinheit": "pricePer",
    "price unit": "pricePer", "je": "pricePer", "s #": "lineNumber", "sira no": "lineNumber",
    "sıra no": "lineNumber", "lp": "lineNumber",
    "c / o": "countryOfOrigin", "cio": "countryOfOrigin", "coo": "countryOfOrigin",
    "c o o": "countryOfOrigin", "ctry": "countryOfOrigin", "mfg country": "countryOfOrigin",
    "country of mfr": "countryOfOrigin", "country of mfg": "countryOfOrigin",
}  # fmt: skip
"""Headings of a word that means nothing elsewhere; "per" is how many pieces a price is for."""
_LONGEST_HEADING = 38
_CIRCLED = re.compile(r"^\s*[\u2460-\u2473]\s*")
_MARKED = re.compile(r"(?:cartons?|ctns?|cases?|packages?|pkgs?|c / ?) ?(?:nos?|number|#|mark)")
"""Which cartons, not how many: "Carton No."."""
_CRITERION = re.compile(r"criteri|critere|\bpreference\b")
"""Why goods originate somewhere, not where: "Origin criterion"."""
_UNIT_BESIDE = frozenset({"unit", "units", "units of measure"})
_WEIGHT_OF_ONE = re.compile(r"unit (?:nett?o?|gross) ?(?:wt|weight)$")
_KIND = re.compile(r"\b(?:colou?rs?|styles?|sizes?|farbe|couleur)\b")
_UNDERNEATH = frozenset({"hsCodeHint", "countryOfOrigin"})
"""What a second row of a line says, where the heading has a second row for it."""
_PER_UNIT = re.compile(r"(?:us ?\$|\$|usd|eur|€|gbp|£|jpy|¥|cny|rmb|chf) ?/ ?[a-z]+")
_ORDINAL = re.compile(r"^\d{1,2}[.)]\s+(?=[^\W\d])")
_SHORT = 4  # words of a heading that stands alone on a row
_MANY = 5  # columns that are known by a part of their words
_ITEM = re.compile(r"(?i)^\W*items?\W*$")
_PER_PACKAGE = re.compile(r"(?:\bper|/) ?(?:ctns?|cartons?|box|bag|pallet|case|pack|pkg)\b")
"""What is in one package, not how much there is."""
_WEIGHT_OR_PRICE = re.compile(r"gross|net|wt|weight|g w|n w|price|preis|prix|precio")
_COUNTED_BY = re.compile(r"\b(?:units?|bags?|sacks?|drums?|ibcs?|barrels?|reels?)\b")
_NO_QUANTITY = re.compile(r"\b(packs|sets? per|per)\b")
_CARTONS = re.compile(r"\((?:ctns?|cartons?)\)", re.IGNORECASE)
_UNITS_IN = {
    "PCS": "pcs|pieces|pc|stk|stuck",
    "SET": "sets|set",
    "CTN": "ctns?|cartons?",
    "KG": "kgs|kg",
    "MT": "mt|m t",
    "PRS": "pairs|prs",
    "DOZ": "doz|dozen",
    "MTR": "mtr",
    "YDS": "yds",
    "UNITS": "units",
    "BAGS": "bags|sacks",
    "DRUMS": "drums",
    "REELS": "reels",
    "BOXES": "boxes|box",
    "PACKS": "packs",
    "M2": "m2|m²|sqm",
}


def heading_of(text: str, taught: Taught = NOTHING) -> str | None:
    """The column of a heading whose words may stand over several rows: "UNIT PRICE PER PCS"."""
    if found := _named(text, taught) or _EXACT.get(labels.plain(text)):
        return found
    if _CARTONS.search(text):
        return "packages"
    wanted = labels.plain(labels.unbracketed(text)) or labels.plain(text)
    if _MARKED.match(wanted) or _CRITERION.search(wanted) or _WEIGHT_OF_ONE.match(wanted):
        return None
    if _PER_PACKAGE.search(wanted) and not _WEIGHT_OR_PRICE.search(wanted):
        return None
    if len(wanted) > _LONGEST_HEADING:
        return None
    for field, pattern in _HEADINGS:
        if re.search(rf"\b(?:{pattern})\b", wanted) and not (
            field == "quantity" and _NO_QUANTITY.search(wanted)
        ):
            return field
    return None


def _named(text: str, taught: Taught) -> str | None:
    """The field that a whole heading names, by a lesson or by what such words mean everywhere."""
    if taught and (field := taught.get(labels.plain(text))):
        return field
    if labels.plain(text) == "p / e":
        return "pricePer"  # stands close before the amount
    return labels.column_of(_CIRCLED.sub("", text))


def counts_goods(text: str) -> bool:
    """Whether a heading of packages counts what is sold: units, or the bags that hold it."""
    return _COUNTED_BY.search(labels.plain(text)) is not None


def unit_in(text: str) -> str | None:
    """The unit that a heading names: "QUANTITY (PCS)"."""
    wanted = labels.plain(text)
    found = (unit for unit, names in _UNITS_IN.items() if re.search(rf"\b(?:{names})\b", wanted))
    return next(found, None)


def find(rows: Sequence[Row], taught: Taught = NOTHING) -> tuple[int, Row | None]:
    """Where the heading ends, and its cells: of one row, or of those that stand with it."""
    best: tuple[float, int, int] = (0.0, -1, -1)
    for at in range(len(rows)):
        for last in (at, at + 1):
            if last >= len(rows) or (last > at and not _together(rows[at : last + 1], taught)):
                continue
            score = _score(band_of(rows[at : last + 1], taught), taught) - 0.5 * (last - at)
            if score > best[0]:
                best = (score, at, last)
    _, first, last = best
    if first < 0:
        return -1, None
    for _ in range(2):
        above = rows[first - 1 : first + 1] if first > 0 else []
        if above and (_together(above, taught) or _doubled(*above)):
            first -= 1
        if last + 1 < len(rows) and _together(rows[last : last + 2], taught):
            last += 1
    return last, band_of(rows[first : last + 1], taught)


def tiers(rows: Sequence[Row], at: int, taught: Taught = NOTHING) -> tuple[Row, Row] | None:
    """A heading in two rows for lines in two rows: the code and the origin under the article.

    None where the lower row only goes on with the words of the upper one.
    """
    if at < 1 or rows[at - 1][0].page != rows[at][0].page:
        return None
    upper, lower = band_of(rows[at - 1 : at], taught), band_of(rows[at : at + 1], taught)
    above = {heading_of(cell.text, taught) for cell in upper}
    below = [field for cell in lower if (field := _named(cell.text, taught))]
    told = [field for field in below if field in _UNDERNEATH and field not in above]
    if len(told) < len(_UNDERNEATH) or _score(upper, taught) <= 0:
        return None
    return upper, lower


def band_of(band: Sequence[Row], taught: Taught = NOTHING) -> Row:
    """The cells of a heading that is printed over these rows."""
    pieces = [[piece for cell in row for piece in parts(cell, taught)] for row in band]
    return pieces[0] if len(pieces) == 1 else _stacked(pieces)


def _score(row: Row, taught: Taught) -> float:
    """How much these cells look like the heading of a table of goods; 0 when they do not."""
    named = [heading_of(cell.text, taught) for cell in row]
    fields = {one for one in named if one}
    goods = bool(fields & {"description", "sku"}) or any(_ITEM.match(cell.text) for cell in row)
    figures = fields & {*_FIGURES, "grossWeight", "netWeight", "packages"}
    exact = sum(1 for cell in row if _named(cell.text, taught))
    if not goods and {"quantity", "packages"} <= fields:
        # Goods named in rows of their own above their colours and sizes.
        goods = any(_KIND.search(labels.plain(cell.text)) for cell in row)
    priced = len(fields & {*_FIGURES})
    goods = goods or (priced == len(_FIGURES) and _unnamed(list(zip(named, row, strict=True))) >= 0)
    if not goods or not figures or len(fields) < 3 or not (exact or len(fields) >= _MANY):
        return 0.0
    return len(fields) + 0.5 * priced + 0.3 * exact - 0.2 * named.count(None)


def _unnamed(columns: Sequence[tuple[str | None, Cell]]) -> int:
    """Which column has the goods where none says so; -1 for none.

    Beside a count, a price and an amount it is the widest one before them that names nothing else:
    "Activity", "Item & details".
    """
    named = [field for field, _ in columns]
    first = next((at for at, field in enumerate(named) if field in _FIGURES), 0)
    wide = {
        at: columns[at + 1][1].x0 - cell.x0
        for at, (field, cell) in enumerate(columns[:first])
        if (field is None or field.startswith("other")) and re.search(r"[^\W\d_]{3}", cell.text)
    }
    return max(wide, key=lambda at: wide[at], default=-1)


def _together(band: Sequence[Row], taught: Taught = NOTHING) -> bool:
    """Rows of one heading: close to each other, short, and without figures."""
    if not close(band):
        return False
    if any(len(row) == 1 and len(row[0].words) > _SHORT for row in band):
        return False  # a sentence, or the name of the goods below
    # A row of goods stands under its headings too: but its words name no column.
    return all(
        sum(1 for cell in row if _heading_word(cell.text, taught)) * 5 >= len(row) * 2
        for row in band
    )


def _doubled(upper: Row, lower: Row) -> bool:
    """Whether a row says the same heading in another language: a cell over each of its cells."""
    if not close((upper, lower)) or len(upper) < max(_MANY, len(lower) - 1):
        return False
    over = [one for one in upper if any(one.x0 < cell.x1 and cell.x0 < one.x1 for cell in lower)]
    return len(over) >= len(upper) - 2 and not any(
        sign.isdigit() for cell in upper for sign in cell.text
    )


def close(band: Sequence[Row]) -> bool:
    """Whether rows stand as near to each other, and say as little, as those of one heading."""
    for upper, lower in itertools.pairwise(band):
        gap = min(cell.y0 for cell in lower) - max(cell.y1 for cell in upper)
        same = upper[0].page == lower[0].page
        if not same or gap > 0.8 * max(cell.height for cell in (*upper, *lower)):
            return False
    # The boxes of a form are numbered: "21. Quantity".
    words = [_ORDINAL.sub("", cell.text) for row in band for cell in row]
    return not any(re.search(r"\d{2,}|:", text) or len(text) > 60 for text in words)


_WORDS_OF_HEADINGS = frozenset(
    {"no of", "of", "pcs /", "colour", "color", "size", "s", "m", "l", "xl", "xxl", "nt wt"}
    | {"gr wt", "per ctn", "per carton", "ctn no", "carton no", "tutari", "orani", "tutarı"}
    | {"oranı", "fiyat", "cinsi", "adet", "ext", "orig", "order", "sıra", "birim", "iskonto"}
    | {"kdv", "teslim", "esya kap", "kap", "gonderilme", "sartı", "sekli"}
    | {"price", "usd", "eur", "pcs", "packs", "qty", "no", "number", "packaging", "pieces"}
    | {"unit", "amount", "in usd", "pcs / usd", "kgs", "kg", "value", "per pcs", "total", "us$"}
    | {"carton", "cartons", "code", "manufacture", "pc", "set", "sets", "cbm", "weight", "mt"}
    | {"classification", "criterion", "criteria", "method"}
    | {"m3", "each", "$", "in us$", "in eur", "in m t", "m t", "in mt", "in pcs", "in kgs", "in kg"}
)


def _heading_word(text: str, taught: Taught) -> bool:
    plain = labels.plain(labels.unbracketed(text) or text.strip("()"))
    if taught and any(f" {labels.plain(text)} " in f" {one} " for one in taught):
        return True
    if plain in _WORDS_OF_HEADINGS or _PER_UNIT.fullmatch(plain):
        return True
    return heading_of(text) is not None or heading_of(text.strip("()")) is not None


def _stacked(band: Sequence[Row]) -> Row:
    """The cells of several heading rows, put together by what stands above what."""
    stacked: list[list[Word]] = []
    cells = sorted((cell for row in band for cell in row), key=lambda cell: cell.x1 - cell.x0)
    for cell in cells:
        over = [
            words
            for words in stacked
            if min(cell.x1, _right(words)) - max(cell.x0, _left(words)) > 0
        ]
        if not over:
            stacked.append(list(cell.words))
        elif len(over) == 1:
            over[0].extend(cell.words)
        elif labels.column_of(cell.text):
            # A heading of its own, however far it reaches over its neighbour.
            max(over, key=lambda words: _shared(cell, words)).extend(cell.words)
        else:
            for word in cell.words:
                _nearest(over, (word.x0 + word.x1) / 2).append(word)
    page = band[0][0].page
    made = [
        Cell(page=page, words=tuple(sorted(words, key=lambda one: (round(one.y0 / 3), one.x0))))
        for words in stacked
    ]
    return sorted(made, key=lambda cell: min(word.x0 for word in cell.words))


def _shared(cell: Cell, words: Sequence[Word]) -> float:
    return min(cell.x1, _right(words)) - max(cell.x0, _left(words))


def _nearest(columns: Sequence[list[Word]], middle: float) -> list[Word]:
    return min(columns, key=lambda words: abs((_left(words) + _right(words)) / 2 - middle))


def _left(words: Sequence[Word]) -> float:
    return min(word.x0 for word in words)


def _right(words: Sequence[Word]) -> float:
    return max(word.x1 for word in words)


def parts(cell: Cell, taught: Taught = NOTHING) -> list[Cell]:
    """A header cell, or the several that stand so close that they look like one: "Qty Unit"."""
    wanted = labels.plain(cell.text)
    whole = _named(cell.text, taught) or _MARKED.match(wanted) or _WEIGHT_OF_ONE.match(wanted)
    if whole or len(cell.words) == 1:
        return [cell]
    found: list[Cell] = []
    at = 0
    while at < len(cell.words):
        for end in range(len(cell.words), at, -1):
            piece = Cell(page=cell.page, words=cell.words[at:end])
            # "Item / specification" is one heading in two words.
            tied = piece.text.endswith("/") or piece.text.startswith("/")
            if _named(piece.text, taught) and not tied:
                found.append(piece)
                at = end
                break
        else:
            return [cell]  # a word that is no heading: this is prose
    # "HS tariff" is one thing said twice.
    return [cell] if {_named(piece.text, taught) for piece in found} <= {"hsCodeHint"} else found


_LAST = frozenset({"extendedValue", "grossWeight", "netWeight"})


def _first_row(cell: Cell) -> str | None:
    """What the upper words of a heading name, when others stand below them."""
    top = min(word.y0 for word in cell.words)
    tall = max(word.y1 - word.y0 for word in cell.words)
    upper = tuple(word for word in cell.words if word.y0 - top < tall * 0.5)
    whole = labels.plain(cell.text)
    if len(upper) == len(cell.words) or _PER_PACKAGE.search(whole) or _CRITERION.search(whole):
        return None
    return heading_of(Cell(page=cell.page, words=upper).text)


def columns(header: Row, taught: Taught = NOTHING) -> list[tuple[str, Cell]]:
    """Every cell of the heading with its field; what names none keeps its own words to itself."""
    found: list[tuple[str, Cell]] = []
    taken: set[str] = set()
    told = [taught.get(labels.plain(cell.text)) if taught else None for cell in header]
    for at, cell in enumerate(header):
        field = told[at] or heading_of(cell.text) or _first_row(cell)
        if told[at] is None and field in told:
            field = None  # a person said which other column it is
        if field == "packages" and field in taken and labels.column_of(cell.text) == field:
            # "Carton" over their marks, "Cartons" over how many: the trade's own word counts.
            found = [
                (f"other{at}x" if name == field and not labels.column_of(one.text) else name, one)
                for name, one in found
            ]
            taken = {name for name, _ in found}
        if field == "quantity" and field in taken and labels.plain(cell.text) in _UNIT_BESIDE:
            field = "unit"  # "Qty | Units"
        if field is None or (field in taken and field not in _LAST):
            field = f"other{at}"
        elif field in taken:
            # Two columns of money: the last is the line's value. So with weights: first of
            # one package, then of all.
            found = [(f"other{at}x" if name == field else name, one) for name, one in found]
        taken.add(field)
        found.append((field, cell))
    if not taken & {"description", "sku"}:
        # "Item" over the names of goods, as accounting programs head it.
        found = [
            ("description" if name == "lineNumber" and _ITEM.match(one.text) else name, one)
            for name, one in found
        ]
    if not {name for name, _ in found} & {"description", "sku"} and taken >= {*_FIGURES}:
        at = _unnamed(found)
        found = [("description" if n == at else name, one) for n, (name, one) in enumerate(found)]
    return found
