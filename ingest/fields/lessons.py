"""What people's corrections taught: where a value stands on a layout that was seen before.

A layout is known by its labels and column headings. A lesson is a label and the place of the
value beside it; values are neither kept nor compared with those of another document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from ingest.fields import labels, parties, taking
from ingest.fields.found import SURE, Findings
from ingest.fields.layout import Cell, Row, below
from storage.values import Lesson, Reading, Value

_ALIKE = 0.6  # of the labels of two documents: the same layout
_FEWEST = 3  # labels: fewer tell no layout from another
_MOST = 60
_LONGEST, _MOST_WORDS = 40, 5  # of a label
_PARTY_NAME = re.compile(r"^parties\.\w+\.name$")
_NEAREST: tuple[Literal["inside", "beside", "below"], ...] = ("inside", "beside", "below")


class _Offer(Value):
    """Words that stand in a place of a label."""

    label: str
    place: Literal["inside", "beside", "below"]
    text: str
    cell: Cell


def layout(rows: Sequence[Row]) -> tuple[str, ...]:
    """The labels and column headings that a document shows, in the order of the alphabet."""
    shown = set()
    for row in rows:
        for cell in row:
            if labels.field_of(cell.text) or labels.column_of(cell.text):
                word = labels.plain(cell.text.partition(":")[0])
                if word and not any(char.isdigit() for char in word):
                    shown.add(word[:_LONGEST])
    return tuple(sorted(shown))[:_MOST]


def alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two documents have the same layout, although one shows a label more."""
    ours, theirs = set(one), set(other)
    return len(ours & theirs) >= max(_ALIKE * len(ours | theirs), 1)


def learn(rows: Sequence[Row], reading: Reading, wanted: Mapping[str, str]) -> tuple[Lesson, ...]:
    """Where the right values stand on this document, for those that it was not read right for.

    `wanted` has the values by path, as a person wrote them. What stands behind no label, or on a
    document with too few labels to know it again, teaches nothing.
    """
    shown = layout(rows)
    if len(shown) < _FEWEST:
        return ()
    private = names_in(reading, wanted)
    found = []
    for path, text in wanted.items():
        section, _, rest = path.partition(".")
        read: Any = getattr(reading, section)
        for step in rest.split("."):
            read = getattr(read, step)
        if not text or (read is not None and same(read, text)):
            continue
        for label, place in _places(rows, path, text):
            if may_be_kept(label, private):
                found.append(Lesson(path=path, label=label, place=place, layout=shown))
                break
    return tuple(found)


def apply(rows: Sequence[Row], lessons: Sequence[Lesson], found: Findings) -> None:
    """Read what the lessons of this layout say; it stands before what the reader found itself."""
    shown = layout(rows)
    for lesson in lessons:
        if lesson.place == "column" or not alike(lesson.layout, shown):
            continue
        taught = _read(rows, lesson)
        if taught.get(lesson.path) is None:
            continue
        found.flags += taught.flags
        if lesson.place == "block":
            # A name with another's address would be invented.
            party = lesson.path.removesuffix("name")
            for path in [one for one in found.by_path if one.startswith(party)]:
                found.by_path.pop(path)
            kept = [path for path in taught.by_path if path.startswith(party)]
        else:
            kept = [lesson.path]
        for path in kept:
            one = taught.by_path[path]
            seen = one.evidence.model_copy(update={"learned": lesson.says})
            found.by_path[path] = one.model_copy(update={"evidence": seen})


def _read(rows: Sequence[Row], lesson: Lesson) -> Findings:
    taught = Findings()
    if lesson.place == "block":
        for label, block in _blocks(rows):
            if label == lesson.label and block and taught.get(lesson.path) is None:
                parties.store(lesson.path.removesuffix(".name"), block, SURE, taught)
        return taught
    for offer in _offers(rows):
        if (
            (offer.label, offer.place) == (lesson.label, lesson.place)
            and not labels.field_of(offer.text)
            and taking.take(lesson.path, offer.text, offer.cell, SURE, taught)
        ):
            break
    return taught


def _places(
    rows: Sequence[Row], path: str, wanted: str
) -> Iterator[tuple[str, Literal["inside", "beside", "below", "block"]]]:
    """The labels that the wanted value stands with, the surest place first."""
    if _PARTY_NAME.match(path):
        for label, block in _blocks(rows):
            read = Findings()
            if block:
                parties.store(path.removesuffix(".name"), block, SURE, read)
            if (name := read.get(path)) is not None and same(name, wanted):
                yield label, "block"
        return
    if not taking.takes(path):
        return
    offers = list(_offers(rows))
    for place in _NEAREST:
        for offer in offers:
            read = Findings()
            if (
                offer.place == place
                and taking.take(path, offer.text, offer.cell, SURE, read)
                and (value := read.get(path)) is not None
                and same(value, wanted)
            ):
                yield offer.label, place


def _offers(rows: Sequence[Row]) -> Iterator[_Offer]:
    """Every cell as a label, with what stands in it, beside it and below it."""
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            head, colon, tail = cell.text.replace("：", ":").partition(":")
            label = labels.plain(head)
            if not label or len(label) > _LONGEST:
                continue
            if colon and tail.strip():
                yield _Offer(label=label, place="inside", text=tail.strip(), cell=cell)
                continue
            if place + 1 < len(row):
                beside = row[place + 1]
                text = beside.text.lstrip(":： ")
                yield _Offer(label=label, place="beside", text=text, cell=beside)
            if under := below(rows, at, cell):
                yield _Offer(label=label, place="below", text=under.text, cell=under)


def _blocks(rows: Sequence[Row]) -> Iterator[tuple[str, list[tuple[str, Cell]]]]:
    """Every cell as the label of a party, with the block that it heads."""
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            head, _, tail = cell.text.partition(":")
            label = labels.plain(head)
            if label and len(label) <= _LONGEST:
                yield label, parties.block_at(rows, at, row, place, tail.strip())[0]


def same(read: object, wanted: str) -> bool:
    """Whether what was read is what a person wrote, figures by their amount."""
    if isinstance(read, Decimal | int):
        try:
            return Decimal(wanted.replace(",", "")) == read
        except InvalidOperation:
            return False
    return _folded(str(read)) == _folded(wanted)


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[^\w/-]+", " ", text).casefold().split())


def names_in(reading: Reading, wanted: Mapping[str, str]) -> str:
    """The names, addresses and goods of a document: no word of them is kept as a label."""
    said = [*wanted.values(), *(line.description or "" for line in reading.lineItems)]
    for party in type(reading.parties).model_fields:
        block = getattr(reading.parties, party)
        # A name that was wrong may have been the label itself.
        said += [block.address or ""]
        said += [] if f"parties.{party}.name" in wanted else [block.name or ""]
    return " | ".join(labels.plain(one) for one in said)


def may_be_kept(label: str, private: str) -> bool:
    """Whether these words are a label, and no word of a name, an address or the goods."""
    words = label.split()
    return (
        bool(re.search(r"[^\W\d_]{2}", label))
        and not any(char.isdigit() for char in label)
        and "@" not in label
        and len(words) <= _MOST_WORDS
        and not re.search(rf"(?<!\w){re.escape(label)}(?!\w)", private)
    )
