"""Parties of forms that ask for each thing by itself: "Company Name:", "City, State:", "Country:".

So couriers print invoices: a section (FROM, SHIP TO, SOLD TO) over small labels with their values
beside them. The firm is the party, not the person to ask for; "same as ship to" names nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ingest import kinds
from ingest.fields import labels, values, whereabouts
from ingest.fields.found import LIKELY, Findings
from ingest.fields.layout import Cell, Row

_SECTIONS = {
    "parties.exporter": (
        r"from|ship(?:ped|per)? from|sender|shipper|exporter|consignor|seller|remitente"
        r"|expediteur"
    ),
    "parties.shipTo": r"ship(?:ped)? to|deliver(?:ed|y)? to",
    "parties.consignee": r"consignee|receiver|recipient|destinatario|destinataire",
    "parties.importer": (
        r"sold to|bill(?:ed)? to|importer(?: of record)?|buyer|purchaser|invoice to"
    ),
}
_REST = (
    r"(?:\s*(?:information|info|details|address|party|company)\b|\s*\([^()]{0,60}\)"
    r"|\s*/.{0,40})*\s*[:.]?\s*$"
)
_HEAD = {
    field: re.compile(rf"(?i)^\W*(?:\d{{1,2}}[.)]?\s+)?(?:{words}){_REST}")
    for field, words in _SECTIONS.items()
}
_SMALL = {
    "firm": (
        r"(?:company|business|firm|trade|organi[sz]ation)(?:\s*/?\s*name)?|name of company"
        r"|razon social|raison sociale|empresa"
    ),
    "person": r"(?:contact|attention|attn|full)(?:\s*(?:name|person))?|contacto|name|nombre|nom",
    "address": (
        r"(?:(?:company|street|business|full)\s*)?address(?:\s*line)?(?:\s*\d)?|street|direccion"
        r"|adresse|domicilio"
    ),
    "town": (
        r"(?:city|town|suburb|state|province|county|ciudad|ville)(?:\W+(?:state|province|town"
        r"|zip|postal|code|county|region))*"
    ),
    "country": (
        r"(?:(?:post(?:al)?(?: ?code)?|zip(?: code)?|city|state|province|region) / )*"
        r"(?:country|pais|pays)(?: code| name| / (?:region|territory))?"
    ),
    "code": r"(?:postal|post|zip|cp)\s*(?:/\s*zip)?\s*(?:code)?(?:\W+(?:city|town|state))?",
    "other": (
        r"(?:tax|vat|ein|eori|gst|ruc|rut|nit|phone|tel|fax|e-?mail|mobile|account|id"
        r"|telefono)\b.*"
    ),
}
_KINDS = {kind: re.compile(rf"(?i){words}") for kind, words in _SMALL.items()}
_OF_ADDRESS = ("address", "town", "code", "country")
_SAME = re.compile(r"(?i)^\W*(?:the\s+)?same\b|^\W*(?:as above|idem|n/?a)\W*$")
_MOST_ROWS = 16
_LEAST = 3  # small labels that make a section a form
_STEP = 2.6  # times the height of letters, from one small label to the next


class _Part(NamedTuple):
    kind: str
    text: str
    cell: Cell


def read(rows: Sequence[Row], found: Findings) -> None:
    """Put the parties that such sections name, in the place of what was taken for them."""
    for at, row in enumerate(rows):
        for cell in row:
            field = next((one for one, head in _HEAD.items() if head.match(cell.text)), None)
            parts = list(_parts(rows, at, cell)) if field else []
            small = {part.kind for part in parts} - {"bare"}
            if field is None or not small or len(small) + _bare_lines(parts) < _LEAST:
                continue
            _forget(parts, found)
            _store(field, parts, found)


def _bare_lines(parts: Sequence[_Part]) -> int:
    return sum(part.kind == "bare" for part in parts)


def _parts(rows: Sequence[Row], at: int, head: Cell) -> Iterator[_Part]:
    """What the small labels under a section say; one without a value says nothing."""
    last = head
    for row in rows[at + 1 : at + 1 + _MOST_ROWS]:
        place = next(
            (at for at, one in enumerate(row) if abs(one.x0 - head.x0) < head.height * 1.5), None
        )
        if row[0].page != head.page:
            return
        if place is None:
            continue
        cell = row[place]
        label, _, inside = cell.text.replace("：", ":").partition(":")
        named = _kind(label)
        if cell.y0 - last.y1 > cell.height * _STEP or _of_another(cell, named):
            return
        last = cell
        if named is None:
            yield _Part("bare", cell.text, cell)
            continue
        beside = []
        for one in row[place + 1 :]:
            if one.text.rstrip().endswith((":", "：")) or _apart(cell, one):
                break
            beside.append(one)
        text = " ".join([inside.strip(), *(one.text for one in beside)]).strip()
        yield _Part(named, text, beside[0] if beside else cell)


def _of_another(cell: Cell, named: str | None) -> bool:
    """Whether a cell begins another section, or says something that is no part of a party."""
    if any(head.match(cell.text) for head in _HEAD.values()):
        return True
    strange = cell.text.rstrip().endswith((":", "："))
    label = labels.field_of(cell.text) or labels.column_of(cell.text)
    return named is None and (strange or label is not None or kinds.is_title(cell.text))


def _apart(one: Cell, other: Cell) -> bool:
    """Whether a line of the form stands between two cells of a row."""
    edge = one.frame.right if one.frame is not None else None
    box = one.frame is not None and one.frame.closed and other.frame == one.frame
    return edge is not None and not box and other.x0 > edge + other.height * 12


def _kind(label: str) -> str | None:
    bare = labels.plain(label)
    return next((kind for kind, words in _KINDS.items() if words.fullmatch(bare)), None)


def _forget(parts: Sequence[_Part], found: Findings) -> None:
    """What was taken for a party here before anybody saw that it is a form."""
    boxes = {(part.cell.page, part.cell.evidence().box) for part in parts}
    for path in [one for one in found.by_path if one.startswith("parties.")]:
        seen = found.by_path[path].evidence
        if (seen.page, seen.box) in boxes:
            found.by_path.pop(path)


def _store(field: str, parts: Sequence[_Part], found: Findings) -> None:
    said = {
        kind: [part for part in parts if part.kind == kind and part.text]
        for kind in (*_KINDS, "bare")
    }
    names = said["firm"] or said["bare"][:1] or said["person"]
    if not names or any(_SAME.match(part.text) for part in parts):
        return
    for path in ("name", "address", "country", "mid"):
        found.by_path.pop(f"{field}.{path}", None)
    found.add(f"{field}.name", names[0].text, LIKELY, names[0].cell, names[0].text)
    address = [
        part
        for part in parts
        if part.text and part not in names and part.kind in (*_OF_ADDRESS, "bare")
    ]
    whole = ", ".join(part.text for part in address)
    if address:
        found.add(f"{field}.address", whole[:400], LIKELY, address[0].cell, whole)
    for part in said["country"]:
        bare = re.sub(r"\S*\d\S*", " ", part.text).strip(" ,/-")
        if land := values.country(bare) or values.country_in(bare):
            found.add(f"{field}.country", land, LIKELY, part.cell)
    if address and (land := whereabouts.country(whole)):
        found.add(f"{field}.country", land, LIKELY, address[-1].cell)
