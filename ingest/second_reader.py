"""A language model is asked for fields that the reader is unsure of; the page has the last word.

Off unless an installation switches it on. It sees the words of one document and the names of the
fields that are missing or below the threshold, nothing else of the shipment. An answer counts only
where its words stand on a page of that document, in one piece, and are a value of the field's kind.
What both readers say is surer for it; what it alone says stays for a person to look at, and says
whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ingest.fields import taking
from ingest.fields.confidence import THRESHOLD
from ingest.fields.found import LIKELY, SURE, WEAK, Findings
from ingest.fields.layout import Cell
from ingest.fields.names import spoken
from ingest.pages.page import Word
from prompts import render
from storage.values import DocumentKind, Evidence, Flag, Printed, Reading, Value
from workflows.ports import Llm, Permanent

_K = DocumentKind
_INVOICES = (_K.COMMERCIAL_INVOICE, _K.PROFORMA_INVOICE)
_CARRIERS = (_K.BILL_OF_LADING, _K.AIR_WAYBILL, _K.ARRIVAL_NOTICE)
_MOST_LETTERS = 24_000  # of a document's words
_MOST_CELLS = 3  # that one value may stand over

MEANINGS: dict[str, str] = {
    "header.invoiceNumber": "the number of the commercial invoice",
    "header.invoiceDate": "the date of the invoice",
    "header.currency": "the currency of the prices",
    "header.incoterms": "the term of delivery, with its place",
    "header.purchaseOrder": "the buyer's order number",
    "header.paymentTerms": "the terms of payment",
    "parties.exporter.name": "the name of the seller, exporter or shipper, without its address",
    "parties.importer.name": "the name of the buyer or importer, without its address",
    "parties.consignee.name": "the name of the consignee, without its address",
    "parties.notifyParty.name": "the name of the party to notify, without its address",
    "parties.manufacturer.name": "the name of the manufacturer, without its address",
    "transport.masterBill": "the number of the master bill of lading or waybill",
    "transport.houseBill": "the number of the house bill of lading or waybill",
    "transport.vessel": "the name of the vessel",
    "transport.voyage": "the number of the voyage or flight",
    "transport.portOfLoading": "the port of loading",
    "transport.portOfDischarge": "the port of discharge",
    "transport.placeOfDelivery": "the place of delivery",
    "transport.etd": "the day of departure",
    "transport.eta": "the day of arrival",
    "totals.total": "the total of the invoice, the figure alone",
    "totals.packages": "how many packages, the figure alone",
    "totals.grossWeightKg": "the gross weight with its unit",
    "totals.netWeightKg": "the net weight with its unit",
}
"""The fields that it may be asked for, in words."""

_WANTED: dict[DocumentKind, tuple[str, ...]] = {
    **dict.fromkeys(
        _INVOICES,
        ("header.invoiceNumber", "header.invoiceDate", "header.currency",
         "parties.exporter.name", "totals.total"),
    ),
    _K.PACKING_LIST: ("totals.packages", "totals.grossWeightKg"),
    _K.BILL_OF_LADING: ("transport.vessel", "transport.portOfLoading", "transport.portOfDischarge"),
    _K.ARRIVAL_NOTICE: ("transport.masterBill", "transport.portOfDischarge", "transport.eta"),
}  # fmt: skip
"""What a document of a kind has, and is asked for where nothing was read."""
_MONEY = ("header.currency", "totals.total", "header.paymentTerms")


class Said(BaseModel):
    """One field of its answer."""

    model_config = ConfigDict(extra="ignore")
    field: str = Field(max_length=60)
    value: str = Field(max_length=300)


class Answer(BaseModel):
    """What it must answer."""

    model_config = ConfigDict(extra="ignore")
    fields: list[Said] = Field(max_length=60)


class _Seen(Value):
    value: Any
    evidence: Evidence


def wanted(reading: Reading) -> list[str]:
    """The fields of a document to ask for: those below the threshold, and missing ones it has."""
    kind = reading.documentType
    asked = []
    for path in MEANINGS:
        if path in _MONEY and kind not in _INVOICES:
            continue
        if kind in _CARRIERS and path.startswith("header."):
            continue
        value = value_at(reading, path)
        if value is None and path not in _WANTED.get(kind, ()):
            continue
        if value is None or reading.confidenceByField.get(path, 0.0) < THRESHOLD:
            asked.append(path)
    return asked


def ask(llm: Llm, reading: Reading, printed: Sequence[Printed]) -> Reading:
    """The reading with what the model could add and the pages bear out.

    `printed` are the cells of the document's pages in reading order. `Transient`: it is away.
    """
    fields = wanted(reading)
    if not fields or not printed:
        return reading
    try:
        answer = llm.complete(
            render("extraction/fields"),
            render(
                "extraction/fields_page",
                kind=reading.documentType.value.replace("_", " "),
                fields={path: MEANINGS[path] for path in fields},
                words=_words(printed),
            ),
            Answer,
        )
    except Permanent as exc:
        return told(reading, f"The language model's answer was not used: {exc}")
    source = f"the language model {llm.name}"
    strange = 0
    for said in {one.field: one for one in answer.fields}.values():
        if said.field not in fields:
            continue
        seen = _on_a_page(said.field, said.value, printed, source)
        if seen is None:
            strange += bool(said.value.strip())
        else:
            reading = _taken(reading, said.field, seen, source)
    if strange:
        reading = told(
            reading, f"{strange} answers of the language model stand on no page and were not used."
        )
    return reading


def told(reading: Reading, words: str) -> Reading:
    """The reading with a remark on the model."""
    note = Flag(type="language_model", field=None, severity="info", message=words)
    return reading.model_copy(update={"flags": (*reading.flags, note)})


def _words(printed: Sequence[Printed]) -> str:
    rows: list[str] = []
    at: tuple[int, int] | None = None
    for one in printed:
        if at == (one.page, one.row):
            rows[-1] += f" | {one.text}"
            continue
        if at is None or at[0] != one.page:
            rows.append(f"Page {one.page}:")
        rows.append(one.text)
        at = (one.page, one.row)
    return "\n".join(rows)[:_MOST_LETTERS]


def _on_a_page(path: str, value: str, printed: Sequence[Printed], source: str) -> _Seen | None:
    """The value as its field has it, where its very words stand; None when they stand nowhere."""
    words = _parts(value)
    if not words:
        return None
    for run in _runs(printed, words):
        text = " ".join(value.split())
        box = (
            min(one.box[0] for one in run),
            min(one.box[1] for one in run),
            max(one.box[2] for one in run),
            max(one.box[3] for one in run),
        )
        typed = _typed(path, text, run[0].page, box)
        if typed is not None:
            found = " ".join(one.text for one in run)
            evidence = Evidence(page=run[0].page, box=box, text=found[:400], by=source)
            return _Seen(value=typed, evidence=evidence)
    return None


def _runs(printed: Sequence[Printed], words: Sequence[str]) -> Iterator[Sequence[Printed]]:
    """A cell that has the words one after the other, or neighbours that are the words together."""
    size = len(words)
    for at, cell in enumerate(printed):
        said = _parts(cell.text)
        if any(said[start : start + size] == words for start in range(len(said) - size + 1)):
            yield (cell,)
        for count in range(2, _MOST_CELLS + 1):
            run = printed[at : at + count]
            if len(run) < count or not _neighbours(run[-2], run[-1]):
                break
            said = [*said, *_parts(run[-1].text)]
            if said == words:
                yield run


def _neighbours(one: Printed, other: Printed) -> bool:
    """Beside each other, or one under the other."""
    if one.page != other.page or other.row - one.row > 1:
        return False
    return one.row == other.row or (one.box[0] < other.box[2] and other.box[0] < one.box[2])


def _parts(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _typed(path: str, text: str, page: int, box: tuple[float, float, float, float]) -> Any:
    if path.startswith("parties."):
        return text if re.search(r"[^\W\d_]{2}", text) else None
    x0, y0, x1, y1 = box
    cell = Cell(page=page, words=(Word(text=text, x0=x0, y0=y0, x1=max(x1, x0 + 1), y1=y1),))
    found = Findings()
    taking.take(path, text, cell, SURE, found)
    return found.get(path)


def _taken(reading: Reading, path: str, seen: _Seen, source: str) -> Reading:
    before = value_at(reading, path)
    flags = [
        one
        for one in reading.flags
        if not (one.field == path and one.type in ("missing", "low_confidence"))
    ]
    if before is not None and _alike(before, seen.value):
        sure = {**reading.confidenceByField, path: LIKELY}
        own = reading.evidence[path].model_copy(update={"by": f"our reader and {source}"})
        return reading.model_copy(
            update={
                "flags": tuple(flags),
                "confidenceByField": sure,
                "evidence": {**reading.evidence, path: own},
            }
        )
    words = f"Please check {spoken(path)}: {source} reads “{str(seen.value)[:60]}”"
    words += f", we read “{str(before)[:60]}”." if before is not None else "."
    flags.append(Flag(type="low_confidence", field=path, severity="review", message=words))
    return _put(reading, path, seen.value).model_copy(
        update={
            "flags": tuple(flags),
            "confidenceByField": {**reading.confidenceByField, path: WEAK},
            "evidence": {**reading.evidence, path: seen.evidence},
        }
    )


def _alike(ours: object, theirs: object) -> bool:
    if isinstance(ours, str) and isinstance(theirs, str):
        return _parts(ours) == _parts(theirs)
    return ours == theirs


def value_at(reading: Reading, path: str) -> Any:
    """The value of a field by its path."""
    where: Any = reading
    for step in path.split("."):
        where = getattr(where, step)
    return where


def _put(reading: Reading, path: str, value: Any) -> Reading:
    section, *steps = path.split(".")
    part: Value = getattr(reading, section)
    if len(steps) > 1:
        party: Value = getattr(part, steps[0])
        # Another name: the address that was read is not its own.
        fresh = type(party).model_validate({steps[1]: value})
        made = part.model_copy(update={steps[0]: fresh})
        gone = f"{section}.{steps[0]}."
        kept: Mapping[str, Mapping[str, Any]] = {
            name: {key: one for key, one in getattr(reading, name).items() if gone not in key}
            for name in ("confidenceByField", "evidence")
        }
        return reading.model_copy(update={section: made, **kept})
    return reading.model_copy(update={section: part.model_copy(update={steps[0]: value})})
