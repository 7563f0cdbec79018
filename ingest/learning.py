"""A person's correction teaches: the next document of the same sender and layout is read with it.

Lessons are kept apart by the sender's firm and by the importer. When a lesson led to a value that
a person then corrects, it is forgotten; one about a column when the right value is found to stand
in another: a single cell of a table may be the shipper's own mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from ingest.fields import lessons
from ingest.reader import SafeReader
from knowledge.domains import firm_of
from storage import audit
from storage.blobs import Blobs, Damaged, Missing
from storage.columns import now
from storage.models import Document, Message, ReadingLesson, ReadState, Shipment
from storage.outbox import Claimed
from storage.values import SYSTEM, Lesson, Reading
from workflows import booking
from workflows.effects import LearnCorrection
from workflows.handlers import Record, nothing
from workflows.ports import Ports

MOST_LESSONS = 300  # of one sender: the oldest is forgotten
_MOST_DOCUMENTS = 12
_MOST_PAGES = 20  # a longer document is not read a second time to learn from it

Groups = Mapping[int | None, Sequence[Lesson]]
"""A sender's lessons by importer; None: those of shipments whose importer was not known."""


def groups(session: Session, sender: str | None) -> Groups:
    """What was taught about the documents of a sender."""
    found: dict[int | None, list[Lesson]] = {}
    if sender:
        for row in _rows(session, firm_of(sender)):
            found.setdefault(row.importer_id, []).append(_lesson(row))
    return found


def chosen(
    session: Session, known: Groups, readings: Sequence[Reading], importer_id: int | None
) -> Reading:
    """The reading that counts, of the plain one and one for each group, in this order.

    The importer is who the plain reading names, else the shipment's. Another importer's lessons
    are never used; where none is known, a sender's only ones are.
    """
    plain, *taught = readings
    by_importer = dict(zip(known, taught, strict=True))
    named = booking.importer_of(session, plain.parties)
    ours = named.id if named is not None else importer_id
    if ours is None and len(taught) == 1:
        return taught[0]
    return by_importer.get(ours, plain)


def perform(ports: Ports, claimed: Claimed, *, safe: SafeReader, blobs: Blobs) -> Record:
    """The handler of `LearnCorrection`."""
    effect = LearnCorrection.model_validate(claimed.payload)
    with ports.snapshot() as session:
        shipment = session.get(Shipment, effect.shipment_id)
        if shipment is None:
            return nothing
        importer_id = shipment.importer_id
        pairs = session.exec(
            select(Document, Message)
            .join(Message, col(Message.id) == Document.message_id)
            .where(
                Document.shipment_id == effect.shipment_id,
                Document.state == ReadState.READ,
                col(Document.made_by_us).is_(False),
            )
            .order_by(col(Document.id))
            .limit(_MOST_DOCUMENTS)
        ).all()
    taught: list[tuple[str, Lesson]] = []
    wrong: list[tuple[str, str, str]] = []
    for document, mail in pairs:
        if not mail.sender or document.reading is None or document.reading.pages > _MOST_PAGES:
            continue
        firm = firm_of(mail.sender)
        wrong += [(firm, path, says) for path, says in _led_astray(document.reading, effect)]
        try:
            data = blobs.read(document.sha256)
        except (Missing, Damaged):
            continue
        made = safe.learn(
            document.filename,
            data,
            effect.changes,
            lines=effect.lines,
            first=document.first_page,
            last=document.last_page,
        )
        if isinstance(made, tuple):
            taught += [(firm, lesson) for lesson in made]

    def record(session: Session) -> None:
        forgotten = _forget(session, wrong)
        for firm, lesson in taught:
            _keep(session, firm, importer_id, lesson, effect.by)
        if taught or forgotten:
            audit.record(
                session,
                "reading_taught",
                actor=SYSTEM,
                shipment_id=effect.shipment_id,
                by=effect.by,
                kept=[f"{firm}: {one.path} {one.place} “{one.label}”" for firm, one in taught],
                forgotten=forgotten,
            )

    return record


def _led_astray(reading: Reading, effect: LearnCorrection) -> list[tuple[str, str]]:
    """The corrected fields that a lesson had given, each with what the lesson says of itself."""
    return [
        (path, seen.learned)
        for path in effect.changes
        if (seen := reading.evidence.get(path)) is not None and seen.learned
    ]


def _forget(session: Session, wrong: Sequence[tuple[str, str, str]]) -> int:
    gone = 0
    for firm, path, says in dict.fromkeys(wrong):
        for row in _rows(session, firm):
            if row.path == path and _lesson(row).says == says:
                session.delete(row)
                gone += 1
    session.flush()
    return gone


def _keep(session: Session, firm: str, importer_id: int | None, lesson: Lesson, by: str) -> None:
    """The newer lesson about a field of a layout takes the place of the older."""
    there = _rows(session, firm)
    for row in there:
        same = (row.importer_id, row.path) == (importer_id, lesson.path)
        if (same and lessons.alike(row.layout, lesson.layout)) or (
            len(there) >= MOST_LESSONS and row is there[0]
        ):
            session.delete(row)
    session.add(
        ReadingLesson(
            sender=firm,
            importer_id=importer_id,
            path=lesson.path,
            label=lesson.label,
            place=lesson.place,
            layout=list(lesson.layout),
            taught_by=by,
            at=now(),
        )
    )
    session.flush()


def _rows(session: Session, firm: str) -> list[ReadingLesson]:
    wanted = select(ReadingLesson).where(ReadingLesson.sender == firm)
    return list(session.exec(wanted.order_by(col(ReadingLesson.id))))


def _lesson(row: ReadingLesson) -> Lesson:
    return Lesson.model_validate(
        {
            "path": row.path,
            "label": row.label,
            "place": row.place,
            "layout": row.layout,
            "says": f"learned from the correction by {row.taught_by} of {row.at:%Y-%m-%d}",
        }
    )
