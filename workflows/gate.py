"""The completeness gate: an ordered table of one-rule functions, each a reason not to file.

A blocker is computed each time that somebody asks and never stored. The order is the order in
which a broker would work. Adding a rule is adding a function and a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from storage.models import Document, Importer, LineItem, LineState, ReadState, Shipment
from storage.values import DocumentKind
from workflows import poa, screening
from workflows.screening import Screener


@dataclass(frozen=True)
class Case:
    """What the rules look at, read once."""

    session: Session
    shipment: Shipment
    documents: list[Document]
    lines: list[LineItem]
    importer: Importer | None
    screener: Screener
    needs_official_list: bool


Rule = Callable[[Case], Iterable[str]]


def importer_known(case: Case) -> Iterable[str]:
    if case.importer is None:
        named = case.shipment.parties.importer.name or case.shipment.parties.consignee.name
        yield (
            f"{named} is not among our importers: add it with 'tidewaiter importer add'."
            if named
            else "The importer of record is not known: correct the importer's name."
        )


def power_of_attorney(case: Case) -> Iterable[str]:
    if case.importer is not None and (problem := poa.problem(case.session, case.importer)):
        yield problem


def documents_read(case: Case) -> Iterable[str]:
    for document in case.documents:
        if document.state is ReadState.WAITING:
            yield f"{document.filename} is still being read."
        elif document.state is ReadState.UNREADABLE and document.looked_at_by is None:
            yield f"{document.filename} could not be read: a person must look at it."


def invoice_present(case: Case) -> Iterable[str]:
    """19 CFR 142.3(a)(3), 141.86."""
    if not _has(case, DocumentKind.COMMERCIAL_INVOICE):
        yield "The commercial invoice is missing (a proforma does not replace it)."


def packing_list_present(case: Case) -> Iterable[str]:
    """19 CFR 142.3(a)(4)."""
    if not _has(case, DocumentKind.PACKING_LIST):
        yield "The packing list is missing."


def right_to_make_entry(case: Case) -> Iterable[str]:
    """19 CFR 142.3(a)(2), 141.11: a bill of lading, air waybill or the carrier's notice."""
    carriage = (DocumentKind.BILL_OF_LADING, DocumentKind.AIR_WAYBILL, DocumentKind.ARRIVAL_NOTICE)
    transport = case.shipment.transport
    if not any(_has(case, kind) for kind in carriage) and not (
        transport.masterBill or transport.houseBill
    ):
        yield "There is no bill of lading, air waybill or arrival notice."


def invoice_signed(case: Case) -> Iterable[str]:
    for document in case.documents:
        if (
            document.kind is DocumentKind.COMMERCIAL_INVOICE
            and document.reading is not None
            and document.reading.signed is False
        ):
            yield f"{document.filename} has an empty signature line."


def required_fields(case: Case) -> Iterable[str]:
    for flag in case.shipment.flags:
        if flag.severity == "must_resolve":
            yield flag.message
    for line in case.lines:
        for flag in line.flags:
            if flag.severity == "must_resolve":
                yield f"Line {line.number}: {flag.message}"


def lines_decided(case: Case) -> Iterable[str]:
    if not case.lines:
        yield "No goods lines are known."
    waiting = [line for line in case.lines if line.state is LineState.OPEN]
    if len(waiting) == 1:
        yield f"Line {waiting[0].number} has no confirmed code."
    elif waiting:
        yield f"{len(waiting)} lines have no confirmed code."


def ten_digits(case: Case) -> Iterable[str]:
    short = [
        line.number
        for line in case.lines
        if line.code and len(line.code.replace(".", "")) < len("1234567890")
    ]
    if short:
        listed = ", ".join(str(number) for number in short[:10])
        yield f"An entry needs ten-digit codes; lines with fewer digits: {listed}."


def parties_screened(case: Case) -> Iterable[str]:
    if case.needs_official_list and not case.screener.official:
        yield "The denied-party list is only a demonstration: name the official list first."
    yield from screening.problems(case.session, case.shipment, case.screener)


RULES: tuple[Rule, ...] = (
    parties_screened,
    importer_known,
    power_of_attorney,
    documents_read,
    invoice_present,
    right_to_make_entry,
    packing_list_present,
    invoice_signed,
    required_fields,
    lines_decided,
    ten_digits,
)


def blockers(
    session: Session, shipment: Shipment, *, screener: Screener, needs_official_list: bool
) -> list[str]:
    """Everything that stands between this shipment and filing, in words."""
    case = case_of(session, shipment, screener=screener, needs_official_list=needs_official_list)
    return [reason for rule in RULES for reason in rule(case)]


def case_of(
    session: Session, shipment: Shipment, *, screener: Screener, needs_official_list: bool
) -> Case:
    """What the rules look at."""
    return Case(
        session=session,
        shipment=shipment,
        documents=list(
            session.exec(
                select(Document)
                .where(Document.shipment_id == shipment.id)
                .order_by(col(Document.id))
            )
        ),
        lines=list(
            session.exec(
                select(LineItem)
                .where(LineItem.shipment_id == shipment.id)
                .order_by(col(LineItem.number))
            )
        ),
        importer=session.get(Importer, shipment.importer_id) if shipment.importer_id else None,
        screener=screener,
        needs_official_list=needs_official_list,
    )


def _has(case: Case, kind: DocumentKind) -> bool:
    return any(document.kind is kind for document in case.documents)
