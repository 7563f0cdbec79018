"""Bytes of an automatic mail -> the report that it is, if it is one. Never raises on its account.

Delivery reports (RFC 3464), complaints (RFC 5965), the reports of servers that have a form of
their own (flufl.bounce), and absences (RFC 3834, and the subjects of common mail programs).
Nothing is believed here: whether a report is about our mail is decided in workflows/returns.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import parseaddr

from dateutil import parser as dates
from flufl.bounce import all_failures

from storage.columns import now
from storage.mail import one_line
from workflows.returns import Failure, Report

_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s]{1,200}>")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_MOST_PARTS = 200
_MOST_TEXT = 20_000
_NEAR = 12  # "until Monday, November 30": the date follows at once, or it is another
_LONGEST_ABSENCE = timedelta(days=366)

_AWAY = re.compile(
    r"""^\s*(?:re:\s*)?(?:
      automatic\ reply\b | auto(?:matic)?[- ]?(?:reply|response)\b | autoreply\b
    | out\ of\ (?:the\ )?office\s*(?:[:\-\u2013(]|$|reply|auto|autoreply|message|notification)
    | respuesta\ autom[aá]tica\b | fuera\ de\ (?:la\ )?oficina\s*(?:[:\-(]|$)
    | r[eé]ponse\ automatique\b | absen(?:t|ce)\ du\ bureau\b
    | automatische\ antwort\b | abwesenheits(?:notiz|nachricht|assistent)\b
    | resposta\ autom[aá]tica\b | aus[eê]ncia\ tempor[aá]ria\b
    | 自动(?:回复|答复) | 自動(?:回覆|回復|応答|返信) | 外出通知
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""Subjects of absences in English, Spanish, French, German, Portuguese, Chinese and Japanese."""

_UNTIL = re.compile(
    r"""(?:until | till | through | back\ (?:in\ the\ office\ )?on
    | return(?:ing)?\ (?:to\ the\ office\ )?on | hasta\ el | regreso\ el | vuelvo\ el
    | jusqu['\u2019]au | de\ retour\ le | bis\ (?:zum\ )? | wieder\ (?:erreichbar\ )?(?:ab|am)
    | at[eé]\ (?:o\ dia\ )? | retorno\ (?:em|no\ dia) | 直到 | 至 | 到)
    \s*(?P<day>[^\n;!?()]{4,40})""",
    re.IGNORECASE | re.VERBOSE,
)
_CHINESE = re.compile(r"(?:(\d{4})\s*年)?\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_MONTHS = {
    "January": "enero janvier januar janeiro",
    "February": "febrero fevrier f\u00e9vrier februar fevereiro",
    "March": "marzo mars m\u00e4rz mar\u00e7o marco",
    "April": "abril avril",
    "May": "mayo mai maio",
    "June": "junio juin juni junho",
    "July": "julio juillet juli julho",
    "August": "agosto aout ao\u00fbt",
    "September": "septiembre septembre setembro",
    "October": "octubre octobre oktober outubro",
    "November": "noviembre novembre novembro",
    "December": "diciembre decembre d\u00e9cembre dezember dezembro",
}
_ENGLISH = {word: month for month, words in _MONTHS.items() for word in words.split()}


def read(raw: bytes) -> Report | None:
    """The report in a mail, or None when it is an ordinary one."""
    try:
        mail = BytesParser(policy=policy.default.clone(max_line_length=None)).parsebytes(raw)
        kind = _report_type(mail)
        if kind == "feedback-report":
            return _complaint(mail)
        if kind == "delivery-status":
            return _delivery(mail)
        if away(mail):
            return _absence(mail)
        if _from_a_server(mail):
            return _other(mail)
    except Exception:  # noqa: BLE001 - a report is written by strangers' servers; broken is none
        return None
    return None


def away(mail: Message) -> bool:
    """Whether this is what a mail program answers while its owner is away."""
    submitted = _text(mail, "Auto-Submitted").casefold().partition(";")[0].strip()
    if submitted == "auto-replied":
        return not _from_a_server(mail)
    return bool(_AWAY.match(_text(mail, "Subject"))) and not _attached(mail)


def _delivery(mail: Message) -> Report:
    """RFC 3464: one block for the message, one for each recipient."""
    failures = []
    for part in _parts(mail):
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload() if isinstance(part.get_payload(), list) else []:
            if isinstance(block, Message) and (failure := _recipient(block)):
                failures.append(failure)
    return Report(kind="bounce", about=_original(mail), failures=tuple(failures[:50]))


def _recipient(block: Message) -> Failure | None:
    action = _text(block, "Action").casefold()
    if action not in ("failed", "delayed"):
        return None  # delivered, relayed, expanded: nothing failed
    named = _text(block, "Original-Recipient") or _text(block, "Final-Recipient")
    address = named.rpartition(";")[2].strip().strip("<>")
    status = _STATUS.search(_text(block, "Status"))
    said = _text(block, "Diagnostic-Code").partition(";")[2].strip()
    code = status[1] if status else ""
    permanent = action == "failed" and not code.startswith("4")
    return Failure(address=address, permanent=permanent, status=code, said=one_line(said)[:300])


def _complaint(mail: Message) -> Report:
    """RFC 5965: a mailbox provider says that its user marked our mail as unwanted."""
    named = []
    for part in _parts(mail):
        if part.get_content_type() == "message/feedback-report":
            inner = _inside(part)
            words = inner.as_string() if inner is not None else str(part.get_payload())
            named += re.findall(
                r"^Original-Rcpt-To:\s*<?([^<>\s]+@[^<>\s]+)>?", words, re.MULTILINE | re.IGNORECASE
            )
    failures = tuple(Failure(address=one, permanent=True) for one in named[:50])
    return Report(kind="complaint", about=_original(mail), failures=failures)


def _other(mail: Message) -> Report | None:
    """A server's own form: the library knows many."""
    temporary, permanent = all_failures(mail)
    failures = [
        Failure(
            address=address.decode(errors="replace"),
            permanent=address in permanent,
            status=_status(mail),
        )
        for address in sorted({*temporary, *permanent})
    ]
    if not failures:
        return None
    return Report(kind="bounce", about=_original(mail), failures=tuple(failures[:50]))


def _absence(mail: Message) -> Report:
    answered = [*_ID.findall(_text(mail, "In-Reply-To")), *_ID.findall(_text(mail, "References"))]
    return Report(
        kind="away",
        about=tuple(dict.fromkeys(answered)),
        sender=parseaddr(_text(mail, "From"))[1],
        until=until(f"{_text(mail, 'Subject')}\n{_words(mail)}"),
    )


def until(text: str) -> datetime | None:
    """The day until which somebody says to be away; None when no believable one is stated."""
    today = now()
    for found in _UNTIL.finditer(text[:_MOST_TEXT]):
        day = _day(found["day"], today)
        if day is not None and today < day < today + _LONGEST_ABSENCE:
            return day
    return None


def _day(written: str, today: datetime) -> datetime | None:
    if chinese := _CHINESE.search(written):
        year, month, day = chinese.groups()
        written = f"{year or today.year}-{month}-{day}"
    words = " ".join(
        _ENGLISH.get(word.strip(",").casefold(), word)
        for word in written.split()
        if word.casefold() not in ("de", "del", "the", "of", "le", "el")
    )
    start = re.search(r"\d", words)
    first = re.search(r"[A-Z][a-z]+ \d|\d", words)
    if start is None or first is None or first.start() > _NEAR:
        return None
    dotted = bool(re.match(r"\d{1,2}\.\s?\d{1,2}\.", words[start.start() :]))
    for length in range(5, 0, -1):
        piece = " ".join(words[first.start() :].split()[:length]).strip(" ,.")
        try:
            day = dates.parse(
                piece, default=datetime(today.year, today.month, 1, tzinfo=UTC), dayfirst=dotted
            )
        except (ValueError, OverflowError):
            continue
        day = day.astimezone(UTC) if day.tzinfo else day.replace(tzinfo=UTC)
        said_year = re.search(r"\b20\d\d\b", piece)
        return day if said_year or day > today else day.replace(year=day.year + 1)
    return None


def _original(mail: Message) -> tuple[str, ...]:
    """The Message-IDs that the report carries of the mail that it is about."""
    found: list[str] = []
    for part in _parts(mail):
        kind = part.get_content_type()
        inner = _inside(part)
        if kind == "message/rfc822" and inner is not None:
            found += _ID.findall(_text(inner, "Message-ID"))
        elif kind in ("text/rfc822-headers", "text/plain", "message/rfc822-headers"):
            head = _decoded(part)
            found += [
                one[1]
                for one in re.finditer(
                    r"^Message-ID:\s*(<[^<>\s]+>)", head, re.MULTILINE | re.IGNORECASE
                )
            ]
    found += _ID.findall(_text(mail, "In-Reply-To")) + _ID.findall(_text(mail, "References"))
    return tuple(dict.fromkeys(found))[:20]


def _report_type(mail: Message) -> str:
    if mail.get_content_type() != "multipart/report":
        return ""
    named = mail.get_param("report-type")
    return str(named).casefold() if named else ""


def _from_a_server(mail: Message) -> bool:
    local = parseaddr(_text(mail, "From"))[1].partition("@")[0].casefold()
    nobody = _text(mail, "Return-Path").strip() == "<>"
    return nobody or local in ("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon")


def _parts(mail: Message) -> Iterator[Message]:
    """The parts that belong to the report itself, not those of the mail inside it."""
    waiting, seen = [mail], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list) and part.get_content_maintype() == "multipart":
            waiting[0:0] = [one for one in inner if isinstance(one, Message)]
        else:
            yield part


def _inside(part: Message) -> Message | None:
    """The mail inside a part."""
    inner = part.get_payload()
    held = inner[0] if isinstance(inner, list) and inner else None
    return held if isinstance(held, Message) else None


def _attached(mail: Message) -> bool:
    return any(part.get_content_disposition() == "attachment" for part in _parts(mail))


def _status(mail: Message) -> str:
    found = _STATUS.search(_words(mail))
    return found[1] if found else ""


def _words(mail: Message) -> str:
    plain = [_decoded(part) for part in _parts(mail) if part.get_content_type() == "text/plain"]
    return "\n".join(plain)[:_MOST_TEXT]


def _decoded(part: Message) -> str:
    if isinstance(part, EmailMessage):
        try:
            return str(part.get_content())[:_MOST_TEXT]
        except (LookupError, ValueError):
            pass
    data = part.get_payload(decode=True)
    return data.decode("utf-8", "replace")[:_MOST_TEXT] if isinstance(data, bytes) else ""


def _text(mail: Message, name: str) -> str:
    value = mail.get(name)
    return one_line(str(value))[:5000] if value is not None else ""
