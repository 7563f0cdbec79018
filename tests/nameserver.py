"""A DNS server on loopback whose answers a test writes, and mails that are really signed."""

from __future__ import annotations

import base64
import socket
import subprocess
import threading
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache

import dkim
import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from ingest.resolver import Resolver


class Names:
    """Answers over UDP from a table; what is not in it does not exist. `silent` answers nothing."""

    def __init__(self) -> None:
        self.zone: dict[tuple[str, str], list[str]] = {}
        self.silent = False
        self.broken = False
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def txt(self, name: str, *texts: str) -> None:
        pieces = [" ".join(f'"{t[at : at + 250]}"' for at in range(0, len(t), 250)) for t in texts]
        self.zone[name, "TXT"] = pieces

    def resolver(self, *, seconds: float = 4.0) -> Resolver:
        return Resolver(("127.0.0.1", self.port), seconds=seconds)

    def close(self) -> None:
        self._socket.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(2)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            wire, peer = self._socket.recvfrom(65535)
            if not wire:
                return
            if not self.silent:
                self._socket.sendto(self._answer(wire), peer)

    def _answer(self, wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).casefold()
        kind = question.rdtype.name
        self.asked.append(name)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        found = self.zone.get((name, kind))
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire(max_size=65535)


@cache
def keys() -> tuple[bytes, str]:
    """A private key, and what its owner publishes."""
    private = subprocess.run(
        ["openssl", "genrsa", "-traditional", "2048"], check=True, capture_output=True
    ).stdout
    public = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"],
        input=private,
        check=True,
        capture_output=True,
    ).stdout
    return private, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def signed(mail: EmailMessage, *, domain: str = "lotusbags.example", **more: object) -> bytes:
    """The mail with a DKIM signature of this domain."""
    raw = mail.as_bytes(policy=SMTP)
    return dkim.sign(raw, b"s1", domain.encode(), keys()[0], **more) + raw


def sealed(raw: bytes, *, by: str, found: str) -> bytes:
    """The mail as a forwarder passes it on, with an ARC set over what it found."""
    seen = f"Authentication-Results: {by}; {found}\r\n".encode() + raw
    made = dkim.ARC(seen).sign(b"s1", by.encode(), keys()[0], by.encode())
    return b"".join(made) + raw


def publish(
    names: Names,
    *,
    domain: str = "lotusbags.example",
    wish: str | None = "reject",
    spf: str | None = "v=spf1 ip4:192.0.2.7 -all",
) -> None:
    """What a domain's owner puts into DNS."""
    names.txt(f"s1._domainkey.{domain}", keys()[1])
    if wish is not None:
        names.txt(f"_dmarc.{domain}", f"v=DMARC1; p={wish}")
    if spf is not None:
        names.txt(domain, spf)
