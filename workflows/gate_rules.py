"""Rules of the gate about the filing itself: bond, ISF, values, metals, agencies, numbers.

Each looks at what is recorded and says what is missing. They need the house (its duty tables,
its gateway), so they are asked wherever somebody wants to file.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlmodel import col, select

from knowledge import flags
from storage.columns import now
from storage.models import Statement
from storage.values import DutyFacts
from workflows import bonds, entry_numbers, estimate, lane, packing
from workflows.blockers import Blocker
from workflows.booking import match_name
from workflows.estimate import Priced

if TYPE_CHECKING:
    from workflows.gate import Case


def mode_known(case: Case) -> Iterable[Blocker]:
    if lane.mode_of(case.shipment, case.documents) is None:
        yield Blocker(
            code="mode",
            words="How the goods travel is not known: no vessel, container, air waybill or port "
            "of a land border was found.",
        )


def importer_number(case: Case) -> Iterable[Blocker]:
    """19 CFR 24.5, CBP Form 5106."""
    if case.importer is not None and case.importer.ior_number is None:
        yield Blocker(
            code="ior_number",
            words=f"The importer number of {case.importer.name} is not on record.",
            who="importer",
        )


def isf_filed(case: Case) -> Iterable[Blocker]:
    """19 CFR 149: ocean cargo needs an Importer Security Filing, 24 hours before lading."""
    mode = lane.mode_of(case.shipment, case.documents)
    if lane.needs_isf(mode) and packing.isf_of(case.session, case.shipment, case.importer) is None:
        yield Blocker(
            code="isf",
            words="The ISF is not on record: its reference, or a broker's statement who filed it "
            "(19 CFR 149).",
            who="importer",
        )


def bond_on_file(case: Case) -> Iterable[Blocker]:
    """19 CFR 113, 142.4."""
    if case.importer is None or case.house is None:
        return
    bond = bonds.of(case.session, case.shipment)
    if bond is None:
        yield Blocker(
            code="bond",
            words=f"There is no customs bond of {case.importer.name} in force.",
            who="surety",
        )
        return
    made = priced(case)
    value = packing.total_value(made.values)
    known = [one.amount.amount for one in made.duty.layers if one.amount is not None]
    small = bonds.too_small(case.session, bond, value=value, duty=sum(known, Decimal(0)))
    if small is not None:
        yield Blocker(code="bond_amount", words=small, who="surety")


def values_in_dollars(case: Case) -> Iterable[Blocker]:
    """19 CFR 159.31-.35: the rate of the day of exportation, for every line."""
    if case.house is None:
        return
    for number, needs in priced(case).unpriced.items():
        yield Blocker(
            code=f"rate:{number}",
            words=f"Line {number} has no value in US dollars: {needs}.",
            who="shipper" if "date of exportation" in needs else "operations",
        )


def metals_origin(case: Case) -> Iterable[Blocker]:
    """Where steel was melted and poured, aluminum smelted and cast: where a duty hangs on it."""
    if case.house is None:
        return
    metals = priced(case).metals
    for line in case.lines:
        named = metals.get(line.number, ())
        facts = line.duty_facts or DutyFacts()
        if "steel" in named and facts.melt_and_pour is None:
            yield _metal(line.number, "its steel was melted and poured")
        if {"aluminum", "copper"} & set(named) and facts.smelt_and_cast is None:
            yield _metal(line.number, "its aluminum or copper was smelted and cast")


def entry_type_decided(case: Case) -> Iterable[Blocker]:
    """19 CFR 141.61, 351.107: no entry is made as 01 while an order may cover its goods."""
    stands = case.adcvd
    if stands.entry_type is not None:
        return
    listed = "; ".join(one.told() for one in stands.asked[:5]) or "the goods have changed since"
    yield Blocker(
        code="entry_type",
        words=f"A licensed broker decides type 03 or 01 under “Entry type…”: {listed}.",
    )


def agencies_told(case: Case) -> Iterable[Blocker]:
    """Data of partner agencies, as far as a line is known to need it."""
    stated = {
        row.about
        for row in case.session.exec(
            select(Statement).where(
                Statement.shipment_id == case.shipment.id,
                Statement.kind == "pga",
                col(Statement.withdrawn_at).is_(None),
            )
        )
    }
    today = now().date()
    for line in case.lines:
        agencies = _agencies(line.code, today)
        if agencies and f"line-{line.number}" not in stated:
            yield Blocker(
                code=f"pga:{line.number}",
                words=f"Line {line.number} needs data for {', '.join(agencies)}: record the data "
                "set that goes along, or the disclaimer.",
            )


def filer_may_file(case: Case) -> Iterable[Blocker]:
    """A direct filer files for itself and for nobody else (19 CFR 111.2(a)(2)(i))."""
    if case.house is None or case.importer is None:
        return
    own = case.house.files_for
    if own is not None and match_name(own) != case.importer.match_name:
        yield Blocker(
            code="direct_filer",
            words=f"This installation files for {own} itself and for nobody else.",
            who="operations",
        )
    code = case.importer.filer_code
    if code is not None and code == case.house.filer_code and own is None:
        yield Blocker(
            code="direct_filer",
            words=f"{code} is the brokerage's filer code, not {case.importer.name}'s own.",
            who="operations",
        )


def numbers_left(case: Case) -> Iterable[Blocker]:
    if case.house is None:
        return
    own = case.importer.filer_code if case.importer else None
    filer = own or case.house.filer_code
    problem = entry_numbers.problem(case.session, filer=filer, house=case.house)
    if problem is not None:
        yield Blocker(code="entry_numbers", words=problem, who="operations")


def priced(case: Case) -> Priced:
    """The estimate of a case, made once."""
    assert case.house is not None
    if not case.made:
        case.made.append(
            estimate.priced(
                case.session, case.shipment, case.house.duty, lines=case.lines, leads=case.leads
            )
        )
    return case.made[0]


def _agencies(code: str | None, on: date) -> list[str]:
    """Whose data the confirmed code must have; what it only may need stands on the line."""
    found = flags.flags_for(code, on) if code else ()
    wanted = [one for one in found if one.level == "must" and one.agency in flags.AGENCIES]
    named = [f"{one.agency} {one.programme}" if one.programme else one.agency for one in wanted]
    return list(dict.fromkeys(named))


def _metal(number: int, what: str) -> Blocker:
    return Blocker(
        code=f"metals:{number}",
        words=f"Line {number}: where {what} is not stated (Section 232).",
        who="shipper",
    )


FILING_RULES = (
    filer_may_file,
    numbers_left,
    importer_number,
    bond_on_file,
    mode_known,
    isf_filed,
    values_in_dollars,
    metals_origin,
    entry_type_decided,
    agencies_told,
)
