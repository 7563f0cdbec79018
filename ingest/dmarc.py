"""DMARC (RFC 7489): what a domain's owner asks to be done with mail that fails, and alignment."""

from __future__ import annotations

import re
from typing import Literal

from ingest.resolver import Asking
from knowledge.domains import organisation, plain
from storage.values import Value

Policy = Literal["reject", "quarantine", "none"]
_TAG = re.compile(r"^\s*([a-z]{1,10})\s*=\s*(.*?)\s*$", re.IGNORECASE)


class Record(Value):
    """A domain's published wish."""

    policy: Policy
    strict_dkim: bool = False
    strict_spf: bool = False


def record_of(domain: str, asking: Asking) -> Record | None:
    """The wish that holds for a domain; None when there is none. Raises `DnsTrouble`."""
    if own := _published(domain, asking, subdomain=False):
        return own
    above = organisation(domain)
    return _published(above, asking, subdomain=True) if above != domain else None


def aligned(shown: str, proved: str, *, strict: bool) -> bool:
    """Whether what was proved belongs to what the mail shows."""
    if not shown or not proved:
        return False
    if plain(shown) == plain(proved):
        return True
    return not strict and organisation(shown) == organisation(proved)


def _published(domain: str, asking: Asking, *, subdomain: bool) -> Record | None:
    texts = [text.decode("utf-8", "replace") for text in asking.txt(f"_dmarc.{domain}")]
    found = [text for text in texts if re.match(r"\s*v\s*=\s*DMARC1\s*(;|$)", text)]
    if len(found) != 1:
        return None  # RFC 7489 6.6.3: several are as good as none
    tags = {
        tag[1].casefold(): tag[2] for piece in found[0].split(";")[1:] if (tag := _TAG.match(piece))
    }
    wish = _wish(tags.get("sp") if subdomain and "sp" in tags else tags.get("p"))
    return Record(
        policy=wish,
        strict_dkim=tags.get("adkim", "r").casefold() == "s",
        strict_spf=tags.get("aspf", "r").casefold() == "s",
    )


def _wish(said: str | None) -> Policy:
    match (said or "").casefold():
        case "reject":
            return "reject"
        case "quarantine":
            return "quarantine"
        case _:
            return "none"
