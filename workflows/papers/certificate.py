"""Certificates of origin: as many as there are origins and forms, each line in exactly one.

Each is a draft for the certifier's signature. A line that is undecided or does not qualify is in
none, and what is to be answered or why it is refused stands with it. Nine data elements of the
USMCA: 19 CFR Part 182, Appendix A; KORUS: 19 CFR 10.1004.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge import origin
from knowledge.origin import Answered, Granted, NotGranted, Undecided
from storage.values import PartyBlock
from workflows.papers import words
from workflows.papers.dossier import Dossier, Goods
from workflows.papers.sheet import Kind, Sheet, head, lane_notes, lane_of, template

DRAFT = (
    "DRAFT — for the certifier's signature. It certifies nothing until the certifier has signed."
)
ROLES = ("importer", "exporter", "producer")
_ANSWER = re.compile(r"^(yes|no|unsure)(?:\s+(\d{1,9}))?$")
_SIX = 6
_Group = tuple[str, str]  # form, origin


def sheets(dossier: Dossier) -> list[Sheet]:
    """All certificates, and for the lines that have none a sheet that says why."""
    granted: dict[_Group, list[tuple[Goods, Granted]]] = {}
    waiting: dict[_Group, list[tuple[Goods, Undecided]]] = {}
    refused: dict[_Group, list[tuple[Goods, NotGranted]]] = {}
    for line in dossier.lines:
        made = decided(dossier, line)
        group = (made.form or "unknown", line.origin or "?")
        if isinstance(made, Granted):
            granted.setdefault(group, []).append((line, made))
        elif isinstance(made, Undecided):
            waiting.setdefault(group, []).append((line, made))
        else:
            refused.setdefault(group, []).append((line, made))
    return [
        *(_certificate(dossier, group, lines) for group, lines in granted.items()),
        *(_question(group, lines) for group, lines in waiting.items()),
        *(_refusal(group, lines) for group, lines in refused.items()),
    ]


def decided(dossier: Dossier, line: Goods) -> origin.Outcome:
    """Where the answers for this line lead."""
    return origin.decide(line.origin, answers(dossier, line))


def answers(dossier: Dossier, line: Goods) -> dict[str, Answered]:
    """What people answered for this line; the evidence must be a document of the shipment."""
    known = {one.id for one in dossier.files}
    found = {}
    for question in origin.data().questions:
        said = _ANSWER.match(dossier.stated.get(f"origin.{line.number}.{question}", ""))
        if said is None:
            continue
        evidence = int(said[2]) if said[2] and int(said[2]) in known else None
        found[question] = Answered.model_validate({"said": said[1], "evidence": evidence})
    return found


def _certificate(dossier: Dossier, group: _Group, lines: list[tuple[Goods, Granted]]) -> Sheet:
    name, country = group
    form = origin.data().forms[name]
    certifier = {
        one: dossier.told(f"certifier.{one}")
        for one in ("role", "name", "title", "address", "phone", "email")
    }
    named = {one.id: one.filename for one in dossier.files}
    producer = PartyBlock(
        name=dossier.told("producer") or dossier.parties.manufacturer.name,
        address=dossier.told("producer.address") or dossier.parties.manufacturer.address,
        country=dossier.parties.manufacturer.country,
    )
    evidence = sorted({one for _, made in lines for one in made.evidence})
    facts = head(dossier, Kind.CERTIFICATE_OF_ORIGIN, draft=DRAFT) | {
        "title": form.title,
        "form": name,
        "agreement": form.agreement,
        "source": form.source,
        "words": form.words,
        "country": words.country(country),
        "certifier": certifier,
        "exporter": words.party(dossier.party(dossier.parties.exporter, "seller")),
        "producer": words.party(producer),
        "importer": words.party(dossier.party(dossier.parties.importer, "buyer")),
        "invoice": dossier.header.invoiceNumber,
        "bill": dossier.transport.houseBill or dossier.transport.masterBill,
        "period": _period(dossier),
        "lines": [
            [
                str(line.number),
                line.description,
                _six(line),
                words.quantity(dossier.quantity_of(line), line.unit),
                made.criterion,
            ]
            for line, made in lines
        ],
        "evidence": [f"Document {one}: {named[one]}" for one in evidence],
        "notes": lane_notes(dossier, Kind.CERTIFICATE_OF_ORIGIN),
    }
    return Sheet(
        kind=Kind.CERTIFICATE_OF_ORIGIN,
        part=f"{name}-{country}",
        title=f"{form.title}, {words.country(country)}",
        template=template(Kind.CERTIFICATE_OF_ORIGIN, lane_of(dossier)),
        facts=facts,
        lacks=tuple(_lacks(facts, lines)),
    )


def _lacks(facts: dict[str, object], lines: list[tuple[Goods, Granted]]) -> Iterator[str]:
    certifier = facts["certifier"]
    assert isinstance(certifier, dict)
    if certifier["role"] not in ROLES:
        yield "who certifies: importer, exporter or producer (certifier.role)"
    for one in ("name", "title", "address", "phone", "email"):
        if not certifier[one]:
            yield f"the certifier's {one} (certifier.{one})"
    for who, path in (("exporter", "seller"), ("producer", "producer"), ("importer", "buyer")):
        block = facts[who]
        assert isinstance(block, dict)
        if not block["name"] or not block["address"]:
            yield f"the {who}'s name and address ({path}, {path}.address)"
    for line, _ in lines:
        if not line.description:
            yield f"line {line.number}: a description"
        if _six(line) is None:
            yield f"line {line.number}: a confirmed tariff code of six digits or more"
    if facts["period"] is None:
        yield "the period of a blanket certification, or 'single' (blanket.from, blanket.to)"


def _question(group: _Group, lines: list[tuple[Goods, Undecided]]) -> Sheet:
    name, country = group
    numbers = ", ".join(str(line.number) for line, _ in lines)
    asked = dict(pair for _, made in lines for pair in made.questions)
    reasons = dict.fromkeys(made.why for _, made in lines)
    return Sheet(
        kind=Kind.CERTIFICATE_OF_ORIGIN,
        part=f"{name}-{country}-undecided",
        title=f"Certificate of origin, {words.country(country) or country}: a person must say",
        template=Kind.CERTIFICATE_OF_ORIGIN.value,
        lacks=(
            *(f"lines {numbers}: {why}" for why in reasons),
            *(f"{question} (origin.LINE.{short})" for short, question in asked.items()),
        ),
    )


def _refusal(group: _Group, lines: list[tuple[Goods, NotGranted]]) -> Sheet:
    name, country = group
    return Sheet(
        kind=Kind.CERTIFICATE_OF_ORIGIN,
        part=f"{name}-{country}-refused",
        title=f"Certificate of origin, {words.country(country) or country}: does not qualify",
        template=Kind.CERTIFICATE_OF_ORIGIN.value,
        lacks=tuple(f"line {line.number}: {made.why}" for line, made in lines),
    )


def _period(dossier: Dossier) -> str | None:
    first, last = dossier.told("blanket.from"), dossier.told("blanket.to")
    if first == "single":
        return "This shipment only"
    return f"{first} to {last}" if first and last else None


def _six(line: Goods) -> str | None:
    digits = re.sub(r"\D", "", line.code or "") if line.decided else ""
    return f"{digits[:4]}.{digits[4:6]}" if len(digits) >= _SIX else None
