"""Headers and file names as people read them, whatever charset or trick they came in.

A header is bytes until it is decoded here: RFC 2047 words, RFC 2231 names, and the raw 8-bit
letters that many Asian mailers still send. Nothing here raises.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from mimetypes import guess_extension
from pathlib import PurePosixPath

_MOST = 20_000
_MOST_PEOPLE = 10_000
_BARE = re.compile(r"[\w.+\-]{1,64}@[\w.\-]{1,200}")
_ID = re.compile(r"<[^<>\s]{1,400}>")
_HARMFUL = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_GUESSES = ("utf-8", "gb18030", "cp1252")
ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "ks_c_5601-1987": "cp949"}


def header(mail: Message, name: str) -> str:
    """A header in readable letters, on one line; empty when there is none."""
    raw = next((text for key, text in mail.raw_items() if key.casefold() == name.casefold()), "")
    return decoded(str(raw)[:_MOST])


def decoded(raw: str) -> str:
    """Encoded words and raw bytes as letters."""
    text = letters(raw.encode("utf-8", "surrogateescape"))
    if "=?" in text:
        # A word may not hold blanks, yet some do; a charset may be unknown.
        try:
            pieces = decode_header(" ".join(text.split()))
            text = "".join(
                piece if isinstance(piece, str) else letters(piece, charset)
                for piece, charset in pieces
            )
        except (HeaderParseError, ValueError, AssertionError):
            pass
    return " ".join(text.replace("\x00", " ").split())


def letters(data: bytes, charset: str | None = None) -> str:
    """Bytes as letters: the charset that is stated, else the first that fits."""
    stated = (charset or "").strip("\"' ").casefold()
    if stated in ("us-ascii", "ascii", "unknown-8bit", "default"):
        stated = ""
    for one in filter(None, (ALIASES.get(stated, stated), *_GUESSES)):
        try:
            found = data.decode(one)
        except (LookupError, UnicodeError, ValueError):
            continue
        # GB 18030 takes nearly any bytes: believe it when it gives Chinese letters.
        if (
            one != "gb18030"
            or ALIASES.get(stated, stated) == one
            or re.search(r"[\u3040-\u30ff\u4e00-\u9fff]{2}", found)
        ):
            return found
    return data.decode("latin-1")


def filename(part: Message) -> str | None:
    """The name that the sender gave the part; RFC 2231 in pieces, RFC 2047 in quotes, or bare."""
    clean = Message()
    for key in ("Content-Disposition", "Content-Type"):
        if text := raw_header(part, key):
            clean[key] = text
    try:
        found = clean.get_filename()
    except (LookupError, UnicodeError, ValueError, TypeError, AttributeError):
        found = None
    return decoded(str(found)[:2000]) if found else None


def harmless(name: str) -> str:
    """A name that cannot leave its folder or mislead the reader."""
    last = PurePosixPath(name.replace("\\", "/")).name or "file"
    safe = _HARMFUL.sub("_", last).strip(". ")
    stem, dot, ending = safe.rpartition(".")
    if dot and len(ending) <= 10 and len(safe) > 150:
        safe = f"{stem[: 149 - len(ending)]}.{ending}"
    return safe[:150] or "file"


def nameless(kind: str, data: bytes) -> str:
    """A name for a part that came without one."""
    if b"%PDF-" in data[:1024]:
        return "part.pdf"
    return harmless(f"part{guess_extension(kind) or '.' + kind.rpartition('/')[2]}")


def member_name(member: zipfile.ZipInfo) -> str:
    """The name of a file in a ZIP; old archives keep it in the sender's own charset."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return letters(member.filename.encode("cp437"))
    except UnicodeError:
        return member.filename


def told_apart(names: list[str]) -> Iterator[str]:
    """Names with a number behind those that repeat: "invoice (2).pdf"."""
    counts: dict[str, int] = {}
    for name in names:
        key = name.casefold()
        counts[key] = counts.get(key, 0) + 1
        if counts[key] == 1:
            yield name
        else:
            stem, dot, ending = name.rpartition(".")
            yield f"{stem or ending} ({counts[key]}){dot and stem and '.' + ending}"


def ids(value: str) -> list[str]:
    """Message-IDs in a header."""
    return _ID.findall(value)


def raw_header(mail: Message, name: str) -> str:
    """A header with addresses: its commas count, so it is decoded piece by piece later."""
    raw = next((text for key, text in mail.raw_items() if key.casefold() == name.casefold()), "")
    text = letters(str(raw)[:_MOST].encode("utf-8", "surrogateescape"))
    return " ".join(text.replace("\x00", " ").split())


def address(value: str) -> str:
    found = _people(value)[:1]
    return found[0][1][:320] if found and "@" in found[0][1] else ""


def person(value: str) -> str:
    found = _people(value)[:1]
    return decoded(found[0][0])[:200] if found else ""


def addresses(*values: str) -> tuple[str, ...]:
    return tuple(found for value in values for _, found in _people(value))[:100]


def _people(value: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([value[:_MOST_PEOPLE]])
    except (RecursionError, ValueError, IndexError):
        # Brackets in brackets in brackets: take what looks like an address.
        return [("", one) for one in _BARE.findall(value[:_MOST_PEOPLE])]


def moment(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
