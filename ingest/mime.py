"""Bytes of a mail -> its words and its files, bounded, whatever the bytes are.

`parse` never raises on the mail's account: what cannot be used is said in `problems`, in words
for a broker. Names of files are made harmless; nothing is written to disk here. Nothing in a
mail is an instruction: text is text.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import PurePosixPath

from pydantic import AwareDatetime

from storage.values import Value


class Limits(Value):
    """Bounds on one mail."""

    parts: int = 500
    depth: int = 20
    files: int = 100
    file_bytes: int = 50_000_000
    text_chars: int = 200_000
    zip_members: int = 200
    zip_bytes: int = 200_000_000
    zip_ratio: int = 200


class AttachedFile(Value):
    """One file of a mail."""

    filename: str
    content_type: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


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
    text: str = ""
    files: tuple[AttachedFile, ...] = ()
    automatic: bool = False  #: RFC 3834, mailing lists, bounces
    mailing_list: bool = False  #: worked on, but no automatic answer goes to it (RFC 3834)
    broken: bool = False  #: no structure could be found at all
    problems: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """sha256 over the words and the files, not over what servers add on the way."""
        made = hashlib.sha256(self.text.encode())
        for file in self.files:
            made.update(file.sha256.encode())
        return made.hexdigest()


_ID = re.compile(r"<[^<>\s]{1,400}>")
_HARMFUL = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*\u202a-\u202e\u2066-\u2069]")
_QUOTE = re.compile(
    r"^(On .{5,200}wrote:|-{3,} ?Original Message ?-{3,}|From: .+)\s*$", re.MULTILINE
)
_SMALL_PICTURE = 30_000


def parse(raw: bytes, *, limits: Limits | None = None, own_domain: str = "") -> ParsedMail:
    """Take a mail apart. `own_domain` is the domain of the Message-IDs that we make."""
    bounds = limits or Limits()
    problems: list[str] = []
    try:
        mail = BytesParser(policy=policy.default.clone(max_line_length=None)).parsebytes(raw)
        parts = list(_walk(mail, bounds, problems))
    except Exception as exc:  # noqa: BLE001 - the library's own faults on hostile input are many
        return ParsedMail(
            message_id=None,
            broken=True,
            problems=(f"The mail could not be taken apart ({type(exc).__name__}).",),
        )
    words: list[str] = []
    html: list[str] = []
    files: list[AttachedFile] = []
    for part in parts:
        try:
            _sort(part, words, html, files, bounds, problems)
        except Exception as exc:  # noqa: BLE001 - one broken part must not cost the others
            problems.append(f"A part of the mail could not be read ({type(exc).__name__}).")
    text = "\n".join(words) if any(word.strip() for word in words) else _plain("\n".join(html))
    if len(files) > bounds.files:
        problems.append(
            f"The mail has {len(files)} files; the first {bounds.files} were taken. "
            "Please send the others in another mail."
        )
    message_id = next(iter(_ids(_header(mail, "Message-ID"))), None)
    return ParsedMail(
        message_id=message_id,
        in_reply_to=tuple(_ids(_header(mail, "In-Reply-To"))[:20]),
        references=tuple(_ids(_header(mail, "References"))[-50:]),
        from_addr=_address(_header(mail, "From")),
        from_name=_name(_header(mail, "From")),
        to=tuple(
            address for _, address in getaddresses([_header(mail, "To"), _header(mail, "Cc")])
        )[:100],
        subject=_header(mail, "Subject")[:500],
        date=_date(_header(mail, "Date")),
        text=text[: bounds.text_chars].strip(),
        files=tuple(files[: bounds.files]),
        automatic=_automatic(mail, message_id, own_domain),
        mailing_list=bool(_header(mail, "List-Id") or _header(mail, "List-Unsubscribe")),
        problems=tuple(dict.fromkeys(problems)),
    )


def new_words(text: str) -> str:
    """What the sender wrote now: the quoted mail below it is left out."""
    cut = _QUOTE.search(text)
    kept = text[: cut.start()] if cut else text
    return "\n".join(line for line in kept.splitlines() if not line.startswith(">")).strip()


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


def _walk(mail: Message, limits: Limits, problems: list[str]) -> Iterator[Message]:
    """The leaves of the mail, in order, without recursion: a deep tree cannot hurt."""
    waiting: list[tuple[Message, int]] = [(mail, 0)]
    seen = 0
    while waiting:
        part, depth = waiting.pop(0)
        seen += 1
        if seen > limits.parts:
            problems.append(f"The mail has more than {limits.parts} parts; the rest was not read.")
            return
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list) and part.get_content_type() != "message/rfc822":
            if depth >= limits.depth:
                problems.append("The mail is nested too deeply; the innermost was not read.")
                continue
            waiting[0:0] = [(one, depth + 1) for one in inner if isinstance(one, Message)]
        else:
            yield part


def _sort(
    part: Message,
    words: list[str],
    html: list[str],
    files: list[AttachedFile],
    limits: Limits,
    problems: list[str],
) -> None:
    kind = part.get_content_type()
    named = part.get_filename()
    if kind == "message/rfc822":
        inner = part.get_payload()
        held = inner[0] if isinstance(inner, list) and inner else None
        if isinstance(held, Message):
            data = held.as_bytes()
            files.append(
                AttachedFile(
                    filename=_harmless(named or "forwarded.eml"), content_type=kind, data=data
                )
            )
        return
    attached = part.get_content_disposition() == "attachment" or named is not None
    if not attached and kind in ("text/plain", "text/html"):
        text = _text(part)
        (words if kind == "text/plain" else html).append(text[: limits.text_chars])
        return
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    if not data:
        if named:
            problems.append(f"{_harmless(named)} arrived empty.")
        return
    if part.get("Content-ID") and kind.startswith("image/") and len(data) < _SMALL_PICTURE:
        return  # a logo in a signature is no document
    if len(data) > limits.file_bytes:
        problems.append(f"{_harmless(named or kind)} is too large to be read.")
        return
    name = _harmless(named or f"part.{part.get_content_subtype()}")
    if name.casefold() == "winmail.dat":
        problems.append("winmail.dat: please send it again from Outlook as HTML or plain text.")
    if kind in ("application/zip", "application/x-zip-compressed") or name.lower().endswith(".zip"):
        files.extend(_unpacked(name, data, limits, problems))
    else:
        files.append(AttachedFile(filename=name, content_type=kind, data=data))


def _unpacked(name: str, data: bytes, limits: Limits, problems: list[str]) -> list[AttachedFile]:
    """The files of a ZIP, one level deep; a dangerous or broken one stays as it came."""
    whole = [AttachedFile(filename=name, content_type="application/zip", data=data)]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > limits.zip_members:
                problems.append(f"{name} has {len(members)} files: too many to unpack.")
                return whole
            if any(one.flag_bits & 1 for one in members):
                problems.append(f"{name} is protected by a password: please send it without.")
                return whole
            declared = sum(one.file_size for one in members)
            if declared > limits.zip_bytes or declared > limits.zip_ratio * max(len(data), 1):
                problems.append(f"{name} unpacks to far more than it should: it was not opened.")
                return whole
            found = []
            budget = limits.zip_bytes
            for one in members:
                with archive.open(one) as stream:
                    # The declared size can lie: read no more than it said.
                    content = stream.read(min(one.file_size, budget) + 1)
                if len(content) > one.file_size:
                    problems.append(f"{name} is not what it says: it was not opened.")
                    return whole
                budget -= len(content)
                found.append(
                    AttachedFile(
                        filename=_harmless(one.filename),
                        content_type="application/octet-stream",
                        data=content,
                    )
                )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        problems.append(f"{name} is a damaged ZIP file: please send it again.")
        return whole
    return [file for file in found if file.data]


def _harmless(name: str) -> str:
    last = PurePosixPath(name.replace("\\", "/")).name or "file"
    return _HARMFUL.sub("_", last).strip(". ")[-150:] or "file"


def _text(part: Message) -> str:
    if isinstance(part, EmailMessage):
        try:
            content = part.get_content()
            return content if isinstance(content, str) else ""
        except (LookupError, KeyError, UnicodeError, ValueError):
            pass
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _header(mail: Message, name: str) -> str:
    try:
        value = mail.get(name)
        return " ".join(str(value).split())[:20_000] if value is not None else ""
    except Exception:  # noqa: BLE001 - the header parser fails in many ways on bad input
        return ""


def _ids(value: str) -> list[str]:
    return _ID.findall(value)


def _address(value: str) -> str:
    address = parseaddr(value)[1]
    return address[:320] if "@" in address else ""


def _name(value: str) -> str:
    return parseaddr(value)[0][:200]


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _automatic(mail: Message, message_id: str | None, own_domain: str) -> bool:
    submitted = _header(mail, "Auto-Submitted").casefold()
    bulk = _header(mail, "Precedence").casefold() in ("bulk", "list", "junk", "auto_reply")
    ours = bool(own_domain and message_id and message_id.endswith(f"@{own_domain}>"))
    bounce = mail.get_content_type() == "multipart/report" or _header(mail, "Return-Path") == "<>"
    return bool(submitted and submitted != "no") or bulk or ours or bounce


class _Words(HTMLParser):
    """The words of an HTML mail; scripts and styles are not words."""

    _BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in ("script", "style"):
            self._silent += 1
        elif tag in self._BREAKS:
            self.words.append("\n")
        elif tag in ("td", "th"):
            self.words.append("\t")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def _plain(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    lines = (" ".join(line.split(" ")).strip() for line in "".join(reader.words).splitlines())
    return "\n".join(line for line in lines if line)
