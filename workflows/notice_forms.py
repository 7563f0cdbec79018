"""One notice in its three forms: a letter with its days, a JSON message, an EDI-like file.

All three say the same facts. A form is pure: the same notice gives the same words and bytes.
The file follows UN/EDIFACT's IFTSTA in shape (segments, service characters, release sign) and
is certified by nobody: agree on it with whoever reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from prompts import letter
from storage.canonical import canonical
from storage.columns import now
from storage.mail import ID_DOMAIN, OutgoingMail
from storage.models import ConsigneeNotice
from workflows.outgoing import calendar

_EDI_SPECIAL = re.compile(r"([?:+'])")
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")


def key_of(notice: ConsigneeNotice) -> str:
    """The name of this notice: what it is once of, in every form."""
    return f"entry-{notice.entry_id}-release-{notice.route_name}-{notice.number}"


def mail(
    notice: ConsigneeNotice,
    before: ConsigneeNotice | None,
    *,
    language: str,
    reply_to: str,
    key: str,
    attached: tuple[str, ...] = (),
) -> tuple[OutgoingMail, str]:
    """The letter, with its days for the calendar; and its language."""
    facts = letter_facts(notice, before, attached)
    kind = "release_withdrawn" if notice.facts.get("recalled") else "release"
    made = letter.write(kind, language=language, **facts)
    return (
        OutgoingMail(
            key=key,
            to=(str(notice.route.to),),
            subject=letter.subject(kind, language=made.language, **facts),
            text=made.text,
            html=made.html,
            calendar=_calendar(notice, made, facts),
            reply_to=reply_to,
            in_reply_to=before.reference if before is not None else None,
            references=(before.reference,) if before is not None and before.reference else (),
        ),
        made.language,
    )


def letter_facts(
    notice: ConsigneeNotice, before: ConsigneeNotice | None, attached: tuple[str, ...]
) -> dict[str, Any]:
    """The facts of a notice for its template: days as dates."""
    told = notice.facts
    return {
        **{name: told.get(name) for name in _PLAIN},
        "deliver_by": _day(told.get("deliver_by")),
        "available_on": _day(told.get("available_on")),
        "last_free_day": _day(told.get("last_free_day")),
        "containers": list(told.get("containers") or []),
        "boxes": boxes(told),
        "requirements": list(told.get("requirements") or []),
        "attached": list(attached),
        "corrects": before.sent_at.date() if before is not None and before.sent_at else None,
        "changes": list(notice.changes),
        "reason": notice.reason,
    }


def boxes(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The days of each container, as dates, where one has days of its own."""
    return [{**one, "last_free_day": _day(one["last_free_day"])} for one in told.get("boxes") or []]


_PLAIN = (
    "ref", "entry", "importer", "bill", "vessel", "port", "terminal", "free_days", "invoice",
    "order", "firm",
)  # fmt: skip


def message(
    notice: ConsigneeNotice, before: ConsigneeNotice | None, link: Callable[[int], str]
) -> bytes:
    """The webhook's body, canonical JSON: type, id, what it corrects, and the facts."""
    documents = [
        {"file": one["file"], "kind": one["kind"], "sha256": one["sha256"], "url": link(one["id"])}
        for one in notice.facts.get("documents", [])
    ]
    return canonical(
        {
            "type": _type(notice, before),
            "id": key_of(notice),
            "number": notice.number,
            "corrects": key_of(before) if before is not None else None,
            "changes": list(notice.changes),
            "reason": notice.reason,
            "at": notice.made_at.isoformat(timespec="seconds"),
            "release": {**notice.facts, "documents": documents},
        }
    )


def _type(notice: ConsigneeNotice, before: ConsigneeNotice | None) -> str:
    if notice.facts.get("recalled"):
        return "release.withdrawn"  # no correction: who reads only the type must not drive
    return "release.notice" if before is None else "release.correction"


def file_name(notice: ConsigneeNotice) -> str:
    """The file's name without its ending; it follows from the notice, so a repeat is seen."""
    told = notice.facts
    return re.sub(r"[^A-Za-z0-9-]", "-", f"{told.get('ref')}-{told.get('entry')}-{notice.number}")


def edi(notice: ConsigneeNotice, before: ConsigneeNotice | None) -> bytes:
    """The file: ASCII, one segment a line."""
    told = notice.facts
    name = file_name(notice)
    stamp = notice.made_at
    body: list[tuple[object, ...]] = [
        ("UNH", "1", ("IFTSTA", "D", "99B", "UN")),
        ("BGM", "44", name, "9" if before is None else "5"),  # 9 original, 5 replacement
        ("DTM", ("137", f"{stamp:%Y%m%d%H%M}", "203")),
    ]
    if before is not None:
        body.append(("RFF", ("ACW", file_name(before))))
        body.append(("FTX", "CHG", "", "", " ".join(notice.changes)))
        body.append(("FTX", "ACD", "", "", notice.reason or ""))
    body += _parties(told)
    body.append(("CNI", "1", told.get("bill") or ""))
    if told.get("recalled"):
        body.append(("STS", "1", ("HLD", "", "", "Release taken back by customs: do not collect")))
    else:
        body.append(("STS", "1", ("RLS", "", "", "Released by customs")))
    for code, fact in (("RFF:ABO", "entry"), ("RFF:ON", "order"), ("RFF:IV", "invoice")):
        if told.get(fact):
            tag, _, qualifier = code.partition(":")
            body.append((tag, (qualifier, told[fact])))
    # 17 estimated delivery, 234 available, 218 last free day, as far as they are known
    for code, fact in (("17", "deliver_by"), ("234", "available_on"), ("218", "last_free_day")):
        if told.get(fact):
            body.append(("DTM", (code, str(told[fact]).replace("-", ""), "102")))
    if told.get("port"):
        body.append(
            ("LOC", "11", ("", "", "", told["port"]), ("", "", "", told.get("terminal") or ""))
        )
    if told.get("vessel"):
        body.append(("TDT", "20", "", "1", "", "", "", "", ("", "", "", told["vessel"])))
    body += [("FTX", "HAN", "", "", one) for one in told.get("requirements") or []]
    days = {one["container"]: one["last_free_day"] for one in told.get("boxes") or []}
    for number in told.get("containers") or []:
        body.append(("EQD", "CN", number))
        if days.get(number):
            body.append(("DTM", ("218", str(days[number]).replace("-", ""), "102")))
    body += [
        ("DOC", "998", (one["file"], "", "", one["sha256"])) for one in told.get("documents") or []
    ]
    body.append(("UNT", str(len(body) + 1), "1"))
    first = ("UNB", ("UNOA", "2"), told.get("firm") or "", notice.route_name,
             (f"{stamp:%y%m%d}", f"{stamp:%H%M}"), str(notice.id))  # fmt: skip
    segments = [first, *body, ("UNZ", "1", str(notice.id))]
    return ("UNA:+.? '\n" + "".join(f"{_segment(one)}'\n" for one in segments)).encode("ascii")


def _parties(told: dict[str, Any]) -> list[tuple[object, ...]]:
    named = (("CB", told.get("firm")), ("IM", told.get("importer")))
    return [("NAD", code, "", "", name) for code, name in named if name]


def _segment(parts: tuple[object, ...]) -> str:
    written = [
        ":".join(_plain(one) for one in part) if isinstance(part, tuple) else _plain(part)
        for part in parts
    ]
    return "+".join(written).rstrip("+")


def _plain(value: object) -> str:
    """Printable ASCII with the service characters released (ISO 9735)."""
    return _EDI_SPECIAL.sub(r"?\1", _NOT_PLAIN.sub(" ", str(value or "")))[:350]


def _calendar(notice: ConsigneeNotice, made: letter.Letter, facts: dict[str, Any]) -> str | None:
    """The expected arrival and the last free day; a correction takes the place of what was."""
    named = (("arrival_day", facts["deliver_by"]), ("last_free_day", facts["last_free_day"]))
    days = [
        calendar.Day(
            uid=f"entry-{notice.entry_id}-{what}@{ID_DOMAIN}",
            on=on,
            title=letter.subject(what, language=made.language, ref=facts["ref"]),
            details=made.text,
            sequence=notice.number - 1,
            cancelled=bool(notice.facts.get("recalled")),
        )
        for what, on in named
        if on is not None
    ]
    return calendar.published(days, at=now()) if days else None


def _day(value: object) -> date | None:
    return datetime.fromisoformat(str(value)).date() if value else None
