"""The completeness gate: an ordered table of one-rule functions, each a reason not to file.

A blocker is computed each time that somebody asks and never stored. The order is the order in
which a broker would work. Adding a rule is adding a function and a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from sqlmodel import Session, col, select

from knowledge import calendar, lanes
from storage.models import (
    Document,
    Importer,
    LineItem,
    LineState,
    ReadState,
    Shipment,
    Statement,
)
from storage.values import DocumentKind
from workflows import adcvd, gate_rules, lane, offers, poa, screening, short_ship
from workflows.blockers import Blocker
from workflows.estimate import Priced
from workflows.offers import Lead
from workflows.ports import House
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
    house: House | None = None  #: without it only what the documents show is looked at
    made: list[Priced] = field(default_factory=list)  #: the estimate, once a rule has asked for it

    @cached_property
    def leads(self) -> dict[int, Lead]:
        """The leading candidate of each line."""
        return offers.leads(self.session, self.shipment.id)

    @cached_property
    def adcvd(self) -> adcvd.Standing:
        """The question about antidumping duty, and the type of the entry."""
        return adcvd.standing(self.session, self.shipment, lines=self.lines, leads=self.leads)

    @property
    def origin(self) -> str | None:
        """The country that the goods come from, as the seller's country."""
        return self.shipment.parties.exporter.country


Rule = Callable[[Case], Iterable[str | Blocker]]
"""A rule yields blockers; a plain sentence is a blocker for a broker that nothing waives."""

_MISSING_LAW = "19 CFR 141.66: under the bond, within 120 days"


def importer_known(case: Case) -> Iterable[Blocker]:
    if case.importer is None:
        named = case.shipment.parties.importer.name or case.shipment.parties.consignee.name
        yield Blocker(
            code="importer",
            words=f"{named} is not among our importers: add it with 'tidewaiter importer add'."
            if named
            else "The importer of record is not known: correct the importer's name.",
            who="operations" if named else "shipper",
        )


def power_of_attorney(case: Case) -> Iterable[Blocker]:
    """19 CFR 141.46. Who files for itself needs none."""
    own = case.house is not None and case.house.files_for is not None
    if case.importer is not None and not own:
        problem = poa.problem(case.session, case.importer, case.shipment)
        if problem:
            yield Blocker(code="poa", words=problem, who="importer")


def documents_read(case: Case) -> Iterable[Blocker]:
    for document in case.documents:
        if document.state is ReadState.WAITING:
            told = f"{document.filename} is still being read."
            yield Blocker(code=f"reading:{document.id}", words=told, who="us")
        elif document.state is ReadState.UNREADABLE and document.looked_at_by is None:
            told = f"{document.filename} could not be read: a person must look at it."
            yield Blocker(code=f"unread:{document.id}", words=told)


def invoice_present(case: Case) -> Iterable[Blocker]:
    """19 CFR 142.3(a)(3), 141.86; 141.91: with a proforma the invoice may follow."""
    if not _has(case, DocumentKind.COMMERCIAL_INVOICE):
        proforma = _has(case, DocumentKind.PROFORMA_INVOICE)
        yield Blocker(
            code="document.commercial_invoice",
            words="The commercial invoice is missing (a proforma does not replace it).",
            who="shipper",
            waivable=proforma,
            law="19 CFR 141.91: entry on a proforma, under the bond" if proforma else "",
            by=_due(case),
        )


def invoice_covers_what_ships(case: Case) -> Iterable[Blocker]:
    """19 CFR 141.86(a)(4)-(5): the invoice says the quantities and the price of what comes."""
    said = short_ship.open_word(case.session, case.shipment, case.documents)
    if said is not None:
        yield Blocker(code="revised_invoice", words=said.told(), who="shipper", by=_due(case))


def packing_list_present(case: Case) -> Iterable[Blocker]:
    """19 CFR 142.3(a)(4)."""
    if not _has(case, DocumentKind.PACKING_LIST):
        yield Blocker(
            code="document.packing_list",
            words="The packing list is missing.",
            who="shipper",
            waivable=True,
            law=_MISSING_LAW,
            by=_due(case),
        )


_ASKED_ABOVE = frozenset(
    {
        DocumentKind.COMMERCIAL_INVOICE,
        DocumentKind.PACKING_LIST,
        DocumentKind.BILL_OF_LADING,
        DocumentKind.AIR_WAYBILL,
        DocumentKind.ARRIVAL_NOTICE,
    }
)
"""Documents that have rules of their own."""


def lane_documents(case: Case) -> Iterable[Blocker]:
    """What the trade lane asks for besides; a lane that no file describes is for a person."""
    mode = lane.mode_of(case.shipment, case.documents)
    if mode is None or case.origin is None:
        return  # asked for by other rules
    known = case.house.bookings.lanes if case.house else lanes.ours()
    try:
        profile = known.profile(case.origin, "US", mode)
    except lanes.UnknownLane as exc:
        yield Blocker(code="lane", words=str(exc))
        return
    claimed = any(line.duty_facts and line.duty_facts.preference for line in case.lines)
    for need in profile.documents:
        kinds = {DocumentKind(name) for name in need.names}
        wanted = need.when == "always" or (need.when == "preference" and claimed)
        if wanted and not kinds & _ASKED_ABOVE and not any(_has(case, one) for one in kinds):
            name = need.names[0]
            yield Blocker(
                code=f"document.{name}",
                words=f"The {name.replace('_', ' ')} is missing: {need.because}.",
                who="shipper",
                waivable=True,
                law=_MISSING_LAW,
                by=_due(case),
            )


def right_to_make_entry(case: Case) -> Iterable[Blocker]:
    """19 CFR 142.3(a)(2), 141.11: a bill of lading, air waybill or the carrier's notice."""
    carriage = (DocumentKind.BILL_OF_LADING, DocumentKind.AIR_WAYBILL, DocumentKind.ARRIVAL_NOTICE)
    transport = case.shipment.transport
    if not any(_has(case, kind) for kind in carriage) and not (
        transport.masterBill or transport.houseBill
    ):
        yield Blocker(
            code="right_to_enter",
            words="There is no bill of lading, air waybill or arrival notice.",
            who="shipper",
            by=_due(case),
        )


def invoice_signed(case: Case) -> Iterable[Blocker]:
    for document in case.documents:
        if (
            document.kind is DocumentKind.COMMERCIAL_INVOICE
            and not document.made_by_us
            and document.reading is not None
            and document.reading.signed is False
        ):
            yield Blocker(
                code=f"signature:{document.id}",
                words=f"{document.title} has an empty signature line.",
                who="shipper",
                waivable=True,
                law="no rule asks for the signature; it is the house's",
                by=_due(case),
            )


def required_fields(case: Case) -> Iterable[Blocker]:
    for flag in case.shipment.flags:
        if flag.severity == "must_resolve":
            yield Blocker(code=f"field:{flag.field or flag.type}", words=flag.message)
    for line in case.lines:
        for flag in line.flags:
            if flag.severity == "must_resolve":
                code = f"field:{flag.field or f'{flag.type}-{line.number}'}"
                yield Blocker(code=code, words=f"Line {line.number}: {flag.message}")


def lines_decided(case: Case) -> Iterable[Blocker]:
    if not case.lines:
        yield Blocker(code="lines", words="No goods lines are known.", who="shipper")
    waiting = [line for line in case.lines if line.state is LineState.OPEN]
    if len(waiting) == 1:
        yield Blocker(code="codes", words=f"Line {waiting[0].number} has no confirmed code.")
    elif waiting:
        yield Blocker(code="codes", words=f"{len(waiting)} lines have no confirmed code.")


def ten_digits(case: Case) -> Iterable[Blocker]:
    short = [
        line.number
        for line in case.lines
        if line.code and len(line.code.replace(".", "")) < len("1234567890")
    ]
    if short:
        listed = ", ".join(str(number) for number in short[:10])
        told = f"An entry needs ten-digit codes; lines with fewer digits: {listed}."
        yield Blocker(code="digits", words=told)


def parties_screened(case: Case) -> Iterable[Blocker]:
    if case.needs_official_list and not case.screener.official:
        told = "The denied-party list is only a demonstration: name the official list first."
        yield Blocker(code="screening", words=told, who="operations")
    for told in screening.problems(case.session, case.shipment, case.screener):
        yield Blocker(code="screening", words=told, who="compliance")


RULES: tuple[Rule, ...] = (
    parties_screened,
    importer_known,
    power_of_attorney,
    documents_read,
    invoice_present,
    invoice_covers_what_ships,
    right_to_make_entry,
    packing_list_present,
    lane_documents,
    invoice_signed,
    required_fields,
    lines_decided,
    ten_digits,
    *gate_rules.FILING_RULES,
)


def blockers(
    session: Session,
    shipment: Shipment,
    *,
    screener: Screener,
    needs_official_list: bool,
    house: House | None = None,
) -> list[str]:
    """Everything that stands between this shipment and filing, in words."""
    case = case_of(
        session, shipment, screener=screener, needs_official_list=needs_official_list, house=house
    )
    return [one.words for one in standing(case)]


def for_house(session: Session, shipment: Shipment, *, house: House) -> list[Blocker]:
    """The same as values, and whatever was waived taken out: when it is empty, it may be filed."""
    return standing(whole_case(session, shipment, house=house))


def whole_case(session: Session, shipment: Shipment, *, house: House) -> Case:
    """What the rules look at in this house."""
    return case_of(
        session,
        shipment,
        screener=house.screener,
        needs_official_list=house.needs_official_list,
        house=house,
    )


def standing(case: Case) -> list[Blocker]:
    """What is open and was not waived."""
    gone = waived(case)
    return [one for one in open_items(case) if not (one.waivable and one.code in gone)]


def open_items(case: Case) -> list[Blocker]:
    """What is open, waived or not, in the order of the rules."""
    found: list[Blocker] = []
    for rule in RULES:
        for one in rule(case):
            plain = isinstance(one, str)
            found.append(Blocker(code=rule.__name__, words=one) if plain else one)  # type: ignore[arg-type]
    return found


def waived(case: Case) -> frozenset[str]:
    """The codes that a licensed broker took on."""
    rows = case.session.exec(
        select(Statement.about).where(
            Statement.shipment_id == case.shipment.id,
            Statement.kind == "waiver",
            col(Statement.withdrawn_at).is_(None),
        )
    ).all()
    return frozenset(rows)


def case_of(
    session: Session,
    shipment: Shipment,
    *,
    screener: Screener,
    needs_official_list: bool,
    house: House | None = None,
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
        house=house,
    )


def _due(case: Case) -> date | None:
    """By when entry is due (19 CFR 142.2)."""
    eta = case.shipment.transport.eta
    return calendar.entry_due(eta) if eta else None


def _has(case: Case, kind: DocumentKind) -> bool:
    return any(document.kind is kind and not document.made_by_us for document in case.documents)
