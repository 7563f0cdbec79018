"""The handlers: set a paper from the facts that were kept with the request, and show it.

Both can run twice: a paper that has its document is not made again, and the same facts give the
same bytes; a note is looked for by its key after an unknown outcome.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlmodel import Session, col, select

from prompts import render as say
from storage import audit, outbox
from storage.columns import now
from storage.models import Document, Paper, ReadState, Shipment
from storage.outbox import Claimed
from storage.values import SYSTEM, DocumentKind
from workflows import offices, proposal
from workflows.mailing import nothing
from workflows.papers import render
from workflows.papers.effects import MakePaper, ShowPaper
from workflows.ports import Permanent, Ports, Posted, Transient
from workflows.post import Record
from workflows.views import DocumentView, NoteView, Picture


def make_paper(ports: Ports, claimed: Claimed) -> Record:
    effect = MakePaper.model_validate(claimed.payload)
    with ports.snapshot() as session:
        paper = session.get(Paper, effect.paper_id)
        shipment = session.get(Shipment, effect.shipment_id)
        if paper is None or shipment is None or paper.document_id is not None:
            return nothing
        name = filename(shipment.ref, paper)
        template, facts = paper.template, paper.facts
    pdf, png = pressed(template, facts)
    sha256, preview = ports.blobs.put(pdf), ports.blobs.put(png)

    def record(session: Session) -> None:
        row = session.get(Paper, effect.paper_id, with_for_update=True)
        made_of = session.get(Shipment, effect.shipment_id, with_for_update=True)
        assert row is not None
        assert made_of is not None
        document = session.exec(
            select(Document).where(
                Document.shipment_id == effect.shipment_id, Document.sha256 == sha256
            )
        ).first() or Document(
            shipment_id=effect.shipment_id,
            filename=name,
            content_type="application/pdf",
            size=len(pdf),
            sha256=sha256,
            kind=DocumentKind.OTHER,
            state=ReadState.READ,
            made_by_us=True,
        )
        session.add(document)
        session.flush()
        row.document_id, row.preview_sha256, row.made_at = document.id, preview, now()
        session.add(row)
        for older in session.exec(
            select(Paper).where(
                Paper.shipment_id == row.shipment_id,
                Paper.kind == row.kind,
                Paper.part == row.part,
                Paper.version < row.version,
                col(Paper.superseded_by).is_(None),
            )
        ):
            older.superseded_by = row.version
            session.add(older)
        audit.record(
            session,
            "paper_made",
            actor=SYSTEM,
            shipment_id=row.shipment_id,
            paper=effect.name,
            document_id=document.id,
            sha256=sha256,
            asked_by=row.asked_name,
        )
        outbox.add(
            session,
            ShowPaper(shipment_id=row.shipment_id, paper_id=effect.paper_id, name=effect.name),
        )
        proposal.changed(session, made_of)

    return record


def show_paper(ports: Ports, claimed: Claimed) -> Record:
    effect = ShowPaper.model_validate(claimed.payload)
    with ports.snapshot() as session:
        paper = session.get(Paper, effect.paper_id)
        shipment = session.get(Shipment, effect.shipment_id)
        if paper is None or shipment is None or paper.document_id is None:
            return nothing
        channel, ts = shipment.card_channel, shipment.card_ts
        document_id, preview = paper.document_id, paper.preview_sha256
        title, version, who = paper.title, paper.version, paper.asked_name
        draft = bool(paper.facts.get("draft"))
        name = filename(shipment.ref, paper)
    if channel is None or ts is None:
        raise Transient("The card is not posted yet.", retry_after=2)
    at = Posted(channel=channel, ts=ts)
    if claimed.last_outcome == "unknown" and ports.chat.find(at.channel, claimed.key, thread=at.ts):
        return nothing
    picture = None
    if preview is not None:
        alt = f"First page of {title}, version {version}"
        try:
            office = offices.office_of(at.channel)
            data = ports.blobs.read(preview)
            file = ports.chat.upload(f"{name}.png", data, title=alt, office=office)
            picture = Picture(file=file, alt=alt)
        except Permanent:
            pass  # Without the right to upload the link alone is shown, and the paper is there.
    note = NoteView(
        text=say("slack/paper_made", title=title, version=version, who=who, draft=int(draft)),
        documents=(
            DocumentView(
                document_id=document_id,
                label=name,
                url=ports.house.document_link(document_id),
                problem=None,
            ),
        ),
        picture=picture,
    )
    try:
        ports.chat.post(at.channel, note, key=claimed.key, thread=at.ts)
    except Permanent:
        if picture is None:
            raise
        # Slack refuses a picture that it has not looked at yet: the words matter more.
        plain = note.model_copy(update={"picture": None})
        ports.chat.post(at.channel, plain, key=claimed.key, thread=at.ts)
    return nothing


TABLE: dict[str, Callable[[Ports, Claimed], Record]] = {
    MakePaper.kind: make_paper,
    ShowPaper.kind: show_paper,
}


def pressed(template: str, facts: dict[str, Any]) -> tuple[bytes, bytes]:
    """The PDF and the picture of its first page."""
    try:
        pdf = render.render(template, facts)
    except render.CannotRender as exc:
        raise Permanent(f"The paper could not be set: {exc}") from exc
    return pdf, render.preview(pdf)


def filename(ref: str | None, paper: Paper) -> str:
    """SHP-2026-000007-packing-list-v2.pdf, with nothing but plain letters."""
    parts = "-".join(one for one in (ref, paper.kind, paper.part, f"v{paper.version}") if one)
    return re.sub(r"[^A-Za-z0-9.]+", "-", parts) + ".pdf"
