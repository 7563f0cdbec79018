"""Who really sent a mail: SPF, DKIM, ARC and DMARC, from its bytes, its envelope and DNS.

`examine` never raises on the mail's account and is done in under five seconds. It decides
nothing: what a verdict means for the mail stands in `workflows/trust.py`. A relay in front of
us hides the computer that sent the mail: of relays that the settings name, the word counts
(RFC 8601), and the first computer before them is the one that SPF is asked about. Such a relay
must remove Authentication-Results that came from outside under its own name.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from email.utils import getaddresses
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

import dkim
import spf

from ingest import dmarc
from ingest.resolver import Asking, DnsTrouble
from knowledge.domains import plain
from storage.spool import Envelope
from storage.trust import Verdict, Word
from storage.values import Value

_LIBRARY = logging.getLogger("tidewaiter.dkim")
_LIBRARY.setLevel(logging.CRITICAL)  # the library tells of every bad signature: that is no fault
_HEAD_LIMIT = 300_000
_MOST_SIGNATURES = 4
_MOST_RELAYS = 6
_IP = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]")
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"^\s*([a-z-]{2,20})\s*=\s*([a-z]{2,12})", re.IGNORECASE)
_PROPERTY = re.compile(r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom)\s*=\s*([^\s;]{1,300})")
_WORDS: dict[str, Word] = {"pass": "pass", "fail": "fail", "softfail": "softfail", "none": "none"}

Network = IPv4Network | IPv6Network


class Relays(Value):
    """Whose word counts: names in Authentication-Results and ARC seals, and where they stand."""

    names: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()


class _Word(Value):
    """What one Authentication-Results header says."""

    spf: Word = "none"
    spf_domain: str = ""
    dkim: Word = "none"
    dkim_domains: tuple[str, ...] = ()
    dmarc: Word = "none"
    dmarc_domain: str = ""


class _Query(spf.query):  # type: ignore[misc]  # the library carries no types
    """The SPF library, asking through our resolver."""

    asking: Asking

    def dns(self, name: str, qtype: str, cnames: Any = None, ignore_void: bool = False) -> Any:  # noqa: ARG002, FBT002
        found = self.asking.ask(str(name), qtype) if qtype != "SPF" else []
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many lookups without an answer")
        return found


def examine(
    raw: bytes, envelope: Envelope, *, sender: str, asking: Asking, relays: Relays | None = None
) -> Verdict:
    """The verdict on a mail whose shown sender was read as `sender`."""
    trusted = relays or Relays()
    head = raw[:_HEAD_LIMIT].split(b"\r\n\r\n", 1)[0].split(b"\n\n", 1)[0]
    if len(head) >= _HEAD_LIMIT:
        return Verdict(sender=sender, ambiguous=True, notes=("Its headers are too long to check.",))
    headers = _headers(head)
    shown = _shown(headers)
    domain = plain(sender.rpartition("@")[2])
    ambiguous = len(shown) > 1 or (bool(sender and shown) and [sender.casefold()] != shown)
    notes: list[str] = []
    if ambiguous:
        notes.append("The mail does not name one sender alone.")
    word = _word_of_relay(headers, envelope, trusted)
    relay = trusted.names[0] if word is not None and trusted.names else ""
    spf_word, spf_domain = _spf(headers, envelope, trusted, asking)
    dkim_word, signed_by = _dkim(raw, headers, asking, notes)
    if word is not None:
        if spf_word != "pass" and word.spf != "none":
            spf_word, spf_domain = word.spf, word.spf_domain
        if dkim_word != "pass" and word.dkim == "pass":
            dkim_word, signed_by = "pass", word.dkim_domains
    arc_word, sealed = _arc(raw, headers, asking, trusted)
    policy, strict_spf, strict_dkim = _policy(domain, asking)
    vouched = [one for one in (word, sealed) if one and one.dmarc == "pass"]
    aligned = (
        (spf_word == "pass" and dmarc.aligned(domain, spf_domain, strict=strict_spf))
        or any(dmarc.aligned(domain, one, strict=strict_dkim) for one in signed_by)
        or any(dmarc.aligned(domain, one.dmarc_domain, strict=True) for one in vouched)
    )
    return Verdict(
        sender=sender,
        domain=domain,
        spf=spf_word,
        spf_domain=spf_domain,
        dkim=dkim_word,
        signed_by=signed_by,
        arc=arc_word,
        dmarc=_judged(policy, aligned=aligned, words=(spf_word, dkim_word)),
        policy=policy,
        aligned=aligned,
        relay=relay,
        ambiguous=ambiguous,
        notes=tuple(dict.fromkeys(notes)),
    )


def _judged(policy: str, *, aligned: bool, words: Sequence[Word]) -> Word:
    if policy == "unknown":
        return "unknown"
    if policy == "absent":
        return "none"
    if aligned:
        return "pass"
    # What could not be asked may have been a pass: that is no failure.
    return "unknown" if "unknown" in words else "fail"


def _policy(domain: str, asking: Asking) -> tuple[Any, bool, bool]:
    if not domain:
        return "absent", False, False
    try:
        record = dmarc.record_of(domain, asking)
    except DnsTrouble:
        return "unknown", False, False
    if record is None:
        return "absent", False, False
    return record.policy, record.strict_spf, record.strict_dkim


def _spf(
    headers: Sequence[tuple[str, str]], envelope: Envelope, relays: Relays, asking: Asking
) -> tuple[Word, str]:
    ip = _client(headers, envelope, relays)
    who = envelope.mail_from.rpartition("@")[2] or envelope.helo
    domain = plain(who)
    if ip is None or not domain or "." not in domain:
        return "unknown", domain
    try:
        query = _Query(i=ip, s=envelope.mail_from, h=envelope.helo or "unknown", timeout=2)
        query.asking = asking
        said = str(query.check()[0])
    except DnsTrouble:
        return "unknown", domain
    except Exception:  # noqa: BLE001 - the library's own faults on hostile records are many
        return "unknown", domain
    if said == "temperror":
        return "unknown", domain
    return _WORDS.get(said, "none"), domain


def _client(headers: Sequence[tuple[str, str]], envelope: Envelope, relays: Relays) -> str | None:
    """The first computer that is no relay of ours. Each Received was written by the one before."""
    here = _ip(envelope.ip)
    if here is None:
        return None
    hops = [value for name, value in headers if name == "received"]
    for hop in hops[:_MOST_RELAYS]:
        if not _within(here, relays):
            break
        found = _IP.search(hop)
        before = _ip(found[1]) if found else None
        if before is None:
            return None
        here = before
    return None if _within(here, relays) else str(here)


def _dkim(
    raw: bytes, headers: Sequence[tuple[str, str]], asking: Asking, notes: list[str]
) -> tuple[Word, tuple[str, ...]]:
    signatures = [value for name, value in headers if name == "dkim-signature"]
    if not signatures:
        return "none", ()
    good: list[str] = []
    trouble = False
    for place, signature in enumerate(signatures[:_MOST_SIGNATURES]):
        if re.search(r"(^|;)\s*l\s*=", signature):
            notes.append("A signature covers only the beginning of the mail: it does not count.")
            continue
        if asking.exhausted:
            trouble = True
            break
        try:
            checker = dkim.DKIM(raw, minkey=1024, logger=_LIBRARY)
            if checker.verify(place, dnsfunc=asking.key):
                good.append(plain(checker.domain.decode("ascii", "replace")))
        except (DnsTrouble, dkim.DnsTimeoutError, dkim.NaClNotFoundError):
            trouble = True
        except Exception:  # noqa: BLE001, S112 - a signature that breaks the library does not hold
            continue
    if good:
        return "pass", tuple(dict.fromkeys(good))
    return ("unknown" if trouble else "fail"), ()


def _arc(
    raw: bytes, headers: Sequence[tuple[str, str]], asking: Asking, relays: Relays
) -> tuple[Word, _Word | None]:
    """Whether the chain holds, and what its last sealer found, when that is one whom we trust."""
    sets = [value for name, value in headers if name == "arc-seal"]
    if not sets:
        return "none", None
    if asking.exhausted or len(sets) > 10:
        return "unknown", None
    try:
        chain, found, _ = dkim.ARC(raw, minkey=1024, logger=_LIBRARY).verify(dnsfunc=asking.key)
    except DnsTrouble:
        return "unknown", None
    except Exception:  # noqa: BLE001 - as with signatures
        return "fail", None
    if chain != dkim.CV_Pass:
        return ("unknown" if asking.exhausted else "fail"), None
    last = found[0]
    sealer = plain(last["as-domain"].decode("ascii", "replace"))
    if sealer not in {plain(name) for name in relays.names}:
        return "pass", None
    said = [
        value.partition(";")[2]
        for name, value in headers
        if name == "arc-authentication-results"
        and re.match(rf"\s*i\s*=\s*{int(last['instance'])}\s*;", value)
    ]
    return "pass", _read_word(said[0])[1] if len(said) == 1 else None


def _word_of_relay(
    headers: Sequence[tuple[str, str]], envelope: Envelope, relays: Relays
) -> _Word | None:
    """The topmost Authentication-Results of a relay by which the mail really came."""
    here = _ip(envelope.ip)
    # A mailbox that was fetched has no peer: its server is trusted when its name is.
    by_relay = _within(here, relays) if here is not None else not envelope.ip
    if not by_relay or not relays.names:
        return None
    ours = {name.casefold() for name in relays.names}
    for name, value in headers:
        if name == "authentication-results":
            who, word = _read_word(value)
            if who in ours:
                return word
    return None


def _read_word(value: str) -> tuple[str, _Word]:
    bare = _COMMENT.sub(" ", value[:8000])
    who, _, rest = bare.partition(";")
    first = who.split()
    facts: dict[str, Any] = {}
    signed: list[str] = []
    for piece in rest.split(";"):
        result = _RESULT.match(piece)
        if result is None:
            continue
        method, said = result[1].casefold(), _WORDS.get(result[2].casefold(), "unknown")
        about = {key: shown.strip('"<>') for key, shown in _PROPERTY.findall(piece)}
        if method == "spf":
            facts["spf"] = said
            facts["spf_domain"] = plain(about.get("smtp.mailfrom", "").rpartition("@")[2])
        elif method == "dkim":
            domain = about.get("header.d") or about.get("header.i", "").rpartition("@")[2]
            if said == "pass" and domain:
                signed.append(plain(domain))
            facts["dkim"] = "pass" if signed else said
        elif method == "dmarc":
            facts["dmarc"] = said
            facts["dmarc_domain"] = plain(about.get("header.from", ""))
    return (first[0].casefold() if first else ""), _Word(dkim_domains=tuple(signed), **facts)


def _headers(head: bytes) -> list[tuple[str, str]]:
    """Names in lower case and values in one line, in order."""
    found: list[tuple[str, str]] = []
    unfolded = re.sub(rb"\r?\n(?=[ \t])", b"", head)
    for line in re.split(rb"\r?\n", unfolded):
        name, colon, value = line.partition(b":")
        if colon and name.strip() and b" " not in name.strip():
            found.append(
                (
                    name.strip().decode("ascii", "replace").casefold(),
                    value.decode("utf-8", "replace"),
                )
            )
    return found


def _shown(headers: Sequence[tuple[str, str]]) -> list[str]:
    values = [value for name, value in headers if name == "from"]
    try:
        pairs = getaddresses(values)
    except Exception:  # noqa: BLE001 - the header parser fails in many ways on bad input
        return []
    return [address.casefold() for _, address in pairs if "@" in address] + [""] * (len(values) - 1)


def _ip(text: str) -> Any:
    try:
        found = ip_address(text.split("%", maxsplit=1)[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _within(ip: Any, relays: Relays) -> bool:
    return ip is not None and any(
        ip.version == network.version and ip in network for network in relays.networks
    )
