"""The parties that no label names: who writes, whom an address is of, and where they sit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest import kinds
from ingest.fields import labels, letterhead, parties, values
from ingest.fields.found import LIKELY, WEAK, Findings
from ingest.fields.layout import Cell, Row

_CODE = 2  # letters of a country's code, which may be another word
_FOOT = 0.85  # of the page's height: below it is the foot
_HEADED = 2  # columns named in one row
_TALL = 1.4  # times the usual height: a name alone on top of a page is its letterhead
_ZIP = re.compile(r"\b[A-Z]{2}\s+\d{5}(?:-\d{4})?$")
_OTHERS = ("consignee", "importer", "notifyParty", "shipTo")


def read(rows: Sequence[Row], found: Findings, *, written_by_seller: bool) -> None:
    """What no label says of the parties: the seller of a letterhead, and where somebody is."""
    if written_by_seller:
        _letterhead(rows, found)
        _unlabelled(rows, found)
        _seller_country(rows, found)
    _named_again(rows, found)


def _letterhead(rows: Sequence[Row], found: Findings) -> None:
    """Who writes: the block at the top of the first page, when no seller is named."""
    others = [found.get(f"parties.{one}.name") or "" for one in _OTHERS]
    if found.get("parties.exporter.name"):
        _address_at_the_head(rows, others, found)
        return
    if firm := letterhead.at_the_head(rows, others) or letterhead.signing(rows, others):
        parties.store("parties.exporter", firm, WEAK, found)
        return
    head: list[tuple[str, Cell]] = []
    for row in rows[:12]:
        cell = row[0]
        text = " ".join(cell.text.split())
        theirs = not head and any(other and other in cell.text for other in others)
        if theirs or sum(1 for one in row if labels.column_of(one.text)) >= _HEADED:
            break  # the address of the one written to, or the headings of the goods
        if cell.page != 1 or labels.field_of(text) or kinds.is_title(text):
            if head:
                break
            continue
        if head and cell.y0 - head[-1][1].y1 > cell.height * 2.5:
            break
        if head and cell.x0 >= max(one.x1 for _, one in head):
            continue  # a box of another
        if head or re.search(r"[^\W\d]{3}", text):
            head.append((text, cell))
        if len(head) >= parties.MOST_LINES:
            break
    name = re.split(r"\s*\(", head[0][0])[0] if head else ""
    if not head or head[0][1].y0 > 140 or not re.search(r"[^\W\d]{3}", name):
        return
    heights = sorted(cell.height for row in rows for cell in row)
    if len(head) < 2 and head[0][1].height < _TALL * heights[len(heights) // 2]:
        return
    parties.store("parties.exporter", [(name, head[0][1]), *head[1:]], WEAK, found)


def _address_at_the_head(rows: Sequence[Row], others: Sequence[str], found: Findings) -> None:
    """The address of a seller who is named elsewhere, as the beneficiary of the payment."""
    firm = letterhead.at_the_head(rows, others)
    same = firm and labels.plain(firm[0][0]) == labels.plain(found.get("parties.exporter.name"))
    if same and not found.get("parties.exporter.address"):
        parties.store("parties.exporter", firm, WEAK, found)


def _seller_country(rows: Sequence[Row], found: Findings) -> None:
    """Where a seller sits whose address stands only in the foot of the page: all offices in one."""
    if not found.get("parties.exporter.name") or found.get("parties.exporter.country"):
        return
    if at_head := letterhead.country(rows):
        found.add("parties.exporter.country", at_head[0], WEAK, at_head[1])
        return
    deepest = max((cell.y1 for row in rows for cell in row if cell.page == 1), default=0.0)
    lands: dict[str, Cell] = {}
    for row in rows:
        for cell in row:
            if cell.page == 1 and cell.y0 > deepest * _FOOT and not labels.field_of(cell.text):
                land = values.country_in(cell.text)
                if land:
                    lands.setdefault(land, cell)
    if len(lands) == 1:
        land, cell = next(iter(lands.items()))
        found.add("parties.exporter.country", land, WEAK, cell)


def _named_again(rows: Sequence[Row], found: Findings) -> None:
    """The country of a party whose address is printed once more, and with it: in shipping marks."""
    for field in ("exporter", *_OTHERS):
        name = found.get(f"parties.{field}.name")
        if not name or found.get(f"parties.{field}.country"):
            continue
        for at, row in enumerate(rows):
            cell = next((one for one in row if labels.plain(one.text) == labels.plain(name)), None)
            land = _land_below(rows, at, cell) if cell is not None else None
            if land is not None:
                found.add(f"parties.{field}.country", land[0], WEAK, land[1])
                break


def _land_below(rows: Sequence[Row], at: int, name: Cell) -> tuple[str, Cell] | None:
    """A country that stands alone in its row, in the block under a name."""
    last = name
    for row in rows[at + 1 : at + 1 + parties.MOST_LINES]:
        under = next((one for one in row if abs(one.x0 - name.x0) < name.height), None)
        if under is None or under.page != name.page:
            continue
        if under.y0 - last.y1 > 2 * name.height or labels.field_of(under.text):
            return None
        if (land := values.country(under.text)) and len(under.text) > _CODE:
            return land, under
        last = under
    return None


def _unlabelled(rows: Sequence[Row], found: Findings) -> None:
    """An address block without a label: lines on one left edge, the last of them a country."""
    if found.get("parties.consignee.name") or found.get("parties.importer.name"):
        return
    if found.get("parties.shipTo.name"):
        for part in ("name", "address", "country"):  # who receives the goods, when nobody else does
            if there := found.by_path.get(f"parties.shipTo.{part}"):
                path = f"parties.consignee.{part}"
                sure = min(there.confidence, LIKELY)
                found.by_path[path] = there.model_copy(update={"path": path, "confidence": sure})
        return
    for at, row in enumerate(rows[:60]):
        for cell in row[:1]:
            ends = values.country(cell.text) if len(cell.text) > 2 else None
            if cell.page != 1 or (ends is None and not _ZIP.search(cell.text)):
                continue
            block = [cell]
            for upper in reversed(rows[max(at - parties.MOST_LINES, 0) : at]):
                same = [
                    one
                    for one in upper
                    if abs(one.x0 - cell.x0) < 3
                    and block[-1].y0 - one.y1 < cell.height * 1.5
                    and not labels.field_of(one.text)
                    and not kinds.is_title(one.text)
                ]
                if not same:
                    break
                block.append(same[0])
            name = found.get("parties.exporter.name")
            if name and block[-1].text.casefold().startswith(name.casefold()):
                block.pop()  # the sender in one line over the address
            if len(block) >= 3 and block[-1].text != name:
                lines = [(one.text, one) for one in reversed(block)]
                parties.store("parties.consignee", lines, WEAK, found)
                return
