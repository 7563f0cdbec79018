"""The boxes of a carrier's form: labels side by side in small print, each value under its own.

What stands beside a label there belongs to the next box. Only carriers' papers are read so: on an
invoice labels have their values beside them as often. Parties and goods have readers of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from ingest.fields import labels, several, taking, values
from ingest.fields.found import LIKELY, SURE, WEAK, Findings
from ingest.fields.layout import Cell, Row, same_box
from storage.values import Value

_IGNORE = "ignore"
_AMS = "ams"  # the bill's number as it was told to customs: its first four letters are the SCAC
_SHIP_AND_VOYAGE = "ship+voyage"
_FLIGHT = "flight"
_ELSE = "?"  # behind a field: what has it only where no other label names it
_CODE_AND_BILL = "scac+bill"  # "SCAC B/L #": the carrier's code and the number in one box

_BELOW = 2.6  # heights of a label to the first line of its value
_NEXT = 0.9  # heights of a line to the next one of the same value
_INDENT = 6.0  # heights of a label by which its value may be set in
_MOST_LINES = 3
_LONGEST_LABEL = 170
_LONGEST_PLACE = 60
_TOP = 20  # rows in which the number of a bill stands
_PLACES = (
    "transport.portOfLoading",
    "transport.portOfDischarge",
    "transport.placeOfDelivery",
    "transport.finalDestination",
)
_DATES = ("transport.etd", "transport.eta", "transport.lastFreeDay")
_VOYAGE = r"(?=[A-Z0-9\-/]*\d)[A-Z0-9](?:[A-Z0-9\-]{0,10}[A-Z0-9])?(?:(?<=\d) [NSEW](?![A-Z0-9]))?"
_NO_PLACE = re.compile(
    r"(?i)\b(?:tel|fax|phone|attn|e-?mail|freight|prepaid|collect|vessel|voyage|see clause)\b"
    r"|@|\d{3}[-. ]\d{3,4}\b|\bn/?a\b|^\W*(?:not )?applicable"
)
_WHEN = re.compile(
    r"\b\d{1,2}[-/. ][A-Za-z]{3,9}\.?[-/., ]+\d{2,4}\b|\b\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}\b"
    r"|\b[A-Z][A-Za-z]{2,8}\.? ?\d{1,2}, ?\d{4}\b"
)
_SAME = re.compile(r"(?i)^\W*same\s+(?:as|to)\s+(?:the\s+)?(?:consignee|cnee|above)\b")
_CODED = re.compile(r"^[A-Z]{2}[A-Z2-9]{3}\s*=\s*(?=[A-Z])")
"""A town by its UN/LOCODE before its name: "CNNGB = Ningbo, China"."""
_COMBINED = re.compile(r"^(?:combined|multimodal) transport (?=p)")
"""On forms that serve for both: "Combined Transport* Place of Delivery"."""
_FLIGHT_NO = re.compile(r"\b((?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\s?[-/]?\s?\d{1,4}[A-Z]?)\b(?!\d)")
_AWB = re.compile(r"(\d{3})[- ]\s?(?:[A-Z]{2}[A-Z0][- ]\s?)?(\d{4})[- ]?(\d{4})")
_HAWB = re.compile(r"(?:HAWB\s*)?([A-Z]{2,4}[- ]?\d{5,12})")


class _Label(Value):
    """A label of the form with the fields that it names."""

    cell: Cell
    fields: tuple[str, ...]


def read(rows: Sequence[Row], found: Findings, *, by_air: bool = False) -> None:
    """Put what stands in the boxes into `found`; it goes before what was read beside a label."""
    boxed = Findings()
    named = _labels(rows)
    listed = _listed(rows)
    for label, _ in named:
        if all(field == _IGNORE for field in label.fields) or id(label.cell) in listed:
            continue
        lines = list(_under(rows, named, label))
        for field in label.fields:
            _take(field, label, lines, boxed)
    for row in rows:
        _containers_apart(row, found)
        for label, text, cell in _beside(row, listed):
            for field in label.fields:
                _said(field, label, [text], cell, SURE, boxed)
    if by_air:
        _waybill(rows, boxed)
    elif boxed.get("transport.masterBill") is None and boxed.get("transport.houseBill") is None:
        _bare_number(rows, boxed)
    for path, one in boxed.by_path.items():
        if path.endswith(_ELSE):
            named_so = boxed.get(path.strip(_ELSE)) or found.get(path.strip(_ELSE))
            if named_so is None:
                own = path.strip(_ELSE)
                found.by_path[own] = one.model_copy(update={"path": own, "confidence": WEAK})
            continue
        standing = found.by_path.get(path)
        if standing is None or standing.confidence <= max(one.confidence, LIKELY):
            found.by_path[path] = one
    _no_labels(found)
    _same_party(rows, named, found)


def _containers_apart(row: Row, found: Findings) -> None:
    """Containers whose owner and number stand apart, the check digit right: "NKLU" | "6207353"."""
    for cell, after in pairwise(row):
        number = re.match(r"\d{6}[\s\-/]?\d(?!\d)", after.text)
        if number and re.fullmatch(r"[A-Z]{3}[UJZ]", cell.text):
            for box in values.containers(f"{cell.text}{number[0]}"):
                taking.container(box, cell, found)


def _same_party(rows: Sequence[Row], named: Sequence[tuple[_Label, Row]], found: Findings) -> None:
    """Who is told is the consignee, where the box says so: "SAME AS CONSIGNEE"."""
    receiver = found.by_path.get("parties.consignee.name")
    for label, _ in named:
        if "parties.notifyParty" not in label.fields or receiver is None:
            continue
        first = next(_under(rows, named, label), [])
        if first and _SAME.match(first[0].text):
            for part in ("address", "country"):
                found.by_path.pop(f"parties.notifyParty.{part}", None)
            found.by_path.pop("parties.notifyParty.name", None)
            found.add("parties.notifyParty.name", receiver.value, WEAK, first[0])
            return


def _no_labels(found: Findings) -> None:
    """A label is nobody's value: what was read beside an empty box goes."""
    for path in (*_PLACES, "transport.vessel", "transport.voyage"):
        one = found.by_path.get(path)
        if one is not None and names(str(one.value)):
            found.by_path.pop(path)


@lru_cache(maxsize=1)
def _own() -> dict[str, str]:
    return {labels.plain(word): field for field, words in labels.FORMS.items() for word in words}


@lru_cache(maxsize=20_000)
def names(text: str) -> tuple[str, ...]:
    """The fields that a label of a form names, () when it is none: "PORT OF DISCHARGE / ETA"."""
    text = text.strip().rstrip(":： ")
    if not text or len(text) > _LONGEST_LABEL:
        return ()
    kept = several.fields(text, _name, stranger=_IGNORE)
    if len(kept) > 1 and kept[0] in ("transport.placeOfDelivery", "transport.finalDestination"):
        return kept[:1]  # the date behind it is when it comes there, not to the port
    return kept


def _one(text: str) -> tuple[str, ...]:
    field = _name(text)
    return (field,) if field else ()


def _name(text: str) -> str | None:
    wanted = _COMBINED.sub("", labels.plain(text))
    wanted = re.sub(r"-(no|nr|number)\b", r" \1", wanted)
    if wanted != labels.plain(text):
        text = wanted
    own = _own()
    if field := own.get(wanted) or own.get(labels.plain(labels.unbracketed(text))):
        return field
    # Several labels in one box are told apart in `names`, not taken for one in two languages.
    named = labels.field_of(text, whole=True)
    if named is None or named[1]:
        return None
    if named[0] == "transport.vessel" and re.search(r"voy|viaje|trip|flight|航次", wanted):
        return _SHIP_AND_VOYAGE
    return named[0]


def _labels(rows: Sequence[Row]) -> list[tuple[_Label, Row]]:
    """Every label of the pages; one broken over rows is one: "PORT OF" / "DISCHARGE"."""
    made: list[tuple[_Label, Row]] = []
    taken: set[int] = set()
    for at, row in enumerate(rows):
        for cell in row:
            if id(cell) in taken:
                continue
            whole, fields = cell, names(cell.text)
            for lower in _stacked(rows, at, cell):
                longer = Cell(page=cell.page, words=(*whole.words, *lower.words))
                open_ended = whole.text.rstrip().endswith(("/", "&"))
                if more := names(longer.text) if open_ended else _one(longer.text):
                    whole, fields = longer, more
                    taken.add(id(lower))
                elif fields:
                    break
                else:
                    whole = longer
            if fields:
                made.append((_Label(cell=whole, fields=fields), row))
            elif labels.field_of(cell.text):
                made.append((_Label(cell=cell, fields=(_IGNORE,)), row))
    return made


def _stacked(rows: Sequence[Row], at: int, cell: Cell) -> Iterator[Cell]:
    """The cells close under this one on its left edge, at most two."""
    last = cell
    if cell.height <= 1:
        return  # a sheet's cell holds its whole label
    for row in rows[at + 1 : at + 4]:
        for one in row:
            near = one.page == cell.page and abs(one.y0 - last.y1) < cell.height * 0.35
            if near and abs(one.x0 - cell.x0) < cell.height * 0.6 and len(one.text) < 40:
                yield one
                last = one
                break


def _under(
    rows: Sequence[Row], named: Sequence[tuple[_Label, Row]], label: _Label
) -> Iterator[list[Cell]]:
    """The lines of the value under a label, as far as its box goes."""
    cell = label.cell
    others = [one.cell for one, _ in named if one.cell.page == cell.page]
    grid = cell.height <= 1
    tall = max(word.y1 - word.y0 for word in cell.words)
    slack = 0.0 if grid else tall
    right = _right(cell, others, slack, tall)
    words = {id(word) for one in others for word in one.words}
    last, first, count = cell.y1, cell.x0, 0
    lower = [
        row
        for row in rows
        if row[0].page == cell.page and max(one.y1 for one in row) > cell.y1 + tall * 0.2
    ]
    for row in lower:
        line = [
            one
            for one in row
            if first - slack <= one.x0 < right - slack and one.y0 >= last - tall * 0.5
        ]
        if not _close(line or row, cell, last, tall, count):
            return
        inset = line and (line[0].x0 <= max(cell.x0 + tall * _INDENT, cell.x1))
        if not line or not (count or grid or inset or same_box(cell, line[0])):
            continue
        if (count and grid) or any(id(word) in words for word in line[0].words):
            return  # the next box
        if count and abs(line[0].x0 - first) > tall:
            continue
        yield [one for one in line if not any(id(word) in words for word in one.words)]
        last, first, count = line[0].y1, line[0].x0, count + 1
        if count >= _MOST_LINES:
            return


def _close(line: Row, cell: Cell, last: float, tall: float, count: int) -> bool:
    """Whether a row still belongs to the box: the first line under its label, or the next one."""
    most = line[0].height * _NEXT if count and line[0].x0 >= cell.x0 - tall else tall * _BELOW
    return line[0].y0 - last <= most


def _right(cell: Cell, others: Sequence[Cell], slack: float, tall: float) -> float:
    """Where the next box of the row begins."""
    return min(
        (
            one.x0
            for one in others
            if one.x0 > cell.x0 + slack and abs(one.y0 - cell.y0) < max(tall, cell.height)
        ),
        default=1e9,
    )


def _listed(rows: Sequence[Row]) -> frozenset[int]:
    """The labels, by id, that stand over each other, and their values beside over each other."""
    found: set[int] = set()
    for upper, lower in pairwise(rows):
        for cell, beside in pairwise(upper):
            if not _is_label(cell) or _is_label(beside):
                continue
            for under, value in pairwise(lower):
                slack = max(cell.height * 0.4, 0.1)
                aligned = max(abs(under.x0 - cell.x0), abs(value.x0 - beside.x0)) < slack
                near = under.page == cell.page and under.y0 - cell.y1 < cell.height * 1.2
                if aligned and near and _is_label(under) and not _is_label(value):
                    found |= {id(cell), id(under)}
    return frozenset(found)


def _beside(row: Row, listed: frozenset[int]) -> Iterator[tuple[_Label, str, Cell]]:
    """Values behind a colon, a label's or their own: "VESSEL/VOY" | ": LOTUS A09" | "/E014".

    Also those of a list of labels, which needs no colons.
    """
    for place, cell in enumerate(row[:-1]):
        after = row[place + 1]
        fields = _short(cell.text) or names(cell.text)
        # Free days of several sorts follow each other so: the first one counts (`wording`).
        own = "transport.freeTimeDays" not in fields and not _is_label(after)
        own = own and (cell.text.rstrip().endswith((":", "：")) or id(cell) in listed)
        if not fields or not (own or after.text.startswith((":", "："))):
            continue
        said = [after.text.lstrip(":： ")]
        for more in row[place + 2 :]:
            if ":" in more.text or names(more.text) or not more.text.startswith("/"):
                break
            said.append(more.text)
        if said[0]:
            yield _Label(cell=cell, fields=fields), " ".join(said), after


def _is_label(cell: Cell) -> bool:
    return bool(names(cell.text)) or labels.field_of(cell.text) is not None


def _short(text: str) -> tuple[str, ...]:
    """What words before a colon name, also in two languages: "SEA WAYBILL / Connaissement:"."""
    said = [_SHORT.get(labels.plain(part)) for part in text.strip(" :：").split("/")]
    kept = said[0] if len(set(said)) == 1 else _SHORT.get(labels.plain(text))
    return kept or ()


_BILLS = (
    *("sea waybill", "waybill", "bill of lading", "ocean bill of lading", "connaissement"),
    *("conocimiento de embarque", "konnossement", "seefrachtbrief", "polizza di carico"),
)
_SHORT = {
    "delivery": ("transport.placeOfDelivery",),
    "loading": ("transport.portOfLoading",),
    "discharge": ("transport.portOfDischarge",),
    **dict.fromkeys(_BILLS, ("transport.masterBill",)),
}


def _take(field: str, label: _Label, lines: Sequence[Sequence[Cell]], found: Findings) -> None:
    if not lines or not lines[0]:
        return
    if field.rstrip(_ELSE) in _PLACES:
        texts = [line[0].text for line in lines if line]
    elif field in _DATES:
        texts = [" ".join(one.text for one in line) for line in lines]
    elif field in (_SHIP_AND_VOYAGE, "transport.vessel") and _voyage_apart(lines[0]):
        texts = [f"{lines[0][0].text} / {lines[0][1].text}"]
    else:
        texts = [" ".join(one.text for one in line) for line in lines[:1]]
        texts = [_share(field, label, texts[0])]
    _said(field, label, texts, lines[0][0], SURE, found)


def _share(field: str, label: _Label, text: str) -> str:
    """A field's part of a value: under "AMS B/L No. / SCAC" stands "KLPH2509031 / KLPH"."""
    parts = text.split(" / ")
    coded = {_AMS, "transport.scac", "transport.houseBill", "transport.masterBill"}
    if len(parts) == len(label.fields) > 1 and coded & set(label.fields):
        return parts[label.fields.index(field)]
    return text


def _voyage_apart(line: Sequence[Cell]) -> bool:
    """Whether the voyage stands in a cell of its own behind the ship."""
    return len(line) > 1 and re.fullmatch(_VOYAGE, line[1].text.upper()) is not None


def _said(
    field: str, label: _Label, texts: Sequence[str], cell: Cell, sure: float, found: Findings
) -> None:
    """Add what the lines of a box say of a field."""
    text = texts[0].strip(" :-")
    if field in _PLACES:
        if where := _place(texts):
            found.add(field, where, sure, cell, where)
    elif field in _DATES:
        _date(field, texts, cell, sure, found)
    elif field in (_AMS, _CODE_AND_BILL):
        _coded(field, text, cell, sure, found)
    elif field.endswith(_ELSE):
        found.add(field, _place(texts), sure, cell)
    elif field == _FLIGHT:
        if flight := _FLIGHT_NO.search(text):
            found.add("transport.voyage", re.sub(r"[\s/-]", "", flight[1]), sure, cell, flight[1])
    elif field in (_SHIP_AND_VOYAGE, "transport.vessel"):
        both = field == _SHIP_AND_VOYAGE or "transport.voyage" in label.fields
        ship(text, cell, sure, found, both=both)
    elif field == "transport.voyage":
        if len(label.fields) == 1 and re.fullmatch(rf"(?i)(?:V(?:OY)?\.?\s*)?({_VOYAGE})", text):
            found.add(field, re.sub(r"(?i)^voy\.?\s*", "", text).upper(), sure, cell, text)
    elif field in ("transport.masterBill", "transport.houseBill", "transport.scac"):
        taking.take(field, text, cell, sure, found)
    elif field == "transport.freeTimeDays" and (days := re.match(r"\W*(\d{1,2})\b", text)):
        found.add(field, int(days[1]), sure, cell, text)


def _coded(field: str, text: str, cell: Cell, sure: float, found: Findings) -> None:
    """A carrier's code and the number of a bill, in one word or in two."""
    if field == _AMS and (code := re.match(r"([A-Z]{4})\s?[A-Z0-9]*\d{4}", text)):
        found.add("transport.scac", code[1], LIKELY, cell, text)
        found.add("transport.houseBill", values.bill(text), WEAK, cell, text)
    apart = re.match(r"([A-Z]{4})\s*[-/ ]\s*([A-Z0-9]*\d[A-Z0-9]*)\b", text.upper())
    if field == _CODE_AND_BILL and apart:
        found.add("transport.scac", apart[1], sure, cell, text)
        found.add("transport.masterBill", values.bill(apart[2]), sure, cell, text)


def _date(field: str, texts: Sequence[str], cell: Cell, sure: float, found: Findings) -> None:
    """The first date of a box: "LAST FREE DAY / G.O. DATE" says two, the first label's first."""
    dates = [said[0] for one in texts if (said := _WHEN.search(one))]
    if dates and (read := values.day(dates[0])):
        found.add(field, read.value, WEAK if read.unsure else sure, cell, dates[0])


def _place(texts: Sequence[str]) -> str | None:
    """A town, its country or state in the next line: "VUNG TAU," / "VIETNAM"."""
    said = _CODED.sub("", _WHEN.sub("", texts[0]).strip(" /-:*"))
    if len(texts) > 1:
        more = _WHEN.sub("", texts[1]).strip(" /-:*")
        goes_on = said.endswith(",") or values.country(more) is not None
        if goes_on and not _NO_PLACE.search(more) and len(f"{said} {more}") <= _LONGEST_PLACE:
            said = f"{said} {more}"
    said = " ".join(said.split()).strip(" ,")
    plain = re.search(r"[^\W\d_]{3}", said) or re.search(r"[\u3400-\u9fff\uac00-\ud7a3]{2}", said)
    if not plain or len(said) > _LONGEST_PLACE or _NO_PLACE.search(said) or names(said):
        return None
    return said


def ship(text: str, cell: Cell, sure: float, found: Findings, *, both: bool) -> None:
    """A ship, and behind it its voyage: "LOTUS STREAM V.018E", "LOTUS A09 /E014"."""
    said = " ".join(text.upper().split())
    match = re.match(
        rf"^(.{{3,40}}?)[\s,]*(?:/|\bV(?:OY(?:AGE)?)?\.?\s?-?\s?(?:NO\.?\s?)?(?=[A-Z]{{0,3}}\d))\s*({_VOYAGE})\b",
        said,
    ) or (re.match(rf"^(.{{3,40}}?)\s+({_VOYAGE})(?:\s*/.*)?$", said) if both else None)
    name = (match[1] if match else said.partition("/")[0]).strip(" ,.-/")
    if re.search(r"[A-Z]{3}", name) and len(name) <= 40 and not names(name):
        found.add("transport.vessel", re.sub(r"^M[./]?V\.?\s+", "", name), sure, cell, text)
        if match and any(char.isdigit() for char in match[2]):
            found.add("transport.voyage", match[2], sure, cell, text)


def _waybill(rows: Sequence[Row], found: Findings) -> None:
    """The numbers of an air waybill, in the corners of its form.

    "176-4471 2080", with the airport of departure "176 NGO 4471 2080"; the house's on the right.
    """
    for row in rows:
        for place, cell in enumerate(row):
            whole = " ".join(one.text for one in row[place : place + 3])
            parted = place == 0 and re.fullmatch(r"\d{3}", cell.text) and _AWB.match(whole)
            match = _AWB.fullmatch(cell.text.strip()) or parted
            if match:
                number = f"{match[1]}-{match[2]}{match[3]}"
                found.add("transport.masterBill", number, LIKELY, cell)
                last = row[-1]
                house = _HAWB.fullmatch(last.text.strip()) if last is not cell else None
                if house:
                    found.add("transport.houseBill", values.bill(house[1]), WEAK, last)
                return


def _bare_number(rows: Sequence[Row], found: Findings) -> None:
    """The number of a bill behind a bare "No." in its head, as forwarders' forms print it."""
    for row in rows[:_TOP]:
        for cell, after in pairwise(row):
            if cell.page == 1 and labels.plain(cell.text) in ("no", "n°", "nr"):
                said = after.text.split(maxsplit=1)[0] if after.text.split() else ""
                found.add("transport.masterBill", values.bill(said), WEAK, after, said)
