"""Who wrote a paper that labels no seller: the firm at its head, or the one that signs for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ingest import kinds
from ingest.fields import labels, values, whereabouts
from ingest.fields.layout import Cell, Row

MOST_LINES = 7
_TOP = 14  # rows in which a letterhead stands
_HEAD = 0.25  # of the page's height
_LEGAL = (
    r"g\.?m\.?b\.?h|ges\.?\s?m\.?\s?b\.?\s?h|ltd|limited|inc|incorporated|llc|l\.l\.c|corp|corporation"
    r"|co\.?,?\s*(?:ltd|limited)|company|a\.?g|k\.?g|kgaa|ohg|plc|s\.?\s?a|s\.?\s?a\.?\s?s|s\.?a\.?r\.?l"
    r"|s\.?\s?a\.?\s?c|s\.?\s?r\.?\s?l|s\.?\s?p\.?\s?a|s\.?\s?l|b\.?v|n\.?v|a/s|aps|a\.?s|ab"
    r"|oy|oyj|lda|ltda|e\.?i\.?r\.?l"
    r"|jsc|pvt|pte|sdn\.?\s?bhd|bhd|tbk|k\.?k|sp\.?\s?z\.?\s?o\.?\s?o|s\.?r\.?o|d\.?o\.?o|kft|zrt|ooo"
    r"|a\.?\s?[şs]|ltd\.?\s?[şs]ti|anon[iı]m [şs][iı]rket[iı]|limited [şs][iı]rket[iı]"
    r"|s\.?\s?a\.?\s?de\s?c\.?\s?v"
    r"|有限公司|株式会社|주식회사"
)
_FIRM = re.compile(rf"(?i)(?:^|[\s,.)])(?:{_LEGAL})\.?\s*$")
_SIGNS = re.compile(
    r"(?i)^\W*(?:for\s*(?:(?:and|&)\s*on\s+behalf\s+of)?|p\.?\s?p\.?|on behalf of|por|für|pour)"
    r"[\s:,]+(?:m/s\.?\s*)?(\S.{4,80})$"
)
_SENDER = re.compile(r"^(.{5,60}?)(?:,\s|\s+[-\u2013\u2022\u00b7|*\u25cf]+\s+)(.*\d.*)$")
"""A sender in one small line: "Brandt GmbH - Am Hammer 7 - 42655 Solingen"."""
_ADDRESSED = re.compile(r"(?i)\W*(?:to\b\W*)?(?:m\s?/\s?s|messrs)\b")
"""To whom it is written."""
_OPEN = re.compile(r"(?i)(?:\b(?:ve|and|e|y|und|et|of|de)|[&,–-])$")
"""How the first row of a name ends that goes on in the next."""
_GOES_ON = re.compile(r"(?:di|de|du|des|of|von|van|dei|della|by) [A-Z]")
"""How the second row of a name begins: "di Rossi F.lli S.n.c."."""
_LONGEST_NAME = 90


def is_firm(text: str) -> bool:
    """Whether the text is a firm's name with its legal form behind it: "Nordhavn Pumper A/S"."""
    bare = re.sub(r"\s*\([^()]*\)\s*$", "", text.strip(" *,;:")).strip(" *,;:")
    if not 5 <= len(bare) <= _LONGEST_NAME or re.search(r":|@|\bwww\.", bare):
        return False
    if re.search(r"(?i)\bU\.?\s?S\.?\s?A\.?$|\d\s*kg$|,\s*(?:AB|SA)$", bare):
        return False  # a country, a weight, a province
    return bool(_FIRM.search(bare)) and bool(re.search(r"[^\W\d_]{3}", bare))


def at_the_head(rows: Sequence[Row], taken: Iterable[str]) -> list[tuple[str, Cell]]:
    """The first firm at the head of the paper and what stands under it, or nothing.

    `taken`: names of the other parties, who are not the writer.
    """
    others = {_folded(one) for one in taken if one}
    deep = max((cell.y1 for row in rows for cell in row if cell.page == 1), default=0.0)
    for at, row in enumerate(rows[:_TOP]):
        for cell in row:
            if cell.page != 1 or (cell.height > 1 and cell.y0 > deep * _HEAD):
                continue
            name = cell.text.strip(" *")
            sender = _SENDER.match(name)
            if sender and name[:1].isalnum() and is_firm(sender[1]):
                name = sender[1]  # over the window of the envelope: the firm and its address
            if not is_firm(name) or not _is_plain(cell) or _ADDRESSED.match(name):
                continue
            if any(other and other in _folded(name) for other in others):
                continue
            if _of_another(rows, at, cell):
                continue
            if sender and name == sender[1]:
                return [(name, cell), (sender[2], cell)]
            return _with_head(rows, at, cell, name)
    return []


def signing(rows: Sequence[Row], taken: Iterable[str]) -> list[tuple[str, Cell]]:
    """The firm for which somebody signs: "For Royal Crest Surgical (Pvt.) Ltd"."""
    others = {_folded(one) for one in taken if one}
    for row in rows[len(rows) // 3 :]:
        for cell in row:
            match = _SIGNS.match(cell.text)
            if match and is_firm(match[1]) and _folded(match[1]) not in others:
                return [(match[1].strip(" ,:"), cell)]
    return []


def country(rows: Sequence[Row]) -> tuple[str, Cell] | None:
    """The one country that the head of the paper tells, above what names the other parties."""
    ends = next(
        (
            at
            for at, row in enumerate(rows)
            for cell in row
            if (label := labels.field_of(cell.text)) and label[0] in _OTHERS
        ),
        0,
    )
    lands: dict[str, Cell] = {}
    for row in rows[: min(ends, _TOP)]:
        for cell in row:
            if cell.page != 1 or labels.field_of(cell.text):
                continue
            named = values.country_at_end(cell.text) if len(cell.text) > 3 else None
            if land := named or whereabouts.told(cell.text):
                lands.setdefault(land, cell)
    return next(iter(lands.items())) if len(lands) == 1 else None


_OTHERS = frozenset(
    {"parties.consignee", "parties.importer", "parties.notifyParty", "parties.shipTo"}
)


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _is_plain(cell: Cell) -> bool:
    return not labels.field_of(cell.text) and not kinds.is_title(cell.text)


def _of_another(rows: Sequence[Row], at: int, cell: Cell) -> bool:
    """Whether the label of another party stands close above the firm."""
    for row in rows[max(at - 3, 0) : at + 1]:
        for one in row:
            named = labels.field_of(one.text)
            if named is None or not named[0].startswith("parties."):
                continue
            over = one.page == cell.page and one.x0 < cell.x1 and one.x1 > cell.x0 - cell.height
            if over and cell.y0 - one.y1 < cell.height * 3:
                return True
            if one in rows[at] and one.x1 <= cell.x0:
                return True
    return False


def _said_whole(rows: Sequence[Row], upper: Cell, lower: Cell) -> bool:
    """Whether the paper says both rows of a name in one elsewhere: over the address, signing."""
    whole = _folded(f"{upper.text} {lower.text}")
    return any(
        _folded(one.text).startswith(whole)
        for row in rows
        for one in row
        if one is not upper and one is not lower
    )


def _with_head(rows: Sequence[Row], at: int, cell: Cell, name: str) -> list[tuple[str, Cell]]:
    """The firm, its name joined over two rows, and the lines under it on its own left edge."""
    for upper in rows[max(at - 1, 0) : at]:
        for one in upper:
            near = abs(one.x0 - cell.x0) < 4 and cell.y0 - one.y1 < cell.height * 0.7
            plain = _is_plain(one) and not re.search(r"\d|:", one.text)
            alike = abs(one.height - cell.height) < cell.height * 0.15 and cell.height > 1
            goes_on = bool(_GOES_ON.match(cell.text)) and cell.height > 1
            opens = alike and _OPEN.search(one.text)
            if near and plain and (goes_on or opens or _said_whole(rows, one, cell)):
                name = f"{one.text.strip(' *')} {name}"
    lines, last = [(name, cell)], cell
    for row in rows[at + 1 : at + 1 + MOST_LINES]:
        # Below a name in the middle of the page its address is as wide or wider.
        under = [one for one in row if one.x0 < cell.x1 and one.x1 > cell.x0]
        if (
            not under
            or under[0].page != cell.page
            or under[0].y0 - last.y1 > 1.6 * min(last.height, under[0].height)
        ):
            break
        if any(labels.field_of(one.text) for one in row if one.x0 < cell.x1):
            break
        if not _is_plain(under[0]) or re.fullmatch(r"\W*", under[0].text):
            break
        lines.append((under[0].text, under[0]))
        last = under[0]
    return lines
