"""Shadow mode: the machine prepares, people file as before, the differences are reported.

While a rule stands for an importer or a lane, nothing of its shipments is filed by us and nothing
goes out: no mail, no webhook, no file, no status. A rule ends only when enough compared entries
agree; there is no rule for everything at once, and no way around the count.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage import audit, entry_number, outbox
from storage.columns import now
from storage.models import Document, Entry, Importer, ShadowCase, ShadowRule, Shipment, State
from storage.shadow import Difference
from storage.values import Actor, Role, Value
from workflows import comparing, lane, packing, proposal, states
from workflows.comparing import Filed
from workflows.effects import TellThread
from workflows.ports import House
from workflows.states import Refused

LEAST, WINDOW, AGREE = 20, 40, 95  #: compared entries; of the newest so many, percent that agree


class Standing(Value):
    """How far a rule is."""

    rule_id: int
    about: str
    prepared: int
    compared: int
    agreed: int  #: of the newest `WINDOW`
    window: int  #: how many these are
    critical: int  #: of these, with a critical difference
    why_not: str | None = None  #: why it cannot end yet


def rule_of(session: Session, shipment: Shipment) -> ShadowRule | None:
    """The rule under which this shipment is only prepared, if one stands."""
    rules = session.exec(select(ShadowRule).where(col(ShadowRule.ended_at).is_(None))).all()
    if not rules:
        return None
    documents = session.exec(select(Document).where(Document.shipment_id == shipment.id)).all()
    way = lane.way_of(shipment, documents).casefold()
    return next(
        (
            one
            for one in rules
            if one.importer_id in (None, shipment.importer_id)
            and (one.lane is None or one.lane.casefold() == way)
        ),
        None,
    )


def silent(session: Session, shipment_id: int) -> bool:
    """Whether nothing of this shipment goes out."""
    shipment = session.get(Shipment, shipment_id)
    if shipment is None:
        return False
    filed = session.exec(select(Entry.id).where(Entry.shipment_id == shipment_id)).first()
    if filed is not None:
        return False  # it was confirmed for filing before the rule: it goes its way
    return case_of(session, shipment_id) is not None or rule_of(session, shipment) is not None


def case_of(session: Session, shipment_id: int) -> ShadowCase | None:
    """What was prepared for this shipment in shadow mode."""
    return session.exec(select(ShadowCase).where(ShadowCase.shipment_id == shipment_id)).first()


def start(
    session: Session, *, importer: Importer | None, way: str | None, actor: Actor
) -> ShadowRule:
    """Begin shadow mode for an importer, a lane ("CN ocean"), or both. Raises `Refused`."""
    _only_a_broker(actor)
    if importer is None and not way:
        raise Refused("Name an importer or a lane: there is no shadow mode for everything.")
    importer_id = importer.id if importer is not None else None
    same = session.exec(
        select(ShadowRule).where(
            col(ShadowRule.ended_at).is_(None), ShadowRule.importer_id == importer_id,
            ShadowRule.lane == way,
        )
    ).first()  # fmt: skip
    if same is not None:
        raise Refused(f"Shadow mode {same.id} stands for that already.")
    row = ShadowRule(importer_id=importer_id, lane=way, started_by=actor.name)
    session.add(row)
    session.flush()
    audit.record(
        session, "shadow_started", actor=actor, rule_id=row.id, importer_id=importer_id, lane=way
    )
    return row


def prepared(
    session: Session, shipment: Shipment, rule: ShadowRule, *, actor: Actor, house: House
) -> str:
    """A licensed broker confirmed it: the packet is kept, nothing is filed."""
    assert shipment.id is not None
    assert rule.id is not None
    case = case_of(session, shipment.id) or ShadowCase(
        shipment_id=shipment.id, rule_id=rule.id, prepared_by=actor.name
    )
    # No number is taken: the entry is people's, and so is its number.
    unfiled = Entry(
        shipment_id=shipment.id, key="", gateway="", number=f"{house.filer_code}-shadow",
        confirmed_by=actor.id, confirmed_name=actor.name, confirmed_licence=actor.licence,
        confirmed_at=now(),
    )  # fmt: skip
    case.packet = packing.build(session, shipment, unfiled, house=house).as_json()
    case.prepared_at, case.prepared_by = now(), actor.name
    session.add(case)
    audit.record(session, "shadow_prepared", actor=actor, shipment_id=shipment.id, rule_id=rule.id)
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id, note="shadow_prepared", once=f"rev-{shipment.card_rev}",
            facts={"who": actor.name}, ask="shadow",
        ),
    )  # fmt: skip
    proposal.changed(session, shipment)
    return (
        "Shadow mode: it is prepared and nothing was filed. File it as before, then record your "
        "entry with `tidewaiter shadow record`."
    )


def record(
    session: Session, shipment: Shipment, *, number: str, lines: Sequence[Filed], actor: Actor
) -> ShadowCase:
    """Take over what people filed, and compare. Raises `Refused`."""
    _only_a_broker(actor)
    case = case_of(session, shipment.id or 0)
    if case is None:
        raise Refused(f"{shipment.ref} was not prepared in shadow mode. Nothing was recorded.")
    if case.compared_at is not None:
        raise Refused(f"{shipment.ref} was compared already with entry {case.entry_number}.")
    try:
        filer, serial = entry_number.parse(number)
    except entry_number.BadEntryNumber as exc:
        raise Refused(str(exc)) from exc
    charges = [one for one in (shipment.totals.freight, shipment.totals.insurance) if one]
    case.entry_number = entry_number.format_entry_number(filer, serial)
    case.theirs = [one.model_dump(mode="json") for one in lines]
    case.differences = comparing.differences(
        comparing.ours(case.packet), list(lines), freight=charges
    )
    case.compared_at, case.recorded_by = now(), actor.name
    session.add(case)
    own = comparing.counted(case.differences)
    audit.record(
        session, "shadow_compared", actor=actor, shipment_id=shipment.id, entry=case.entry_number,
        differences=[one.model_dump(mode="json") for one in case.differences],
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=case.shipment_id, note="shadow_compared", once=f"case-{case.id}",
            facts={
                "entry": case.entry_number, "count": len(own),
                "differences": [told(one) for one in case.differences[:20]],
            },
        ),
    )  # fmt: skip
    if shipment.state is State.IN_REVIEW:
        reason = f"Shadow mode: people filed it as entry {case.entry_number}."
        states.fire(session, shipment, states.Cancel(reason=reason), actor=actor)
    proposal.changed(session, shipment)
    return case


def standings(session: Session) -> list[Standing]:
    """Every rule that stands, with what is still missing for its end."""
    rules = session.exec(
        select(ShadowRule).where(col(ShadowRule.ended_at).is_(None)).order_by(col(ShadowRule.id))
    ).all()
    return [standing(session, one) for one in rules]


def standing(session: Session, rule: ShadowRule) -> Standing:
    """How far this rule is."""
    cases = session.exec(
        select(ShadowCase)
        .where(ShadowCase.rule_id == rule.id)
        .order_by(col(ShadowCase.compared_at))
    ).all()
    compared = [one for one in cases if one.compared_at is not None]
    newest = compared[-WINDOW:]
    agreed = sum(not comparing.counted(one.differences) for one in newest)
    critical = sum(any(d.critical for d in one.differences) for one in newest)
    importer = session.get(Importer, rule.importer_id) if rule.importer_id else None
    about = " · ".join(one for one in (importer.name if importer else None, rule.lane) if one)
    why = None
    if len(newest) < LEAST:
        why = f"{LEAST - len(newest)} more compared entries are needed (at least {LEAST})."
    elif critical:
        why = f"{critical} of the newest {len(newest)} differ critically."
    elif 100 * agreed < AGREE * len(newest):
        why = f"{agreed} of the newest {len(newest)} agree; {AGREE} % are needed."
    return Standing(
        rule_id=rule.id or 0, about=about, prepared=len(cases), compared=len(compared),
        agreed=agreed, window=len(newest), critical=critical, why_not=why,
    )  # fmt: skip


def end(session: Session, *, rule_id: int, actor: Actor) -> Standing:
    """From now on these entries are filed by the machine. Raises `Refused` before they agree."""
    _only_a_broker(actor)
    rule = session.get(ShadowRule, rule_id, with_for_update=True)
    if rule is None or rule.ended_at is not None:
        raise Refused(f"No shadow mode {rule_id} stands.")
    found = standing(session, rule)
    if found.why_not is not None:
        raise Refused(f"Shadow mode {rule_id} goes on: {found.why_not}")
    rule.ended_at, rule.ended_by = now(), actor.name
    session.add(rule)
    audit.record(
        session, "shadow_ended", actor=actor, rule_id=rule_id, compared=found.compared,
        agreed=found.agreed, window=found.window,
    )  # fmt: skip
    return found


def told(one: Difference) -> str:
    """A difference in words."""
    where = f"line {one.line}, " if one.line is not None else ""
    mark = " (critical)" if one.critical else ""
    cause = one.cause.replace("_", " ")
    return f"{where}{one.field}: ours {one.ours or '–'}, filed {one.theirs or '–'}: {cause}{mark}"


def _only_a_broker(actor: Actor) -> None:
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused("Only a licensed broker decides about shadow mode. Nothing was changed.")
