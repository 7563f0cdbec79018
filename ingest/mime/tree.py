"""The tree of a mail -> its words, and its files into `Taken`; forwarded mails come out whole.

Broken structure is taken as far as it goes: a multipart without its boundary is searched for
the boundary that it really has, a part that fails costs only itself.
"""

from __future__ import annotations

import re
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32

from ingest.mime import calendars, containers, content, html, links, names
from ingest.mime.parsed import Heads, InnerMail
from ingest.mime.quotes import new_words
from ingest.mime.taken import Taken
from ingest.mime.zips import Closed

_SMALL_PICTURE = 30_000
_MOST_HEADER = 10_000
_SEALS = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
_REAL_BOUNDARY = re.compile(
    rb"^--([^\r\n]{1,200}?)[ \t]*\r?\n(?=[A-Za-z][A-Za-z\-]{2,40}:)", re.MULTILINE
)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_LONE_RETURN = re.compile(rb"\r(?!\n|\Z)")
_HEADER = re.compile(rb"[\x21-\x39\x3b-\x7e]+[ \t]*:|[ \t]|From |>From ")
_KNOWN = re.compile(
    rb"^(?:Content-Type|MIME-Version|From|Subject|Date):", re.IGNORECASE | re.MULTILINE
)
_MOST_HEAD = 1_000_000
_CID = re.compile(r"cid:([^\"'\s>)]{1,300})", re.IGNORECASE)
_STUB = re.compile(
    r"(?i)html[- ](?:enabled|capable|compatible)"
    r"|(?:does not|doesn't|cannot|can't) (?:support|display|show).{0,40}html"
    r"|view (?:it|this).{0,30}(?:browser|online)|as html"
)
_READABLE_DATA = ("message/delivery-status", "message/disposition-notification")


class Body:
    """The words of one mail, in order, and the pictures of which it is not yet known what for."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.shown: set[str] = set()
        self.has_html = False
        self.pictures: list[tuple[str, bool, str, str, bytes]] = []
        self.invitation = ""
        self.packed_words = ""

    def text(self, most: int) -> str:
        said = "\n".join(self.words).strip()
        if not said:
            said = self.packed_words
        if self.invitation and self.invitation.partition("\n")[0] not in said:
            said = f"{said}\n\n{self.invitation}".strip()
        return said[:most].strip()


class _Bounded(Compat32):
    """Headers as they came, to a length: the library asks long ones again and again."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_MOST_HEADER]


def parsed(raw: bytes) -> Message:
    """Bytes as a tree of parts."""
    return BytesParser(policy=_Bounded()).parsebytes(_mended(raw))


def _mended(raw: bytes) -> bytes:
    """A head that the parser would end too early, without the lines that are no headers.

    A carriage return alone or a letter of eight bits in a header's name makes all that follows
    the body, and with it every attachment.
    """
    end = _END_OF_HEAD.search(raw, 0, _MOST_HEAD)
    head = raw[: end.start()] if end else raw[:0]
    lines = _LONE_RETURN.sub(b" ", head).split(b"\n")
    good = [bool(_HEADER.match(line)) for line in lines]
    if end is None or (all(good) and b"\r" not in head.replace(b"\r\n", b"")):
        return raw
    if sum(good) < 2 or not _KNOWN.search(head):
        return raw
    kept = [line for line, is_header in zip(lines, good, strict=True) if is_header]
    return b"\n".join(kept) + raw[end.start() :]


def take(mail: Message, taken: Taken, depth: int = 0) -> Body:
    """The words of the mail; its files and the mails in it go to `taken`."""
    body = Body()
    _walk(mail, body, taken, depth)
    for cid, attached, name, kind, data in body.pictures:
        small = len(data) < _SMALL_PICTURE
        in_use = cid in body.shown or (not body.has_html and not cid.startswith("f_"))
        if small and (in_use or not attached):
            taken.left_out += 1  # a logo in a signature is no document
        else:
            keep(name, kind, data, taken, body, depth)
    return body


def heads_of(mail: Message) -> Heads:
    sender = names.raw_header(mail, "From")
    return Heads(
        from_addr=names.address(sender),
        from_name=names.person(sender),
        subject=names.header(mail, "Subject")[:500],
        date=names.moment(names.header(mail, "Date")),
    )


def keep(
    name: str, kind: str, data: bytes, taken: Taken, body: Body | None, depth: int, packed: int = 0
) -> None:
    """A file: opened when it holds others, else kept as it is."""
    opener = containers.opener_of(name, kind, data)
    if opener is None:
        taken.file(name, kind, data)
        return
    if packed >= taken.limits.packed or depth >= taken.limits.depth:
        taken.problem("The mail is nested too deeply; the innermost was not read.")
        taken.file(name, kind, data)
        return
    outside = taken.where
    try:
        for piece in opener(name, data, taken):
            if piece.raw:
                _inner(parsed(piece.data), taken, depth + 1)
            elif piece.heads is None:
                keep(piece.name, piece.kind, piece.data, taken, None, depth + 1, packed + 1)
            elif body is not None and data.startswith(b"\x78\x9f\x3e\x22"):
                # The words of the mail itself, in case it has no others.
                body.packed_words = body.packed_words or piece.text
            else:
                taken.where = taken.number()  # what follows lies in this message
                _add_inner(piece.heads, piece.text, taken)
    except Closed as why:
        taken.problem(str(why))
        taken.file(name, kind, data)
    except RecursionError:
        taken.problem(f"{name} is nested too deeply; it was not opened.")
        taken.file(name, kind, data)
    finally:
        taken.where = outside


def _inner(mail: Message, taken: Taken, depth: int) -> None:
    if taken.mails >= taken.limits.mails:
        taken.problem(
            f"More than {taken.limits.mails} mails are in the mail; the rest were not read."
        )
        return
    taken.mails += 1
    place, outside = len(taken.inner), taken.where
    taken.where = number = taken.number()
    try:
        body = take(mail, taken, depth)
    finally:
        taken.where = outside
    _add_inner(heads_of(mail), body.text(taken.limits.text_chars), taken, place, number)


def _add_inner(
    heads: Heads, text: str, taken: Taken, place: int | None = None, number: int | None = None
) -> None:
    found = InnerMail(
        **heads.model_dump(),
        number=taken.where if number is None else number,
        text=text,
        new=new_words(text, subject=heads.subject),
    )
    taken.inner.insert(len(taken.inner) if place is None else place, found)


def _walk(part: Message, body: Body, taken: Taken, depth: int) -> None:
    taken.parts += 1
    if taken.parts > taken.limits.parts:
        taken.problem(f"The mail has more than {taken.limits.parts} parts; the rest was not read.")
        return
    if depth > taken.limits.depth:
        taken.problem("The mail is nested too deeply; the innermost was not read.")
        return
    kind = content.kind_of(part)
    inside = part.get_payload() if part.is_multipart() else None
    if isinstance(inside, list):
        children = [one for one in inside if isinstance(one, Message)]
        if kind in _READABLE_DATA:
            body.words.append("\n".join(str(one) for one in children))
        elif kind.startswith("message/"):
            _message_part(part, children, taken, depth)
        elif kind == "multipart/alternative":
            _alternative(children, body, taken, depth)
        else:
            for one in children:
                _walk(one, body, taken, depth + 1)
        return
    try:
        _leaf(part, kind, body, taken, depth)
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        # The library's own faults on hostile input: one part must not cost the others.
        taken.problem(f"A part of the mail could not be read ({type(exc).__name__}).")


def _message_part(part: Message, children: list[Message], taken: Taken, depth: int) -> None:
    """A forwarded mail. Some senders encode it, which they must not: then it is decoded first."""
    encoding = content.encoding_of(part)
    for one in children:
        mail = one
        if encoding.startswith(("base64", "quoted")):
            try:
                mail = parsed(content.decoded(one.as_bytes(), encoding))
            except (ValueError, LookupError, TypeError):
                mail = one
        _inner(mail, taken, depth + 1)


def _alternative(children: list[Message], body: Body, taken: Taken, depth: int) -> None:
    """Of the same thing said twice, the better: plain words, unless the HTML says more."""
    said: list[tuple[bool, str]] = []
    for one in children:
        own = Body()
        _walk(one, own, taken, depth + 1)
        said.append((own.has_html, "\n".join(own.words).strip()))
        body.links += own.links
        body.shown |= own.shown
        body.has_html = body.has_html or own.has_html
        body.pictures += own.pictures
        body.invitation = body.invitation or own.invitation
        body.packed_words = body.packed_words or own.packed_words
    plain = next((text for marked, text in said if text and not marked), "")
    marked = next((text for is_html, text in reversed(said) if text and is_html), "")
    thin = len(plain.split()) * 2 < len(marked.split()) or (
        len(plain) < 300 and bool(_STUB.search(plain))
    )
    best = marked if marked and (not plain or thin) else plain
    if best:
        body.words.append(best)


def _leaf(part: Message, kind: str, body: Body, taken: Taken, depth: int) -> None:
    named = names.filename(part)
    disposition = content.disposition_of(part)
    data = content.data_of(part)
    if kind.startswith("multipart/") and _salvaged(part, data, body, taken, depth):
        return
    attached = disposition == "attachment" or named is not None
    text = kind in ("text/plain", "text/html") or kind.startswith("multipart/")
    if text and not attached:
        _words(kind, content.letters_of(part, data), body, taken)
        return
    if kind == "text/calendar" and not body.invitation:
        body.invitation = calendars.words_of(content.letters_of(part, data)[:100_000])
        if not attached:
            return
    if kind in _SEALS:
        taken.left_out += 1  # it seals the mail; it is no document of the shipment
        return
    if not data:
        if named:
            taken.problem(f"{names.harmless(named)} arrived empty.")
        return
    if kind == "message/external-body":
        taken.problem("A part of the mail lies elsewhere; it was not fetched.")
    if kind == "application/pgp-encrypted" or "enveloped-data" in names.header(
        part, "Content-Type"
    ):
        taken.problem("The mail is encrypted: please send it without.")
    name = names.harmless(named) if named else names.nameless(kind, data)
    cid = names.header(part, "Content-ID").strip("<> ")
    if cid and kind.startswith("image/"):
        body.pictures.append((cid, disposition == "attachment", name, kind, data))
    else:
        keep(name, kind, data, taken, body, depth)


def _words(kind: str, text: str, body: Body, taken: Taken) -> None:
    most = taken.limits.text_chars
    if kind != "text/html":
        body.words.append(text[:most])
        return
    body.has_html = True
    body.shown |= set(_CID.findall(text[: taken.limits.html_chars]))
    words, behind = html.words_of(text[: taken.limits.html_chars])
    body.links += behind[:200]
    if words not in body.words:
        body.words.append(words[:most])


def _salvaged(part: Message, data: bytes, body: Body, taken: Taken, depth: int) -> bool:
    """A multipart whose boundary is missing or wrong: find the one that it really has."""
    found = _REAL_BOUNDARY.search(data)
    if found is None or part.get_payload() == "":
        return False
    boundary = found[1].replace(b"\\", b"").replace(b'"', b"")
    mail = parsed(b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n\n' + data)
    if not mail.is_multipart():
        return False
    _walk(mail, body, taken, depth + 1)
    return True


def new_links(new: str, body: Body) -> tuple[str, ...]:
    """The links in the new words, and behind its words in HTML."""
    return links.found_in(new, body.links)
