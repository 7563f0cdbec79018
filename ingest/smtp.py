"""The intake server: accepts mail for our addresses and answers 250 only when it is on disk.

No database, no parsing, no queue before the 250. Too big is 552, an unknown recipient 550,
trouble with the disk 451 (the sender keeps the mail and tries again, RFC 5321 4.5.4.1).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as Conversation
from aiosmtpd.smtp import Session as Peer

from storage.spool import Envelope, Spool, TooBig

log = logging.getLogger("tidewaiter.smtp")

Take = Callable[[Envelope, bytes], str]
"""Keeps a mail and gives its name; OSError when it cannot."""

MOST_RECIPIENTS = 50
IDLE_SECONDS = 120
MOST_CONNECTIONS = 200
MOST_FROM_ONE_PEER = 50


def recipients_policy(recipients: Sequence[str]) -> Callable[[str], bool]:
    """Accept our addresses, with or without a +mark, whatever their case."""
    ours = {address.casefold() for address in recipients}

    def accepts(address: str) -> bool:
        name, at, domain = address.casefold().rpartition("@")
        return bool(at) and f"{name.partition('+')[0]}@{domain}" in ours

    return accepts


class _Handler:
    """What aiosmtpd asks at each step of a conversation."""

    def __init__(
        self,
        take: Take,
        *,
        accepts: Callable[[str], bool],
        max_bytes: int,
        after: Callable[[str], None] | None,
        contact: str,
    ) -> None:
        self._take, self._accepts, self._max_bytes = take, accepts, max_bytes
        self._after, self._contact = after, contact
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="spool")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Peer,
        envelope: Conversation,
        address: str,
        _options: list[str],
    ) -> str:
        if not self._accepts(address):
            return f"550 5.1.1 There is no such address here; documents go to {self._contact}"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Peer, envelope: Conversation
    ) -> str:
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        if len(raw) > self._max_bytes:
            return f"552 5.3.4 Larger than {self._max_bytes} bytes; please send it in parts"
        told = Envelope(
            peer=str(session.peer),
            ip=str(session.peer[0]) if isinstance(session.peer, tuple) else "",
            helo=str(session.host_name or ""),
            mail_from=envelope.mail_from or "",
            rcpt_to=tuple(envelope.rcpt_tos),
            received_at=datetime.now(UTC),
        )
        loop = asyncio.get_running_loop()
        try:
            name = await loop.run_in_executor(self._threads, self._take, told, raw)
        except TooBig:
            return f"552 5.3.4 Larger than {self._max_bytes} bytes; please send it in parts"
        except OSError as exc:
            log.error("mail_refused_for_now", extra={"error": str(exc)})  # noqa: TRY400
            return "451 4.3.0 It could not be stored now; please try again later"
        log.info("mail_spooled", extra={"spool": name, "bytes": len(raw)})
        if self._after is not None:
            # A hint to the queue, made after the answer is decided: it may fail, the clock
            # sweeps the spool.
            loop.run_in_executor(self._threads, self._hint, name)
        return f"250 2.0.0 Stored as {name}"

    def _hint(self, name: str) -> None:
        assert self._after is not None
        try:
            self._after(name)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the mail is safe
            log.warning("mail_hint_failed", extra={"spool": name, "error": str(exc)})


class _Server(SMTP):
    """aiosmtpd's server with a bound on connections, in all and for each peer."""

    def __init__(self, handler: Any, *, counts: Counter[str], **kwargs: Any) -> None:
        super().__init__(handler, **kwargs)
        self._counts = counts
        self._who: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        who = str(peer[0]) if isinstance(peer, tuple) else "local"
        crowded = (
            sum(self._counts.values()) >= MOST_CONNECTIONS
            or self._counts[who] >= MOST_FROM_ONE_PEER
        )
        if crowded and self._who is None and isinstance(transport, asyncio.Transport):
            transport.write(b"421 4.7.0 Too many connections; please try again later\r\n")
            transport.abort() if transport.is_closing() else transport.close()
            return
        if self._who is None:  # STARTTLS makes a second connection of the same one
            self._who = who
            self._counts[who] += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._who is not None:
            self._counts[self._who] -= 1
            if not self._counts[self._who]:
                del self._counts[self._who]
            self._who = None
            super().connection_lost(error)


class Listener:
    """A listening SMTP server in the running event loop."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        take: Take,
        accepts: Callable[[str], bool],
        max_bytes: int = 50_000_000,
        after: Callable[[str], None] | None = None,
        tls: ssl.SSLContext | None = None,
        contact: str = "the intake address",
    ) -> None:
        self._host, self._port = host, port
        self._counts: Counter[str] = Counter()
        self._tls, self._max_bytes = tls, max_bytes
        self._handler = _Handler(
            take, accepts=accepts, max_bytes=max_bytes, after=after, contact=contact
        )
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; gives the port (useful when 0 was asked for)."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._conversation, self._host, self._port)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _conversation(self) -> SMTP:
        return _Server(
            self._handler,
            counts=self._counts,
            data_size_limit=self._max_bytes,
            enable_SMTPUTF8=True,
            hostname="tidewaiter",
            ident="Tidewaiter",
            timeout=IDLE_SECONDS,
            tls_context=self._tls,
            loop=asyncio.get_running_loop(),
        )


def tls_context(certificate: str, key: str | None) -> ssl.SSLContext:
    """A server context for STARTTLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def intake(
    spool: Spool,
    *,
    host: str,
    port: int,
    recipients: Sequence[str],
    max_bytes: int,
    after: Callable[[str], None] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Listener:
    """The intake server over a spool."""

    def keep(envelope: Envelope, raw: bytes) -> str:
        return spool.put(raw, envelope)

    return Listener(
        host=host,
        port=port,
        take=keep,
        accepts=recipients_policy(recipients),
        max_bytes=max_bytes,
        after=after,
        tls=tls,
        contact=recipients[0],
    )
