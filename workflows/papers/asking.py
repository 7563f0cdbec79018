"""Asking for papers: what can be made, what is lacking, and the order to make one.

A paper is made on a person's request, only of a shipment whose parties are all screened and
cleared, and never over an open discrepancy. A changed fact makes the next version.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.columns import now
from storage.models import Discrepancy, Paper, Shipment, Standing, State
from storage.values import SYSTEM, Actor, Value
from workflows import gate, proposal, review, short_ship
from workflows.booked import weaving
from workflows.effects import TellThread
from workflows.papers import catalogue, conflicts, desk
from workflows.papers.effects import MakePaper
from workflows.papers.sheet import Kind, Sheet
from workflows.ports import House
from workflows.review import Answer
from workflows.states import Refused

_TOLD = 12  # reasons in one answer


class Offer(Value):
    """One paper on the menu."""

    kind: Kind
    part: str
    title: str
    lacks: tuple[str, ...]
    open: tuple[str, ...]
    version: int | None  #: the newest that was asked for
    outdated: bool  #: its facts have changed since
    document_id: int | None
    url: str | None


class OpenConflict(Value):
    """A discrepancy that a person must decide."""

    id: int
    title: str
    claims: tuple[str, ...]
    values: tuple[str, ...]


class Menu(Value):
    """What the papers window and `tidewaiter papers list` show."""

    ref: str
    stopped: tuple[str, ...]  #: why nothing at all can be made
    conflicts: tuple[OpenConflict, ...]
    offers: tuple[Offer, ...]
    stated: dict[str, str]


def menu(session: Session, *, shipment_id: int, house: House) -> Menu:
    """Every paper with its standing."""
    shipment = _shipment(session, shipment_id)
    dossier = desk.read(session, shipment, house)
    newest = {(row.kind, row.part): row for row in _papers(session, shipment_id)}
    offers = []
    for sheet in catalogue.sheets(dossier):
        row = newest.get((sheet.kind.value, sheet.part))
        offers.append(
            Offer(
                kind=sheet.kind,
                part=sheet.part,
                title=sheet.title,
                lacks=sheet.lacks,
                open=sheet.open,
                version=row.version if row else None,
                outdated=row is not None and row.fingerprint != sheet.fingerprint,
                document_id=row.document_id if row else None,
                url=house.document_link(row.document_id) if row and row.document_id else None,
            )
        )
    return Menu(
        ref=shipment.ref or str(shipment_id),
        stopped=tuple(_stopped(session, shipment, house)),
        conflicts=tuple(view(row) for row in conflicts.open_ones(session, shipment_id)),
        offers=tuple(offers),
        stated=dossier.stated,
    )


def view(row: Discrepancy) -> OpenConflict:
    """A discrepancy for a window."""
    return OpenConflict(
        id=row.id or 0,
        title=row.title,
        claims=tuple(f"{claim.source}: {claim.value}" for claim in row.claims),
        values=tuple(dict.fromkeys(claim.value for claim in row.claims)),
    )


def ask(
    session: Session,
    *,
    shipment_id: int,
    kind: Kind,
    actor: Actor,
    house: House,
    part: str | None = None,
) -> Answer:
    """Order a paper, or all parts of it that can be made; a refusal says what is lacking."""
    review.may_correct(actor)
    shipment = _shipment(session, shipment_id, lock=True)
    if stopped := _stopped(session, shipment, house):
        raise Refused("No paper was made. " + " ".join(stopped))
    # An answer and no refusal: what was found here must stay recorded.
    if found := conflicts.look(session, shipment):
        told = "; ".join(f"{row.title}: {_claims(row)}" for row in found[:_TOLD])
        return Answer(text=f"No paper was made: its sources differ. {told}.", changed=False)
    dossier = desk.read(session, shipment, house)
    sheets = [one for one in catalogue.sheets(dossier, kind) if part is None or one.part == part]
    ready = [one for one in sheets if not one.lacks]
    if not ready:
        raise Refused(_lacking(kind, sheets))
    said = [_order(session, shipment, sheet, actor) for sheet in ready]
    left = [one for one in sheets if one.lacks]
    if left:
        said.append(_lacking(kind, left))
    return Answer(text=" ".join(said), changed=True)


def by_instruction(
    session: Session, shipment: Shipment, *, kind: Kind, told: dict[str, str], house: House
) -> tuple[int | None, str]:
    """A paper that a standing instruction asks for, with facts that the instruction brings.

    Gives the paper's id, and what was done or what it lacks, in words. Screening and open
    discrepancies stop it as they stop a person's request.
    """
    assert shipment.id is not None
    if stopped := _stopped(session, shipment, house):
        return None, " ".join(stopped)
    if found := conflicts.look(session, shipment):
        return None, "Its sources differ: " + "; ".join(row.title for row in found[:_TOLD]) + "."
    dossier = desk.read(session, shipment, house)
    dossier = dossier.model_copy(update={"stated": {**told, **dossier.stated}})
    ready = [one for one in catalogue.sheets(dossier, kind) if not one.lacks]
    if not ready:
        return None, _lacking(kind, catalogue.sheets(dossier, kind))
    words = _order(session, shipment, ready[0], SYSTEM)
    newest = [row for row in _papers(session, shipment.id) if row.kind == kind.value]
    return newest[-1].id, words


def decide(
    session: Session, *, discrepancy_id: int, value: str, reason: str, actor: Actor
) -> Answer:
    """A person says which figure holds, and why. The sources stay as they are."""
    review.may_correct(actor)
    row = session.get(Discrepancy, discrepancy_id, with_for_update=True)
    if row is None:
        raise Refused("This discrepancy is no longer there.")
    if row.standing is Standing.GONE:
        raise Refused("The sources agree by now: nothing is left to decide.")
    if row.standing is Standing.DECIDED:
        raise Refused(f"{row.decided_name} has decided already: {row.decided_value}.")
    if value not in {claim.value for claim in row.claims}:
        raise Refused("Only a figure that one of the sources states can be chosen.")
    if not reason.strip():
        raise Refused("Please say how you know.")
    row.standing = Standing.DECIDED
    row.decided_value, row.decided_reason = value, reason.strip()
    row.decided_by, row.decided_name, row.decided_at = actor.id, actor.name, now()
    session.add(row)
    audit.record(
        session,
        "discrepancy_decided",
        actor=actor,
        shipment_id=row.shipment_id,
        discrepancy_id=row.id,
        field=row.field,
        value=value,
        reason=row.decided_reason,
    )
    outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id,
            note="discrepancy_decided",
            once=f"discrepancy-{row.id}",
            facts={"who": actor.name, "what": row.title, "value": value, "why": row.decided_reason},
        ),
    )
    proposal.changed(session, _shipment(session, row.shipment_id))
    return Answer(text=f"Decided: {row.title} {value}.", changed=True)


def _order(session: Session, shipment: Shipment, sheet: Sheet, actor: Actor) -> str:
    assert shipment.id is not None
    earlier = [
        row
        for row in _papers(session, shipment.id)
        if (row.kind, row.part) == (sheet.kind.value, sheet.part)
    ]
    last = earlier[-1] if earlier else None
    if last is not None and last.fingerprint == sheet.fingerprint:
        return f"{sheet.title}: version {last.version} says the same, nothing new was made."
    version = last.version + 1 if last is not None else 1
    row = Paper(
        shipment_id=shipment.id,
        kind=sheet.kind.value,
        part=sheet.part,
        version=version,
        title=sheet.title,
        template=sheet.template,
        facts=sheet.facts | {"version": version},
        fingerprint=sheet.fingerprint,
        asked_by=actor.id,
        asked_name=actor.name,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    audit.record(
        session,
        "paper_asked",
        actor=actor,
        shipment_id=shipment.id,
        paper=f"{sheet.kind}{f' {sheet.part}' if sheet.part else ''}",
        version=version,
    )
    outbox.add(session, MakePaper(shipment_id=shipment.id, paper_id=row.id, name=_name(row)))
    still = f" To be completed in it: {', '.join(sheet.open)}." if sheet.open else ""
    return f"{sheet.title}, version {version}, is being made.{still}"


def _name(row: Paper) -> str:
    return "-".join(one for one in (row.kind, row.part, f"v{row.version}") if one)


def _papers(session: Session, shipment_id: int) -> Sequence[Paper]:
    return session.exec(
        select(Paper)
        .where(Paper.shipment_id == shipment_id)
        .order_by(col(Paper.version), col(Paper.id))
    ).all()


def _stopped(session: Session, shipment: Shipment, house: House) -> list[str]:
    """No paper for parties that are not screened, or against what was booked."""
    if shipment.state is State.CANCELLED:
        return ["The shipment is cancelled."]
    case = gate.case_of(
        session,
        shipment,
        screener=house.screener,
        needs_official_list=house.needs_official_list,
    )
    # Which figure holds is said before a paper carries either. Where the sources are documents,
    # the discrepancy itself is asked and decided.
    asked = session.exec(select(Discrepancy.id).where(Discrepancy.shipment_id == shipment.id))
    differing = [
        flag.message
        for flag in (() if asked.first() else shipment.flags)
        if flag.type == weaving.CONFLICT and flag.severity == "must_resolve"
    ]
    part = short_ship.open_word(session, shipment)
    covers = [part.told()] if part is not None else []
    return [*(one.words for one in gate.parties_screened(case)), *differing, *covers]


def _lacking(kind: Kind, sheets: Sequence[Sheet]) -> str:
    if not sheets:
        return f"There is no such {kind.value.replace('_', ' ')} of this shipment."
    told = []
    for sheet in sheets:
        shown = "; ".join(sheet.lacks[:_TOLD])
        more = f"; and {len(sheet.lacks) - _TOLD} more" if len(sheet.lacks) > _TOLD else ""
        told.append(f"{sheet.title} was not made. It lacks: {shown}{more}.")
    return " ".join(told)


def _claims(row: Discrepancy) -> str:
    return ", ".join(f"{claim.source} says {claim.value}" for claim in row.claims)


def _shipment(session: Session, shipment_id: int, *, lock: bool = False) -> Shipment:
    shipment = session.get(Shipment, shipment_id, with_for_update=lock)
    if shipment is None:
        raise Refused("This shipment is not known.")
    return shipment
