"""The handlers of releases: notices in each form.

Like all handlers each can run twice: a notice that was sent stays sent, the Message-ID, the
idempotency key and the file's name follow from the notice.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from sqlmodel import Session, col, select

from storage.blobs import Damaged, Missing
from storage.mail import Attachment
from storage.models import ConsigneeNotice, Document, Entry, Shipment
from storage.notices import mail_route
from storage.outbox import Claimed
from workflows import correspondents, delivery, notice_forms, notices, post, release
from workflows.effects import NotifyByFile, NotifyByWebhook, NotifyConsignee
from workflows.mailing import nothing
from workflows.ports import OnHold, Permanent, Ports
from workflows.post import Record

_MOST_BYTES = 8_000_000  #: of attachments; larger ones are named in the mail and can be asked for
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def by_mail(ports: Ports, claimed: Claimed) -> Record:
    effect = NotifyConsignee.model_validate(claimed.payload)
    if effect.notice_id is None:
        return _of_older_version(ports, effect)
    with ports.snapshot() as session:
        notice, before = _notice(session, effect.notice_id)
        if notice.sent_at is not None:
            return nothing
        shipment = _may_go(session, notice)
        language = correspondents.language_of(session, shipment)
    attached = _attached(ports, notice)
    mail, language = notice_forms.mail(
        notice,
        before,
        language=language,
        reply_to=ports.house.address_for(str(notice.facts.get("ref") or "")),
        key=effect.key(),
        attached=tuple(one.name for one in attached),
    )
    mail = mail.model_copy(update={"attachments": attached})
    # The thread hears of it in release's own words.
    note = post.deliver(
        ports, mail, kind="release", shipment_id=effect.shipment_id, language=language, quiet=True
    )
    return _told(ports, notice, mail.message_id, note)


def by_webhook(ports: Ports, claimed: Claimed) -> Record:
    effect = NotifyByWebhook.model_validate(claimed.payload)
    with ports.snapshot() as session:
        notice, before = _notice(session, effect.notice_id)
        if notice.sent_at is not None:
            return nothing
        _may_go(session, notice)
    if ports.webhook is None:
        raise Permanent("This installation sends no webhooks.")
    body = notice_forms.message(notice, before, ports.house.outside_link)
    answer = ports.webhook.deliver(str(notice.route.url), body, key=notice_forms.key_of(notice))
    return _told(ports, notice, answer)


def by_file(ports: Ports, claimed: Claimed) -> Record:
    effect = NotifyByFile.model_validate(claimed.payload)
    with ports.snapshot() as session:
        notice, before = _notice(session, effect.notice_id)
        if notice.sent_at is not None:
            return nothing
        _may_go(session, notice)
    if ports.drop is None:
        raise Permanent("This installation puts no files on servers.")
    name = notice_forms.file_name(notice)
    papers = _attached(ports, notice)
    if papers:
        # Before the file that names them: who finds that finds these.
        ports.drop.place(notice.route, f"{name}.zip", _zipped(papers))
    ports.drop.place(notice.route, f"{name}.edi", notice_forms.edi(notice, before))
    return _told(ports, notice, f"{name}.edi")


TABLE: dict[str, Callable[[Ports, Claimed], Record]] = {
    NotifyConsignee.kind: by_mail,
    NotifyByWebhook.kind: by_webhook,
    NotifyByFile.kind: by_file,
}


def _of_older_version(ports: Ports, effect: NotifyConsignee) -> Record:
    """What an older version asked for before its notices had rows: the row is made now."""

    def record(session: Session) -> None:
        entry = session.get(Entry, effect.entry_id)
        shipment = session.get(Shipment, effect.shipment_id)
        assert entry is not None
        assert shipment is not None
        to = release.address_of(session, shipment)
        if to is not None and notices.newest(session, effect.entry_id, to) is None:
            release.send(
                session, entry, mail_route(to),
                facts=notices.facts(session, shipment, entry, ports.house), number=1,
            )  # fmt: skip

    return record


def _notice(session: Session, notice_id: int) -> tuple[ConsigneeNotice, ConsigneeNotice | None]:
    notice = session.get(ConsigneeNotice, notice_id)
    if notice is None:
        raise Permanent("The notice is not in the database.")
    return notice, notices.before(session, notice)


def _may_go(session: Session, notice: ConsigneeNotice) -> Shipment:
    """The shipment of this notice. A "go" waits while a hold stands: nobody drives in vain."""
    shipment = session.get(Shipment, notice.shipment_id)
    assert shipment is not None
    if not notice.facts.get("recalled") and (why := delivery.stopped(session, shipment)):
        raise OnHold(why)
    return shipment


def _told(ports: Ports, notice: ConsigneeNotice, reference: str, note: Record = nothing) -> Record:
    def record(session: Session) -> None:
        note(session)
        release.notified(session, notice, reference=reference, house=ports.house)

    return record


def _attached(ports: Ports, notice: ConsigneeNotice) -> tuple[Attachment, ...]:
    """The release documents as far as they can be read and are not too large together."""
    found: list[Attachment] = []
    left = _MOST_BYTES
    with ports.snapshot() as session:
        ids = [one["id"] for one in notice.facts.get("documents", [])]
        rows = session.exec(
            select(Document).where(col(Document.id).in_(ids)).order_by(col(Document.id))
        ).all()
    for one in rows:
        if one.size > left:
            continue
        try:
            data = ports.blobs.read(one.sha256)
        except (Missing, Damaged):
            continue  # the card names a document that cannot be read
        left -= len(data)
        found.append(Attachment(name=one.filename, content_type=_kind(one), data=data))
    return tuple(found)


def _kind(one: Document) -> str:
    plain = "/" in one.content_type and not one.content_type.startswith(("multipart", "message"))
    return one.content_type if plain else "application/octet-stream"


def _zipped(papers: tuple[Attachment, ...]) -> bytes:
    """The same papers give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, one in enumerate(papers, start=1):
            safe = "".join(c if c.isalnum() or c in "-_. " else "-" for c in one.name)
            archive.writestr(zipfile.ZipInfo(f"{number:02}-{safe}", _LONG_AGO), one.data)
    return made.getvalue()
