"""The audit package: everything on file about some entries, as one ZIP that explains itself.

CBP may ask for the records of an entry (19 CFR 163.6: within 30 days). The package has a folder
for each entry, by day and number, an index as PDF and as JSON, what is absent and why, and the
sha256 of every file in the form that `sha256sum -c` reads. A damaged or missing original is
named in the index and nothing else is lost. Making a package is an audit event.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlmodel import Session, col, select

from storage.blobs import Blobs, Damaged, Missing
from storage.columns import now
from storage.models import (
    AuditEvent,
    Classification,
    Document,
    Entry,
    Hold,
    Importer,
    LineItem,
    Message,
    Screening,
    Shipment,
    StatusReport,
)
from storage.values import DocumentKind
from workflows import hold_history, parts, playbook, post
from workflows.papers.render import render
from workflows.states import Refused

Snapshot = Callable[[], AbstractContextManager[Session]]
Progress = Callable[[int, int], None]

MOST_ENTRIES = 2000
_STORED = (".pdf", ".png", ".jpg", ".jpeg", ".xlsx", ".zip", ".docx", ".heic")
_PLAIN = re.compile(r"[^\w.\-]+")
_EXPECTED = (
    ("commercial invoice", (DocumentKind.COMMERCIAL_INVOICE,)),
    ("packing list", (DocumentKind.PACKING_LIST,)),
    (
        "bill of lading, air waybill or arrival notice",
        (DocumentKind.BILL_OF_LADING, DocumentKind.AIR_WAYBILL, DocumentKind.ARRIVAL_NOTICE),
    ),
    ("certificate of origin", (DocumentKind.CERTIFICATE_OF_ORIGIN,)),
)


@dataclass
class Filed:
    """One file of the package."""

    name: str
    sha256: str
    size: int
    what: str


@dataclass
class Folder:
    """What the package has about one entry."""

    entry: str
    day: str
    shipment: str
    importer: str
    state: str
    name: str
    files: list[Filed] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Made:
    """A package that was made."""

    folders: Sequence[Folder]
    sha256: str
    size: int

    @property
    def problems(self) -> list[str]:
        return [f"{one.name}: {said}" for one in self.folders for said in one.problems]


def chosen(
    session: Session,
    *,
    numbers: Sequence[str] = (),
    importer: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[int]:
    """The ids of the entries that were asked for, oldest first; `Refused` says what is not there.

    By number, or by importer and day of filing (both ends included).
    """
    if not numbers and importer is None and since is None and until is None:
        raise Refused("Name entries, an importer or a period: an audit never asks for everything.")
    statement = select(Entry.id, Entry.number, Entry.submitted_at).join(Shipment)
    if numbers:
        wanted = {one.strip().upper() for one in numbers}
        known = session.exec(statement.where(col(Entry.number).in_(wanted))).all()
        if lacking := wanted - {number for _, number, _ in known}:
            raise Refused(f"There is no entry {', '.join(sorted(lacking))}: nothing was made.")
    if numbers:
        statement = statement.where(col(Entry.number).in_(wanted))
    if importer is not None:
        statement = statement.join(Importer).where(Importer.name == importer)
    rows = [
        (at or datetime.max.replace(tzinfo=now().tzinfo), number or "", key)
        for key, number, at in session.exec(statement).all()
        if _within(at, since, until)
    ]
    if not rows:
        raise Refused("No entry of that importer and period is on file: nothing was made.")
    if len(rows) > MOST_ENTRIES:
        raise Refused(f"These are {len(rows)} entries; at most {MOST_ENTRIES} fit in one package.")
    return [key for _, _, key in sorted(rows) if key is not None]


def write(
    out: BinaryIO,
    entries: Sequence[int],
    *,
    snapshot: Snapshot,
    blobs: Blobs,
    firm: str,
    progress: Progress | None = None,
) -> Made:
    """Write the package to `out` (seekable). One entry at a time is held in memory."""
    folders: list[Folder] = []
    sums: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as package:
        for done, key in enumerate(entries):
            if progress is not None:
                progress(done, len(entries))
            with snapshot() as session:
                folder, parts = _gather(session, key)
            for name, what, content in parts:
                _put(package, folder, name, what, content, blobs)
            folders.append(folder)
            sums += [f"{one.sha256}  {folder.name}/{one.name}" for one in folder.files]
        facts = _facts(folders, firm)
        index = json.dumps(facts, indent=1, ensure_ascii=False, sort_keys=True).encode()
        for name, data in (("index.json", index), ("index.pdf", render("audit_index", facts))):
            package.writestr(name, data)
            sums.append(f"{hashlib.sha256(data).hexdigest()}  {name}")
        package.writestr("SHA256SUMS", "\n".join(sums) + "\n")
    if progress is not None:
        progress(len(entries), len(entries))
    out.seek(0)
    digest = hashlib.sha256()
    while piece := out.read(1 << 20):
        digest.update(piece)
    return Made(folders=folders, sha256=digest.hexdigest(), size=out.tell())


def _within(at: datetime | None, since: date | None, until: date | None) -> bool:
    if since is None and until is None:
        return True
    if at is None:
        return False
    return (since is None or at.date() >= since) and (until is None or at.date() <= until)


@dataclass(frozen=True)
class _Blob:
    sha256: str


Part = tuple[str, str, bytes | _Blob]


def _gather(session: Session, entry_id: int) -> tuple[Folder, list[Part]]:
    entry = session.get(Entry, entry_id)
    assert entry is not None
    shipment = session.get(Shipment, entry.shipment_id)
    assert shipment is not None
    assert shipment.id is not None
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    day = (entry.submitted_at or entry.confirmed_at).date().isoformat()
    folder = Folder(
        entry=entry.number or entry.key,
        day=day,
        shipment=shipment.ref or "",
        importer=importer.name if importer else "",
        state=shipment.state.value,
        name=f"{day}_{_plain(entry.number or entry.key)}",
    )
    if shipment.disposed_at is not None:
        folder.absent.append(
            f"Everything but the numbers: the file was deleted on {shipment.disposed_at.date()}, "
            "after its time."
        )
    documents = session.exec(
        select(Document).where(Document.shipment_id == shipment.id).order_by(col(Document.id))
    ).all()
    parts = [*_originals(session, shipment.id, documents), *_records(session, entry, shipment)]
    kinds = {one.kind for one in documents}
    folder.absent += [
        f"{name}: none on file" for name, wanted in _EXPECTED if not kinds.intersection(wanted)
    ]
    if not any(name == "status.csv" for name, _, _ in parts):
        folder.absent.append("customs' answer: nothing was reported")
    if shipment.manifest_sha256:
        parts.append(
            ("sealed-manifest.json", "seal of the whole file", _Blob(shipment.manifest_sha256))
        )
    else:
        folder.absent.append("sealed manifest: the file is not closed yet")
    return folder, parts


def _originals(session: Session, shipment_id: int, documents: Sequence[Document]) -> Iterator[Part]:
    for number, document in enumerate(parts.once(documents), start=1):
        name = f"documents/{number:03d}_{document.kind.value}_{_plain(document.filename)}"
        held = [one for one in documents if one.sha256 == document.sha256]
        yield name, ", ".join(_said_of(one, of=len(held)) for one in held), _Blob(document.sha256)
    mails = session.exec(
        select(Message).where(Message.shipment_id == shipment_id).order_by(col(Message.id))
    ).all()
    for number, mail in enumerate(mails, start=1):
        yield f"mails/{number:03d}_in.eml", f"mail from {mail.sender}", _Blob(mail.raw_sha256)


def _said_of(document: Document, *, of: int) -> str:
    """The kind of a document, and where it stands in a file that holds several."""
    kind = document.kind.value.replace("_", " ")
    return kind if of == 1 else f"{kind} ({document.title.rpartition(', ')[2]})"


def _records(session: Session, entry: Entry, shipment: Shipment) -> Iterator[Part]:
    assert shipment.id is not None
    if entry.filing:
        yield "filing.json", "the entry as filed", _json(entry.filing)
    history = post.history(session, shipment.id)
    if history:
        yield "correspondence.json", "every mail in and out", _json(history)
    reports = session.exec(
        select(StatusReport)
        .where(StatusReport.entry_id == entry.id)
        .order_by(col(StatusReport.at), col(StatusReport.id))
    ).all()
    if reports:
        yield (
            "status.csv",
            "what customs reported",
            _csv(
                ("at", "code", "raw", "reason", "expected", "source", "late"),
                [
                    (r.at.isoformat(), r.code, r.raw_code, r.reason, r.expected, r.source, r.late)
                    for r in reports
                ],
            ),
        )
    stood = session.exec(select(Hold).where(Hold.entry_id == entry.id).order_by(col(Hold.id))).all()
    if stood:
        told = [hold_history.of(session, one) for one in stood]
        yield "holds.json", "every hold, with all that was said and done", _json(told)
    for one in stood:
        # Counsel's papers go to nobody by accident: of restricted goods only the history goes.
        if one.package_sha256 and not playbook.play(one.kind).few:
            name = f"holds/{one.id:03d}_{_plain(one.code)}.zip"
            yield name, f"the package of hold {one.code}", _Blob(one.package_sha256)
    lines = session.exec(
        select(LineItem).where(LineItem.shipment_id == shipment.id).order_by(col(LineItem.number))
    ).all()
    if lines:
        yield "classification.json", "how each line got its code", _json(_decided(session, lines))
    screened = session.exec(
        select(Screening).where(Screening.shipment_id == shipment.id).order_by(col(Screening.id))
    ).all()
    if screened:
        yield (
            "screening.json",
            "denied-party screening",
            _json([one.model_dump(mode="json") for one in screened]),
        )
    events = session.exec(
        select(AuditEvent).where(AuditEvent.shipment_id == shipment.id).order_by(col(AuditEvent.id))
    ).all()
    yield (
        "decisions.csv",
        "who did what, when",
        _csv(
            ("at", "what", "who", "role", "licence", "details", "hash"),
            [
                (
                    one.at.isoformat(),
                    one.action,
                    one.actor_name,
                    one.actor_role,
                    one.actor_licence or "",
                    json.dumps(one.details, sort_keys=True),
                    one.hash,
                )
                for one in events
            ],
        ),
    )


def _decided(session: Session, lines: Sequence[LineItem]) -> list[dict[str, Any]]:
    shown = {
        (one.line_id, one.line_rev): one
        for one in session.exec(
            select(Classification).where(col(Classification.line_id).in_([x.id for x in lines]))
        )
    }
    made = []
    for line in lines:
        proposed = shown.get((line.id or 0, line.rev))
        made.append(
            {
                **line.model_dump(mode="json"),
                "proposed": proposed.model_dump(mode="json") if proposed else None,
            }
        )
    return made


def _put(
    package: zipfile.ZipFile,
    folder: Folder,
    name: str,
    what: str,
    content: bytes | _Blob,
    blobs: Blobs,
) -> None:
    if isinstance(content, _Blob):
        try:
            data = blobs.read(content.sha256)
        except Missing:
            folder.problems.append(f"{name}: the original is missing from the store.")
            return
        except Damaged:
            folder.problems.append(f"{name}: the original in the store is damaged.")
            return
    else:
        data = content
    how = zipfile.ZIP_STORED if name.casefold().endswith(_STORED) else zipfile.ZIP_DEFLATED
    package.writestr(f"{folder.name}/{name}", data, compress_type=how)
    folder.files.append(
        Filed(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data), what=what)
    )


def _facts(folders: Sequence[Folder], firm: str) -> dict[str, Any]:
    return {
        "package": 1,
        "firm": firm,
        "made": now().strftime("%Y-%m-%d %H:%M UTC"),
        "entries": [
            {
                "entry": one.entry,
                "day": one.day,
                "shipment": one.shipment,
                "importer": one.importer,
                "state": one.state,
                "folder": one.name,
                "files": [vars(file) for file in one.files],
                "absent": one.absent,
                "problems": one.problems,
            }
            for one in folders
        ],
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True, default=str).encode()


def _csv(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerow(head)
    written.writerows([[_cell(one) for one in row] for row in rows])
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    said = str(value)
    return f"'{said}" if said[:1] in ("=", "+", "-", "@", "\t") else said


def _plain(name: str) -> str:
    return _PLAIN.sub("_", Path(name).name)[-80:] or "file"
