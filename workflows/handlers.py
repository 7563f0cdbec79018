"""One small function per effect: read, call one port, say what to record.

A handler gets no session. It opens short snapshots itself, calls its port with none open, and
gives back a function that records the result; the caller runs that in the transaction that
marks the effect as done. Every handler can run twice: the repeat is written first.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session, col, select

from prompts import render
from storage import outbox
from storage.columns import now
from storage.models import LineItem, LineState, Quarantine, Shipment, State
from storage.outbox import Claimed
from workflows import (
    adcvd_mail,
    all_lines,
    archive,
    compliance_card,
    hold_mail,
    hold_package,
    home,
    late,
    mailing,
    notifying,
    outage,
    picking_up,
    proposal,
    quarantine,
    retention,
    showing,
    sign_jobs,
    staffing,
    status_files,
    submitting,
)
from workflows.booked import handlers as booked
from workflows.card import documents_of
from workflows.effects import (
    Acknowledge,
    AlertMail,
    AnswerSender,
    AskAll,
    AskQuestion,
    Chase,
    RemoveFile,
    ResealArchive,
    SealArchive,
    SendDigest,
    ShowCard,
    ShowQuarantine,
    TellDecisions,
    TellDirect,
    TellOps,
    TellThread,
)
from workflows.exports import sending
from workflows.mailing import nothing
from workflows.papers import making
from workflows.ports import Ports, Posted, Transient
from workflows.post import Record
from workflows.views import ATTACH, NoteButton, NoteView

__all__ = ["TABLE", "Handler", "Record", "nothing"]

Handler = Callable[[Ports, Claimed], Record]


def remove_file(ports: Ports, claimed: Claimed) -> Record:
    ports.chat.remove(RemoveFile.model_validate(claimed.payload).file)
    return nothing


def tell_thread(ports: Ports, claimed: Claimed) -> Record:
    effect = TellThread.model_validate(claimed.payload)
    with ports.snapshot() as session:
        shipment = session.get(Shipment, effect.shipment_id)
        at = showing.card_of(shipment) if shipment else None
        if shipment is None:
            return nothing
        documents = documents_of(session, effect.shipment_id, ports.house) if effect.hold_id else ()
        ref, intake_address = shipment.ref, ports.house.address_for(shipment.ref or "")
        offered = _offers(session, effect)
        reached = (
            staffing.reach(session, effect.mention, at=now(), urgent=effect.broadcast)
            if effect.mention
            else staffing.Reach(None, None)
        )
    if at is None:
        raise Transient("The card is not posted yet.", retry_after=2)
    buttons = _about_hold(effect)
    if effect.account_id:
        right = "I called them: it is right"
        buttons = (NoteButton(action="account_right", label=right, target=effect.account_id),)
    buttons = buttons or offered
    if effect.discrepancy_id:
        target = effect.discrepancy_id
        buttons = (NoteButton(action="discrepancy_decide", label="Decide…", target=target),)
    if effect.pickup_id:
        label, target = "Record the pickup…", effect.pickup_id
        buttons = (NoteButton(action="pickup_record", label=label, target=target),)
    buttons = buttons or _asked(effect)
    note = NoteView(
        text=render(f"slack/{effect.note}", ref=ref, address=intake_address, **effect.facts),
        mention=reached.mention,
        buttons=buttons,
        documents=documents,
    )
    repeated = claimed.last_outcome == "unknown"
    if not (repeated and ports.chat.find(at.channel, claimed.key, thread=at.ts)):
        ports.chat.post(at.channel, note, key=claimed.key, thread=at.ts, broadcast=effect.broadcast)
    return _also_direct(effect, reached.direct, ref)


def _also_direct(effect: TellThread, user: str | None, ref: str | None) -> Record:
    """The same as a direct message to who wishes it."""
    if user is None:
        return nothing
    direct = TellDirect(
        slack_user=user,
        note=effect.note,
        once=f"{effect.shipment_id}-{effect.once}",
        ref=ref,
        facts=effect.facts,
    )

    def record(session: Session) -> None:
        outbox.add(session, direct)

    return record


def tell_decisions(ports: Ports, claimed: Claimed) -> Record:
    effect = TellDecisions.model_validate(claimed.payload)
    with ports.snapshot() as session:
        shipment = session.get(Shipment, effect.shipment_id)
        at = showing.card_of(shipment) if shipment else None
        mine = session.exec(
            select(LineItem)
            .where(
                LineItem.shipment_id == effect.shipment_id,
                LineItem.state == LineState.CONFIRMED,
                LineItem.decided_by == effect.actor_id,
            )
            .order_by(col(LineItem.number))
        ).all()
        decided = [
            line
            for line in mine
            if line.decided_at
            and int(line.decided_at.timestamp()) // TellDecisions.WINDOW == effect.window
        ]
    if not decided or at is None:
        return nothing
    if claimed.last_outcome == "unknown" and ports.chat.find(at.channel, claimed.key, thread=at.ts):
        return nothing
    text = render(
        "slack/decisions",
        who=decided[0].decided_name,
        lines=[f"{line.number}: {line.code}" for line in decided],
    )
    ports.chat.post(at.channel, NoteView(text=text), key=claimed.key, thread=at.ts)
    return nothing


def tell_ops(ports: Ports, claimed: Claimed) -> Record:
    effect = TellOps.model_validate(claimed.payload)
    channel = ports.house.ops_channel
    if claimed.last_outcome == "unknown" and ports.chat.find(channel, claimed.key):
        return nothing
    buttons = (
        (
            NoteButton(action="outbox_retry", label="Try again", target=effect.outbox_id),
            NoteButton(action="outbox_drop", label="Let it be", target=effect.outbox_id),
        )
        if effect.outbox_id
        else ()
    )
    note = NoteView(text=render(f"slack/{effect.note}", **effect.facts), buttons=buttons)
    ports.chat.post(channel, note, key=claimed.key)
    return nothing


def show_quarantine(ports: Ports, claimed: Claimed) -> Record:
    effect = ShowQuarantine.model_validate(claimed.payload)
    with ports.snapshot() as session:
        row = session.get(Quarantine, effect.quarantine_id)
        if row is None:
            return nothing
        view = quarantine.card(session, row)
    key = f"quarantine-{effect.quarantine_id}"
    at = Posted(channel=row.channel, ts=row.ts) if row.channel and row.ts else None
    if at is None and claimed.last_outcome == "unknown":
        at = ports.chat.find(ports.house.review_channel, key)
    if at is None:
        at = ports.chat.post(ports.house.review_channel, view, key=key)
    else:
        ports.chat.update(at, view)
    shown_at = at

    def record(session: Session) -> None:
        kept = session.get(Quarantine, effect.quarantine_id)
        assert kept is not None
        kept.channel, kept.ts = shown_at.channel, shown_at.ts
        session.add(kept)

    return record


def seal_archive(ports: Ports, claimed: Claimed) -> Record:
    effect = SealArchive.model_validate(claimed.payload)
    with ports.snapshot() as session:
        shipment = session.get(Shipment, effect.shipment_id)
        assert shipment is not None
        written = archive.manifest(session, shipment)
    sha256 = ports.blobs.put(written)

    def record(session: Session) -> None:
        archive.seal(
            session,
            shipment_id=effect.shipment_id,
            sha256=sha256,
            keep_years=ports.house.keep_years,
        )
        # The last redrawing may have come before the sealing: the card must tell of it.
        sealed = session.get(Shipment, effect.shipment_id)
        if sealed is not None and sealed.manifest_sha256 == sha256:
            proposal.changed(session, sealed)

    return record


def reseal_archive(ports: Ports, claimed: Claimed) -> Record:
    effect = ResealArchive.model_validate(claimed.payload)
    with ports.snapshot() as session:
        shipment = session.get(Shipment, effect.shipment_id)
        assert shipment is not None
        if shipment.state is not State.CLOSED:
            return nothing  # it will be sealed with everything
        written = archive.manifest(session, shipment)
    sha256 = ports.blobs.put(written)
    return lambda session: archive.reseal(session, shipment_id=effect.shipment_id, sha256=sha256)


TABLE: dict[str, Handler] = {
    ShowCard.kind: showing.show_card,
    TellThread.kind: tell_thread,
    TellDecisions.kind: tell_decisions,
    TellOps.kind: tell_ops,
    RemoveFile.kind: remove_file,
    **submitting.TABLE,
    **status_files.TABLE,
    **sending.TABLE,
    AlertMail.kind: outage.alert_mail,
    **notifying.TABLE,
    **picking_up.TABLE,
    AnswerSender.kind: mailing.answer_sender,
    Acknowledge.kind: mailing.acknowledge,
    AskQuestion.kind: mailing.ask_question,
    Chase.kind: mailing.chase,
    SendDigest.kind: mailing.send_digest,
    AskAll.kind: mailing.ask_all,
    SealArchive.kind: seal_archive,
    ResealArchive.kind: reseal_archive,
    ShowQuarantine.kind: show_quarantine,
    **compliance_card.TABLE,
    **hold_mail.TABLE,
    **adcvd_mail.TABLE,
    **hold_package.TABLE,
    **home.TABLE,
    **all_lines.TABLE,
    **booked.TABLE,
    **making.TABLE,
    **sign_jobs.TABLE,
    **retention.TABLE,
}


def _offers(session: Session, effect: TellThread) -> tuple[NoteButton, ...]:
    """A button for each shipment that the mail may belong to."""
    return tuple(
        NoteButton(
            action=action,
            label=f"Attach to {other.ref}",
            target=effect.shipment_id,
            other=other.id,
        )
        for action, other in zip(
            ATTACH, (session.get(Shipment, one) for one in effect.offers), strict=False
        )
        if other is not None
    )


def _about_hold(effect: TellThread) -> tuple[NoteButton, ...]:
    """The buttons under the alert of a hold."""
    if effect.hold_id is None:
        return ()
    target = effect.hold_id
    if effect.note == "prior_disclosure":
        return (NoteButton(action="hold_clear", label="The answer may go…", target=target),)
    return (
        NoteButton(action="hold_ack", label="I have it", target=target),
        NoteButton(action="hold_answer", label="Answer customs…", target=target),
        NoteButton(action="hold_letter", label="Write to the client…", target=target),
        NoteButton(action="hold_note", label="Note…", target=target),
        NoteButton(action="hold_kind", label="Another kind…", target=target),
        NoteButton(action="hold_close", label="Close…", target=target),
    )


def _asked(effect: TellThread) -> tuple[NoteButton, ...]:
    """The buttons under a note about a filing."""
    if effect.ask == "late" and effect.late_id:
        return tuple(
            NoteButton(action=f"late_{choice}", label=label, target=effect.late_id)
            for choice, label in late.CHOICES
        )
    if effect.ask == "entry_type":
        label = "Entry type…"
        return (NoteButton(action="entry_type", label=label, target=effect.shipment_id),)
    if effect.ask == "shadow":
        label = "Record what was filed…"
        return (NoteButton(action="shadow_record", label=label, target=effect.shipment_id),)
    if effect.entry_id is None or effect.ask is None:
        return ()
    by_hand = "It arrived…" if effect.ask == "doubt" else "I filed it myself…"
    made = [NoteButton(action="filed_by_hand", label=by_hand, target=effect.entry_id)]
    if effect.ask == "stated":
        label = "Record a status…"
        return (NoteButton(action="status_stated", label=label, target=effect.entry_id),)
    if effect.ask == "doubt":
        label = "It did not arrive: send again"
        made.append(NoteButton(action="filing_denied", label=label, target=effect.entry_id))
    return tuple(made)
