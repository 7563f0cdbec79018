"""The mail that the product sends, and the mail that people of the story send it."""

from __future__ import annotations

import smtplib
import time
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Any

from bot.sandbox.config import SandboxConfig
from bot.sandbox.workspace import Workspace, load_json, save_json
from storage.columns import now
from storage.spool import Envelope

_MOST = 500


class Mailbox:
    """Mails in both directions, newest last."""

    def __init__(self, config: SandboxConfig, workspace: Workspace) -> None:
        self._config, self._workspace = config, workspace
        self._place = config.state_dir / "mails.json"
        self.mails: list[dict[str, Any]] = load_json(self._place).get("mails", [])
        self._count = len(self.mails)

    def take(self, envelope: Envelope, raw: bytes) -> str:
        """A mail of the product arrived at the sink."""
        mail = BytesParser(policy=policy.default).parsebytes(raw)
        return self._add("out", envelope.mail_from, list(envelope.rcpt_to), mail)

    def send(self, mail: EmailMessage) -> str:
        """Send a mail to the intake server through real SMTP; gives the server's answer."""
        with smtplib.SMTP(self._config.intake_host, self._config.intake_port, timeout=60) as server:
            server.send_message(mail)
        return self._add("in", str(mail["From"]), [str(mail["To"])], mail)

    def hand_in(self, raw: bytes) -> str:
        """Send a finished mail to the intake server; gives its answer to DATA."""
        mail = BytesParser(policy=policy.default).parsebytes(raw)
        sender, to = parseaddr(str(mail["From"]))[1], parseaddr(str(mail["To"]))[1]
        with smtplib.SMTP(self._config.intake_host, self._config.intake_port, timeout=60) as server:
            server.ehlo()
            server.mail(sender)
            server.rcpt(to)
            code, said = server.data(raw)
        self._add("in", sender, [to], mail)
        return f"{code} {said.decode(errors='replace')}"

    def compose(self, *, sender: str, to: str, subject: str, text: str) -> EmailMessage:
        """A mail from the page's form."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject
        mail["Date"] = format_datetime(now())
        mail["Message-ID"] = make_msgid(domain="shipper.example")
        mail.set_content(text)
        return mail

    def _add(self, way: str, sender: str, to: list[str], mail: EmailMessage) -> str:
        with self._workspace.lock:
            self._count += 1
            name = f"mail-{self._count}-{int(time.time() * 1000)}"
            self.mails.append(
                {
                    "id": name,
                    "way": way,
                    "from": _header(mail, "From") or sender,
                    "to": to,
                    "subject": _header(mail, "Subject"),
                    "messageId": _header(mail, "Message-ID"),
                    "text": _text(mail),
                    "files": _files(mail),
                    "at": time.time(),
                }
            )
            del self.mails[:-_MOST]
            save_json(self._place, {"mails": self.mails})
            self._workspace.touch()
        return name


# Python's mail reader gives many kinds of exception for a mail that is broken or made to break
# it. The sink shows what can be shown; it must never refuse a mail for its looks.
_BROKEN = (LookupError, ValueError, AttributeError, TypeError, AssertionError, MessageError)


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return _clean(str(mail[name] or ""))[:1000]
    except _BROKEN:
        return ""


def _text(mail: EmailMessage) -> str:
    try:
        body = mail.get_body(preferencelist=("plain", "html"))
        return _clean(str(body.get_content()))[:20_000] if body is not None else ""
    except _BROKEN:
        return "(this text cannot be shown)"


def _files(mail: EmailMessage) -> list[str]:
    try:
        return [_clean(part.get_filename() or "file")[:255] for part in mail.iter_attachments()]
    except _BROKEN:
        return []


def _clean(text: str) -> str:
    """Without half characters, which neither a file nor a page can hold."""
    return text.encode("utf-8", "replace").decode()
