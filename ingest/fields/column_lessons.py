"""What corrections of goods lines taught: which column of a shipper's table holds which field.

A table is known by the words of its heading. A lesson is the heading of one column and what stands
under it; no value of a line is kept. A lesson must read its own document right, or it is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.fields import headings, labels, lineread, tables, values
from ingest.fields.layout import Cell, Row
from ingest.fields.lessons import alike, may_be_kept, same
from ingest.fields.lineread import LineRead
from ingest.fields.tables import Table
from storage.values import InvoiceLine, Lesson, Reading, TaughtLine

PATH = "lineItems."
_FIELDS = frozenset(
    {"description", "sku", "quantity", "unit", "unitPrice", "extendedValue"}
    | {"countryOfOrigin", "hsCodeHint"}
)
_FIGURES = ("quantity", "unitPrice", "extendedValue")
_FEWEST = 3  # columns with words: a narrower table is not known again
_FEWEST_ALIKE = 2  # of a line's fields that a row must show, to be the line's
_MOST_ABOVE = 60  # rows between a heading and a line of goods
_TALLEST = 4  # rows of one heading
_SHORTEST_WORDS = 8  # letters of a wrapped description that stand in its row


def learn(
    rows: Sequence[Row], line: TaughtLine, plain: Reading, *, grid: bool
) -> Iterator[tuple[Lesson, ...]]:
    """The lessons that a line may teach, the likeliest first: the caller tries them.

    `plain` is the document as it was read without any.
    """
    european = values.european(cell.text for row in rows for cell in row)
    at = _row_of(rows, line, european=european)
    if at is None:
        return
    for header, first in _headings(rows, at):
        private = _private(plain, line, header)
        under = tables.texts_under(header, rows[first : at + 1], rows[at], grid=grid)
        if made := _lessons(header, under, line, private, european=european):
            yield made


def said_right(made: Sequence[InvoiceLine], line: TaughtLine) -> bool:
    """Whether one of these lines says what the person set."""
    return any(
        all(
            _agrees(field, getattr(one, field), line.values.get(field, ""))
            for field in line.changed
        )
        for one in made
    )


def known(rows: Sequence[Row], lessons: Sequence[Lesson]) -> dict[str, Lesson]:
    """The lessons about a table of this document, by the words of the heading; the newest wins."""
    about = [one for one in lessons if one.place == "column"]
    found: dict[str, Lesson] = {}
    if about:
        shown = [_words(header) for header in _bands(rows)]
        for lesson in about:
            if any(lesson.label in one and alike(lesson.layout, one) for one in shown):
                found[lesson.label] = lesson
    return found


def taught(known_here: Mapping[str, Lesson]) -> headings.Taught:
    """The same as the reader of tables takes it: the field by the words of its heading."""
    newest: dict[str, str] = {}
    for label, lesson in known_here.items():
        newest[lesson.path.removeprefix(PATH)] = label
    return {label: field for field, label in newest.items()}


def told(table: Table, known_here: Mapping[str, Lesson]) -> Table:
    """The table, with whose lesson it was beside each value that came by one."""
    says = {one.path.removeprefix(PATH): one.says for one in known_here.values()}
    fields = {field: says[field] for field in table.taught if field in says}
    if not fields:
        return table
    return table.model_copy(update={"lines": tuple(_told(one, fields) for one in table.lines)})


def _told(line: LineRead, says: Mapping[str, str]) -> LineRead:
    evidence = {
        field: seen.model_copy(update={"learned": says[field]}) if field in says else seen
        for field, seen in line.evidence.items()
    }
    return line.model_copy(update={"evidence": evidence})


def _row_of(rows: Sequence[Row], line: TaughtLine, *, european: bool) -> int | None:
    """The row that shows the most of a line; None when none does, or two do as much."""
    best: list[int] = []
    most = _FEWEST_ALIKE
    for at, row in enumerate(rows):
        shown = {
            field
            for field, text in line.values.items()
            if field in _FIELDS
            and any(
                _agrees(field, lineread.said_in(field, cell.text, cell, european=european), text)
                for cell in row
            )
        }
        if not shown & {*_FIGURES} or not shown & {*line.changed} or len(shown) < most:
            continue
        best = [at] if len(shown) > most else [*best, at]
        most = len(shown)
    return best[0] if len(best) == 1 else None


def _headings(rows: Sequence[Row], at: int) -> Iterator[tuple[Row, int]]:
    """The headings that may stand over a row of goods, each with the row after it.

    First the one that the reader knows; else rows of words above the goods, the nearest first.
    """
    last, header = headings.find(rows)
    if header is not None and last < at:
        yield header, last + 1
    page = rows[at][0].page
    for end in range(at - 1, max(at - _MOST_ABOVE, 0) - 1, -1):
        if rows[end][0].page != page:
            return
        for start in range(end, max(end - _TALLEST, -1), -1):
            band = rows[start : end + 1]
            if not headings.close(band):
                break
            header = headings.band_of(band)
            if len(_words(header)) >= _FEWEST:
                yield header, end + 1


def _bands(rows: Sequence[Row]) -> Iterator[Row]:
    for start in range(len(rows)):
        for end in range(start + 1, min(start + _TALLEST, len(rows)) + 1):
            band = rows[start:end]
            if not headings.close(band):
                break
            yield headings.band_of(band)


def _words(header: Row) -> tuple[str, ...]:
    """The words of each cell of a heading: by these it is known."""
    return tuple(word for cell in header if (word := labels.plain(cell.text)))


def _private(plain: Reading, line: TaughtLine, header: Row) -> str:
    """The names, addresses and goods of a document, of which no word is kept.

    Where a heading was taken for a party, its words are those of the heading all the same.
    """
    top, bottom = min(cell.y0 for cell in header), max(cell.y1 for cell in header)
    said = [line.values.get("description"), *(one.description for one in plain.lineItems)]
    for party in type(plain.parties).model_fields:
        block = getattr(plain.parties, party)
        for field in ("name", "address"):
            seen = plain.evidence.get(f"parties.{party}.{field}")
            here = seen is not None and seen.page == header[0].page
            if seen is None or not here or seen.box[3] <= top or seen.box[1] >= bottom:
                said.append(getattr(block, field))
    return " | ".join(labels.plain(one) for one in said if one)


def _lessons(
    header: Row,
    under: Mapping[int, tuple[str, Cell]],
    line: TaughtLine,
    private: str,
    *,
    european: bool,
) -> tuple[Lesson, ...]:
    """A lesson for each corrected field whose value stands under a cell of this heading."""
    layout = tuple(one for one in _words(header) if may_be_kept(one, private))
    if len(layout) < _FEWEST:
        return ()
    made: list[Lesson] = []
    for field in line.changed:
        where = [
            place
            for place, (text, cell) in under.items()
            if _agrees(
                field,
                lineread.said_in(field, text, cell, european=european),
                line.values.get(field, ""),
            )
        ]
        # Two columns with one value (a net and a gross weight): which of them, nobody said.
        label = labels.plain(header[where[0]].text) if len(where) == 1 else ""
        if label in layout and label not in {one.label for one in made}:
            made.append(Lesson(path=PATH + field, label=label, place="column", layout=layout))
    return tuple(made)


def _agrees(field: str, read: Any, wanted: str) -> bool:
    if read is None or not wanted:
        return False
    if same(read, wanted):
        return True
    if field != "description":
        return False
    # Its words go on in the rows below.
    begins, whole = (" ".join(str(one).casefold().split()) for one in (read, wanted))
    return len(begins) >= _SHORTEST_WORDS and whole.startswith(begins)
