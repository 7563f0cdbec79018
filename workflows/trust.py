"""Whether a mail may come in: what its verdict and what people decided say about its sender.

Decided here is only whether a mail waits for a person. A mail that claims to be from somebody
whom we know, and is not, always waits; a new sender waits where the settings say so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from knowledge.domains import PUBLIC_MAIL, firm_of, organisation
from storage.models import (
    Disposition,
    Importer,
    Message,
    Quarantine,
    Quarantined,
    SenderRule,
    Trusted,
)
from storage.trust import Verdict
from storage.values import Value
from workflows import booking
from workflows.lookalike import resembles

Ground = Literal["blocked", "ambiguous", "forged", "unproved", "lookalike", "new"]
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_MOST_KNOWN = 20_000


class Policy(Value):
    """What the settings say."""

    new_senders: Literal["accept", "quarantine"] = "accept"
    own_domains: tuple[str, ...] = ()


class Judgement(Value):
    """Why a mail waits; nothing in it means that it may come in."""

    grounds: tuple[Ground, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def blocked(self) -> bool:
        return "blocked" in self.grounds


def judge(
    session: Session, *, sender: str, sender_name: str, verdict: Verdict, policy: Policy
) -> Judgement:
    """What stands against a mail from this sender."""
    domain = sender.rpartition("@")[2].casefold()
    rules = rules_about(session, sender)
    if any(rule.decision is Trusted.BLOCK for rule in rules):
        return Judgement(grounds=("blocked",), reasons=(f"{sender} is blocked.",))
    found: list[tuple[Ground, str]] = []
    strict = policy.new_senders == "quarantine"
    known = any(rule.decision is Trusted.ACCEPT for rule in rules) or (
        bool(domain) and _wrote_before(session, sender)
    )
    if verdict.ambiguous:
        found.append(("ambiguous", "It does not name one sender alone."))
    if verdict.forged:
        wish = "refuse" if verdict.policy == "reject" else "set aside"
        found.append(
            (
                "forged",
                f"{domain} has not proved to have sent it, and asks everybody to {wish} such mail.",
            )
        )
    elif strict and (known or _ours(domain, policy)) and not verdict.authenticated:
        if verdict.spf == "fail":
            found.append(("unproved", f"It comes from a computer that {domain} does not allow."))
        elif _ours(domain, policy):
            found.append(("unproved", f"It claims to be from us ({domain}), without any proof."))
    if not known and not _ours(domain, policy) and domain not in PUBLIC_MAIL:
        found += _resemblances(session, domain, sender_name, policy)
    if strict and not known and not _ours(domain, policy) and not found:
        found.append(("new", "This sender has not written before."))
    return Judgement(
        grounds=tuple(dict.fromkeys(ground for ground, _ in found)),
        reasons=tuple(dict.fromkeys(reason for _, reason in found)),
    )


def rules_about(session: Session, sender: str) -> list[SenderRule]:
    """What people decided about this address, its domain, or the firm's domain."""
    address = sender.strip().casefold()
    domain = address.rpartition("@")[2]
    patterns = {address, domain, organisation(domain)} - {""} - PUBLIC_MAIL
    return list(
        session.exec(
            select(SenderRule)
            .where(col(SenderRule.pattern).in_(patterns))
            .order_by(col(SenderRule.id))
        )
    )


def may_speak_for_customs(
    verdict: Verdict | None, rules: Sequence[SenderRule]
) -> Literal["nothing", "hold"]:
    """What a mail about an entry's status may change: at most open a hold, never release.

    Only a sender whom a person allowed, and who proved to be it, is listened to at all. A release
    is believed only from the authority's own gateway (`workflows.tracking`).
    """
    if verdict is None or not verdict.authenticated:
        return "nothing"
    if any(rule.decision is Trusted.BLOCK for rule in rules):
        return "nothing"
    return "hold" if any(rule.decision is Trusted.ACCEPT for rule in rules) else "nothing"


def words(verdict: Verdict) -> list[str]:
    """A verdict for a person."""
    spf = {
        "pass": f"{verdict.spf_domain} allows the computer that sent it (SPF).",
        "fail": f"{verdict.spf_domain} does not allow the computer that sent it (SPF).",
        "softfail": f"{verdict.spf_domain} probably did not send it (SPF softfail).",
        "none": "Its domain does not say which computers may send for it (SPF).",
        "unknown": "Which computers may send for it could not be found out (SPF).",
    }[verdict.spf]
    dkim = {
        "pass": f"Signed by {', '.join(verdict.signed_by)}, and unchanged since (DKIM).",
        "fail": "Its signature does not hold (DKIM).",
        "softfail": "Its signature does not hold (DKIM).",
        "none": "It is not signed (DKIM).",
        "unknown": "Its signature could not be checked (DKIM).",
    }[verdict.dkim]
    shown = verdict.domain or "the shown domain"
    wish = {
        "reject": "asks to refuse what fails",
        "quarantine": "asks to set aside what fails",
        "none": "asks for nothing",
    }.get(verdict.policy, "")
    together = {
        "pass": f"So {shown} did send it (DMARC).",
        "fail": f"{shown} is not proved to have sent it and {wish} (DMARC).",
        "softfail": f"{shown} is not proved to have sent it (DMARC).",
        "none": f"{shown} publishes no wish about mail that fails (DMARC).",
        "unknown": f"Whether {shown} sent it could not be found out (DMARC).",
    }[verdict.dmarc]
    said = [spf, dkim, together]
    if verdict.arc == "pass":
        said.append("It was passed on, by computers that sealed what they found (ARC).")
    elif verdict.arc == "fail":
        said.append("It was passed on, and a seal on the way is broken (ARC).")
    if verdict.relay:
        said.append(f"Our relay {verdict.relay} was believed.")
    return [*said, *verdict.notes]


def briefly(verdict: Verdict | None) -> str:
    """A verdict in a few words, for a line in a thread."""
    if verdict is None or verdict == Verdict(sender=verdict.sender, domain=verdict.domain):
        return ""
    if verdict.ambiguous:
        return "names no single sender"
    if verdict.authenticated:
        return f"{verdict.domain} did send it"
    if verdict.dmarc == "fail" or verdict.spf == "fail" or verdict.dkim == "fail":
        return "its sender is not proved, and a check failed"
    return "its sender is not proved"


def guess_importer(session: Session, text: str) -> Importer | None:
    """The one importer whose name stands in these words, if there is just one."""
    plain = f" {booking.match_name(text[:20_000])} "
    named = [one for one in session.exec(select(Importer)) if f" {one.match_name} " in plain]
    return named[0] if len(named) == 1 else None


def _ours(domain: str, policy: Policy) -> bool:
    return domain in {one.casefold() for one in policy.own_domains}


def _wrote_before(session: Session, sender: str) -> bool:
    """Whether a mail of this address, or of its firm, was taken in with its sender."""
    firm = firm_of(sender)
    address = sender.strip().casefold()
    once = select(Quarantine.message_id).where(Quarantine.standing == Quarantined.ONCE)
    same: list[ColumnElement[bool]] = [func.lower(col(Message.sender)) == address]
    if "@" not in firm:
        same += [col(Message.sender).ilike(f"%{sign}{_like(firm)}", escape="\\") for sign in "@."]
    return (
        session.exec(
            select(Message.id)
            .where(
                Message.disposition == Disposition.ACCEPTED,
                col(Message.shipment_id).is_not(None),
                col(Message.id).not_in(once),
                or_(*same),
            )
            .limit(1)
        ).first()
        is not None
    )


def _resemblances(
    session: Session, domain: str, sender_name: str, policy: Policy
) -> list[tuple[Ground, str]]:
    known = _known_domains(session)
    found: list[tuple[Ground, str]] = []
    if (twin := resembles(domain, policy.own_domains)) is not None:
        found.append(("lookalike", f"{domain} resembles our own {twin}."))
    if (twin := resembles(domain, known)) is not None:
        found.append(("lookalike", f"{domain} resembles {twin}, whom we know."))
    claimed = _ADDRESS.search(sender_name)
    other = claimed[0].rpartition("@")[2].casefold() if claimed else ""
    if (
        other
        and organisation(other) != organisation(domain)
        and (organisation(other) in known or other in policy.own_domains)
    ):
        found.append(("lookalike", f"Its sender calls itself {other}, but writes from {domain}."))
    return found


def _known_domains(session: Session) -> set[str]:
    """Domains of senders, of importers and of accepted rules, as somebody registered them."""
    wrote = session.exec(
        select(Message.sender)
        .where(Message.disposition == Disposition.ACCEPTED, col(Message.shipment_id).is_not(None))
        .distinct()
        .limit(_MOST_KNOWN)
    ).all()
    accepted = session.exec(
        select(SenderRule.pattern).where(SenderRule.decision == Trusted.ACCEPT)
    ).all()
    clients = session.exec(
        select(Importer.consignee_mail).where(col(Importer.consignee_mail).is_not(None))
    ).all()
    domains = {one.rpartition("@")[2] for one in (*wrote, *accepted, *clients) if one}
    return {organisation(domain) for domain in domains if domain}


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
