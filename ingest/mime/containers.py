"""What is packed into a file: the mails and files in an EML, a MSG, a winmail.dat, a ZIP.

Opening gives pieces; whoever asked keeps them, and opens them in turn. What cannot be opened
wholly raises `Closed` with words for a broker, after the pieces that could be had.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ingest.mime import mapi, msg, names, tnef, zips
from ingest.mime.parsed import Heads
from ingest.mime.taken import Taken
from ingest.mime.zips import Closed
from storage.values import Value

_MAIL = re.compile(
    rb"\A(?:(?:From |>From )[^\n]*\n)?"
    rb"(?:[A-Za-z][A-Za-z0-9\-]{1,40}:[^\n]*\n(?:[ \t][^\n]*\n)*)+"
)
_MAIL_HEADS = re.compile(
    rb"^(?:From|To|Subject|Date|Received|Message-ID):", re.IGNORECASE | re.MULTILINE
)
_SMALL_PICTURE = 30_000


class Piece(Value):
    """A file, or with `heads` the words of a mail; `raw` is a mail still to be taken apart."""

    name: str = ""
    kind: str = "application/octet-stream"
    data: bytes = b""
    heads: Heads | None = None
    text: str = ""
    raw: bool = False


Opener = Callable[[str, bytes, Taken], Iterator[Piece]]


def opener_of(name: str, kind: str, data: bytes) -> Opener | None:
    """How this file is opened; None for a document."""
    if zips.is_zip(name, kind, data):
        return _zip
    if data.startswith(tnef.SIGNATURE):
        return _tnef
    if msg.is_msg(name, data):
        return _msg
    mail = kind in ("message/rfc822", "message/global") or name.casefold().endswith(".eml")
    if mail and (head := _MAIL.match(data[:100_000])) and _MAIL_HEADS.search(head[0]):
        return _eml
    return None


def _eml(_name: str, data: bytes, _taken: Taken) -> Iterator[Piece]:
    yield Piece(data=data, raw=True)


def _zip(name: str, data: bytes, taken: Taken) -> Iterator[Piece]:
    for member, content in zips.members(name, data, taken):
        yield Piece(name=member, data=content)


def _tnef(name: str, data: bytes, taken: Taken) -> Iterator[Piece]:
    try:
        opened = tnef.read(data)
    except ValueError as exc:
        raise Closed(_damaged(name)) from exc
    yield Piece(
        heads=mapi.heads(opened.properties),
        text=mapi.words(opened.properties, taken.limits.text_chars),
    )
    for at, one in enumerate(opened.attachments, 1):
        if one.hidden and one.kind.startswith("image/") and len(one.data) < _SMALL_PICTURE:
            taken.left_out += 1
        elif one.data:
            ending = "message.dat" if one.message else f"attachment-{at}.bin"
            yield Piece(name=names.harmless(one.name or ending), kind=one.kind, data=one.data)
    if not opened.whole:
        raise Closed(_damaged(name))


def _msg(name: str, data: bytes, taken: Taken) -> Iterator[Piece]:
    try:
        opened = msg.read(data, most_bytes=taken.limits.file_bytes * 2)
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError) as exc:
        # olefile says many things about a damaged file, in many ways.
        raise Closed(_damaged_message(name)) from exc
    yield from _message(opened, taken)
    if not opened.whole:
        raise Closed(_damaged_message(name))


def _message(message: msg.Message, taken: Taken) -> Iterator[Piece]:
    yield Piece(
        heads=mapi.heads(message.properties),
        text=mapi.words(message.properties, taken.limits.text_chars),
    )
    page = message.properties.get(mapi.CODEPAGE)
    for facts in message.attachments:
        content = facts.get(mapi.ATTACH_DATA)
        if not isinstance(content, bytes) or not content:
            continue
        kind = mapi.text(facts, mapi.ATTACH_MIME) or "application/octet-stream"
        inline = mapi.text(facts, mapi.ATTACH_CID) or facts.get(mapi.ATTACH_HIDDEN)
        if inline and kind.startswith("image/") and len(content) < _SMALL_PICTURE:
            taken.left_out += 1
            continue
        named = {mapi.CODEPAGE: page, **facts}
        title = mapi.text(named, mapi.ATTACH_LONG, mapi.ATTACH_SHORT, mapi.ATTACH_NAME)
        name = names.harmless(names.decoded(title)) if title else names.nameless(kind, content)
        yield Piece(name=name, kind=kind, data=content)
    for inner in message.messages:
        yield from _message(inner, taken)


def _damaged_message(name: str) -> str:
    return f"{name} is a damaged Outlook message: please send it again."


def _damaged(name: str) -> str:
    return (
        f"{name} is damaged, and not all of it could be read: please send it again from Outlook "
        "as HTML or plain text."
    )
