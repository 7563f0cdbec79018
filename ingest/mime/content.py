"""The bytes and the letters of one part, as near to what the sender had as they can be got."""

from __future__ import annotations

import binascii
import codecs
import quopri
import re
from email.message import Message

from ingest.mime import names

_NO_CHARSETS = frozenset(  # slow on long texts, or no charsets at all
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_\-]{2,30})", re.IGNORECASE)


def kind_of(part: Message) -> str:
    try:
        return part.get_content_type()
    except (LookupError, ValueError, TypeError, AttributeError):
        return "application/octet-stream"


def disposition_of(part: Message) -> str:
    return names.header(part, "Content-Disposition").partition(";")[0].strip().casefold()


def data_of(part: Message) -> bytes:
    """The bytes of a part, decoded as its header says."""
    encoding = encoding_of(part)
    # Without this header the library gives the bytes as they came, letters of eight bits too.
    del part["Content-Transfer-Encoding"]
    payload = part.get_payload(decode=True)
    return decoded(payload, encoding) if isinstance(payload, bytes) else b""


def encoding_of(part: Message) -> str:
    return names.header(part, "Content-Transfer-Encoding").strip("\"' ;").casefold()


def decoded(raw: bytes, encoding: str) -> bytes:
    """Bytes out of their transfer encoding."""
    if encoding.startswith("base64"):
        return base64_bytes(raw)
    if encoding.startswith("quoted"):
        return quopri.decodestring(raw)
    if encoding.startswith(("x-uu", "uue", "x-uue")):
        return _uu_bytes(raw)
    return raw


def base64_bytes(raw: bytes) -> bytes:
    """Base64, also with garbage between, padding in the middle, or a footer of a list below."""
    try:
        return binascii.a2b_base64(b"".join(raw.split()), strict_mode=True)
    except binascii.Error:
        pass
    kept = bytearray()
    for line in raw.splitlines():
        text = line.strip()
        clean = _NOT_BASE64.sub(b"", text)
        exact = clean == text and len(text) % 4 == 0
        prose = b" " in text or (kept.endswith(b"=") and not exact)
        if len(clean) * 4 >= len(text) * 3 and not prose:
            kept += clean
    out = bytearray()
    for piece in re.split(rb"=+", bytes(kept)):
        whole = piece[: len(piece) - 1] if len(piece) % 4 == 1 else piece
        out += binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
    return bytes(out)


def letters_of(part: Message, data: bytes) -> str:
    """The text of a part: the stated charset, unless the bytes say otherwise."""
    try:
        stated = part.get_content_charset()
    except (LookupError, UnicodeError, ValueError, TypeError, AttributeError):
        stated = None
    if stated is None and (meta := _META.search(data[:4000])):
        stated = meta[1].decode("ascii")
    if stated and _name(stated) in (None, "iso8859-1", "cp1252", "ascii"):
        # Many mailers write "iso-8859-1" over UTF-8; the other way round it cannot be decoded.
        stated = stated if _name(stated) and not _is_utf8(data) else None
    text = names.letters(data, stated)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").lstrip("\ufeff")


def _name(charset: str) -> str | None:
    try:
        found = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return charset if charset in names.ALIASES else None
    return None if found.replace("-", "_") in _NO_CHARSETS else found


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _uu_bytes(raw: bytes) -> bytes:
    out = bytearray()
    for line in raw.splitlines():
        if line.startswith((b"begin ", b"end")) or not line.strip():
            continue
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            # Some encoders pad a line beyond what its first letter says.
            length = ((line[0] - 32) & 63) * 4 // 3 + 3
            try:
                out += binascii.a2b_uu(line[:length])
            except binascii.Error:
                continue
    return bytes(out)
