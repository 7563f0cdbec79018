"""Who may sign a power of attorney: a person with authority at the importer of record itself.

A broker takes it from the importer directly and not through a freight forwarder or any other
third party (19 CFR 111.36(c)(3)). An address whose firm is not known as the importer's own is
refused with the reason; a licensed broker who knows better records the domain first.
"""

from __future__ import annotations

import re

from sqlmodel import Session, col, func, or_, select

from knowledge.domains import PUBLIC_MAIL, firm_of, organisation, split
from storage.models import Disposition, Importer, Message
from storage.powers import GrantorKind, Signatory
from workflows.booking import match_name
from workflows.lookalike import resembles
from workflows.ports import House

RULE = "19 CFR 111.36(c)(3)"
_ADDRESS = re.compile(r"^[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,253}$")
_NOT_ITS_OWN = re.compile(
    r"\b(forwarder|forwarding|freight|nvocc|consolidator|customs broker|agent"
    r"|attorney[- ]in[- ]fact|on behalf|for the client)\b",
    re.IGNORECASE,
)
_SHORTEST = 4  # letters of a domain that say something about a firm


def why_not(
    session: Session, importer: Importer, who: Signatory, *, house: House
) -> tuple[str, str] | None:
    """(field, reason) why this person may not sign for the importer; None when they may."""
    if not who.name.strip() or len(who.name) > 150:
        return "name", "Please name the person who signs."
    if not who.title.strip() or len(who.title) > 150:
        return "title", "Please say what gives this person the authority, e.g. managing member."
    if not _ADDRESS.match(who.mail):
        return "mail", f"{who.mail or 'Nothing'} is not a mail address."
    if _NOT_ITS_OWN.search(who.title):
        return "title", (
            f"A {who.title.strip()} acts for others: the importer of record signs itself ({RULE})."
        )
    signing = importer.signing
    individual = signing is not None and signing.kind is GrantorKind.INDIVIDUAL
    if individual and match_name(who.name) != match_name(importer.name):
        return "name", f"{importer.name} is an individual and signs in person."
    reason = _address_of_another(session, importer, who.mail, house=house)
    return ("mail", reason) if reason else None


def _address_of_another(
    session: Session, importer: Importer, address: str, *, house: House
) -> str | None:
    firm = firm_of(address)
    if firm in _ours(house):
        return f"{address} is an address of our own firm: the importer signs itself ({RULE})."
    own = {firm_of(one) if "@" in one else organisation(one) for one in _recorded(importer)}
    if firm in own:
        return None
    if named := _anothers(session, importer, firm):
        return (
            f"{firm} is {named}: the importer of record signs itself, not a forwarder or another "
            f"party ({RULE})."
        )
    if own:
        near = resembles(firm, own)
        taken = f" It looks like {near}: somebody may pretend to be the importer." if near else ""
        return (
            f"{firm} is not among the domains recorded as {importer.name}'s own "
            f"({', '.join(sorted(own))}).{taken} ({RULE})"
        )
    if "@" not in firm and _bears_the_name(firm, importer.name):
        return None
    return (
        f"{firm} is not known as {importer.name}'s own ({RULE}). A licensed broker who knows that "
        f"it is records it: tidewaiter poa signer '{importer.name}' --own-domain {firm}."
    )


def _recorded(importer: Importer) -> tuple[str, ...]:
    return importer.signing.own_domains if importer.signing else ()


def _ours(house: House) -> set[str]:
    return {
        organisation(one)
        for one in (*house.own_domains, house.intake_address.rpartition("@")[2])
        if one and one not in PUBLIC_MAIL
    }


def _anothers(session: Session, importer: Importer, firm: str) -> str | None:
    """Whose else this domain or address is known to be."""
    for other in session.exec(select(Importer).where(Importer.id != importer.id)):
        signatory = (
            other.signing.signatory.mail if other.signing and other.signing.signatory else ""
        )
        domains = other.signing.own_domains if other.signing else ()
        known = [other.consignee_mail or "", *(other.contacts or ()), signatory]
        if firm in {firm_of(one) for one in known if one} or firm in domains:
            return f"an address of {other.name}"
    if "@" not in firm and _bears_the_name(firm, importer.name):
        return None
    sender = func.lower(Message.sender)
    wrote = session.exec(
        select(Message.sender_name, Message.sender)
        .where(
            Message.disposition == Disposition.ACCEPTED,
            sender == firm
            if "@" in firm
            else or_(sender.like(f"%@{firm}"), sender.like(f"%.{firm}")),
        )
        .order_by(col(Message.id).desc())
    ).first()
    return f"where {wrote[0] or wrote[1]} writes from" if wrote else None


def _bears_the_name(domain: str, name: str) -> bool:
    """Whether the domain's own part is how the firm's name begins: kestrel.com, Kestrel Outdoor."""
    label = split(domain)[0].replace("-", "")
    firm = match_name(name).replace(" ", "")
    shorter = min(len(label), len(firm))
    return shorter >= _SHORTEST and (firm.startswith(label) or label.startswith(firm))
