"""A day for a calendar (RFC 5545): an all-day entry that mail programs offer to take over.

METHOD:PUBLISH tells of a day and asks for no answer. Nothing here knows what the day means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from storage.values import Value

_OCTETS = 73  # RFC 5545 3.1: at most 75, the blank of a continued line among them


class Day(Value):
    """One all-day entry; `uid` says what it is once of, so that a repeat replaces it."""

    uid: str
    on: date
    title: str
    details: str = ""
    sequence: int = 0  #: rises with each change, so that the newest stands (RFC 5545 3.8.7.4)
    cancelled: bool = False


def published(days: Sequence[Day], *, at: datetime) -> str:
    """The calendar object with these days."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tidewaiter//EN", "METHOD:PUBLISH"]
    for day in days:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_text(day.uid)}",
            f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"SEQUENCE:{day.sequence}",
            f"DTSTART;VALUE=DATE:{day.on:%Y%m%d}",
            f"DTEND;VALUE=DATE:{day.on + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_text(day.title)}",
            f"DESCRIPTION:{_text(day.details)}",
            "TRANSP:TRANSPARENT",
            *(["STATUS:CANCELLED"] if day.cancelled else []),
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _text(value: str) -> str:
    """RFC 5545 3.3.11."""
    plain = re.sub(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]", " ", value)
    return re.sub(r"([\\;,])", r"\\\1", plain).replace("\n", "\\n")


def _folded(line: str) -> str:
    """Long lines go on after a line end and a blank; no character is cut in two."""
    pieces, piece, size = [], "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _OCTETS:
            pieces.append(piece)
            piece, size = "", 0
        piece, size = piece + character, size + octets
    return "\r\n ".join([*pieces, piece])
