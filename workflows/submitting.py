"""Handing a filing over: one attempt, with its journal. The handlers of the gateway's effects.

An attempt is put on record, made with no session open, and its end put on record, whatever it
is. What is not known is asked; what cannot be asked goes to a broker and waits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.blobs import Damaged, Missing
from storage.canonical import canonical
from storage.columns import now
from storage.models import Document, Entry, Shipment
from storage.outbox import Claimed
from storage.values import SYSTEM
from workflows import filing, journal, parts, polling, tracking
from workflows.effects import PollStatus, RespondEntry, SubmitEntry, TellOps, TellThread
from workflows.gateways import packet as packets
from workflows.gateways.catair import write
from workflows.gateways.catair.layout import BadRecord
from workflows.mailing import nothing
from workflows.ports import Parcel, ParcelFile, Permanent, Ports, Receipt, Transient
from workflows.post import Record


class Unsure(Exception):
    """It may have got through, and nobody but a person can tell."""


def submit_entry(ports: Ports, claimed: Claimed) -> Record:
    """Hand the entry over, unless it is there already."""
    effect = SubmitEntry.model_validate(claimed.payload)
    with ports.transact() as session:
        entry = session.get(Entry, effect.entry_id, with_for_update=True)
        if entry is None:
            raise Permanent("The entry to file is not in the database.")
        if entry.submitted_at is not None:
            return nothing  # an earlier attempt was recorded, or a person filed it
        begun = journal.begin(
            session, key=entry.key, gateway=ports.gateway.name,
            sha256=packets.digest(entry.filing), shipment_id=entry.shipment_id,
        )  # fmt: skip
    with ports.snapshot() as session:
        documents = list(
            session.exec(
                select(Document)
                .where(Document.shipment_id == entry.shipment_id)
                .order_by(col(Document.id))
            )
        )
    blob = ports.blobs.put(packets.written(entry.filing))
    try:
        receipt = attempt(ports, lambda: parcel_of(ports, entry, documents), entry.key, begun)
    except Unsure:
        return lambda session: ask_broker(session, effect.entry_id)
    except Permanent as exc:
        with ports.transact() as session:
            _tell_refused(session, effect.entry_id, begun, str(exc))
        raise

    def record(session: Session) -> None:
        filing.submitted(
            session, entry_id=effect.entry_id, receipt=receipt, filing_blob=blob, house=ports.house
        )
        known = session.get(Entry, effect.entry_id)
        assert known is not None
        tracking.catch_up(session, known, house=ports.house)  # the authority may have been faster

    return record


def attempt(ports: Ports, parcel: Callable[[], Parcel], key: str, begun: journal.Begun) -> Receipt:
    """One attempt, with its end in the journal. Raises `Transient`, `Permanent`, `Unsure`."""
    try:
        receipt, how = _made(ports, parcel, key, unsure=begun.unsure)
    except Transient as exc:
        _end(ports, begun, "unknown" if exc.outcome == "unknown" else "not_done", str(exc))
        raise
    except Permanent as exc:
        _end(ports, begun, "unknown" if exc.outcome == "unknown" else "refused", str(exc))
        raise
    except Unsure:
        _end(ports, begun, "not_done", "an earlier attempt may have got through: a broker is asked")
        raise
    _end(ports, begun, how, receipt.reference)
    return receipt


def _made(
    ports: Ports, parcel: Callable[[], Parcel], key: str, *, unsure: bool
) -> tuple[Receipt, journal.Outcome]:
    gateway = ports.gateway
    if gateway.can_be_asked:
        known = gateway.find(key)
        if known is not None:
            return known, "found"
    elif unsure:
        raise Unsure
    made = parcel()
    try:
        return gateway.submit(made), "submitted"
    except Transient as exc:
        if exc.outcome == "unknown" and gateway.can_be_asked and (known := gateway.find(key)):
            return known, "found"
        raise


def parcel_of(ports: Ports, entry: Entry, documents: list[Document]) -> Parcel:
    """The packet of an entry with its records and the bytes of its documents."""
    assert entry.number is not None
    return Parcel(
        key=entry.key,
        kind="entry",
        number=entry.number,
        packet=entry.filing,
        sha256=packets.digest(entry.filing),
        texts=texts(entry),
        documents=files(ports, documents),
    )


def texts(entry: Entry) -> tuple[ParcelFile, ...]:
    """The records of an entry, as far as they can be written."""
    made = packets.read(entry.filing)
    if made is None:
        return ()  # filed by an older version
    found = []
    for name, write_it in (
        ("cargo_release", write.cargo_release),
        ("entry_summary", write.entry_summary),
    ):
        try:
            data = write_it(made, on=entry.confirmed_at.date()).encode("ascii")
        except BadRecord:
            continue  # the packet has it all; `tidewaiter filing` says what the records lack
        sha256 = hashlib.sha256(data).hexdigest()
        found.append(ParcelFile(name=name, kind=name, sha256=sha256, data=data))
    return tuple(found)


def files(ports: Ports, documents: list[Document]) -> tuple[ParcelFile, ...]:
    """The bytes of documents, each file once; one that is lost stops the filing and says so."""
    found = []
    for one in parts.once(documents):
        try:
            data = ports.blobs.read(one.sha256)
        except (Missing, Damaged) as exc:
            raise Permanent(f"{one.filename} cannot be read from the store.") from exc
        found.append(
            ParcelFile(name=one.filename, kind=one.kind.value, sha256=one.sha256, data=data)
        )
    return tuple(found)


def poll_status(ports: Ports, claimed: Claimed) -> Record:
    """Ask what became of an entry; an answer that is none is told, once a day."""
    effect = PollStatus.model_validate(claimed.payload)
    with ports.snapshot() as session:
        entry = session.get(Entry, effect.entry_id)
    assert entry is not None
    try:
        reports = ports.gateway.status(entry.key)
    except Transient as exc:
        # On record before it is given up: how often it was missed decides when it is asked again.
        with ports.transact() as session:
            polling.missed(session, entry_id=effect.entry_id, error=str(exc), house=ports.house)
        raise
    except Permanent as exc:
        error = str(exc)
        return lambda session: _tell_garbage(session, entry, error)

    def record(session: Session) -> None:
        tracking.record(
            session,
            entry_id=effect.entry_id,
            reports=reports,
            house=ports.house,
            source="file" if ports.gateway.name == "sftp" else "poll",
        )

    return record


def respond_entry(ports: Ports, claimed: Claimed) -> Record:
    """Send documents on that a broker decided to send on."""
    effect = RespondEntry.model_validate(claimed.payload)
    with ports.snapshot() as session:
        entry = session.get(Entry, effect.entry_id)
        wanted = select(Document).where(col(Document.id).in_(effect.documents))
        documents = list(session.exec(wanted.order_by(col(Document.id))))
    assert entry is not None
    if (
        not ports.gateway.can_be_asked
        and claimed.attempt > 1
        and claimed.last_outcome != "not_done"
    ):
        raise Permanent(
            "It is not known whether the documents went out, and the filer cannot be asked by us.",
            outcome="unknown",
        )
    ports.gateway.respond(entry.key, effect.text, files(ports, documents))
    sent = [one.sha256 for one in documents]
    mark = hashlib.sha256(canonical([effect.text, sent])).hexdigest()

    def record(session: Session) -> None:
        audit.record(
            session, "documents_sent_on", actor=SYSTEM, shipment_id=entry.shipment_id,
            entry=entry.number, documents=sent, sha256=mark,
        )  # fmt: skip
        outbox.add(
            session,
            TellThread(
                shipment_id=entry.shipment_id,
                note="sent_on",
                once=effect.once,
                facts={"entry": entry.number, "files": [one.filename for one in documents]},
            ),
        )

    return record


def ask_broker(session: Session, entry_id: int) -> None:
    """Nobody but a person can tell whether the filing arrived: say so, with the two answers."""
    entry = session.get(Entry, entry_id)
    assert entry is not None
    shipment = session.get(Shipment, entry.shipment_id)
    assert shipment is not None
    count = len(journal.attempts(session, entry.key))
    audit.record(
        session, "filing_in_doubt", actor=SYSTEM, shipment_id=entry.shipment_id, key=entry.key
    )
    outbox.add(
        session,
        TellThread(
            shipment_id=entry.shipment_id,
            note="filing_in_doubt",
            once=f"entry-{entry_id}-{count}",
            facts={"entry": entry.number},
            broadcast=True,
            mention=shipment.assignee or entry.confirmed_by,
            entry_id=entry_id,
            ask="doubt",
        ),
    )


def _tell_refused(session: Session, entry_id: int, begun: journal.Begun, error: str) -> None:
    entry = session.get(Entry, entry_id)
    assert entry is not None
    shipment = session.get(Shipment, entry.shipment_id)
    assert shipment is not None
    outbox.add(
        session,
        TellThread(
            shipment_id=entry.shipment_id,
            note="filing_stopped",
            once=f"entry-{entry_id}-{begun.number}",
            facts={"entry": entry.number, "error": error[:300]},
            broadcast=True,
            mention=shipment.assignee or entry.confirmed_by,
            entry_id=entry_id,
            ask="by_hand",
        ),
    )


def _tell_garbage(session: Session, entry: Entry, error: str) -> None:
    outbox.add(
        session,
        TellOps(
            note="status_unreadable",
            once=f"entry-{entry.id}-{now():%Y%m%d}",
            facts={"entry": entry.number, "error": error[:300]},
        ),
    )


def _end(ports: Ports, begun: journal.Begun, outcome: journal.Outcome, answer: str) -> None:
    with ports.transact() as session:
        journal.end(session, begun.id, outcome=outcome, answer=answer)


TABLE = {
    SubmitEntry.kind: submit_entry,
    PollStatus.kind: poll_status,
    RespondEntry.kind: respond_entry,
}
