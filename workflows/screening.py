"""Denied-party screening: every party of every shipment, mandatory, failing closed.

There is no switch. A party counts as screened only against the list edition in force; a match
puts the whole shipment on hold until compliance decides (`workflows.compliance`). What others are
told is `HOLD` and nothing more. Whether a party is owned by a listed one (OFAC's 50 per cent rule)
stands on no list: it is asked, never guessed. Records are kept ten years (31 CFR 501.601).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from sqlmodel import Session, col, select

from knowledge.parties import BadList
from knowledge.parties.lists import Asked
from knowledge.parties.names import fold
from storage import audit, outbox
from storage.columns import now
from storage.models import Clearance, Document, Importer, Screening, Shipment
from storage.values import SYSTEM, PartyBlock, ScreeningHit, Value
from workflows.compliance_effects import MailCompliance, ShowMatch
from workflows.effects import TellThread

HOLD = "On hold for compliance."
_MOST_PARTIES = 200
_ROLES = ("exporter", "importer", "consignee", "notifyParty", "manufacturer", "shipTo")


class Screener(Protocol):
    """A denied-party list in force; `knowledge.parties` has it."""

    @property
    def edition(self) -> str: ...

    @property
    def official(self) -> bool: ...

    @property
    def algorithm(self) -> str: ...

    @property
    def problem(self) -> str | None: ...

    def frozen(self) -> Screener: ...

    def warm(self) -> None: ...

    def hits(
        self, name: str, country: str | None, *, address: str | None = None, kind: Asked = "party"
    ) -> Sequence[ScreeningHit]: ...


class Named(Value):
    """A party of a shipment, as the papers together have it."""

    name: str
    country: str | None = None
    address: str | None = None
    kind: Asked = "party"
    roles: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Whom a clearance is for: the folded name, the country, the folded address."""
        name = fold(self.name) or self.name.casefold()
        parts = (self.kind, name, self.country or "", fold(self.address or ""))
        return "|".join(parts)[:700]


def screen(session: Session, shipment: Shipment, screener: Screener) -> list[Screening]:
    """Screen every party that this edition has not screened for this shipment yet.

    Without a usable list nothing is recorded, so nobody counts as screened.
    """
    assert shipment.id is not None
    try:
        listed = screener.frozen()
    except BadList:
        return []
    done = _screened(session, shipment.id, listed)
    held = bool(open_matches(session, shipment.id))
    new: list[Screening] = []
    for party in parties(session, shipment):
        if party.key in done:
            continue
        done.add(party.key)
        row, continues = _screen_one(session, shipment, party, listed)
        new.append(row)
        if row.hits and row.cleared_at is None:
            _announce(session, row, held=held, continues=continues)
            held = True
        elif row.hits:
            assert row.id is not None
            outbox.add(session, ShowMatch(screening_id=row.id, standing="carried"))
    shipment.screened, shipment.screened_at = mark(listed), now()
    session.add(shipment)
    session.flush()
    return new


def mark(screener: Screener) -> str:
    """What a shipment was screened with: the edition and the algorithm."""
    return f"{screener.edition} {screener.algorithm}"


def parties(session: Session, shipment: Shipment) -> list[Named]:
    """Every named party of the shipment, its vessel and its papers; each once, best known."""
    found: dict[tuple[str, str], list[tuple[str, PartyBlock, Asked]]] = {}
    for role, block, kind in _blocks(session, shipment):
        name = (block.name or "").strip()
        if name:
            key = (kind, fold(name) or name.casefold())
            found.setdefault(key, []).append((role, block, kind))
    made = [one for group in found.values() for one in _grouped(group)]
    return made[:_MOST_PARTIES]


def open_matches(session: Session, shipment_id: int) -> list[Screening]:
    """Matches that nobody has cleared, confirmed ones too."""
    rows = session.exec(
        select(Screening)
        .where(
            Screening.shipment_id == shipment_id,
            col(Screening.cleared_at).is_(None),
            col(Screening.superseded_by).is_(None),
        )
        .order_by(col(Screening.id))
    ).all()
    return [row for row in rows if row.hits]


def open_hit(session: Session, shipment_id: int) -> bool:
    """Whether compliance holds this shipment: then nothing is made, filed, told or delivered."""
    return bool(open_matches(session, shipment_id))


def legal_hold(session: Session, shipment_id: int) -> bool:
    """Whether a match was confirmed: then nothing of the shipment may be deleted."""
    found = session.exec(
        select(Screening.id).where(
            Screening.shipment_id == shipment_id, col(Screening.confirmed_at).is_not(None)
        )
    ).first()
    return found is not None


def problems(session: Session, shipment: Shipment, screener: Screener) -> list[str]:
    """Why screening does not allow anything now. Computed, never stored; fit for every eye."""
    assert shipment.id is not None
    found = [HOLD] if open_hit(session, shipment.id) else []
    if screener.problem is not None:
        return [*found, screener.problem]
    named = parties(session, shipment)
    done = _screened(session, shipment.id, screener)
    found += [
        f"{party.name} has not been screened against {screener.edition} yet."
        for party in named
        if party.key not in done
    ]
    if not any(party.kind == "party" for party in named):
        found.append("No party is known, so nobody could be screened.")
    return found


def stop(
    session: Session, shipment: Shipment, screener: Screener, *, needs_official_list: bool
) -> str | None:
    """The one question before anything is generated, filed, announced or delivered."""
    if needs_official_list and not screener.official and screener.problem is None:
        return "The denied-party list is only a demonstration: name the official list first."
    return next(iter(problems(session, shipment, screener)), None)


def _screen_one(
    session: Session, shipment: Shipment, party: Named, listed: Screener
) -> tuple[Screening, bool]:
    """Its screening, and whether it goes on with an open match of an earlier edition."""
    assert shipment.id is not None
    hits = list(listed.hits(party.name, party.country, address=party.address, kind=party.kind))
    known = [_known(session, shipment, party, hit) for hit in hits]
    row = Screening(
        shipment_id=shipment.id,
        party=party.name,
        party_key=party.key,
        country=party.country,
        address=party.address,
        kind=party.kind,
        roles=list(party.roles),
        list_edition=listed.edition,
        algorithm=listed.algorithm,
        hits=[
            hit if said is None else hit.model_copy(update={"before": said[1]})
            for hit, said in zip(hits, known, strict=True)
        ],
    )
    valid = [said[0] for said in known if said is not None and said[0] is not None]
    if hits and len(valid) == len(hits):
        first = valid[0]
        row.cleared_by, row.cleared_name, row.cleared_at = (
            first.cleared_by,
            first.cleared_name,
            now(),
        )
        row.cleared_reason = f"Cleared before: {first.reason}"
        row.evidence, row.carried = first.evidence, True
    session.add(row)
    session.flush()
    audit.record(
        session,
        "party_screened",
        actor=SYSTEM,
        shipment_id=shipment.id,
        screening_id=row.id,
        edition=listed.edition,
        algorithm=listed.algorithm,
        hits=[[hit.entry_id, hit.score] for hit in hits],
        carried=[one.id for one in valid] if row.carried else [],
    )
    return row, _supersede(session, row)


def _known(
    session: Session, shipment: Shipment, party: Named, hit: ScreeningHit
) -> tuple[Clearance | None, str] | None:
    """An earlier clearance of the same party and entry: as it holds, or as it held."""
    rows = session.exec(
        select(Clearance)
        .where(
            Clearance.party_key == party.key,
            Clearance.entry_id == hit.entry_id,
            col(Clearance.revoked_at).is_(None),
        )
        .order_by(col(Clearance.id).desc())
    ).all()
    mine = [
        row
        for row in rows
        if row.shipment_id == shipment.id
        or (row.importer_id is not None and row.importer_id == shipment.importer_id)
    ]
    if not mine:
        return None
    same = next((row for row in mine if row.entry_mark == hit.entry_mark), None)
    row = same or mine[0]
    said = f"cleared before by {row.cleared_name} on {row.at:%Y-%m-%d} because: {row.reason}"
    return (same, said) if same else (None, f"{said} (the entry of the list has changed since)")


def _supersede(session: Session, row: Screening) -> bool:
    """An open match of an earlier edition is the same question: it goes on in the new row.

    One whose entry the new edition no longer has stays open: only compliance closes it.
    """
    entries = {hit.entry_id for hit in row.hits}
    found = False
    for older in open_matches(session, row.shipment_id):
        again = entries >= {hit.entry_id for hit in older.hits}
        if older.id == row.id or older.party_key != row.party_key or not again:
            continue
        if older.confirmed_at is not None:
            continue
        found, older.superseded_by = True, row.id
        row.channel, row.ts = older.channel, older.ts
        session.add_all([older, row])
    session.flush()
    return found


def _announce(session: Session, row: Screening, *, held: bool, continues: bool) -> None:
    assert row.id is not None
    outbox.add(session, ShowMatch(screening_id=row.id, standing="open"))
    if not continues:
        outbox.add(session, MailCompliance(screening_id=row.id, letter="compliance_match"))
    if not held:
        note = TellThread(
            shipment_id=row.shipment_id, note="compliance_hold", once=f"screening-{row.id}"
        )
        outbox.add(session, note)


def _screened(session: Session, shipment_id: int, listed: Screener) -> set[str]:
    rows = session.exec(
        select(Screening.party_key).where(
            Screening.shipment_id == shipment_id,
            Screening.list_edition == listed.edition,
            Screening.algorithm == listed.algorithm,
        )
    )
    return set(rows)


def _blocks(session: Session, shipment: Shipment) -> Iterator[tuple[str, PartyBlock, Asked]]:
    """The shipment's own parties first, then the client, the vessel, then what each paper says."""
    for role in _ROLES:
        yield role, getattr(shipment.parties, role), "party"
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    if importer is not None:
        yield "client", PartyBlock(name=importer.name), "party"
    if shipment.transport.vessel:
        yield "vessel", PartyBlock(name=shipment.transport.vessel), "vessel"
    documents = session.exec(
        select(Document).where(Document.shipment_id == shipment.id).order_by(col(Document.id))
    )
    for document in documents:
        if document.reading is None:
            continue
        for role in _ROLES:
            where = f"{role} on {document.title[:80]}"
            yield where, getattr(document.reading.parties, role), "party"
        if document.reading.transport.vessel:
            block = PartyBlock(name=document.reading.transport.vessel)
            yield f"vessel on {document.title[:80]}", block, "vessel"


def _grouped(group: list[tuple[str, PartyBlock, Asked]]) -> Iterator[Named]:
    """One party for each country that the papers put it in; what is not said fits everywhere."""
    said = (block.country for _, block, _ in group if block.country)
    lands: list[str | None] = [*dict.fromkeys(said)]
    lands = lands or [None]
    for land in lands:
        mine = [
            (role, block)
            for role, block, _ in group
            if block.country == land or (block.country is None and land == lands[0])
        ]
        yield Named(
            name=(mine[0][1].name or "").strip(),
            country=land,
            address=next((block.address for _, block in mine if block.address), None),
            kind=group[0][2],
            roles=tuple(role for role, _ in mine)[:12],
        )
