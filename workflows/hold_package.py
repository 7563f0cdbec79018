"""The package of a hold: its supplements in one ZIP, a list of what is there and what is not.

Made anew when something comes; each version's hash is in the audit. The same facts give the same
bytes. The draft of the answer lies in it, to be changed and sent by a licensed broker.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence

from sqlmodel import Session, col, select

from knowledge.holds import TITLES
from prompts import render
from storage import audit, outbox
from storage.blobs import Blobs, Damaged, Missing
from storage.models import Entry, Hold, LineItem, Shipment
from storage.outbox import Claimed
from storage.values import SYSTEM
from workflows import hold_alarms, hold_papers, playbook, value_statement
from workflows.effects import TellThread
from workflows.gateways.bundle import safe
from workflows.hold_effects import StageHold
from workflows.hold_papers import Piece, Staged
from workflows.mailing import nothing
from workflows.memo import CannotWrite
from workflows.playbook import Who
from workflows.ports import House, Ports
from workflows.post import Record
from workflows.states import Refused

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_MOST_BYTES = 200_000_000
_MOST_MEMOS = 20
_FIRST: tuple[Who, ...] = ("compliance", "counsel")
_DISCLOSURE_STEP = 91  #: beyond the steps of a hold's own escalation


def stage_hold(ports: Ports, claimed: Claimed) -> Record:
    """The handler of `StageHold`."""
    effect = StageHold.model_validate(claimed.payload)
    with ports.snapshot() as session:
        hold = session.get(Hold, effect.hold_id)
        shipment = session.get(Shipment, effect.shipment_id)
        if hold is None or shipment is None or hold.package_version > effect.version:
            return nothing  # a later version is on its way
        numbers = _lines(session, hold)
    memos = _memos(ports.house, shipment.ref, numbers)
    with ports.snapshot() as session:
        hold = session.get(Hold, effect.hold_id)
        if hold is None:
            return nothing
        staged = hold_papers.supplements(session, hold, house=ports.house, memos=memos)
        draft = hold.draft if hold.answers else drafted(session, hold, staged, house=ports.house)
        told = _index(session, hold, staged, draft)
        why = _counsel_first(session, hold)
    data, problems = zipped(staged, told, draft, ports.blobs)
    sha256 = ports.blobs.put(data)
    present = [one.label for one in staged if one.pieces]
    missing = [one.label for one in staged if not one.pieces]

    def record(session: Session) -> None:
        row = session.get(Hold, effect.hold_id, with_for_update=True)
        if row is None or row.package_version > effect.version:
            return
        row.package_sha256, row.present, row.missing = sha256, present, [*missing, *problems]
        if not row.answers:
            row.draft = draft
        if why and not row.ask_first and not row.answers:
            _ask_first(session, row, why, ports.house)
        session.add(row)
        audit.record(
            session, "hold_package_staged", actor=SYSTEM, shipment_id=row.shipment_id,
            hold_id=row.id, version=effect.version, sha256=sha256, missing=row.missing,
        )  # fmt: skip
        link = ports.house.hold_link
        if playbook.play(row.kind).few or link is None or row.id is None:
            return
        outbox.add(
            session,
            TellThread(
                shipment_id=row.shipment_id, note="hold_package",
                once=f"hold-{row.id}-{effect.version}",
                facts={"code": row.code, "link": link(row.id), "present": present,
                       "missing": list(row.missing), "version": effect.version},
            ),
        )  # fmt: skip

    return record


def _counsel_first(session: Session, hold: Hold) -> list[str]:
    """Why compliance and counsel come before an answer; nothing for other kinds."""
    shipment, entry = session.get(Shipment, hold.shipment_id), session.get(Entry, hold.entry_id)
    if hold.kind != "value" or shipment is None or entry is None:
        return []
    wanted = select(LineItem).where(LineItem.shipment_id == shipment.id)
    lines = session.exec(wanted.order_by(col(LineItem.number))).all()
    mentions = value_statement.found(session, shipment)
    made = value_statement.of(entry, shipment, lines, mentions)
    return value_statement.counsel_first(made, mentions, shipment.value_facts)


def _ask_first(session: Session, hold: Hold, why: list[str], house: House) -> None:
    """A disclosure may be due: no answer goes before compliance has said so (19 CFR 162.74)."""
    entry = session.get(Entry, hold.entry_id)
    assert entry is not None
    hold.ask_first = True
    audit.record(
        session, "prior_disclosure_asked", actor=SYSTEM, shipment_id=hold.shipment_id,
        hold_id=hold.id, why=why,
    )  # fmt: skip
    for who in _FIRST:
        hold_alarms.tell(session, hold, who, step=_DISCLOSURE_STEP, house=house)
    outbox.add(
        session,
        TellThread(
            shipment_id=hold.shipment_id, note="prior_disclosure", once=f"hold-{hold.id}",
            facts={"code": hold.code, "entry": entry.number, "why": why},
            broadcast=True, hold_id=hold.id,
        ),
    )  # fmt: skip


def drafted(session: Session, hold: Hold, staged: Sequence[Staged], *, house: House) -> str:
    """The draft of the answer to customs, from `prompts/holds/`: for a broker to change."""
    entry, shipment = session.get(Entry, hold.entry_id), session.get(Shipment, hold.shipment_id)
    assert entry is not None
    assert shipment is not None
    return render(
        f"holds/answer_{hold.kind if hold.kind in TITLES else 'unknown'}",
        entry=entry.number, code=hold.code, reason=hold.reason or "none given",
        importer=shipment.parties.importer.name or "the importer",
        enclosed=[one.label for one in staged if one.pieces],
        missing=[one.label for one in staged if not one.pieces],
        containers=list(shipment.transport.containers), case=hold.case_number or "not known",
        broker=entry.confirmed_name, licence=entry.confirmed_licence or "", firm=house.firm,
    )  # fmt: skip


def zipped(
    staged: Sequence[Staged], told: str, draft: str, blobs: Blobs
) -> tuple[bytes, list[str]]:
    """The archive, and a sentence for every original that could not be read."""
    made, problems = io.BytesIO(), []
    size = 0
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        texts = [Piece("index.txt", told.encode()), Piece("answer-draft.txt", draft.encode())]
        for at, one in enumerate([Staged(label="", pieces=tuple(texts)), *staged]):
            for piece in one.pieces:
                try:
                    data = blobs.read(piece.sha256) if piece.sha256 else piece.data
                except (Missing, Damaged):
                    problems.append(f"{piece.name} cannot be read from the store")
                    continue
                size += len(data)
                if size > _MOST_BYTES:
                    problems.append(f"{piece.name} did not fit into the package")
                    continue
                folder = f"{at:02d}-{safe(one.label)}/" if one.label else ""
                name = f"{folder}{safe(piece.name)}"
                archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return made.getvalue(), problems


def _index(session: Session, hold: Hold, staged: Sequence[Staged], draft: str) -> str:
    entry = session.get(Entry, hold.entry_id)
    assert entry is not None
    told = {
        "entry": entry.number,
        "hold": hold.code,
        "kind": hold.kind,
        "reason": hold.reason,
        "placedAt": hold.placed_at.isoformat(),
        "answerBy": hold.respond_by.isoformat() if hold.respond_by else None,
        "answerByBecause": hold.respond_because,
        "needs": playbook.play(hold.kind).needs,
        "present": {
            one.label: [
                {"file": p.name, "sha256": p.sha256 or hashlib.sha256(p.data).hexdigest()}
                for p in one.pieces
            ]
            for one in staged
            if one.pieces
        },
        "missing": [one.label for one in staged if not one.pieces],
        "draftSha256": hashlib.sha256(draft.encode()).hexdigest(),
        "notice": "A draft by software. Nothing of it was sent; a licensed broker decides.",
    }
    return json.dumps(told, indent=1, ensure_ascii=False)


def _lines(session: Session, hold: Hold) -> list[int]:
    if "classification_memo" not in playbook.play(hold.kind).stage:
        return []
    wanted = select(LineItem.number).where(LineItem.shipment_id == hold.shipment_id)
    return list(session.exec(wanted.order_by(col(LineItem.number)).limit(_MOST_MEMOS)))


def _memos(house: House, ref: str | None, numbers: Sequence[int]) -> tuple[Piece, ...]:
    """A memo for each line; one that cannot be made says why in its place."""
    found = []
    for number in numbers if house.memo is not None and ref else ():
        assert house.memo is not None
        assert ref is not None
        try:
            found.append(Piece(name=f"memo-line-{number}.pdf", data=house.memo(ref, number)))
        except (CannotWrite, Refused) as exc:
            said = f"The memo of line {number} was not made: {exc}\n".encode()
            found.append(Piece(name=f"memo-line-{number}-missing.txt", data=said))
    return tuple(found)


TABLE = {StageHold.kind: stage_hold}
