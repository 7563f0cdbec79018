"""A mail that we send, as a value. Its Message-ID follows from its key: a repeat is visible."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from storage.values import Value

ID_DOMAIN = "mail.tidewaiter.invalid"
"""The domain of our Message-IDs: reserved (RFC 2606), so it can be nobody else's."""


class Attachment(Value):
    """A file that goes with a mail."""

    name: str
    content_type: str
    data: bytes


class OutgoingMail(Value):
    """One mail; `key` says what it is once of."""

    key: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    subject: str
    text: str
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def message_id(self) -> str:
        mark = hashlib.sha256(self.key.encode()).hexdigest()[:24]
        return f"<{mark}@{ID_DOMAIN}>"

    def rendered(self, *, sender: str, at: datetime) -> EmailMessage:
        """The mail on the wire (RFC 5322), marked as automatic (RFC 3834)."""
        mail = EmailMessage()
        mail["From"] = sender
        mail["To"] = ", ".join(self.to)
        if self.cc:
            mail["Cc"] = ", ".join(self.cc)
        # A subject comes partly from outside: a line break in it must not start a header.
        mail["Subject"] = re.sub(r"\s+", " ", self.subject).strip()[:250]
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = self.message_id
        mail["Auto-Submitted"] = "auto-generated"
        if self.reply_to:
            mail["Reply-To"] = self.reply_to
        if self.in_reply_to:
            mail["In-Reply-To"] = _one_line(self.in_reply_to)
        if self.references:
            mail["References"] = " ".join(_one_line(one) for one in self.references)
        mail.set_content(self.text)
        for file in self.attachments:
            kind, _, detail = file.content_type.partition("/")
            mail.add_attachment(
                file.data, maintype=kind, subtype=detail or "octet-stream", filename=file.name
            )
        return mail


def _one_line(text: str) -> str:
    return re.sub(r"\s+", "", text)[:400]
