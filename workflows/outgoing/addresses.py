"""Addresses as SMTP wants them: an international domain as its ASCII form, names kept apart.

Nothing here asks a name server: an address that cannot exist is found by its form only.
"""

from __future__ import annotations

from email.headerregistry import Address
from email.utils import parseaddr

import idna

from storage.mail import one_line


class BadAddress(ValueError):
    """What is wrong with an address, in words."""


def envelope(written: str) -> str:
    """The bare address: its domain in ASCII (RFC 5891), its local part as it is."""
    address = parseaddr(one_line(written))[1]
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or " " in address:
        raise BadAddress(f"{one_line(written)[:100] or 'An empty text'} is not a mail address.")
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise BadAddress(f"The domain {domain[:100]} cannot exist.") from None
    return f"{local}@{ascii_domain}"


def header(written: str) -> str:
    """The address with its name, for a header; the domain in ASCII."""
    address = envelope(written)
    name = parseaddr(one_line(written))[0]
    local, _, domain = address.rpartition("@")
    try:
        return str(Address(display_name=name, username=local, domain=domain))
    except ValueError:
        raise BadAddress(f"{one_line(written)[:100]} is not a mail address.") from None


def needs_utf8(address: str) -> bool:
    """Whether only a server with SMTPUTF8 (RFC 6531) can take it."""
    return not address.isascii()
