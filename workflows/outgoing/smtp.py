"""Outgoing mail through a real submission server.

Once the message itself has been sent and the answer is lost, nobody knows whether it went out:
that is `Transient` with outcome "unknown". The same Message-ID on a repeat lets the receiving
side see that it is the same mail. Everything before the message's first byte is "not_done": a
kept connection that died meanwhile is opened anew, and the mail is begun again.

Where TLS is wanted nothing is said in the clear: a server without STARTTLS or with a
certificate that does not fit is an error, never a fallback.
"""

from __future__ import annotations

import contextlib
import os
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError, MessageError
from pathlib import Path
from typing import Literal

import dkim

from storage.columns import now
from storage.mail import OutgoingMail, RefusedRecipient, Sent, one_line
from workflows.outgoing.addresses import envelope, header, needs_utf8
from workflows.ports import NoRecipient, Permanent, Transient

Tls = Literal["none", "starttls", "implicit"]

_PERMANENT = 500
_GO_ON = 354
_CLOSING = 421
_AFTER_IDLE = 3.0  # a connection that rested longer is asked whether it is still there


@dataclass(frozen=True)
class DkimKey:
    """The key under which our mails are signed (RFC 6376): PEM, RSA."""

    selector: str
    domain: str
    pem: bytes

    def sign(self, raw: bytes) -> bytes:
        """The mail with its signature on top."""
        try:
            signature: bytes = dkim.sign(
                raw,
                self.selector.encode(),
                self.domain.encode(),
                self.pem,
                canonicalize=(b"relaxed", b"relaxed"),
            )
        except (dkim.DKIMException, ValueError) as exc:
            raise Permanent(f"The mail could not be signed with the DKIM key: {exc}") from exc
        return signature + raw


class SmtpMailer:
    """Sends through one submission server, over one connection that it keeps for a while.

    Threads take turns. A process that was forked opens a connection of its own.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        tls: Tls = "none",
        trust: Path | None = None,
        username: str | None = None,
        password: str | None = None,
        timeout: float = 20.0,
        keep_mails: int = 50,
        keep_seconds: float = 60.0,
        max_bytes: int = 20_000_000,
        dkim_key: DkimKey | None = None,
    ) -> None:
        self._host, self._port, self._sender = host, port, sender
        self._tls, self._trust, self._timeout = tls, trust, timeout
        self._username, self._password = username, password
        self._keep_mails, self._keep_seconds = keep_mails, keep_seconds
        self._max_bytes, self._dkim = max_bytes, dkim_key
        self._turn = threading.Lock()
        self._server: smtplib.SMTP | None = None
        self._owner, self._opened, self._used, self._mails = 0, 0.0, 0.0, 0

    def send(self, mail: OutgoingMail) -> Sent:
        """Hand the mail to the server; tells to whom it went. Raises whether it may work later."""
        try:
            sender = envelope(self._sender)
            to = [envelope(one) for one in (*mail.to, *mail.cc)]
            utf8 = any(needs_utf8(one) for one in (sender, *to))
            written = mail.model_copy(
                update={
                    "to": tuple(header(one) for one in mail.to),
                    "cc": tuple(header(one) for one in mail.cc),
                    "reply_to": header(mail.reply_to) if mail.reply_to else None,
                }
            )
            raw = written.on_the_wire(sender=header(self._sender), at=now(), utf8=utf8)
        except (HeaderParseError, MessageError, ValueError) as exc:
            raise Permanent(f"The mail cannot be written: {exc}") from exc
        if self._dkim is not None:
            raw = self._dkim.sign(raw)
        if len(raw) > self._max_bytes:
            raise Permanent(
                f"The mail has {len(raw):,} bytes; at most {self._max_bytes:,} are sent."
            )
        with self._turn:
            return self._hand_over(raw, sender, list(dict.fromkeys(to)), utf8=utf8)

    def close(self) -> None:
        """Say goodbye to the server, if a connection is open."""
        with self._turn:
            self._drop(politely=True)

    def _hand_over(self, raw: bytes, sender: str, to: Sequence[str], *, utf8: bool) -> Sent:
        server, fresh = self._connected()
        outcome: Literal["not_done", "unknown"] = "not_done"
        try:
            try:
                taken, refused = self._address(server, raw, sender, to, utf8=utf8)
            except (smtplib.SMTPServerDisconnected, OSError):
                if fresh:
                    raise
                # The kept connection died while it rested, and nothing of the mail was said.
                self._drop()
                server, _ = self._connected()
                taken, refused = self._address(server, raw, sender, to, utf8=utf8)
            server.putcmd("DATA")
            self._expect(server.getreply(), _GO_ON)
            outcome = "unknown"
            server.send(_dotted(raw))
            code, said = server.getreply()
        except smtplib.SMTPResponseException as exc:
            self._drop()
            raise self._answered(exc.smtp_code, exc.smtp_error) from exc
        except smtplib.SMTPNotSupportedError as exc:
            self._drop()
            raise Permanent(f"The mail server cannot take this mail: {exc}") from exc
        except (Permanent, Transient):
            self._rest(server)
            raise
        except (smtplib.SMTPException, OSError) as exc:
            self._drop()
            raise Transient(
                f"The mail server {self._host}:{self._port} did not answer as it should.",
                outcome=outcome,
            ) from exc
        if code != 250:
            self._drop()
            raise self._answered(code, said)
        self._mails += 1
        self._used = time.monotonic()
        if self._mails >= self._keep_mails:
            self._drop(politely=True)
        return Sent(to=tuple(taken), refused=tuple(refused))

    def _address(
        self, server: smtplib.SMTP, raw: bytes, sender: str, to: Sequence[str], *, utf8: bool
    ) -> tuple[list[str], list[RefusedRecipient]]:
        """MAIL and RCPT: whom the server takes the mail for, and whom not."""
        options = []
        if limit := int(server.esmtp_features.get("size") or 0):
            if len(raw) > limit:
                raise Permanent(
                    f"The mail has {len(raw):,} bytes; the mail server takes {limit:,}."
                )
            options.append(f"SIZE={len(raw)}")
        if utf8:
            if not server.has_extn("smtputf8"):
                raise Permanent(
                    "An address has letters outside ASCII, and the mail server does not offer "
                    "SMTPUTF8: use an address in plain letters."
                )
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        self._expect(server.mail(sender, options), 250)
        taken, refused = [], []
        for address in to:
            code, said = server.rcpt(address)
            if code == _CLOSING:
                raise smtplib.SMTPServerDisconnected("The server is closing.")
            if code in (250, 251):
                taken.append(address)
            else:
                refused.append(RefusedRecipient(address=address, code=code, text=_words(said)))
        if not taken:
            raise NoRecipient.of(tuple(refused))
        return taken, refused

    def _connected(self) -> tuple[smtplib.SMTP, bool]:
        """The kept connection if it still serves, else a new one."""
        kept, rested = self._server, time.monotonic() - self._used
        if kept is not None and self._owner != os.getpid():
            self._server = kept = None  # the parent's: closing it properly would end the parent's
        if kept is not None and time.monotonic() - self._opened < self._keep_seconds:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if rested < _AFTER_IDLE or kept.noop()[0] == 250:
                    return kept, False
        self._drop(politely=True)
        self._server = self._open()
        self._owner, self._mails = os.getpid(), 0
        self._opened = self._used = time.monotonic()
        return self._server, True

    def _open(self) -> smtplib.SMTP:
        server: smtplib.SMTP | None = None
        try:
            if self._tls == "implicit":
                server = smtplib.SMTP_SSL(
                    self._host, self._port, timeout=self._timeout, context=self._context()
                )
            else:
                server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
            if self._tls == "starttls":
                server.starttls(context=self._context())
            server.ehlo_or_helo_if_needed()
            if self._username and self._password:
                server.login(self._username, self._password)
        except ssl.SSLCertVerificationError as exc:
            raise self._unopened(
                server, f"has a certificate that does not hold ({exc.verify_message})"
            ) from exc
        except smtplib.SMTPNotSupportedError as exc:
            raise self._unopened(server, "does not offer what is configured: TLS or login") from exc
        except smtplib.SMTPAuthenticationError as exc:
            raise self._unopened(server, f"refused the login ({exc.smtp_code})") from exc
        except (smtplib.SMTPException, OSError) as exc:
            raise self._unopened(server, "did not answer as it should") from exc
        return server

    def _unopened(self, server: smtplib.SMTP | None, what: str) -> Transient:
        # Transient, all of them: a wrong password or certificate is mended by an operator, who
        # is told by the breaker, and then the waiting mails go by themselves.
        if server is not None:
            server.close()
        return Transient(f"The mail server {self._host}:{self._port} {what}. Nothing was sent.")

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._trust) if self._trust else None)

    def _rest(self, server: smtplib.SMTP) -> None:
        """The connection is whole, only this mail was not to be: forget it on both sides."""
        try:
            server.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self, *, politely: bool = False) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if politely and self._owner == os.getpid():
                server.quit()
        server.close()

    def _expect(self, answer: tuple[int, bytes], wanted: int) -> None:
        code, said = answer
        if code == _CLOSING:
            raise smtplib.SMTPServerDisconnected("The server is closing.")
        if code != wanted:
            raise self._answered(code, said)

    @staticmethod
    def _answered(code: int, said: bytes | str) -> Transient | Permanent:
        text = f"The mail server answered: {_words(said)} ({code})"
        return Permanent(text) if code >= _PERMANENT else Transient(text)


def _dotted(raw: bytes) -> bytes:
    """The message as DATA carries it: dots doubled, ended by a dot (RFC 5321 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    ended = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n"


def _words(said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return one_line(text)[:200]
