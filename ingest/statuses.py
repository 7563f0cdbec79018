"""Statuses that a filer's software sends by mail: which entry, which code, when.

Only lines that say what they are count: a code at the beginning ("5H - ENTRY PROCESSING HOLD"),
or words that filers use for one thing. Whose mail it is, and what it may do, is not decided
here: `workflows.told_by_mail` asks who sent it. What is not understood, but looks like a status,
is "unknown", so that a person reads it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from knowledge import dispositions
from storage import entry_number
from storage.models import Message
from storage.outbox import Claimed
from storage.values import Reported
from workflows import told_by_mail
from workflows.effects import ReadStatuses
from workflows.handlers import Handler, nothing
from workflows.ports import Ports
from workflows.post import Record
from workflows.told_by_mail import Told

_CODED = re.compile(
    r"^\W{0,4}(?P<code>[0-9A-Z]{2}) ?[-–:] ?(?P<words>[A-Z][A-Z0-9 ,/().'-]{3,})", re.MULTILINE
)
_ENTRY = re.compile(r"(?<![A-Z0-9-])([A-Z0-9]{3}-?\d{7}-?\d)(?![A-Z0-9-])", re.IGNORECASE)
_PHRASES: tuple[tuple[str, str], ...] = (
    # Holds first: "release suspended" is no release.
    ("held", (r"release suspended|hold intact|on hold|hold placed|under (?:cbp )?review|"
     r"documents required|electronic invoice required|accepted - submit records|detained|"
     r"docs required")),
    ("exam", r"intensive exam|exam,? notify|selected for exam|do not devan|x-?ray exam"),
    ("rejected", r"entry (?:was )?rejected|reject(?:ed)? by (?:cbp|customs)"),
    ("released", r"\breleased\b|may proceed|paperless - retain records|release by (?:cbp|customs)"),
    ("accepted", r"entry (?:was )?accepted|accepted by (?:cbp|customs)"),
)  # fmt: skip
_READ = tuple((code, re.compile(words, re.IGNORECASE)) for code, words in _PHRASES)
_LOOKS = re.compile(r"\b(?:status|disposition|customs|cbp|entry)\b", re.IGNORECASE)
_TIME = re.compile(
    r"(?P<d>\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{2,4})[ T](?P<t>\d{2}:\d{2})(?::\d{2})?"
    r" ?(?P<z>UTC|GMT|Z|EST|EDT|ET|CST|CDT|CT|MST|MDT|MT|PST|PDT|PT)?"
)
_ZONES = {
    "E": "America/New_York", "C": "America/Chicago",
    "M": "America/Denver", "P": "America/Los_Angeles",
}  # fmt: skip
_MOST_ENTRIES = 20
_MOST_WORDS = 20_000
_AHEAD = timedelta(minutes=5)


def looks_like_one(subject: str, words: str) -> bool:
    """Whether a mail may tell the status of an entry: worth a closer look, nothing more."""
    text = f"{subject}\n{words[:_MOST_WORDS]}"
    if not any(_numbers(text)):
        return False
    spoken = any(there.search(text) for _, there in _READ)
    return bool(_CODED.search(text)) or (spoken and bool(_LOOKS.search(text)))


def read(subject: str, words: str, *, received: datetime) -> list[Told]:
    """What a mail says of each entry that it names, in the order of the mail.

    A time counts only with its zone, or the mail's own time stands for it: the zone of a filer's
    machine is not known to us.
    """
    lines = [subject, *words[:_MOST_WORDS].splitlines()]
    common = _numbers("\n".join(lines))[:_MOST_ENTRIES]
    about = common[:1] if len(common) == 1 else []
    found: list[Told] = []
    for line in lines:
        if named := _numbers(line):
            about = named
        for report in _of_line(line, received):
            found += [Told(number=number, report=report) for number in about]
    if not found and common:
        report = Reported(
            code="unknown", raw_code="MAIL", reason=subject[:300], at=_moment("", received)
        )
        found = [Told(number=number, report=report) for number in common]
    # The subject often says what a line of the text says again, with the time.
    once: dict[tuple[str, str, str], Told] = {}
    for told in found:
        key = (told.number, told.report.code, told.report.raw_code)
        if key not in once or len(told.report.reason) > len(once[key].report.reason):
            once[key] = told
    return list(once.values())


def _of_line(line: str, received: datetime) -> list[Reported]:
    coded = _CODED.search(line.upper())
    reason = " ".join(line.split())[:600]
    at = _moment(line, received)
    if coded:
        means = dispositions.bearing(dispositions.MANIFEST, coded["code"])
        code = {"hold": "held", "lift": "lifted", "release": "released"}.get(means or "")
        if code is not None:
            return [Reported(code=code, record="AMS", raw_code=coded["code"], reason=reason, at=at)]
        if means == "neutral":
            return []
    said = next((code for code, there in _READ if there.search(line)), None)
    if said is not None:
        return [Reported(code=said, raw_code="MAIL", reason=reason, at=at)]
    if coded and any(character.isdigit() for character in coded["code"]):
        return [Reported(code="unknown", raw_code=coded["code"], reason=reason, at=at)]
    return []


def _numbers(text: str) -> list[str]:
    """Entry numbers whose check digit fits, as they are written."""
    found = []
    for written in _ENTRY.findall(text):
        try:
            filer, number = entry_number.parse(written)
        except entry_number.BadEntryNumber:
            continue
        found.append(entry_number.format_entry_number(filer, number))
    return list(dict.fromkeys(found))


def _moment(line: str, received: datetime) -> datetime:
    stated = _TIME.search(line)
    if stated is None or stated["z"] is None:
        return received.replace(microsecond=0)
    zone = _ZONES.get(stated["z"][0]) if stated["z"] not in ("UTC", "GMT", "Z") else None
    day = stated["d"]
    form = "%Y-%m-%d" if "-" in day else "%m/%d/%Y" if len(day) == 10 else "%m/%d/%y"
    try:
        at = datetime.strptime(f"{day} {stated['t']}", f"{form} %H:%M").replace(
            tzinfo=ZoneInfo(zone) if zone else UTC
        )
    except ValueError:
        return received.replace(microsecond=0)
    return min(at.astimezone(UTC), received + _AHEAD)


def perform(ports: Ports, claimed: Claimed) -> Record:
    """The handler of `ReadStatuses`: what a mail tells of entries, given to those who decide."""
    effect = ReadStatuses.model_validate(claimed.payload)
    with ports.snapshot() as session:
        message = session.get(Message, effect.message_id)
    if message is None:
        return nothing
    told = read(message.subject, message.text, received=message.sent_at or message.received_at)

    def record(session: Session) -> None:
        told_by_mail.take(session, message_id=effect.message_id, told=told, house=ports.house)

    return record


TABLE: dict[str, Handler] = {ReadStatuses.kind: perform}
