"""From a spooled mail to a shipment in review: the only orchestration of the ears.

`receive` takes a mail in; `Reader` handles the effect that reads its documents. Each is one
short transaction after work that is done with none open, and can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from sqlmodel import Session, col, select

from ingest import (
    apart,
    bounces,
    divided,
    fields,
    learning,
    mime,
    progress,
    references,
    second_reader,
    statuses,
)
from ingest.apart import Part, Sheet
from ingest.door import Door
from ingest.fields.merge import Merged, merge
from ingest.mime.links import SAID as LINKS
from ingest.reader import SafeReader
from knowledge.tariff import Confirmed, Desk, LineQuery
from knowledge.tariff.answers import complete
from storage import mail as outgoing
from storage import outbox
from storage.blobs import Blobs, Damaged, Missing
from storage.columns import now
from storage.mail import InnerWords
from storage.models import Document, Importer, Message, ReadState, Shipment
from storage.outbox import Claimed
from storage.seal import Seal
from storage.spool import Spool
from storage.values import Flag, Parties, Reading, Suggestion, Unreadable
from workflows import (
    accounts,
    booking,
    carrier_mail,
    intake,
    line_acts,
    numbers,
    parts,
    products,
    proposal,
    reranking,
    returns,
    rulings,
    sign_hints,
    splitting,
)
from workflows.accounts import Named
from workflows.effects import LearnCorrection, ReadDocuments
from workflows.handlers import Handler, Record, nothing
from workflows.intake import Arrival, File
from workflows.ports import House, Llm, Ports, Transient
from workflows.proposal import Proposal
from workflows.splitting import Portion

_MOST_FLAGS = 5
_MOST_WORDS = 20_000  # of each mail, when they are kept apart

Transaction = Callable[[], AbstractContextManager[Session]]


def receive(
    name: str,
    *,
    spool: Spool,
    blobs: Blobs,
    transaction: Transaction,
    recipients: Sequence[str],
    door: Door | None = None,
    house: House | None = None,
) -> int | None:
    """Take a spooled mail in; gives the message's id. FileNotFoundError when it is gone."""
    spooled = spool.read(name)
    door = door or Door()
    parsed = mime.parse(spooled.raw, own_domain=outgoing.ID_DOMAIN)
    raw_sha256 = blobs.put(spooled.raw)
    files = tuple(
        File(
            filename=file.filename,
            content_type=file.content_type,
            size=len(file.data),
            sha256=blobs.put(file.data),
            held=why.words if why else None,
            because=why.because if why else "held",
            inner=file.inner,
        )
        for file in parsed.files
        for why in [door.held(file.filename, file.data)]
    )
    held = tuple(file.held for file in files if file.held)
    sender = parsed.from_addr or spooled.envelope.mail_from
    report = bounces.read(spooled.raw)
    words = mime.counting(parsed.new)
    numbers = references.of_mail(parsed.subject, words, [one.filename for one in parsed.files])
    crowd = numbers.several
    arrival = Arrival(
        spool_name=name,
        message_id=parsed.message_id or f"<{raw_sha256[:32]}@no-message-id>",
        digest=parsed.digest,
        raw_sha256=raw_sha256,
        sender=sender,
        sender_name=parsed.from_name,
        recipients=spooled.envelope.rcpt_to,
        subject=parsed.subject,
        text=parsed.new,
        sent_at=parsed.date,
        received_at=spooled.envelope.received_at,
        answers=(*parsed.in_reply_to, *reversed(parsed.references)),
        tokens=tuple(mime.plus_tokens(spooled.envelope.rcpt_to, recipients)),
        # Without a sender on the envelope it is an automatic mail (RFC 5321 4.5.5).
        automatic=parsed.automatic or report is not None or spooled.envelope.mail_from == "<>",
        no_answer="it came over a mailing list" if parsed.mailing_list else None,
        broken=parsed.broken,
        references=numbers.pairs,
        several=crowd is not None,
        tells=statuses.looks_like_one(parsed.subject, words),
        problems=tuple(
            dict.fromkeys((*parsed.problems, *held, *([crowd.sentence] if crowd else [])))
        ),
        inner=_words_apart(parsed),
        files=files,
        verdict=door.verdict(spooled.raw, spooled.envelope, shown=sender),
    )
    with transaction() as session:
        message = intake.accept(session, arrival, policy=door.policy)
        if report is not None:
            returns.take(session, report)
        if house is not None:
            carrier_mail.take(session, message, arrival.answers, house=house)
    # Only now: a crash before this repeats the mail, and accept() knows it by its name.
    spool.done(name)
    return message.id


class Reader:
    """Reads what waits of a shipment and proposes.

    The desk opens when it is first needed, and anew when `edition` says that another edition of
    the schedule is in force.
    """

    def __init__(
        self,
        *,
        desk: Callable[[], Desk],
        blobs: Blobs,
        seal: Seal,
        notes: Path,
        transaction: Transaction,
        edition: Callable[[], Hashable] = lambda: None,
        second: Llm | None = None,
    ) -> None:
        self._open_desk = desk
        self._seal, self._notes = seal, notes
        self._desk: Desk | None = None
        self._edition, self._opened = edition, edition()
        self._library = rulings.Library()
        self._blobs, self._transaction = blobs, transaction
        self._safe = SafeReader()
        self._second = second

    @property
    def table(self) -> dict[str, Handler]:
        """The effects that are performed here."""
        return {
            ReadDocuments.kind: self.perform,
            LearnCorrection.kind: self.learn,
            **statuses.TABLE,
        }

    def warm(self) -> Desk:
        """Load the model and the index."""
        there = self._edition()
        if self._desk is None or there != self._opened:
            self._desk, self._opened = self._open_desk(), there
        return self._desk

    def learn(self, ports: Ports, claimed: Claimed) -> Record:
        """The handler of `LearnCorrection`."""
        return learning.perform(ports, claimed, safe=self._safe, blobs=self._blobs)

    def perform(self, ports: Ports, claimed: Claimed) -> Record:
        """The handler of `ReadDocuments`."""
        effect = ReadDocuments.model_validate(claimed.payload)
        with ports.snapshot() as session:
            shipment = session.get(Shipment, effect.shipment_id)
            if shipment is None:
                return nothing
            documents = session.exec(
                select(Document)
                .where(Document.shipment_id == effect.shipment_id)
                .order_by(col(Document.id))
            ).all()
            mails = session.exec(
                select(Message)
                .where(Message.shipment_id == effect.shipment_id)
                .order_by(col(Message.id))
            ).all()
        outcomes: dict[int, Reading | Unreadable] = {}
        said: dict[int, Reading] = {}
        lay_in: dict[int, int] = {}  #: the file that a document lay in
        named: list[Named] = []
        writers = {mail.id: mail.sender for mail in mails}
        for document in documents:
            assert document.id is not None
            made: dict[int, Reading] = {}
            if document.state is ReadState.WAITING:
                fresh = self._read(
                    ports, document, writers.get(document.message_id), shipment.importer_id
                )
                if isinstance(fresh, Unreadable):
                    outcomes[document.id] = fresh
                else:
                    made = dict(zip(self._kept(document.id, fresh), fresh, strict=False))
                    outcomes |= made
            elif document.reading is not None:
                made = {document.id: document.reading}
            said |= made
            lay_in |= dict.fromkeys(made, document.part_of or document.id)
            for one in made.values():
                named += _named(document.message_id, writers.get(document.message_id), one)
        readings = sorted(said.items())
        for mail in mails:
            # Bank details count wherever they stand, in a signature too.
            whole = fields.read_mail_text(mail.subject, mail.text)
            named += _named(mail.id, mail.sender, whole)
            if mail.several:
                continue  # which of its words are about this shipment, a person must say
            written = fields.read_mail_text(mail.subject, mime.counting(mail.text))
            readings.append((-(mail.id or 0), written))
        apart_from = _parts(effect, documents, mails, said, lay_in)
        if apart_from:
            return self._splitting(effect, outcomes, apart_from)
        return self._proposing(ports, effect, outcomes, readings, named, documents, mails)

    def _splitting(
        self,
        effect: ReadDocuments,
        outcomes: dict[int, Reading | Unreadable],
        parts: Sequence[Part],
    ) -> Record:
        """The mail held several shipments: each is read by itself after this."""
        portions = [Portion(**part.model_dump()) for part in parts]

        def record(session: Session) -> None:
            proposal.store_readings(session, effect.shipment_id, outcomes)
            if not splitting.split(
                session,
                shipment_id=effect.shipment_id,
                message_id=effect.message_id,
                portions=portions,
            ):
                outbox.add(session, effect.model_copy(update={"turn": 1}))

        return record

    def _proposing(
        self,
        ports: Ports,
        effect: ReadDocuments,
        outcomes: dict[int, Reading | Unreadable],
        readings: Sequence[tuple[int, Reading]],
        named: Sequence[Named],
        documents: Sequence[Document],
        mails: Sequence[Message],
    ) -> Record:
        with ports.snapshot() as session:
            acts = line_acts.acts_of(session, effect.shipment_id)
        merged, stale = divided.apply(merge(readings), acts)
        suggestions = self._suggest(ports, merged)
        unread = [
            one.filename
            for one in documents
            if isinstance(outcomes.get(one.id or 0), Unreadable)
            or one.state is ReadState.UNREADABLE
        ]
        about = _about(mails, unread)
        made_of_it = _proposal(outcomes, readings, merged, suggestions, about)

        def record(session: Session) -> None:
            changes = accounts.take(session, named, seal=self._seal)
            proposal.propose(
                session,
                shipment_id=effect.shipment_id,
                message_id=effect.message_id,
                proposal=made_of_it.model_copy(
                    update={
                        "flags": (
                            *(one.flag for one in changes),
                            *line_acts.drop(session, stale),
                            *made_of_it.flags,
                        )
                    }
                ),
                house=ports.house,
            )
            accounts.tell(session, effect.shipment_id, changes)
            sign_hints.after_reading(
                session, effect.shipment_id, effect.message_id, house=ports.house
            )

        return record

    def _read(
        self, ports: Ports, document: Document, sender: str | None, importer_id: int | None
    ) -> list[Reading] | Unreadable:
        try:
            data = self._blobs.read(document.sha256)
        except (Missing, Damaged):
            return Unreadable(
                file=document.filename,
                reason="broken",
                message=f"{document.filename} is missing from the store; tell the operator.",
            )
        with ports.snapshot() as session:
            known = learning.groups(session, sender)
        tell = progress.teller(self._transaction, document)
        made = self._safe.read_each(document.filename, data, list(known.values()), tell)
        if isinstance(made, Unreadable):
            return made
        with ports.snapshot() as session:
            chosen = [learning.chosen(session, known, one, importer_id) for one in made]
        return [self._seal.reading(one) for one in self._asked(document.filename, data, chosen)]

    def _asked(self, name: str, data: bytes, readings: Sequence[Reading]) -> list[Reading]:
        """The documents of a file with what a language model could add; away, it adds nothing."""
        made, said = [], ""
        for one in readings:
            if self._second is None or not second_reader.wanted(one):
                made.append(one)
                continue
            words = self._safe.printed(
                name, data, first=one.firstPage, last=one.firstPage + one.pages - 1
            )
            if isinstance(words, Unreadable) or said:
                made.append(second_reader.told(one, said) if said else one)
                continue
            try:
                made.append(second_reader.ask(self._second, one, words))
            except Transient as exc:
                said = f"The language model was not asked. {exc}"
                made.append(second_reader.told(one, said))
        return made

    def _kept(self, document_id: int, readings: Sequence[Reading]) -> list[int]:
        """The ids under which the documents of a file are known."""
        if len(readings) < 2:
            return [document_id]
        with self._transaction() as session:
            return parts.keep(session, document_id, readings)

    def _suggest(self, ports: Ports, merged: Merged) -> dict[int, Suggestion]:
        if not merged.lines:
            return {}
        name, history = _history(ports, merged.parties)
        queries = [
            LineQuery(
                id=str(line.lineNumber),
                description=line.description or "",
                origin=line.countryOfOrigin,
                hint=line.hsCodeHint,
                importer=name,
                sku=line.sku,
            )
            for line in merged.lines
        ]
        desk = self.warm()
        with ports.snapshot() as session:
            precedents = self._library.of(session)
        answers = complete(
            reranking.suggest(
                desk, queries, confirmed={name: history}, llm=ports.llm, notes=self._notes
            ),
            queries,
            known=desk,
            on=now().date(),
            history={name: history},
            precedents=precedents,
        )
        return {int(answer.id): answer for answer in answers}


def _history(ports: Ports, parties: Parties) -> tuple[str, list[Confirmed]]:
    """The importer's confirmed goods; another importer's are never looked at."""
    with ports.snapshot() as session:
        importer: Importer | None = booking.importer_of(session, parties)
        if importer is None:
            return "", []
        return importer.name, products.history(session, importer.id)


def _proposal(
    outcomes: dict[int, Reading | Unreadable],
    readings: Sequence[tuple[int, Reading]],
    merged: Merged,
    suggestions: dict[int, Suggestion],
    about_mails: Sequence[Flag],
) -> Proposal:
    pairs = [pair for _, reading in readings for pair in numbers.of(reading)]
    return Proposal(
        outcomes=outcomes,
        header=merged.header,
        parties=merged.parties,
        transport=merged.transport,
        totals=merged.totals,
        lines=merged.lines,
        lines_from=merged.lines_from if (merged.lines_from or 0) > 0 else None,
        confidence=merged.confidence,
        evidence=merged.evidence,
        flags=(
            *about_mails,
            *(flag for flag in merged.flags if not _of_mail(flag.field, merged)),
        ),
        suggestions=suggestions,
        references=tuple(dict.fromkeys(pairs)),
    )


def _named(message_id: int | None, sender: str | None, said: Reading) -> list[Named]:
    """The bank details of a document or mail, with who sent them."""
    if message_id is None or not sender:
        return []
    return [Named(message_id=message_id, sender=sender, account=one) for one in said.accounts]


def _words_apart(parsed: mime.ParsedMail) -> tuple[InnerWords, ...]:
    """What the mail and each of the mails in it say, kept when there are several of them."""
    if len(parsed.inner) < 2:
        return ()
    own = InnerWords(number=0, subject=parsed.subject, text=parsed.own[:_MOST_WORDS])
    inner = [
        InnerWords(
            number=one.number,
            subject=one.subject,
            text="\n\n".join(piece for piece in (one.written(), one.new) if piece)[:_MOST_WORDS],
        )
        for one in parsed.inner
    ]
    return (own, *inner)


def _parts(
    effect: ReadDocuments,
    documents: Sequence[Document],
    mails: Sequence[Message],
    said: Mapping[int, Reading],
    lay_in: Mapping[int, int],
) -> tuple[Part, ...]:
    """The shipments among the documents of the mail that was just read; empty for one."""
    mail = next((one for one in mails if one.id == effect.message_id), None)
    if mail is None or effect.turn:
        return ()
    lay: dict[str, set[int]] = {}
    for file in mail.files:
        lay.setdefault(file.sha256, set()).add(file.inner)
    sheets = []
    for document in documents:
        if document.message_id != effect.message_id or document.part_of is not None:
            continue
        # The documents of one file stay together: no client gets the file of another.
        mine = [one for number, one in said.items() if lay_in[number] == document.id]
        sheets += [
            Sheet(
                document_id=document.id or 0,
                name=document.filename,
                readings=tuple(mine),
                inner=inner,
            )
            for inner in sorted(lay.get(document.sha256, {0}))
        ]
    return apart.plan(sheets)


def _about(mails: Sequence[Message], unread: Sequence[str]) -> list[Flag]:
    """What was lost or not fetched of the mails, for the broker: what matters, once each.

    What is wrong with a document that stands on the card as unread is said there.
    """
    said = [
        problem
        for problem in dict.fromkeys(problem for mail in mails for problem in mail.problems)
        if not any(problem.startswith(f"{name} ") for name in unread)
    ]
    links = [one for one in said if one.startswith(LINKS)]
    first = [one for one in said if one not in links]
    shown = [*first, *links]
    if len(shown) > _MOST_FLAGS:
        more = len(shown) - _MOST_FLAGS + 1
        shown = [*shown[: _MOST_FLAGS - 1], f"{more} more remarks on its mails are in its file."]
    return [Flag(type="mail", field=None, severity="review", message=one) for one in shown]


def _of_mail(path: str | None, merged: Merged) -> bool:
    """A mail's words are prose: a low confidence there is no question for the broker."""
    place = merged.evidence.get(path or "")
    return place is not None and place[0] < 0
