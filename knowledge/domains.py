"""Domains: which part somebody registered, and where anybody gets a mailbox.

The public suffix list is the package's edition (its version is its date); nothing is fetched.
"""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList

PUBLIC_MAIL = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk"),
        *("hotmail.fr", "live.com", "msn.com", "yahoo.com", "yahoo.co.uk", "yahoo.co.in"),
        *("yahoo.co.jp", "ymail.com", "aol.com", "icloud.com", "me.com", "mac.com", "gmx.com"),
        *("gmx.net", "gmx.de", "web.de", "mail.com", "mail.ru", "yandex.ru", "yandex.com"),
        *("proton.me", "protonmail.com", "qq.com", "163.com", "126.com", "sina.com"),
        *("aliyun.com", "foxmail.com", "yeah.net", "naver.com", "daum.net", "hanmail.net"),
        *("rediffmail.com", "zoho.com", "fastmail.com", "libero.it", "orange.fr", "wanadoo.fr"),
        *("t-online.de", "bol.com.br", "uol.com.br", "vnn.vn"),
    }
)
"""Mail services whose domain says nothing about a firm."""


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def plain(domain: str) -> str:
    """A domain for comparison: lower case, as it stands in DNS."""
    lowered = domain.strip().strip(".").casefold()
    try:
        return lowered.encode("idna").decode() if not lowered.isascii() else lowered
    except UnicodeError:
        return lowered


def organisation(domain: str) -> str:
    """The part that somebody registered: `mail.acme.co.uk` -> `acme.co.uk`."""
    asked = plain(domain)
    return str(_suffixes().privatesuffix(asked) or asked)


def split(domain: str) -> tuple[str, str]:
    """The registered name and its ending: `shop.acme.co.uk` -> `acme`, `co.uk`."""
    name, _, ending = organisation(domain).partition(".")
    return name, ending


def firm_of(address: str) -> str:
    """What stands for the firm behind an address: its domain, or at a mail service the address."""
    domain = plain(address.rpartition("@")[2])
    if not domain or domain in PUBLIC_MAIL:
        return address.strip().casefold()
    return organisation(domain)
