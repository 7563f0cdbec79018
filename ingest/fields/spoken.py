"""Goods that a letter names in its sentences: how many of what, at which price, together how much.

"we have supplied to you 19,2 t STEARIC ACID in 768 bags at a price of 1.342,50 EUR/t"; "- 2 (two)
sets FORMING TUBE, at Euro 2.350,00 each and so together Euro 4.700,00". Asked only of invoices
without a table. A price that may be that of one piece or of all is taken where the total tells.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from ingest.fields import labels, stated, values
from ingest.fields.found import LIKELY, WEAK, read_off
from ingest.fields.layout import Cell, Row
from ingest.fields.lineread import LineRead

_UNIT = (
    r"pcs|pces|pc|pieces?|sets?|units?|kgs?|kilos?|t|to|tons?|tonnes?|mts?|m|mtrs?|met(?:er|re)s?|lm|m2|m²|sqm"
    r"|m3|m³|cbm|rolls?|bags?|cartons?|ctns?|cases?|boxes|box|pairs?|prs|lit(?:er|re)s?|ltrs?|l|drums?|dozens?|doz"
    r"|bottles?|pallets?|packs?|reels?|sheets?|kits?|machines?|nos?|st[üu]ck|stk|st|satz|paar|rollen|pi[eè]ces?"
    r"|unit[eé]s?|jeux?|pezzi|pezzo|pz|paia|serie|rotoli|unidad(?:es)?|uds?|piezas?|juegos?|pares|pe[çc]as?"
    r"|unidades?|conjuntos?|adet|tak[ıi]m"
)
_COIN = (
    r"(?:US\s?\$|U\.S\.\s?\$|(?:US\s|U\.S\.\s)?[Dd]ollars?|EURO|Euros?|euros?"
    r"|[A-Z]{3}(?![A-Za-z])|[$€£])"
)
_FIGURE = r"(?:\d{1,3}(?: \d{3})+(?:[.,]\d{1,3})?(?!\d)|\d(?:[\d.,']*\d)?)(?:,-{1,2}|\.-{1,2})?"
_COUNT = r"(?P<count>\d{1,3}(?: \d{3})+(?!\d)|\d[\d.,']*)"
_MONEY = rf"(?:{_COIN}\.?\s?(?P<a>{_FIGURE})|(?P<b>{_FIGURE})\s?{_COIN})"
_COUNTED = re.compile(
    rf"(?<![\w/.,-])(?:(?:n[.°ºr]|no\.|nr\.)\s*)?{_COUNT}\s*(?:\([^()\d]{{2,40}}\)\s*)?"
    rf"(?P<unit>(?i:{_UNIT}))\b\.?\s+(?:(?:of|de|di|von)\s+)?(?P<name>(?!(?:each|per|on|in|net|gross)\b)[^\W\d_])"
)
_BARE_COUNT = re.compile(
    r"\s*(?:(?:n[.°ºr]|no\.|nr\.)\s*)?(?P<count>\d{1,6})\s*(?:\([^()\d]{2,40}\)\s*)?(?:x\s+)?(?P<name>[^\W\d_])"
)
"""A count with no unit, where an item of a list begins: "- 3 gear pumps"."""
_COUNT_IN_WORDS = re.compile(
    r"(?<![\w/.,-])(?P<count>\d{1,6})\s*\((?i:[a-z]{3,}(?:[ -][a-z]+){0,4})\)\s+(?P<name>[^\W\d_])"
)
"""A count that is said again in words: "1 (one) circular loom"."""
_BEHIND = re.compile(
    rf"(?i)[,;]?\s*\b(?:quantity|qty|menge|quantit[eéà]|cantidad|quantidade)\W{{1,3}}"
    rf"{_COUNT}\s*(?P<unit>{_UNIT})?\b"
)
"""The count behind the goods: "Cocoa butter, quantity: 2.400 kg"."""
_PRICE = re.compile(
    r"(?:(?<![\w@])(?:at|At|AT|zu|[àa] raison de|[àa])\b|@|\b(?i:unit\s?price|price|rate|preise?"
    r"|einzelpreis|prix"
    r"|prezzo|precio|pre[çc]o|fiyat\w*))"
    rf"(?P<words>[^;:\d\n]{{0,40}}?)[\s:]{{0,2}}{_MONEY}"
    r"(?P<each>\s*(?:\([^()]{0,80}\)\s*)?,?\s*(?:/\s?|(?i:per|pro|je|each|apiece|par|por|cadauno|cad|chacun|l'un[oa]"
    rf"|cada un[oa]|unit|(?:an?|the|le|la|l'|il|el|al|lo)\s*(?:{_UNIT}))\b))?"
)
_EACH = re.compile(r"(?i)\b(?:unit|einzel|unitaire|unitario|each|per piece)|@")
_ALL = re.compile(r"(?i)\b(?:total|overall|whole|all|gesamt\w*|globale?|complessivo)\b")
_TOGETHER = re.compile(
    r"(?i:\b(?:together|total|totalling|in all|amount(?:s|ing)?|making|therefore|thus|hence"
    r"|zusammen|gesamt|soit"
    r"|insgesamt|charge(?: you)?|invoice you|au total|in totale|pari a|en total|no total)\b|=)"
    rf"[^;\d\n]{{0,40}}?{_MONEY}"
)
_ENDS = re.compile(r"(?<=[\w)]{2})[.;](?=\s+[A-Z]|\s*$|\s*\n)|\n\n|\n(?=[-–•*]\s)")
_STOP = re.compile(
    r"(?i)[\s,;(–-]*(?:\b(?:serial|s/n|batch|lot|charge|year of|complete(?:d)? with"
    r"|consisting of|packed|packaged|customs"
    r"|tariff|h\.?s\.?(?: code)?\b(?=[\s.:]*(?:code|no)?[\s.:]*\d)|taric|commodity code"
    r"|statistical|zolltarif|origin"
    r"|country of|as per|according to|net weight|gross weight|delivered|as offered|verpackt"
    r"|emball[eé]|imballat)"
    r"|in \d+ (?:bags|cartons|cases|drums|boxes|pallets|rolls|bales)\b)"
)
_TWO_DECIMALS = re.compile(rf"(?:{_COIN}\.?\s?)?(?<![\d.,])(\d[\d.,']*[.,]\d{{2}})(?![\d.,]*\d)")
_LED_TO = re.compile(
    r"(?i)(?:[\s,]+(?:at|for|the|an?|agreed|net|unit|zu|zum|zur|je|einem|au|à|al|ao|um|le|el|il|un))+$"
)
"""What leads from the goods to their price."""
_ITEM = re.compile(r"(?:[-–—•*·▪]|\d{1,2}[.)](?=\s)|[a-z]\)|\(\d{1,2}\))\s*")
_PARAGRAPH = 1.45  # times the usual step from row to row
_LONGEST = 240
_MOST = 60  # items


class _Text(NamedTuple):
    """The words of a page, and which cell stands from which letter on."""

    words: str
    cells: tuple[tuple[int, Cell], ...]

    def at(self, place: int) -> Cell:
        return next(cell for start, cell in reversed(self.cells) if start <= place)


def read(rows: Sequence[Row], *, total: Decimal | None, european: bool) -> list[LineRead]:
    """The goods of a letter, or nothing; `total` is what the paper says it comes to."""
    for page in sorted({row[0].page for row in rows}):
        own = [row for row in rows if row[0].page == page]
        text = _text(own)
        items = list(_items(text, european=european)) or list(_listed(own, european=european))
        items = items[:_MOST]
        if items:
            return [
                _line(item, at, text, total if len(items) == 1 else None)
                for at, item in enumerate(items, 1)
            ]
    return []


class _Item(NamedTuple):
    said: dict[str, Any]
    places: dict[str, tuple[int, int]]  #: where in the text each value stands
    price: Decimal
    each: bool | None  #: whether the price is that of one; None where the words do not say
    row: Cell | None = None  #: where all of it stands in one row


def _text(rows: Sequence[Row]) -> _Text:
    """The rows with a line's end between them, two before a new paragraph."""
    steps = sorted(b[0].y0 - a[0].y0 for a, b in itertools.pairwise(rows))
    usual = steps[len(steps) // 2] if steps else 0.0
    words, cells = "", []
    for at, row in enumerate(rows):
        if at:
            parted = row[0].y0 - rows[at - 1][0].y0 > _PARAGRAPH * usual
            words += "\n\n" if parted or _ITEM.match(f"{row[0].text} ") else "\n"
        for place, cell in enumerate(row):
            words += " " if place else ""
            cells.append((len(words), cell))
            words += cell.text
    return _Text(words, tuple(cells))


def _items(text: _Text, *, european: bool) -> Iterator[_Item]:
    """Each price in the sentences, with the goods that are named before it."""
    began = 0
    whole = _joined(text.words)
    for price in _PRICE.finditer(whole):
        if price.start() < began:
            continue
        end = _ENDS.search(text.words, price.end())
        behind = whole[price.end() : end.start() if end else price.end() + _LONGEST]
        together = _TOGETHER.match(behind) or _TOGETHER.search(behind)
        amount = values.figure(_figure(price), european=european)
        counted = _goods_before(text, began, price.start(), european=european)
        if counted is None or amount is None or not values.currency(_coin(price[0])):
            continue
        said, places = counted
        places["unitPrice"] = (price.start(), price.end())
        if together and (value := values.figure(_figure(together), european=european)):
            said["extendedValue"] = value
            places["extendedValue"] = (
                price.end() + together.start(),
                price.end() + together.end(),
            )
        each: bool | None = bool(price["each"] or _EACH.search(price[0])) or None
        if each is None and _ALL.search(price["words"]):
            each = False
        yield _Item(said, places, amount, each)
        began = price.end() + (together.end() if together else 0)


def _joined(words: str) -> str:
    """The text with a blank for the end of a row, paragraphs still apart."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", words)


def _coin(text: str) -> str:
    return re.sub(r"(?i)(?:us |u\.s\. )dollars?|\$", "USD", text)


def _figure(match: re.Match[str]) -> str:
    return re.sub(r"[.,]-+$", "", match["a"] or match["b"])


def _goods_before(
    text: _Text, start: int, end: int, *, european: bool
) -> tuple[dict[str, Any], dict[str, tuple[int, int]]] | None:
    """What is counted before a price: in its item of a list, its paragraph or the one before."""
    bullets = [
        at
        for at, cell in text.cells
        if start <= at < end
        and (not at or text.words[at - 1] == "\n")
        and _ITEM.match(text.words[at : at + 8])
    ]
    if bullets:
        first = bullets[-1] + len(_ITEM.match(text.words[bullets[-1] :])[0])  # type: ignore[index]
        spans = [first]
    else:
        breaks = [at.end() for at in re.finditer(r"\n\n", text.words[:end]) if at.end() > start]
        spans = [max(start, one) for one in (breaks[-1:] or [start]) + (breaks[-2:-1] or [])]
    for first in spans:
        piece = _joined(text.words[first:end])
        match = _COUNTED.search(piece) or _COUNT_IN_WORDS.search(piece)
        match = match or (_BARE_COUNT.match(piece) if bullets else None)
        if match is not None:
            begins, words = match.start("name"), piece[match.start("name") :]
        elif (match := _BEHIND.search(piece)) is not None:
            begins, words = 0, piece[: match.start()]
        else:
            continue
        if said := _named(words, match, european=european):
            where = (first + begins, first + begins + len(said["description"]))
            counted = (first + match.start("count"), first + match.start("count") + 1)
            places = dict.fromkeys(said, where)
            return said, places | {"quantity": counted, "unit": counted}
    return None


def _named(words: str, match: re.Match[str], *, european: bool) -> dict[str, Any] | None:
    """The goods and their count; None where the words name none."""
    _, told = stated.apart(words, coded=False)
    name = words[: stop.start()] if (stop := _STOP.search(words)) else words
    name = " ".join(name.split()).strip(" ,;:-–")
    if name.count("(") > name.count(")"):
        name = name.rpartition("(")[0].strip(" ,;:-–")
    name = _LED_TO.sub("", name)
    count = values.figure(match["count"].rstrip(".,"), european=european)
    if count is None or not re.search(r"[^\W\d_]{3}", name) or labels.field_of(name):
        return None
    if _is_labelled(name):
        return None  # a form with labels, which are read as such
    said: dict[str, Any] = {"description": name[:_LONGEST], "quantity": count, **told}
    if unit := match.groupdict().get("unit"):
        said["unit"] = unit.upper()
    return said


def _is_labelled(name: str) -> bool:
    before, colon, _ = name.partition(":")
    words = before.split()[-4:]
    return bool(colon) and any(labels.column_of(" ".join(words[at:])) for at in range(len(words)))


def _listed(rows: Sequence[Row], *, european: bool) -> Iterator[_Item]:
    """Rows that begin with a count and end with a price and what it comes to, without headings."""
    for row in rows:
        line = " ".join(cell.text for cell in row)
        bullet = _ITEM.match(line)
        piece = line[bullet.end() :] if bullet else line
        match = _COUNTED.match(piece) or (_BARE_COUNT.match(piece) if bullet else None)
        figures = list(_TWO_DECIMALS.finditer(piece, match.end())) if match else []
        if match is None or len(figures) < len(("price", "amount")):
            continue
        price, amount = (values.figure(one[1], european=european) for one in figures[-2:])
        words = piece[match.start("name") : figures[-2].start()]
        said = _named(words, match, european=european)
        if said and price and amount and values.multiply(said["quantity"], price, amount):
            yield _Item({**said, "extendedValue": amount}, {}, price, each=True, row=row[0])


def _line(item: _Item, number: int, text: _Text, total: Decimal | None) -> LineRead:
    """One line of goods; its amount is said, or follows from the only price of the paper."""
    said, places = dict(item.said), dict(item.places)
    count, amount = said["quantity"], said.get("extendedValue")
    each = item.each
    if each is None and amount is not None:
        each = values.multiply(count, item.price, amount)
    if each is None and total is not None and count != 1:
        each = _tells(count, item.price, total)
    if each or count == 1:
        said["unitPrice"] = item.price
    if amount is None and (count == 1 or each is False):
        said["extendedValue"] = item.price
    elif amount is None and each and total and values.multiply(count, item.price, total):
        said["extendedValue"] = total
    if item.row is None:
        places.setdefault("extendedValue", places["unitPrice"])
    proven = {"unitPrice", "extendedValue"} <= set(said) and values.multiply(
        count, said["unitPrice"], said["extendedValue"]
    )
    evidence, sure = {}, {}
    for field in said:
        first, last = places.get(field, (0, 0))
        cell = item.row or text.at(first)
        evidence[field] = cell.evidence(" ".join(text.words[first:last].split()) or None)
        sure[field] = read_off(cell, LIKELY if proven and field != "description" else WEAK)
    return LineRead(values={**said, "lineNumber": number}, evidence=evidence, confidence=sure)


def _tells(count: Decimal, price: Decimal, total: Decimal) -> bool | None:
    """Whether the total makes a price that of one piece, of all, or tells nothing."""
    if values.multiply(count, price, total):
        return True
    return False if price == total else None
