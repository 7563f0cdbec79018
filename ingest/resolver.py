"""Asks DNS about senders, within bounds of time and number.

An answer is a list, perhaps empty; anything that is no answer is `DnsTrouble`, never an empty
list: who cannot be asked has not said "no". One `Asking` serves one mail and remembers its
answers; when its time is up, or DNS has failed twice, it asks no more.
"""

from __future__ import annotations

import time
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.name
import dns.resolver
from dns.resolver import LRUCache

_LONGEST_TEXT = 4096  # a 4096-bit key needs 800 characters; more is there to keep us busy
_TROUBLES = 2


class DnsTrouble(Exception):
    """DNS gave no answer in time, or a broken one."""


def address_of(text: str) -> tuple[str, int]:
    """`host:port`, `host` or `[v6]:port`, the host as a number; ValueError says what is wrong."""
    host, port = text.strip(), "53"
    if host.startswith("["):
        host, _, rest = host[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} has no port between 1 and 65535")
    return str(ip_address(host)), int(port)


class Resolver:
    """Where to ask: a given server, else those of this machine."""

    def __init__(self, server: tuple[str, int] | None = None, *, seconds: float = 4.0) -> None:
        self._server, self._seconds = server, seconds
        self._resolver: dns.resolver.Resolver | None = None

    def asking(self) -> Asking:
        """A fresh budget, for one mail."""
        if self._resolver is None:
            self._resolver = self._open()
        return Asking(self._resolver, until=time.monotonic() + self._seconds)

    def _open(self) -> dns.resolver.Resolver | None:
        try:
            made = dns.resolver.Resolver(configure=self._server is None)
        except (dns.exception.DNSException, OSError):
            return None  # this machine has no resolver: everything is unknown
        if self._server is not None:
            made.nameservers, made.port = [self._server[0]], self._server[1]
        made.cache = LRUCache(2000)
        return made


class Asking:
    """The questions about one mail. Without a resolver every one is trouble."""

    def __init__(
        self, resolver: dns.resolver.Resolver | None = None, *, until: float = 0.0, most: int = 60
    ) -> None:
        self._resolver, self._until, self._most = resolver, until, most
        self._troubles = 0
        self._known: dict[tuple[str, str], list[Any]] = {}

    @property
    def exhausted(self) -> bool:
        """Whether there is no use in asking on."""
        return (
            self._resolver is None
            or self._troubles >= _TROUBLES
            or self._most <= 0
            or time.monotonic() >= self._until
        )

    def txt(self, name: str) -> list[bytes]:
        """The TXT records of a name, each in one piece."""
        return [b"".join(strings) for strings in self.ask(name, "TXT")]

    def key(self, name: bytes, timeout: float = 0) -> bytes | None:  # noqa: ARG002
        """One TXT record, as the DKIM library asks for it."""
        return next(iter(self.txt(name.decode("ascii", "replace"))), None)

    def ask(self, name: str, kind: str) -> list[Any]:
        """Records as pyspf wants them: addresses as text, MX as pairs, TXT as tuples of bytes."""
        asked = (name.rstrip(".").casefold(), kind)
        if asked not in self._known:
            self._known[asked] = self._fetch(*asked)
        return self._known[asked]

    def _fetch(self, name: str, kind: str) -> list[Any]:
        if self._resolver is None or self.exhausted:
            raise DnsTrouble(f"{name} was not asked about: no resolver, or no time left")
        self._most -= 1
        left = max(self._until - time.monotonic(), 0.05)
        try:
            answer = self._resolver.resolve(
                f"{name}.", kind, lifetime=min(left, 1.5), raise_on_no_answer=False
            )
            return [_plain(record, kind) for record in answer if _short(record, kind)]
        except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.EmptyLabel):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError, ValueError) as exc:
            self._troubles += 1
            raise DnsTrouble(f"{name}: {type(exc).__name__}") from exc


def _short(record: Any, kind: str) -> bool:
    return kind != "TXT" or sum(len(piece) for piece in record.strings) <= _LONGEST_TEXT


def _plain(record: Any, kind: str) -> Any:
    match kind:
        case "A" | "AAAA":
            return record.address
        case "MX":
            return record.preference, record.exchange.to_text(omit_final_dot=True)
        case "PTR":
            return record.target.to_text(omit_final_dot=True)
        case _:
            return tuple(record.strings)
