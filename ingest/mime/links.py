"""Addresses in the words of a mail, and whose portal stands behind them. Nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qs, unquote, urlsplit

_ADDRESS = re.compile(r"https?://[^\s<>\"'\]\[（）()，。、]{4,2000}", re.IGNORECASE)
_MOST = 20
_PORTALS = (
    ("OneDrive", ("1drv.ms", "onedrive.live.com", "onedrive.com")),
    ("SharePoint", ("sharepoint.com",)),
    ("Dropbox", ("dropbox.com", "db.tt", "dropboxusercontent.com")),
    ("WeTransfer", ("wetransfer.com", "we.tl")),
    ("Google Drive", ("drive.google.com", "docs.google.com")),
    ("Box", ("box.com", "app.box.com")),
    ("ShareFile", ("sharefile.com",)),
    ("iCloud", ("icloud.com",)),
    ("MEGA", ("mega.nz",)),
    ("Smash", ("fromsmash.com",)),
    ("Baidu", ("pan.baidu.com", "yun.baidu.com")),
    ("NetEase large attachments", ("mail.163.com", "mail.126.com", "dashi.163.com")),
    ("QQ large attachments", ("mail.qq.com", "wx.mail.qq.com", "exmail.qq.com")),
)
_NO_DOCUMENTS = re.compile(r"unsubscribe|/track/open|aka\.ms/|outlook\.com/?$", re.IGNORECASE)


def found_in(words: str, behind: Iterable[tuple[str, str]] = ()) -> tuple[str, ...]:
    """The addresses, once each, out of the wrappers that mail filters put around them.

    Of those behind other words, the ones whose words are among these: a firm's own site in a
    signature is no portal. A known portal counts wherever it stands.
    """
    found: dict[str, None] = {}
    meant = [
        address
        for address, said in behind
        if (said and said in words) or ":" in _portal(_unwrapped(address))
    ]
    for raw in (*_ADDRESS.findall(words), *meant):
        address = _unwrapped(raw.strip().rstrip(".,;:!?>"))
        web = address.casefold().startswith(("https://", "http://")) and host(address)
        if web and not _NO_DOCUMENTS.search(address):
            found.setdefault(address, None)
        if len(found) >= _MOST:
            break
    return tuple(found)


SAID = "The mail links to a portal"


def problem(links: Iterable[str]) -> str | None:
    """The sentence for the broker and the shipper; None when there are no links."""
    places = list(dict.fromkeys(_portal(one) for one in links))
    if not places:
        return None
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return f"{SAID} ({', '.join(places[:3])}{more}); documents behind it were not fetched."


def host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "")[:100]
    except ValueError:
        return ""


def _portal(address: str) -> str:
    at = host(address)
    for name, hosts in _PORTALS:
        if any(at == one or at.endswith(f".{one}") for one in hosts):
            return f"{name}: {at}"
    return at


def _unwrapped(address: str) -> str:
    at = host(address)
    try:
        if at.endswith("safelinks.protection.outlook.com"):
            return parse_qs(urlsplit(address).query).get("url", [address])[0]
    except ValueError:
        return address
    if at == "urldefense.com" and (match := re.search(r"/v3/__(.+?)__;", address)):
        return unquote(match[1])
    return address
