"""The handlers of the mail that we send. Like all handlers each can run twice."""

from __future__ import annotations

from sqlmodel import Session

from prompts import letter
from storage import outbox
from storage.mail import OutgoingMail
from storage.models import Message
from storage.outbox import Claimed
from workflows import answering, digest, post
from workflows.effects import (
    Acknowledge,
    AnswerSender,
    AskAll,
    AskQuestion,
    Chase,
    SendDigest,
    TellThread,
)
from workflows.ports import Ports
from workflows.post import Record


def nothing(_session: Session) -> None:
    """There is nothing to record."""


def answer_sender(ports: Ports, claimed: Claimed) -> Record:
    effect = AnswerSender.model_validate(claimed.payload)
    if effect.template != "nothing_in_it":
        return nothing  # of an older version: the acknowledgement after reading says it
    with ports.snapshot() as session:
        message = session.get(Message, effect.message_id)
        assert message is not None
    made = letter.write(
        effect.template, language="en", problems=message.problems, firm=ports.house.firm
    )
    mail = OutgoingMail(
        key=effect.key(),
        to=(message.sender,),
        subject=letter.subject(
            effect.template, language="en", subject=message.subject or "(no subject)"
        ),
        text=made.text,
        html=made.html,
        reply_to=ports.house.intake_address,
        in_reply_to=message.message_id,
        references=(message.message_id,),
    )
    return post.deliver(ports, mail, kind=effect.template, shipment_id=None, answers=message.id)


def acknowledge(ports: Ports, claimed: Claimed) -> Record:
    effect = Acknowledge.model_validate(claimed.payload)
    with ports.snapshot() as session:
        due = answering.acknowledgement(session, effect, house=ports.house)
    if due is None:
        return nothing
    mail, covers, language = due
    return post.deliver(
        ports,
        mail,
        kind="acknowledgement",
        shipment_id=effect.shipment_id,
        language=language,
        answers=covers,
        refusal_is_an_outcome=True,
    )


def send_digest(ports: Ports, claimed: Claimed) -> Record:
    effect = SendDigest.model_validate(claimed.payload)
    with ports.snapshot() as session:
        due = digest.written(session, effect, house=ports.house)
    if due is None:
        return nothing
    mail, language = due
    return post.deliver(
        ports,
        mail,
        kind="digest",
        shipment_id=None,
        language=language,
        refusal_is_an_outcome=True,
    )


def ask_question(ports: Ports, claimed: Claimed) -> Record:
    effect = AskQuestion.model_validate(claimed.payload)
    with ports.snapshot() as session:
        mail, language = answering.question(session, effect, house=ports.house)
    return post.deliver(
        ports,
        mail,
        kind="question",
        shipment_id=effect.shipment_id,
        language=language,
        refusal_is_an_outcome=True,
    )


def ask_all(ports: Ports, claimed: Claimed) -> Record:
    effect = AskAll.model_validate(claimed.payload)
    with ports.snapshot() as session:
        due = answering.all_missing(session, effect, house=ports.house)
    if due is None:
        note = TellThread(
            shipment_id=effect.shipment_id, note="nothing_to_ask", once=effect.day.isoformat()
        )

        def told(session: Session) -> None:
            outbox.add(session, note)

        return told
    mail, language = due
    return post.deliver(
        ports,
        mail,
        kind="ask_all",
        shipment_id=effect.shipment_id,
        language=language,
        refusal_is_an_outcome=True,
    )


def chase(ports: Ports, claimed: Claimed) -> Record:
    effect = Chase.model_validate(claimed.payload)
    with ports.snapshot() as session:
        due = answering.reminder(session, effect, house=ports.house)
    if isinstance(due, list):
        lacks = due
        if not lacks:
            return nothing
        return lambda session: answering.tell_person(session, effect, lacks, house=ports.house)
    mail, language = due
    note = post.deliver(
        ports,
        mail,
        kind="chase",
        shipment_id=effect.shipment_id,
        language=language,
        answers=effect.after,
        refusal_is_an_outcome=True,
    )
    every = ports.house.chasing.then_every

    def record(session: Session) -> None:
        note(session)
        if post.refused(session, mail.key):
            again = effect.model_copy(update={"turn": effect.turn + 1})
            outbox.add(session, again)
            return
        following = Chase(
            shipment_id=effect.shipment_id, after=effect.after, number=effect.number + 1
        )
        outbox.add(session, following, run_at=answering.in_working_days(every))

    return record
