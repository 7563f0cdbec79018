"""The intake server: accepts mail for our addresses and answers 250 only when it is on disk.

No database, no parsing, no queue before the 250. Too big is 552, an unknown recipient 550,
trouble with the disk or with ourselves 451 (the sender keeps the mail and tries again, RFC 5321
4.5.4.1). Who speaks before the greeting is refused; how much a peer may ask stands in `guests`.
Lines longer than the standard's thousand are taken: a mail with one must not be lost.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as Conversation
from aiosmtpd.smtp import Session as Peer

from ingest.guests import Guests, Manners
from storage.spool import Envelope, Spool, TooBig

log = logging.getLogger("tidewaiter.smtp")

Take = Callable[[Envelope, bytes], str]
"""Keeps a mail and gives its name; OSError when it cannot."""

MOST_RECIPIENTS = 50
MOST_STRANGERS = 20  # unknown recipients in one conversation
LONGEST_CONVERSATION = 3600.0  # seconds
LONGEST_LINE = 65_536


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
        guests: Guests,
    ) -> None:
        self._take, self._accepts, self._max_bytes = take, accepts, max_bytes
        self._guests = guests
        self._after, self._contact = after, contact
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="spool")

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        session: Peer,
        _envelope: Conversation,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        # Commands are read one by one, so they may come together (RFC 2920). Nobody logs in here.
        kept = [one for one in responses if not one.startswith("250-AUTH")]
        return [*kept[:-1], "250-PIPELINING", kept[-1]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        session: Peer,
        envelope: Conversation,
        address: str,
        options: list[str],
    ) -> str:
        if refusal := self._guests.write(peer_of(session.peer)):
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        _session: Peer,
        envelope: Conversation,
        address: str,
        _options: list[str],
    ) -> str:
        if not self._accepts(address):
            assert isinstance(server, _Server)
            server.strangers += 1
            if server.strangers > MOST_STRANGERS:
                server.hang_up()
                return "421 4.7.0 Too many unknown addresses; goodbye"
            return f"550 5.1.1 There is no such address here; documents go to {self._contact}"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients; please send to the others in another mail"
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
            ip=peer_of(session.peer) if isinstance(session.peer, tuple) else "",
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

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours is no reason for the sender to give up, and no news for a stranger."""
        log.error("conversation_failed", exc_info=error)
        return "451 4.3.0 Something went wrong on our side; please try again later"

    def _hint(self, name: str) -> None:
        assert self._after is not None
        try:
            self._after(name)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the mail is safe
            log.warning("mail_hint_failed", extra={"spool": name, "error": str(exc)})


class _Server(SMTP):
    """aiosmtpd's server with manners: greets late, counts its guests, and lets nobody stay."""

    line_length_limit = LONGEST_LINE

    def __init__(self, handler: Any, *, guests: Guests, manners: Manners, **kwargs: Any) -> None:
        super().__init__(handler, timeout=manners.idle_seconds, **kwargs)
        self._guests, self._manners = guests, manners
        self._who: str | None = None
        self._greeted = False
        self._spoke = asyncio.Event()
        self._end: asyncio.TimerHandle | None = None
        self.strangers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        who = peer_of(transport.get_extra_info("peername"))
        if self._who is None:  # STARTTLS makes a second connection of the same one
            refusal = self._guests.come(who)
            if refusal is not None and isinstance(transport, asyncio.Transport):
                log.info("guest_refused", extra={"peer": who, "answer": refusal})
                transport.write(refusal.encode() + b"\r\n")
                transport.abort() if transport.is_closing() else transport.close()
                return
            self._who = who
            self._end = self.loop.call_later(LONGEST_CONVERSATION, self._timeout_cb)
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and self.session is not None:
            self.session.ssl = tls  # TLS from the first byte: what aiosmtpd asks is if there is any

    def connection_lost(self, error: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
        if self._who is not None:
            self._guests.leave(self._who)
            self._who = None
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if not self._greeted:
            self._spoke.set()
        else:
            # A large mail over a slow line is no idle guest.
            self._reset_timeout()
        super().data_received(data)

    def hang_up(self) -> None:
        """Close, once what was said last is on its way."""
        self.loop.call_later(0.1, self._close)

    def _close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    async def _handle_client(self) -> None:
        if await self._spoke_too_early():
            log.info("guest_spoke_too_early", extra={"peer": self._who})
            await self.push("554 5.5.1 You spoke before the greeting (RFC 5321 3.1); goodbye")
            if self.transport is not None:
                self.transport.close()
            return
        self._greeted = True
        await super()._handle_client()

    async def _spoke_too_early(self) -> bool:
        wait = self._manners.greeting_seconds
        if not wait or self._guests.spared(self._who or ""):
            return False
        try:
            await asyncio.wait_for(self._spoke.wait(), wait)
        except TimeoutError:
            return False
        return True

    def _timeout_cb(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self._writer.write(b"421 4.4.2 It was quiet for too long; please come again\r\n")
        super()._timeout_cb()  # type: ignore[no-untyped-call]


def peer_of(name: object) -> str:
    """The address of a peer, as a socket tells it."""
    return str(name[0]) if isinstance(name, tuple) and name else "local"


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
        tls_port: int | None = None,
        contact: str = "the intake address",
        manners: Manners | None = None,
        name: str = "tidewaiter",
    ) -> None:
        self._host, self._port, self._name = host, port, name
        self._manners = manners or Manners()
        self._guests = Guests(self._manners)
        self._tls, self._max_bytes = tls, max_bytes
        self._tls_port = tls_port
        self._handler = _Handler(
            take,
            accepts=accepts,
            max_bytes=max_bytes,
            after=after,
            contact=contact,
            guests=self._guests,
        )
        self._servers: list[asyncio.Server] = []

    async def start(self) -> int:
        """Listen; gives the port (useful when 0 was asked for)."""
        loop = asyncio.get_running_loop()
        plain = await loop.create_server(self._conversation, self._host, self._port)
        self._servers.append(plain)
        if self._tls is not None and self._tls_port is not None:
            within = await loop.create_server(
                self._within_tls,
                self._host,
                self._tls_port,
                ssl=self._tls,
                ssl_handshake_timeout=30,
            )
            self._servers.append(within)
        return self.ports[0]

    @property
    def ports(self) -> list[int]:
        """Where it listens: in the clear first, then with TLS from the first byte."""
        return [int(one.sockets[0].getsockname()[1]) for one in self._servers]

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        for server in self._servers:
            await server.wait_closed()

    def _conversation(self) -> SMTP:
        return self._made(self._tls)

    def _within_tls(self) -> SMTP:
        return self._made(None)  # there is nothing left to start

    def _made(self, tls: ssl.SSLContext | None) -> SMTP:
        return _Server(
            self._handler,
            guests=self._guests,
            manners=self._manners,
            data_size_limit=self._max_bytes,
            enable_SMTPUTF8=True,
            hostname=self._name,
            ident="Tidewaiter",
            tls_context=tls,
            loop=asyncio.get_running_loop(),
        )


def tls_context(certificate: str, key: str | None) -> ssl.SSLContext:
    """A server context, for STARTTLS and for TLS from the first byte."""
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
    tls_port: int | None = None,
    manners: Manners | None = None,
    name: str = "tidewaiter",
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
        tls_port=tls_port,
        contact=recipients[0],
        manners=manners,
        name=name,
    )
