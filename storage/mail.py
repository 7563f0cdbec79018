"""A mail that we send, as a value. Its Message-ID follows from its key: a repeat is visible.

`rendered` and `on_the_wire` make the message (RFC 5322) with text and HTML alike, marked as
automatic (RFC 3834). Whatever stands in a value, it starts no header and breaks no line bound.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any

from pydantic import AwareDatetime

from storage.values import Value

ID_DOMAIN = "mail.tidewaiter.invalid"
"""The domain of our Message-IDs: reserved (RFC 2606), so it can be nobody else's."""

_MOST_REFERENCES = 12
_ID = re.compile(r"<[!-;=?-~]{1,300}>")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class MailFile(Value):
    """One file that came with a mail; its bytes are a blob, and stay one whatever became of it."""

    name: str
    sha256: str
    size: int
    held: str | None = None  #: why nobody may open it
    inner: int = 0  #: in which of the mails inside it lay, counted from 1; 0: in the mail itself


class InnerWords(Value):
    """What a mail inside a mail says, kept when there are several of them."""

    number: int
    subject: str = ""
    text: str = ""


class Attachment(Value):
    """A file that goes with a mail."""

    name: str
    content_type: str
    data: bytes


class RefusedRecipient(Value):
    """A recipient whom the mail server would not take the mail for, and what it answered."""

    address: str
    code: int
    text: str

    @property
    def permanent(self) -> bool:
        return self.code >= 500


class Sent(Value):
    """What became of a mail that a server took: to whom it went, and to whom not."""

    to: tuple[str, ...]
    refused: tuple[RefusedRecipient, ...] = ()


class Bounce(Value):
    """What came back for a mail that we sent."""

    kind: str  #: "permanent", "temporary", "complaint" or "away"
    address: str
    reason: str  #: in plain words
    status: str = ""  #: RFC 3463, e.g. "5.1.1"
    at: AwareDatetime
    until: AwareDatetime | None = None  #: of an absence, when one is stated


class OutgoingMail(Value):
    """One mail; `key` says what it is once of."""

    key: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    subject: str
    text: str
    html: str | None = None
    calendar: str | None = None  #: an iCalendar entry (METHOD:PUBLISH)
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def message_id(self) -> str:
        mark = hashlib.sha256(self.key.encode()).hexdigest()[:24]
        return f"<{mark}@{ID_DOMAIN}>"

    def rendered(self, *, sender: str, at: datetime, utf8: bool = False) -> EmailMessage:
        """The mail as a message; `utf8` when an address needs SMTPUTF8 (RFC 6532)."""
        mail = EmailMessage(_Wire(utf8=utf8))
        mail["From"] = sender
        mail["To"] = ", ".join(self.to)
        if self.cc:
            mail["Cc"] = ", ".join(self.cc)
        # A subject comes partly from outside: a line break in it must not start a header.
        mail["Subject"] = one_line(self.subject)[:250]
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = self.message_id
        mail["Auto-Submitted"] = "auto-generated"
        if self.reply_to:
            mail["Reply-To"] = self.reply_to
        if answered := _ids((self.in_reply_to or "",)):
            mail["In-Reply-To"] = answered[0]
        if known := _ids(self.references):
            mail["References"] = " ".join(known)
        mail.set_content(_body(self.text))
        if self.html is not None:
            mail.add_alternative(_body(self.html), subtype="html")
        if self.calendar is not None:
            mail.add_alternative(self.calendar, subtype="calendar", params={"method": "PUBLISH"})
        for file in self.attachments:
            kind, _, detail = file.content_type.partition("/")
            mail.add_attachment(
                file.data, maintype=kind, subtype=detail or "octet-stream", filename=file.name
            )
        return mail

    def on_the_wire(self, *, sender: str, at: datetime, utf8: bool = False) -> bytes:
        """The mail's bytes, lines ended with CRLF."""
        return self.rendered(sender=sender, at=at, utf8=utf8).as_bytes(policy=_Wire(utf8=utf8))


class _Wire(EmailPolicy):
    """SMTP's rules, with Message-IDs written as they are.

    The library would put an id of more than 78 characters (Outlook's are) into an encoded word,
    which no mail program reads as an id: the answer would leave its thread.
    """

    def __init__(self, **changes: Any) -> None:
        super().__init__(**{"linesep": SMTP.linesep, "max_line_length": 78, **changes})

    def fold(self, name: str, value: Any) -> str:
        if name.casefold() in ("in-reply-to", "references", "message-id"):
            return f"{name}: " + "\r\n ".join(str(value).split()) + "\r\n"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.casefold() in ("in-reply-to", "references", "message-id"):
            return self.fold(name, value).encode("ascii", "ignore")
        folded: bytes = super().fold_binary(name, value)
        return folded


def one_line(text: str) -> str:
    """Text without line breaks, control characters and half characters."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def _ids(values: tuple[str, ...]) -> list[str]:
    """Only what is a Message-ID; of many the first and the last ones (RFC 5322 3.6.4)."""
    found = list(dict.fromkeys(one for value in values for one in _ID.findall(value)))
    if len(found) <= _MOST_REFERENCES:
        return found
    return [found[0], *found[1 - _MOST_REFERENCES :]]


def _body(text: str) -> str:
    kept = "".join(c for c in text if c in "\n\t" or c.isprintable() or c == "\u200b")
    return kept if kept.endswith("\n") else kept + "\n"
