"""What a sentence of a seller's paper says of the voyage: ship, bill, ports, arrival.

"Shipment: per MV "ELBE TRADER", voy. 512S, from Hamburg, B/L no. HLXHAM2503417 of 24.03.2025,
expected arrival in Mombasa 02.05.2025"; "BUQUE: CALA FIGUERA V. 0E7R1" over "VALENCIA - JEDDAH".
Only what no label names; a port counts where a ship, a bill or the word for a voyage stands by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.fields import labels, ships, values
from ingest.fields.found import WEAK, Findings
from ingest.fields.layout import Cell, Row
from ingest.fields.route import DISCHARGE, LOADING

_CALLED = (
    r"(?:\b[Mm]\s?[./]?\s?[Vv]\b\.?|\b[MmSs]\s?[./]\s?[SsNn]\b\.?|\bMS(?=\s[\"“„«'])"
    r"|\b(?i:bateau|vessel|motor ?vessel|motonave|buque|nav[ií]o|navire|motorschiff|seeschiff)\b)"
)
_VOYAGE = (
    r"(?:[,/\s]*\b(?i:v|voy|voyage|viaggio|viagem|viaje|reise)\b[.:]?\s*(?:(?i:n[o°ºr]?)\b\.?\s*)?"
    r"(?P<voyage>[A-Z]{0,3}\d[A-Z0-9-]{0,9}))"
)
_QUOTED = re.compile(
    rf"{_CALLED}\s*[:.]?\s*[\"“„«'‘](?P<name>[A-Z][\w .'-]{{2,30}}?)[\"”“»'’]{_VOYAGE}?"
)
_PLAIN = re.compile(
    rf"{_CALLED}\s*[:.]?\s*(?P<name>[A-Z][A-Z0-9 .'-]{{2,30}}?)(?:{_VOYAGE}|(?=\s*(?:[,;.]|$"
    rf"|\b(?:from|to|da|de|von|ab)\b)))"
)
_BILL = re.compile(
    r"(?i:\bb\s?[./]\s?l\b\.?|\bbills? of lading\b|\bpolizza di carico\b|\bconnaissement\b"
    r"|\bkonnossement\b"
    r"|\bconocimiento(?: de embarque)?\b)\s*(?i:(?:no|nr|number|n[°º]?)\b\.?)?\s*[:#]?\s*"
    r"(?P<bill>[A-Z0-9][A-Z0-9/-]{5,24})\b"
)
_PLACE = r"[A-Z\u00c0-\u00de][^\d,;:.()\"“”\n]{2,30}?"
_FROM = re.compile(
    rf"\b(?:from|FROM|From|ab|von|da|desde|au d[ée]part de)\s+(?P<a>{_PLACE})(?=\s*(?:[,;.(]|$"
    rf"|\b(?:to|by|on|with|under|per)\b))"
)
_ARRIVAL = re.compile(
    r"(?:(?i:\b(?:expected|estimated|scheduled|planned|due|probable)(?:\s+(?:date|time)\s+of)?(?:\s+to)?(?:\s+arriv(?:e|al))?"
    r"|\barriv(?:ing|al|es?)|voraussichtliche ankunft|arrivo previsto|llegada prevista"
    r"|arriv[ée]e pr[ée]vue)"
    r"\s+(?i:in|at|a|à|en|au)\s+|\bETA:?\s+(?:(?i:in|at)\s+)?)"
    rf"(?P<b>{_PLACE})(?:[\s,:(]+(?i:on|about|approx\.?|abt\.?|am|il|el|le|the|is)){{0,2}}[\s,:(]+"
    r"(?P<date>\d{1,2}(?:st|nd|rd|th)?[-/. ]*(?:[A-Za-zéûä]{3,10}|\d{1,2})[-/., ]+\d{2,4}"
    r"|\d{4}-\d{2}-\d{2}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}, ?\d{4})"
)
_ARRIVES = re.compile(
    r"(?i)\b(?:expected|estimated|scheduled)\s+(?:(?:date|time)\s+of\s+)?arrival\W{1,3}"
    r"(?P<date>\d{1,2}[-/. ](?:[a-z]{3,10}|\d{1,2})[-/. ]\d{2,4}|\d{4}-\d{2}-\d{2})"
)
_BETWEEN = re.compile(
    r"(?P<a>[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f .']{2,28}?)\s+(?:-{1,2}>?|[–—→])"
    r"\s+(?P<b>[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f .']{2,28})"
)
_BEHIND = re.compile(
    r"(?P<a>[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f .']{2,28}?)\s+(?:(?i:to)|-{1,2}>?|[–—→])"
    r"\s+(?P<b>[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f .']{2,28})"
)
"""What may stand behind the words for the sea: "Sea freight - Felixstowe to Bahrain"."""
_DE_A = re.compile(
    r"(?:DE|De|DESDE|Desde|DA|Da|VON|Von|FROM|From)\s+"
    r"(?P<a>[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f .']{2,28}?)"
    r"\s+(?:[AÀaà]|HASTA|hasta|NACH|nach|TO|to|AL?)\s+"
    r"(?P<b>[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f .']{2,28})"
)
"""From a port to a port, in the languages of chambers: "DE FOS SUR MER A JEBEL ALI"."""
_BY_SEA = re.compile(
    r"(?i)\b(?:v[ií]a\s+mar[ií]tima|mar[ií]tim[oa]|by\s+(?:sea|vessel|ocean)|sea\s?freight|ocean\s?freight"
    r"|par\s+(?:mer|bateau|voie maritime)|voie\s+maritime|via\s+(?:mare|sea)|per\s+(?:seeschiff"
    r"|vessel)|seefracht|seeweg)\b"
)
_NO_SHIP = re.compile(
    r"(?i)\b(?:name|date|terms?|type|nos?|number|voyage|flag|et[ad]|flight|agent|owner|line|and|or|from|to|sailing"
    r"|details|schedule)\b"
)
"""What other labels say behind "vessel"."""
_NO_PLACE = re.compile(
    r"(?i)\b(?:sea|air|road|rail|truck|transport\w*|freight|freigh|mar[ií]tim[oa]|container\w*|fcl|lcl|invoice|b/l"
    r"|our|your|the|works|factory|port of|date|receipt)\b"
)
_NEAR = 3.0  # times the height of letters


def read(rows: Sequence[Row], found: Findings) -> None:
    """Add what the sentences and the lines of a box for the transport say."""
    for text, cell in _lines(rows):
        ship = _ship(text, cell, found)
        bill = _bill(text, cell, found)
        if match := _ARRIVAL.search(text):
            _put(DISCHARGE, match["b"], cell, text, found)
            _arrives(match["date"], cell, text, found)
        elif match := _ARRIVES.search(text):
            _arrives(match["date"], cell, text, found)
        if (ship or bill) and (match := _FROM.search(text)):
            _put(LOADING, match["a"], cell, text, found)
    _between(rows, found)


def _lines(rows: Sequence[Row]) -> Iterator[tuple[str, Cell]]:
    """Each cell with the row under it on the same edge: a sentence goes on there."""
    for at, row in enumerate(rows):
        for cell, beside in zip(row, [*row[1:], None], strict=True):
            if beside is not None and beside.x0 - cell.x1 < _NEAR * cell.height:
                yield f"{cell.text} {beside.text}", cell  # "BUQUE: CALA FIGUERA   V. 0E7R1"
            under = next(
                (
                    one
                    for lower in rows[at + 1 : at + 2]
                    for one in lower
                    if one.page == cell.page
                    and abs(one.x0 - cell.x0) < max(cell.height * 0.5, 1.0)
                    and one.y0 - cell.y1 < cell.height
                    and labels.field_of(one.text) is None
                ),
                None,
            )
            if under is not None and len(cell.text) > len("per MV X from Y"):
                yield f"{cell.text} {under.text}", cell
            yield cell.text, cell


def _ship(text: str, cell: Cell, found: Findings) -> bool:
    match = _QUOTED.search(text) or _PLAIN.search(text)
    ship = ships.read(match["name"]) if match else None
    if match is None or ship is None or _NO_SHIP.search(ship.name) or labels.field_of(ship.name):
        return False
    known = found.get("transport.vessel")
    if known is None:
        found.add("transport.vessel", ship.name, WEAK, cell, text)
    if (known or ship.name) == ship.name and found.get("transport.voyage") is None:
        found.add("transport.voyage", match["voyage"] or ship.voyage, WEAK, cell, text)
    return True


def _bill(text: str, cell: Cell, found: Findings) -> bool:
    match = _BILL.search(text)
    said = values.bill(match["bill"]) if match else None
    if said is None or values.day(said) is not None:
        return False
    if not found.get("transport.masterBill") and not found.get("transport.houseBill"):
        found.add("transport.masterBill", said, WEAK, cell, text)
    return True


def _arrives(date: str, cell: Cell, text: str, found: Findings) -> None:
    dated = values.day(date)
    if dated is not None and found.get("transport.eta") is None:
        day = values.turned(dated) if dated.unsure and found.day_first else dated
        found.add("transport.eta", day.value, WEAK, cell, text)


def _put(path: str, place: str, cell: Cell, text: str, found: Findings) -> None:
    kept = " ".join(place.split()).strip(" -")
    if found.get(path) is None and len(kept) > 2 and not _NO_PLACE.search(kept):
        found.add(path, kept, WEAK, cell, text)


def _between(rows: Sequence[Row], found: Findings) -> None:
    """The two ports in a line of their own, where the line over or under it names the sea.

    "VIA MARITIMA" / "VALENCIA - JEDDAH" / "BUQUE: CALA FIGUERA".
    """
    if found.get(LOADING) or found.get(DISCHARGE):
        return
    for at, row in enumerate(rows):
        for cell in row:
            said = cell.text.strip()
            match = _BETWEEN.fullmatch(said) or _DE_A.fullmatch(said)
            if match is None and (sea := list(_BY_SEA.finditer(said))):
                match = _BEHIND.fullmatch(said[sea[-1].end() :].strip(" :,–-"))
            elif match is not None and (labels.field_of(said) or not _by_sea(rows, at, cell)):
                continue
            if match is None:
                continue
            _put(LOADING, match["a"], cell, cell.text, found)
            _put(DISCHARGE, match["b"], cell, cell.text, found)
            return


def _by_sea(rows: Sequence[Row], at: int, cell: Cell) -> bool:
    return any(
        one is not cell
        and one.page == cell.page
        and abs(one.x0 - cell.x0) < max(cell.height, 1.0)
        and (_BY_SEA.search(one.text) or re.search(_CALLED, one.text))
        for row in rows[max(at - 2, 0) : at + 3]
        for one in row
    )
