"""Mail and the documents that came with it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import false
from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import choice, moment, now, typed
from storage.mail import InnerWords, MailFile
from storage.trust import Verdict
from storage.values import DocumentKind, Reading, Unreadable


class Disposition(StrEnum):
    """What became of a message."""

    ACCEPTED = "accepted"  #: belongs to a shipment
    DUPLICATE = "duplicate"  #: the same mail again: nothing follows
    LOOP = "loop"  #: our own or an automatic mail: recorded, not acted on
    EMPTY = "empty"  #: nothing in it to work on: a person looks
    UNPARSED = "unparsed"  #: could not be taken apart: a person looks
    QUARANTINED = "quarantined"  #: waits for a person's word about its sender
    BLOCKED = "blocked"  #: its sender is blocked: kept, not acted on


class Message(SQLModel, table=True):
    """One e-mail that reached the intake address. The raw bytes are a blob."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("message_id", "digest", name="uq_message_id_digest"),)

    id: int | None = Field(default=None, primary_key=True)
    spool_name: str = Field(unique=True)
    message_id: str = Field(index=True)  #: made from the digest when the mail has none
    digest: str = Field(index=True)  #: sha256 over body and attachments
    raw_sha256: str
    sender: str
    sender_name: str = ""
    recipients: list[str] = Field(default=[], sa_column=typed(list[str]))
    subject: str = ""
    text: str = ""  #: the body as plain text, cut at 100,000 characters
    sent_at: datetime | None = Field(default=None, sa_column=moment())
    received_at: datetime = Field(sa_column=moment(nullable=False))
    disposition: Disposition = Field(sa_column=choice(Disposition, "message_disposition"))
    problems: list[str] = Field(default=[], sa_column=typed(list[str]))
    shipment_id: int | None = Field(default=None, foreign_key="shipment.id", index=True)
    no_answer: str | None = None  #: why no automatic answer may go to it (RFC 3834)
    several: bool = False  #: its words speak of several shipments: they are read for none
    part_of: int | None = Field(default=None, index=True)
    #: a mail about two shipments is a message for each; the later ones say of which they are part
    files: list[MailFile] = Field(default=[], sa_column=typed(list[MailFile]))
    inner: list[InnerWords] = Field(default=[], sa_column=typed(list[InnerWords]))
    verdict: Verdict | None = Field(default=None, sa_column=typed(Verdict, nullable=True))


class ReadState(StrEnum):
    """How far the reading of a document has come."""

    WAITING = "waiting"
    READ = "read"
    UNREADABLE = "unreadable"  #: a person looks; the original stays


class Document(SQLModel, table=True):
    """One document of a shipment. The bytes are a blob; the reading is what we made of them.

    A file that holds several documents has a row for each: the first is the file's own, the others
    are `part_of` it and share its bytes.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("shipment_id", "sha256", "first_page", name="uq_document_once"),
    )

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    filename: str
    content_type: str
    size: int
    sha256: str = Field(index=True)
    kind: DocumentKind = Field(sa_column=choice(DocumentKind, "document_kind"))
    state: ReadState = Field(sa_column=choice(ReadState, "document_state"))
    reading: Reading | None = Field(default=None, sa_column=typed(Reading, nullable=True))
    problem: Unreadable | None = Field(default=None, sa_column=typed(Unreadable, nullable=True))
    looked_at_by: str | None = None  #: who said that an unreadable document was dealt with
    received_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    made_by_us: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    #: one of our papers: it never stands for a document of the shipper
    part_of: int | None = Field(default=None, foreign_key="document.id", index=True)
    first_page: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    last_page: int | None = None  #: None: the file's last, and for all that has no pages

    @property
    def title(self) -> str:
        """The file's name, with the pages where it holds other documents as well."""
        if self.part_of is None and self.last_page is None:
            return self.filename
        if self.last_page in (None, self.first_page):
            return f"{self.filename}, page {self.first_page}"
        return f"{self.filename}, pages {self.first_page}-{self.last_page}"
