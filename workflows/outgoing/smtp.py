"""Outgoing mail through a real SMTP server.

Once the message itself has been sent and the answer is lost, nobody knows whether it went out:
that is `Transient` with outcome "unknown". The same Message-ID on a repeat lets the receiving
side see that it is the same mail.
"""

from __future__ import annotations

import smtplib
import ssl
from email.errors import HeaderParseError, MessageError
from email.utils import parseaddr
from typing import Literal

from storage.columns import now
from storage.mail import OutgoingMail
from workflows.ports import Permanent, Transient

_PERMANENT = 500


class SmtpMailer:
    """Sends through one submission server."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        starttls: bool = False,
        username: str | None = None,
        password: str | None = None,
        timeout: float = 20.0,
    ) -> None:
        self._host, self._port, self._sender = host, port, sender
        self._starttls, self._timeout = starttls, timeout
        self._username, self._password = username, password

    def send(self, mail: OutgoingMail) -> None:
        """Hand the mail to the server, or say whether it may work later."""
        try:
            message = mail.rendered(sender=self._sender, at=now())
        except (HeaderParseError, MessageError, ValueError) as exc:
            raise Permanent(f"The mail cannot be written: {exc}") from exc
        outcome: Literal["not_done", "unknown", "done"] = "not_done"
        try:
            with smtplib.SMTP(self._host, self._port, timeout=self._timeout) as server:
                if self._starttls:
                    server.starttls(context=ssl.create_default_context())
                if self._username and self._password:
                    server.login(self._username, self._password)
                outcome = "unknown"
                server.send_message(
                    message,
                    from_addr=parseaddr(self._sender)[1],
                    to_addrs=[parseaddr(one)[1] for one in (*mail.to, *mail.cc)],
                )
                outcome = "done"
        except smtplib.SMTPRecipientsRefused as exc:
            worst = max(code for code, _ in exc.recipients.values())
            raise self._answered(worst, "The mail server refused the recipient.") from exc
        except smtplib.SMTPResponseException as exc:
            text = (
                exc.smtp_error.decode(errors="replace")[:200]
                if isinstance(exc.smtp_error, bytes)
                else str(exc.smtp_error)[:200]
            )
            raise self._answered(exc.smtp_code, f"The mail server answered: {text}") from exc
        except (smtplib.SMTPException, OSError) as exc:
            if outcome == "done":
                return  # it was taken; only the farewell went wrong
            raise Transient(
                f"The mail server {self._host}:{self._port} did not answer as it should.",
                outcome=outcome,
            ) from exc

    @staticmethod
    def _answered(code: int, text: str) -> Transient | Permanent:
        if code >= _PERMANENT:
            return Permanent(f"{text} ({code})")
        return Transient(f"{text} ({code})")
