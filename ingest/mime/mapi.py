"""The properties of a message as Exchange keeps them: what winmail.dat and MSG have in common.

Numbers of properties are those of MS-OXPROPS. Only what a broker needs is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.mime import html, names, rtf
from ingest.mime.parsed import Heads

SUBJECT, SENT, SENDER_NAME, SENDER_ADDRESS, SENDER_SMTP = 0x0037, 0x0039, 0x0C1A, 0x0C1F, 0x5D01
AUTHOR_NAME, AUTHOR_ADDRESS, AUTHOR_SMTP = 0x0042, 0x0065, 0x5D02
BODY, HTML, RTF = 0x1000, 0x1013, 0x1009
ATTACH_DATA, ATTACH_METHOD, ATTACH_SHORT, ATTACH_LONG = 0x3701, 0x3705, 0x3704, 0x3707
ATTACH_MIME, ATTACH_CID, ATTACH_HIDDEN, ATTACH_NAME = 0x370E, 0x3712, 0x7FFE, 0x3001
CODEPAGE, INTERNET_CODEPAGE = 0x3FFD, 0x3FDE
EMBEDDED = 5  #: the attachment is a message

Properties = Mapping[int, Any]


def text(properties: Properties, *wanted: int) -> str:
    """The first of these that has words."""
    for one in wanted:
        value = properties.get(one)
        if isinstance(value, bytes):
            value = names.letters(value, charset(properties))
        if isinstance(value, str) and (found := value.replace("\x00", "").strip()):
            return found
    return ""


def charset(properties: Properties) -> str | None:
    page = properties.get(INTERNET_CODEPAGE) or properties.get(CODEPAGE)
    if page == 65001:
        return "utf-8"
    return f"cp{page}" if isinstance(page, int) and 0 < page < 65000 else None


def heads(properties: Properties) -> Heads:
    """Who wrote, when and about what. An Exchange address ("/O=…") is no address for us."""
    addresses = (
        text(properties, one) for one in (SENDER_SMTP, AUTHOR_SMTP, SENDER_ADDRESS, AUTHOR_ADDRESS)
    )
    sent = properties.get(SENT)
    return Heads(
        from_addr=next((one[:320] for one in addresses if "@" in one), ""),
        from_name=text(properties, SENDER_NAME, AUTHOR_NAME)[:200],
        subject=" ".join(text(properties, SUBJECT).split())[:500],
        date=sent if isinstance(sent, datetime) else None,
    )


def words(properties: Properties, most: int) -> str:
    """The body: as plain text, else out of HTML, else out of compressed RTF."""
    if plain := text(properties, BODY):
        return plain[:most]
    if marked := text(properties, HTML):
        return html.words_of(marked)[0][:most]
    packed = properties.get(RTF)
    if isinstance(packed, bytes) and packed:
        try:
            return rtf.words_of(rtf.decompress(packed))[:most]
        except ValueError:
            return ""
    return ""


def file_time(value: int) -> datetime | None:
    """100 ns since 1601."""
    try:
        return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=value // 10)
    except OverflowError:
        return None
