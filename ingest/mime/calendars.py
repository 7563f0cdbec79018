"""What an invitation says: its title, day and place as words; nothing is accepted or answered."""

from __future__ import annotations

import re

_WANTED = {"SUMMARY": "Invitation", "DTSTART": "Begins", "LOCATION": "Place"}


def words_of(calendar: str) -> str:
    """The first event in a few lines."""
    unfolded = re.sub(r"\n[ \t]", "", calendar.replace("\r\n", "\n"))
    event = unfolded.partition("BEGIN:VEVENT")[2].partition("END:VEVENT")[0] or unfolded
    found: dict[str, str] = {}
    description = ""
    for line in event.splitlines()[:500]:
        name, colon, value = line.partition(":")
        key = name.partition(";")[0].upper()
        plain = re.sub(r"\\([,;\\])", r"\1", value.replace("\\n", "\n").replace("\\N", "\n"))
        if colon and key in _WANTED and plain.strip():
            found.setdefault(_WANTED[key], " ".join(plain.split()))
        elif colon and key == "DESCRIPTION":
            description = plain.strip()
    lines = [f"{label}: {value}" for label, value in found.items()]
    return "\n".join([*lines, description]).strip()
