"""What a mail taken apart looks like, and the bounds within which it is done."""

from __future__ import annotations

import hashlib

from pydantic import AwareDatetime

from storage.values import Value


class Limits(Value):
    """Bounds on one mail, with everything that is packed into it."""

    parts: int = 500
    depth: int = 20
    mails: int = 50  #: forwarded mails inside
    packed: int = 4  #: archives in archives
    files: int = 100
    file_bytes: int = 50_000_000
    text_chars: int = 200_000
    html_chars: int = 2_000_000
    zip_members: int = 200
    zip_bytes: int = 150_000_000  #: over all archives of the mail
    zip_ratio: int = 200


class AttachedFile(Value):
    """One file of a mail."""

    filename: str
    content_type: str
    data: bytes
    inner: int = 0  #: number of the mail inside the mail that it lay in; 0: the mail itself

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


class Heads(Value):
    """Who wrote, when and about what."""

    from_addr: str = ""
    from_name: str = ""
    subject: str = ""
    date: AwareDatetime | None = None

    def written(self) -> str:
        """As the lines that stand above a forwarded mail."""
        lines = [
            f"From: {self.from_name} <{self.from_addr}>" if self.from_addr else "",
            f"Date: {self.date:%Y-%m-%d %H:%M} UTC" if self.date else "",
            f"Subject: {self.subject}" if self.subject else "",
        ]
        return "\n".join(line for line in lines if line)


class InnerMail(Heads):
    """A mail that came inside the mail."""

    number: int = 0  #: counted from 1 as they were met, also by its files

    text: str = ""  #: as it came
    new: str = ""  #: without what it quotes


class ParsedMail(Value):
    """A mail taken apart."""

    message_id: str | None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    from_addr: str = ""
    from_name: str = ""
    to: tuple[str, ...] = ()
    subject: str = ""
    date: AwareDatetime | None = None
    text: str = ""  #: all words of the mail itself, with what it quotes
    new: str = ""  #: what the sender says now, and what the forwarded mails say
    links: tuple[str, ...] = ()  #: https addresses in the new words; never followed
    own: str = ""  #: of `new` what stands in the mail itself
    inner: tuple[InnerMail, ...] = ()
    files: tuple[AttachedFile, ...] = ()
    left_out: int = 0  #: logos of signatures, seals of the mail itself: no documents
    automatic: bool = False  #: RFC 3834, mailing lists, bounces
    mailing_list: bool = False  #: worked on, but no automatic answer goes to it (RFC 3834)
    broken: bool = False  #: no structure could be found at all
    problems: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """sha256 over the words and the files, not over what servers add on the way."""
        made = hashlib.sha256(self.text.encode(errors="replace"))
        for one in self.inner:
            made.update(one.text.encode(errors="replace"))
        for file in self.files:
            made.update(file.sha256.encode())
        return made.hexdigest()
