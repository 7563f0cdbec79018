"""Parties as blocks: a label, then a name and an address beside or below it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.fields import boxes, labels, particulars, provinces, route, values, whereabouts
from ingest.fields.found import LIKELY, SURE, WEAK, Findings
from ingest.fields.layout import Cell, Frame, Row, below, same_box
from storage.values import Value

MOST_LINES = 7
_NEAR = 150  # points between a label and what stands beside it
_TOP = 30  # rows in which a letter says to whom it goes
_OWN_HALF = 0.6  # of the way to the next box
_CONTACT = re.compile(r"(?i)^(tel|phone|fax|e-?mail|attn|contact|vat|tax|ein|usci|website|mob)\b|@")
_REACHED = re.compile(
    r"(?i)\b(?:tel(?:ephone)?|phone|fax|e-?mail|mob(?:ile)?|attn)\b\s*(?:no)?\s*[.:]"
)
"""Behind an address in its line: "CHENNAI 600084, INDIA EMAIL: ..."."""
_NOTE = re.compile(r"\([^()]{6,120}\)?")
_MESSRS = re.compile(
    r"(?i)(?:(?:by order (?:and|&) )?(?:for|on) account (?:and|&) risk of\s+)?"
    r"(?:to\s*:?\s*)?m(?:/s|essrs)\b[\s.,:]*(?=\S)"
)
_CARRIAGE = re.compile(r"(?i)(?:shipped|sailing|per|from|on or about)\s+\S")
"""The way of the goods, written out behind the one written to: "Shipped per ... from ... to"."""
_ONTO = re.compile(r"\s*(?:御中|様|殿|귀하|귀중)\s*$")
"""How East Asia closes the name of the one written to."""
_ORDER = re.compile(r"(?i)^\s*(?:un)?to\s+(?:the\s+)?order(?:\s+of)?\b\s*[:\-]*")
_FORM = r"(?:GmbH|Ltd|Limited|Inc|LLC|Corp|Co|AG|KG|PLC|S\.?A|S\.?p\.?A|S\.?r\.?l|B\.?V|JSC|Pvt)"
_IN_ONE_LINE = re.compile(rf"(?i)^(.{{3,80}}?\b{_FORM}\b\.?)\s*,\s*(?!{_FORM}\b)(\S.{{3,}})$")
"""A firm with its address behind it: "Hafen Lampen GmbH, Bremen, Germany"."""
_PARTED = re.compile(r"\s+(?:[-\u2013\u2022\u00b7|*\u25cf]+)\s+")
"""A sender in one small line: "Brandt GmbH - Am Hammer 7 - 42655 Solingen"."""
_SAME = re.compile(
    r"(?i)^[\W_]*(?:the\s+)?same(?:\s+as\s+(?:above|consignee|buyer|importer|applicant))?[\W_]*$"
)
_GREETING = frozenset(
    {"firma", "messrs", "m / s", "sayin", "company", "spett le", "a", "an", "herrn"}
)
"""What stands over the name in an address: "Firma", "Messrs."."""
_GLUED = re.compile(r"(?<=[A-Za-z]{3})-(?=[A-Za-z]{4})")
"""A town and its country: "FAISALABAD-PAKISTAN"."""
_STAMP = re.compile(
    r"(?i)(?:original|copy|duplicate|draft|surrendered|no[nt][- ]?negotiable|telex releas\w+"
    r"|copy non[- ]?negotiable)"
)
"""What is stamped over a paper says nothing of who it is for."""
_MID = re.compile(r"\b(?:MID|Manufacturer ID)\s*[:#]?\s*([A-Z]{2}[A-Z0-9]{6,13})\b")


def read(rows: Sequence[Row], found: Findings) -> None:
    """Find every labelled party."""
    _vertical(rows, found)
    _addressed(rows, found)
    ways = route.labels_of(rows)
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            named = labels.field_of(cell.text)
            if named is None or not named[0].startswith("parties."):
                continue
            field, inside = named
            if labels.plain(cell.text) in ("from", "to") and not inside:
                continue  # a bare "to" is prose more often than a label; `_addressed` reads M/s
            if id(cell) in ways:
                continue
            lines, sure = block_at(rows, at, row, place, inside)
            if lines:
                store(field, lines, sure, found)
    _addresses(rows, found)
    _to(rows, found)


def _addresses(rows: Sequence[Row], found: Findings) -> None:
    """An address with a label of its own, away from the name: "Exporter Address: ..."."""
    for row in rows:
        for place, cell in enumerate(row):
            small = particulars.said(cell.text)
            if small is None or small.party is None or found.get(f"{small.party}.address"):
                continue
            if there := particulars.value(row, place, small.inside):
                text, where = there
                found.add(f"{small.party}.address", text[:400], LIKELY, where, text)
                if land := values.country_in(text):
                    found.add(f"{small.party}.country", land, LIKELY, where)


def _to(rows: Sequence[Row], found: Findings) -> None:
    """A bare "To:" over or beside an address, where no buyer is named in another way."""
    if any(found.get(f"{one}.name") for one in ("parties.consignee", "parties.importer")):
        return
    ways = route.labels_of(rows)
    for at, row in enumerate(rows[:_TOP]):
        said = {labels.plain(cell.text) for cell in row}
        for place, cell in enumerate(row):
            if labels.plain(cell.text) != "to" or "from" in said or cell.page != 1:
                continue
            if id(cell) in ways:
                continue
            lines, _ = block_at(rows, at, row, place, "")
            address = ", ".join(text for text, _ in lines[1:])
            if len(lines) > 1 and values.country_in(address):
                store("parties.consignee", lines, WEAK, found)
                return


def block_at(
    rows: Sequence[Row], at: int, row: Row, place: int, inside: str
) -> tuple[list[tuple[str, Cell]], float]:
    """The lines of the party that the label at `row[place]` heads, and how sure that is."""
    lines, sure = _block(rows, at, row, place, inside)
    if not lines and place + 1 < len(row) and row[place + 1].x0 - row[place].x1 < _NEAR:
        # A label without a colon and nothing under it: "Messrs.   Dakota Machine Tool LLC".
        lines, _ = _block(rows, at, row, place, inside, look_beside=True)
        sure = WEAK
    return lines, sure


def _block(
    rows: Sequence[Row],
    at: int,
    row: Row,
    place: int,
    inside: str,
    *,
    look_beside: bool = False,
) -> tuple[list[tuple[str, Cell]], float]:
    cell = row[place]
    lines: list[tuple[str, Cell]] = []
    sure = LIKELY
    left, right = cell.x0, _right_edge(row, place)
    beside = False
    if inside:
        lines.append((inside, cell))
        sure = SURE
    elif (
        place + 1 < len(row)
        and labels.field_of(row[place + 1].text) is None
        and not _walled(rows, at, cell, row[place + 1])
        and not row[place + 1].text.rstrip().endswith((":", "："))
        and (look_beside or (_beside(cell, row) and not _boxed(rows, at, row, place)))
    ):
        lines.append((row[place + 1].text, row[place + 1]))
        beside, left = True, row[place + 1].x0
        right = _right_edge(row, place + 1)
    named = labels.field_of(cell.text)
    _below(
        rows[at + 1 : at + 1 + MOST_LINES],
        lines,
        _Box(label=cell, field=named[0] if named else "", left=left, right=right, beside=beside),
    )
    return lines, sure


def _walled(rows: Sequence[Row], at: int, cell: Cell, beside: Cell) -> bool:
    """Whether the label has words below it in its own box, and the other cell stands outside."""
    under = below(rows, at, cell)
    return under is not None and same_box(cell, under) and not same_box(cell, beside)


class _Box(Value):
    """Where the words of a party stand."""

    label: Cell
    field: str
    left: float
    right: float  #: where the next box of the row begins
    beside: bool  #: its words stand beside the label, which has a column of its own

    def has(self, cell: Cell) -> bool:
        """What begins far to the right of the block's edge is another box of the form."""
        # A sheet's columns are one wide and stand side by side.
        slack, least = (self.label.height, 0.0) if self.label.height > 1 else (0.0, 1.0)
        own = min(self.right - 1, self.left + (self.right - self.left) * _OWN_HALF)
        return self.left - slack <= cell.x0 < max(own, self.left + least)

    def left_by(self, row: Row) -> bool:
        """Whether the column of labels goes on with one of another thing."""
        for one in row:
            small = particulars.said(one.text)
            if one.x0 < self.label.x1 and (
                labels.field_of(one.text) or (small and small.party not in (None, self.field))
            ):
                return True
        return False


def _below(rows: Sequence[Row], lines: list[tuple[str, Cell]], box: _Box) -> None:
    """Add the lines of a party that stand under its label or under its first line."""
    cell = last = box.label
    note = cell.text.count("(") > cell.text.count(")")
    framed = cell.frame if cell.frame is not None and cell.frame.closed else None
    own = not box.beside and any(same_box(cell, one) for lower in rows for one in lower)
    for lower in rows:
        if box.beside and box.left_by(lower):
            return
        one = _first(lower, box, within=framed if own else None)
        if one is None:
            if lower[0].page != cell.page or lower[0].y0 - last.y1 > cell.height * 2.2:
                return
            continue
        if one.page != cell.page or one.y0 - last.y1 > cell.height * (2.2 if lines else 3.0):
            return
        small = particulars.said(one.text)
        label = labels.field_of(one.text) or (small is None and labels.column_of(one.text))
        if (lines or label) and one.x0 >= max(cell.x1, *(seen.x1 for _, seen in lines), 0.0):
            continue  # another box, which begins lower or goes on longer
        other = small is not None and small.party not in (None, box.field)
        if label or other or (lines and (_CARRIAGE.match(one.text) or boxes.names(one.text))):
            return
        if (
            lines
            and framed is not None
            and not same_box(cell, one)
            and same_box(cell, lines[-1][1])
        ):
            return  # the box ends here
        if small is not None and not lines and not small.is_name:
            return  # the name does not stand below: it is beside its label
        last = one
        if note:
            note = ")" not in one.text
            continue  # the form's own words in brackets go on: "(It is agreed that" / "...)"
        if _says_nothing(one.text, first=not lines):
            continue
        said = particulars.value(lower, lower.index(one), small.inside) if small else None
        if small is None or said is not None:
            lines.append(said or (one.text, one))


def _first(row: Row, box: _Box, *, within: Frame | None) -> Cell | None:
    """The first cell of a row that belongs to a box; none beside the lines that are around it."""
    one = next((one for one in row if box.has(one)), None)
    beside = one is not None and within is not None and one.x0 > (within.right or one.x0)
    return None if beside else one


def _says_nothing(text: str, *, first: bool) -> bool:
    """Whether it is a stamp, or the form's own words under its label."""
    text = text.strip()
    form = _NOTE.fullmatch(text) is not None or labels.plain(text) in _GREETING
    return _STAMP.fullmatch(text) is not None or (first and form)


def _beside(cell: Cell, row: Row) -> bool:
    """Only "Label:" alone on the left of a row has its value beside it; boxes have it below."""
    if cell.text.rstrip().endswith((":", "：")) or row[row.index(cell) + 1].text.startswith(":"):
        return True
    return len(row) == 2 and row[1].x0 - cell.x1 < 150


def _boxed(rows: Sequence[Row], at: int, row: Row, place: int) -> bool:
    """Whether the label heads a box: no colon, and words stand under it on its own left edge."""
    cell = row[place]
    colon = place + 1 < len(row) and row[place + 1].text.startswith(":")
    if cell.text.rstrip().endswith((":", "：")) or colon:
        return False
    for lower in rows[at + 1 : at + 3]:
        for one in lower:
            close = one.page == cell.page and one.y0 - cell.y1 < cell.height * 1.6
            named = labels.field_of(one.text) or particulars.said(one.text)
            if close and abs(one.x0 - cell.x0) < cell.height and not named:
                return True
    return False


def _vertical(rows: Sequence[Row], found: Findings) -> None:
    """Labels printed from top to bottom, a letter a row: "B I L L - T O" beside its block."""
    columns: dict[tuple[int, int], list[Cell]] = {}
    for row in rows:
        for cell in row:
            if len(cell.text) == 1:
                columns.setdefault((cell.page, round((cell.x0 + cell.x1) / 2 / 4)), []).append(cell)
    for cells in columns.values():
        label = labels.field_of("".join(cell.text for cell in cells).replace("-", " "))
        if label is None or not label[0].startswith("parties."):
            continue
        top, bottom, left = cells[0].y0 - 8, cells[-1].y1 + 2, max(cell.x1 for cell in cells)
        block = [
            next(
                one
                for one in row
                if one.page == cells[0].page and one.x0 > left and top <= one.y0 <= bottom
            )
            for row in rows
            if any(
                one.page == cells[0].page and one.x0 > left and top <= one.y0 <= bottom
                for one in row
            )
        ]
        # Other boxes stand to the right: only what begins on the block's own left edge.
        edge = min((one.x0 for one in block), default=0.0)
        lines = [(one.text, one) for one in block if one.x0 - edge < cells[0].height * 2]
        if lines:
            store(label[0], lines[:MOST_LINES], LIKELY, found)


def _right_edge(row: Row, place: int) -> float:
    following = row[place + 1 :]
    return following[0].x0 if following else 1e9


def _addressed(rows: Sequence[Row], found: Findings) -> None:
    """Whom an invoice is written to without a label: "M/s. Agarwal Industries Ltd"."""
    for at, row in enumerate(rows[:40]):
        for place, cell in enumerate(row):
            match = _MESSRS.match(cell.text)
            onto = _ONTO.search(cell.text)
            if (match is None and onto is None) or cell.page != 1:
                continue
            inside = _ONTO.sub("", cell.text)[match.end() if match else 0 :]
            if not inside and match is None:
                continue
            lines, _ = block_at(rows, at, row, place, inside)
            if lines:
                store("parties.consignee", lines, LIKELY, found)
            return


def _unordered(lines: list[tuple[str, Cell]]) -> list[tuple[str, Cell]]:
    """Without "to the order of": the one who may order stands behind it."""
    name, cell = lines[0]
    rest = _ORDER.sub("", name).strip(" :-")
    if rest == name.strip(" :-"):
        return lines
    return [(rest, cell), *lines[1:]] if len(rest) > 2 else lines[1:] or lines


def store(field: str, lines: list[tuple[str, Cell]], sure: float, found: Findings) -> None:
    """Add the party of a block: its name, address, country and manufacturer's number."""
    lines = _unordered(lines)
    name, cell = lines[0]
    if values.number(name) is not None and not re.search(r"[^\W\d]{3}", name):
        return
    if not re.search(r"[^\W\d]{2}", name) or name.rstrip().endswith((":", "：")):
        return
    if len(lines) == 1 and re.fullmatch(r"[A-Z]{3}", name.strip()):
        return  # an airport: "To" stands over it on a waybill
    if _SAME.match(name) and field in ("parties.importer", "parties.consignee"):
        return  # the other of the two is named
    pieces = _PARTED.split(name)
    if len(pieces) > 2:
        name, lines = pieces[0], [(one, cell) for one in pieces]  # what stands below is not its own
    head, comma, tail = name.partition(",")
    if (
        comma
        and re.search(r"\d", tail)
        and not re.search(r"(?i)^\s*(ltd|inc|llc|co|jsc|gmbh)", tail)
    ):
        name, lines = head, [(head, cell), (tail, cell), *lines[1:]]
    if (whole := _IN_ONE_LINE.match(name)) and values.country_in(whole[2]):
        name, lines = whole[1], [(whole[1], cell), (whole[2], cell), *lines[1:]]
    name = name.strip(" ,;:.-") if name[:1] in " ,;:.-" else name
    found.add(f"{field}.name", " ".join(name.split())[:200], sure, cell, name)
    bare = [(_REACHED.split(text)[0].strip(" ,;-"), one) for text, one in lines[1:]]
    said = [(text, one) for text, one in bare if text and not _CONTACT.search(text)]
    mid = next((match for text, _ in lines if (match := _MID.search(text))), None)
    if mid:
        found.add(f"{field}.mid", mid[1], sure, cell)
        said = [(text, one) for text, one in said if not _MID.search(text)]
    if said:
        address = ", ".join(text.strip(" ,") for text, _ in said)
        found.add(f"{field}.address", address[:400], min(sure, LIKELY), said[-1][1], address)
        contacts = " ; ".join(text for text, _ in lines[1:])
        land = whereabouts.country(address) or values.country_in(" ".join(x for x, _ in said))
        land = land or values.country_in(_GLUED.sub(" - ", address))
        if land or (land := whereabouts.told(contacts)):
            found.add(f"{field}.country", land, min(sure, LIKELY), said[-1][1])
        elif land := provinces.country(address):
            found.add(f"{field}.country", land, WEAK, said[-1][1])
    elif land := values.country_in(lines[0][0]):
        found.add(f"{field}.country", land, WEAK, cell)
