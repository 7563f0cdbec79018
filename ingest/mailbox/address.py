"""Which mailbox: read from addresses such as imaps://user:password@host:993/INBOX.

Names and passwords are percent-encoded; several addresses are separated by commas. What is
wrong is said without repeating the address: there is a password in it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from storage.values import Value

_PORTS = {"imaps": 993, "imap": 143}
_SHAPE = "an address looks like imaps://user:password@host:993/INBOX"


class Mailbox(Value):
    """A folder of an account."""

    host: str
    port: int
    user: str
    password: SecretStr | None = None
    folder: str = "INBOX"
    tls: bool = True  #: from the first byte; otherwise STARTTLS

    @property
    def name(self) -> str:
        """How people are told of it."""
        return f"{self.user} at {self.host}, {self.folder}"

    @property
    def key(self) -> str:
        """A file name of its own, the same at each start."""
        whole = "\n".join((self.host, str(self.port), self.user, self.folder))
        mark = hashlib.sha256(whole.encode()).hexdigest()[:12]
        words = re.sub(r"[^A-Za-z0-9@.]+", "-", f"{self.user}-{self.folder}")[:60].strip(".-")
        return f"{words}-{mark}"

    @property
    def is_here(self) -> bool:
        """Whether the server is on this machine, so that nobody listens on the way."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_addresses(text: str) -> tuple[Mailbox, ...]:
    """The mailboxes of a setting; ValueError says what to write instead."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ValueError(f"there is no address in it; {_SHAPE}")
    found = [
        _read(part, f"address {n}" if len(parts) > 1 else "the address")
        for n, part in enumerate(parts, start=1)
    ]
    keys = [one.key for one in found]
    for one in found:
        if keys.count(one.key) > 1:
            raise ValueError(f"the mailbox {one.name} is named twice")
    return tuple(found)


def _read(text: str, which: str) -> Mailbox:
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise ValueError(
            f"{which} cannot be read; {_SHAPE}, and a / : @ , # ? or % of a name or a password "
            "is written %2F %3A %40 %2C %23 %3F %25"
        ) from None
    if url.scheme not in _PORTS:
        raise ValueError(
            f"{which} does not begin with imaps:// or imap://; {_SHAPE}, and a comma in a "
            "password is written %2C"
        )
    if url.query or url.fragment:
        raise ValueError(f"{which} has a ? or a # in it: in a password write %3F and %23")
    if not url.hostname or not url.username:
        raise ValueError(f"{which} names no {'user' if url.hostname else 'host'}; {_SHAPE}")
    return Mailbox(
        host=url.hostname,
        port=port or _PORTS[url.scheme],
        user=unquote(url.username),
        password=SecretStr(unquote(url.password)) if url.password else None,
        folder=unquote(url.path.strip("/")) or "INBOX",
        tls=url.scheme == "imaps",
    )
