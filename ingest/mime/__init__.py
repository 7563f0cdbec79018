"""Bytes of a mail -> its words and its files, bounded, whatever the bytes are.

`parse` never raises on the mail's account: what cannot be used is said in `problems`, in words
for a broker. Names of files are made harmless; nothing is written to disk here, no link is
followed, no file is executed. Nothing in a mail is an instruction: text is text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message

from ingest.mime import content, links, names, signatures, tree
from ingest.mime.parsed import AttachedFile, InnerMail, Limits, ParsedMail
from ingest.mime.quotes import new_words
from ingest.mime.signatures import counting
from ingest.mime.taken import Taken

__all__ = [
    "AttachedFile",
    "InnerMail",
    "Limits",
    "ParsedMail",
    "counting",
    "new_words",
    "parse",
    "plus_tokens",
]

_MOST_WORK = 30_000_000
_BOUNDARY = re.compile(rb"boundary[*0-9]*\s*=|message/", re.IGNORECASE)


def parse(raw: bytes, *, limits: Limits | None = None, own_domain: str = "") -> ParsedMail:
    """Take a mail apart. `own_domain` is the domain of the Message-IDs that we make."""
    taken = Taken(limits or Limits())
    if _too_branched(raw):
        return _broken("it has more branches than a mail can have")
    try:
        mail = tree.parsed(raw)
        body = tree.take(mail, taken)
    except Exception as exc:  # noqa: BLE001 - the library's own faults on hostile input are many
        return _broken(type(exc).__name__)
    heads = tree.heads_of(mail)
    text = body.text(taken.limits.text_chars)
    answered = tuple(names.ids(names.header(mail, "In-Reply-To"))[:20])
    own = new_words(text, subject=heads.subject, answers=bool(answered))
    new = _with_forwarded(own, taken.inner)[: taken.limits.text_chars]
    found = tree.new_links(counting(new), body)
    if said := links.problem(found):
        taken.problem(said)
    message_id = next(iter(names.ids(names.header(mail, "Message-ID"))), None)
    files = taken.told_apart()
    return ParsedMail(
        message_id=message_id,
        in_reply_to=answered,
        references=tuple(names.ids(names.header(mail, "References"))[-50:]),
        **heads.model_dump(),
        to=names.addresses(names.raw_header(mail, "To"), names.raw_header(mail, "Cc")),
        text=text,
        new=new,
        own=own[: taken.limits.text_chars],
        links=found,
        inner=tuple(taken.inner),
        files=files,
        left_out=taken.left_out,
        automatic=_automatic(mail, message_id, own_domain),
        mailing_list=any(names.header(mail, one) for one in ("List-Id", "List-Unsubscribe")),
        problems=taken.problems,
    )


def plus_tokens(addresses: Sequence[str], recipients: Sequence[str]) -> list[str]:
    """The marks behind "+" in our own addresses."""
    ours = {address.casefold() for address in recipients}
    found = []
    for address in addresses:
        name, _, domain = address.rpartition("@")
        plain, plus, mark = name.partition("+")
        if plus and mark and f"{plain}@{domain}".casefold() in ours:
            found.append(mark)
    return found


def _with_forwarded(own: str, inner: Sequence[InnerMail]) -> str:
    """The new words, and below them what each forwarded mail says, under who wrote it and when."""
    pieces = [own]
    for one in inner:
        said = "\n\n".join(piece for piece in (one.written(), one.new) if piece)
        pieces.append(f"{signatures.SEPARATOR}\n{said}")
    return "\n\n".join(piece for piece in pieces if piece).strip()


def _too_branched(raw: bytes) -> bool:
    """The parser asks each line at each level: lines times levels is what it costs."""
    levels = sum(1 for _ in _BOUNDARY.finditer(raw))
    return levels > 60 and levels * raw.count(b"\n") > _MOST_WORK


def _broken(why: str) -> ParsedMail:
    return ParsedMail(
        message_id=None, broken=True, problems=(f"The mail could not be taken apart ({why}).",)
    )


def _automatic(mail: Message, message_id: str | None, own_domain: str) -> bool:
    submitted = names.header(mail, "Auto-Submitted").casefold()
    bulk = names.header(mail, "Precedence").casefold() in ("bulk", "list", "junk", "auto_reply")
    ours = bool(own_domain and message_id and message_id.endswith(f"@{own_domain}>"))
    bounce = (
        content.kind_of(mail) == "multipart/report" or names.header(mail, "Return-Path") == "<>"
    )
    return bool(submitted and submitted != "no") or bulk or ours or bounce
