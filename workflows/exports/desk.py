"""An export's way: drafted, screened, approved by compliance, filed by a broker, reported.

An approval is of one revision: whoever changes the draft afterwards withdraws it. Every party is
screened against the list in force when it is drafted, approved and filed; a match blocks until
compliance has cleared it with a reason, for that party, list entry and edition.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.canonical import canonical
from storage.columns import now
from storage.models import Export, PartyScreened
from storage.values import SYSTEM, Actor, Reported, Role
from workflows.effects import SubmitExport, TellOps
from workflows.exports import eei
from workflows.exports.eei import Eei
from workflows.gateways import packet as packets
from workflows.ports import House, Receipt
from workflows.screening import Screener
from workflows.states import Refused

OPEN = ("draft", "approved")
_WRITERS = (Role.LICENSED_BROKER, Role.ENTRY_WRITER, Role.COMPLIANCE)


def new(session: Session, *, told: dict[str, Any], actor: Actor, screener: Screener) -> Export:
    """Open an export with what is known."""
    _only(actor, _WRITERS, "draft an export")
    made = _read(told)
    row = Export(eei=made.model_dump(mode="json", by_alias=True), created_by=actor.id)
    session.add(row)
    session.flush()
    row.ref = f"EXP-{now():%Y}-{row.id:06d}"
    session.add(row)
    audit.record(session, "export_drafted", actor=actor, export=row.ref)
    screen(session, row, screener)
    return row


def change(
    session: Session, *, ref: str, told: dict[str, Any], actor: Actor, screener: Screener
) -> Export:
    """Replace what is known; an approval is withdrawn by it."""
    _only(actor, _WRITERS, "change an export")
    row = locked(session, ref)
    if row.state not in OPEN:
        raise Refused(f"{ref} is {row.state}: nothing was changed.")
    row.eei = _read(told).model_dump(mode="json", by_alias=True)
    row.rev += 1
    if row.state == "approved":
        row.state, row.approved_by, row.approved_reason, row.approved_at = "draft", None, None, None
    session.add(row)
    audit.record(session, "export_changed", actor=actor, export=ref, rev=row.rev)
    screen(session, row, screener)
    return row


def screen(session: Session, row: Export, screener: Screener) -> None:
    """Screen every party that this edition has not screened yet."""
    done = {(one.party, one.edition) for one in row.screened}
    fresh = []
    for role, party in read(row).parties():
        if (party.name, screener.edition) in done:
            continue
        done.add((party.name, screener.edition))
        hits = tuple(screener.hits(party.name, party.country))
        fresh.append(
            PartyScreened(
                party=party.name, role=role, country=party.country, edition=screener.edition,
                hits=hits, at=now().isoformat(),
            )
        )  # fmt: skip
        audit.record(
            session, "export_party_screened", actor=SYSTEM, export=row.ref, party=party.name,
            edition=screener.edition, hits=[hit.entry_id for hit in hits],
        )  # fmt: skip
    if fresh:
        row.screened = [*row.screened, *fresh]
        session.add(row)
        session.flush()


def clear(session: Session, *, ref: str, party: str, reason: str, actor: Actor) -> None:
    """Compliance decides that a match is not the listed party."""
    _only(actor, (Role.COMPLIANCE,), "clear a match")
    row = locked(session, ref)
    if not reason.strip():
        raise Refused("Please say why this is not the listed party.")
    matched = [
        one for one in row.screened if one.party == party and one.hits and not one.cleared_by
    ]
    if not matched:
        raise Refused(f"{party} has no open match in {ref}.")
    row.screened = [
        one.model_copy(update={"cleared_by": actor.id, "cleared_reason": reason.strip()})
        if one in matched
        else one
        for one in row.screened
    ]
    session.add(row)
    audit.record(
        session, "export_match_cleared", actor=actor, export=ref, party=party,
        reason=reason.strip(), hits=[hit.entry_id for one in matched for hit in one.hits],
    )  # fmt: skip


def blockers(row: Export, *, house: House) -> list[str]:
    """What stands before approval and filing."""
    made = read(row)
    found = eei.problems(made, today=now().date())
    edition = house.screener.edition
    if house.needs_official_list and not house.screener.official:
        found.append("The denied-party list is only a demonstration: name the official list first.")
    known = {one.party: one for one in row.screened if one.edition == edition}
    for _, party in made.parties():
        one = known.get(party.name)
        if one is None:
            found.append(f"{party.name} has not been screened against {edition}.")
        elif one.hits and one.cleared_by is None:
            found.append(
                f"{party.name} resembles an entry of the denied-party list: compliance must decide."
            )
    return found


def approve(session: Session, *, ref: str, reason: str, actor: Actor, house: House) -> Export:
    """Compliance approves the licence determination and the parties of this revision."""
    _only(actor, (Role.COMPLIANCE,), "approve an export")
    row = locked(session, ref)
    if row.state != "draft":
        raise Refused(f"{ref} is {row.state} already. Nothing was changed.")
    if not reason.strip():
        raise Refused("Please say on what the licence determination rests. Nothing was approved.")
    screen(session, row, house.screener)
    if found := blockers(row, house=house):
        raise Refused(f"{ref} was not approved. " + " ".join(found))
    row.state, row.approved_by, row.approved_at = "approved", actor.id, now()
    row.approved_reason = reason.strip()
    session.add(row)
    audit.record(
        session, "export_approved", actor=actor, export=ref, rev=row.rev, reason=reason.strip()
    )
    return row


def file(session: Session, *, ref: str, actor: Actor, house: House) -> Export:
    """A licensed broker files an approved export: the packet is made, and handed over once."""
    _only(actor, (Role.LICENSED_BROKER,), "file an export")
    row = locked(session, ref)
    if row.state != "approved":
        raise Refused(f"{ref} is {row.state}: only an approved export is filed. Nothing was filed.")
    screen(session, row, house.screener)
    if found := blockers(row, house=house):
        raise Refused(f"{ref} was not filed. " + " ".join(found))
    row.key = f"{ref}-eei-{row.rev}"
    row.packet = {
        "version": 1,
        "kind": "export",
        "shipmentReference": ref,
        "filer": house.filer_code,
        "eei": row.eei,
        "exemption": eei.exemption(read(row)),
        # What a filer's system asks of any packet.
        "importerOfRecord": (read(row).usppi or eei.ExportParty(name="")).name,
        "lines": row.eei["lines"],
        "approval": {"by": row.approved_by, "reason": row.approved_reason},
        "confirmation": {"name": actor.name, "licence": actor.licence, "at": now().isoformat()},
    }
    row.packet_sha256 = packets.digest(row.packet)
    row.state, row.filed_by, row.filed_at = "filed", actor.id, now()
    session.add(row)
    assert row.id is not None
    outbox.add(session, SubmitExport(export_id=row.id))
    audit.record(
        session, "export_filed", actor=actor, export=ref, key=row.key, sha256=row.packet_sha256
    )
    return row


def submitted(session: Session, *, export_id: int, receipt: Receipt, house: House) -> None:
    """Record that the gateway has it."""
    row = session.get(Export, export_id, with_for_update=True)
    assert row is not None
    if row.submitted_at is not None:
        return
    row.submitted_at, row.reference = now(), receipt.reference
    row.next_poll_at = now() + timedelta(seconds=house.poll_seconds)
    session.add(row)
    audit.record(
        session, "export_submitted", actor=SYSTEM, export=row.ref, reference=receipt.reference
    )


def record_itn(session: Session, *, ref: str, number: str, actor: Actor) -> str:
    """Record the ITN that AES gave; what is printed on the documents."""
    _only(actor, (Role.LICENSED_BROKER, Role.COMPLIANCE, Role.AUTHORITY), "record an ITN")
    row = locked(session, ref)
    if row.state not in ("filed", "reported"):
        raise Refused(f"{ref} is {row.state}: there is no filing that an ITN could belong to.")
    try:
        written = eei.itn(number)
    except eei.BadItn as exc:
        raise Refused(f"{exc} Nothing was recorded.") from None
    other = session.exec(select(Export).where(Export.itn == written)).first()
    if other is not None and other.id != row.id:
        raise Refused(f"{written} is the ITN of {other.ref} already. Nothing was recorded.")
    if row.itn not in (None, written):
        raise Refused(f"{ref} has the ITN {row.itn} already. Nothing was changed.")
    row.itn, row.itn_by, row.state = written, actor.id, "reported"
    row.next_poll_at = None
    session.add(row)
    audit.record(session, "itn_recorded", actor=actor, export=ref, itn=written)
    return eei.citation(written)


def reported(session: Session, *, export_id: int, reports: list[Reported], actor: Actor) -> None:
    """What the gateway says: an ITN is recorded, a refusal is told, nothing else is concluded."""
    row = session.get(Export, export_id, with_for_update=True)
    assert row is not None
    assert row.ref is not None
    for one in sorted(reports, key=lambda report: report.at):
        if one.code == "accepted" and one.reference and one.reference.upper().startswith("X"):
            try:
                record_itn(session, ref=row.ref, number=one.reference, actor=actor)
            except Refused as exc:
                _tell(session, row, one, str(exc))
        elif one.code == "rejected":
            if row.state == "filed":
                # A refused EEI is a draft again: mended, it is approved and filed anew.
                row.state, row.submitted_at, row.next_poll_at = "draft", None, None
                row.rev += 1
                session.add(row)
                audit.record(
                    session, "export_rejected", actor=actor, export=row.ref, reason=one.reason
                )
                _tell(session, row, one, one.reason or "no reason given")
        elif one.code == "unknown":
            _tell(session, row, one, one.reason or one.raw_code)


def schedule_polls(session: Session, *, limit: int = 200) -> list[Export]:
    """Exports whose status is due to be asked for."""
    return list(
        session.exec(
            select(Export)
            .where(col(Export.next_poll_at) <= now(), Export.state == "filed")
            .order_by(col(Export.next_poll_at))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )


def locked(session: Session, ref: str) -> Export:
    row = session.exec(
        select(Export).where(Export.ref == ref.strip().upper()).with_for_update()
    ).first()
    if row is None:
        raise Refused(f"There is no export {ref[:40]}.")
    return row


def read(row: Export) -> Eei:
    """The EEI of a row."""
    return Eei.model_validate(row.eei)


def _read(told: dict[str, Any]) -> Eei:
    try:
        canonical(told)
        return Eei.model_validate(told)
    except TypeError:
        raise Refused('Write amounts as texts, e.g. "12500.00". Nothing was changed.') from None
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(f"{where}: {first['msg']}. Nothing was changed.") from None


def _tell(session: Session, row: Export, report: Reported, why: str) -> None:
    outbox.add(
        session,
        TellOps(
            note="export_trouble", once=f"{row.ref}-{report.raw_code}-{report.at.isoformat()}",
            facts={"ref": row.ref, "reason": why[:300]},
        ),
    )  # fmt: skip


def _only(actor: Actor, roles: tuple[Role, ...], what: str) -> None:
    if actor.role not in roles:
        names = " or ".join(
            role.value.replace("_", " ") for role in roles if role is not Role.AUTHORITY
        )
        raise Refused(f"Only a {names} can {what}. Nothing was changed.")
