"""The numbers by which a mail or a document belongs to a shipment: the one place that knows them.

`find` gives each with the words it stood in, `of_mail` what a mail says in all, `of` what a
document says. A number counts with its label before it, or by a form that nothing else has: the
check digit of a container, an air waybill or an entry, our own reference. A number without either
is a guess and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ingest import fields
from ingest.fields import values
from storage import entry_number
from storage.values import Value
from workflows import numbers

# "PO NR-4471": what a hyphen ties to the figures is a part of them, unless all is: "PO-NO-44".
_NUMBER = (
    r"\W{0,6}(?:(?:no|nr|nº|number|num)\b(?!(?<!-no)(?<!-nr)-\d)\.?)?\W{0,4}"
    r"([A-Z0-9][A-Z0-9/\-]{3,24})\b"
)
_BILL = (
    r"h\.?b/?l|hbl|house (?:b/l|bill of lading|bill)|hawb|b/l|b/?l(?=[\s:#])|bill of lading"
    r"|提单号?|船荷証券番号|conocimiento|konnossement"
)
_ORDER = r"p\.?o\.?(?! ?box)(?=[\s:#\-_n])|purchase order|order no|bestellung|订单号?"
_LABELLED = tuple(
    (kind, re.compile(rf"(?<![A-Z0-9])(?:{words}){_NUMBER}", re.IGNORECASE))
    for kind, words in (
        ("master_bill", r"m\.?b/?l|mbl|master (?:b/l|bill of lading|bill)|mawb"),
        ("bill", _BILL),
        ("invoice", r"invoice|inv(?=[\s.:#\-_])|factura|rechnung|facture|发票号?"),
        ("purchase_order", _ORDER),
        ("booking", r"booking|bkg|订舱号?"),
        ("entry", r"entry"),
    )
)  # fmt: skip
_AIR = re.compile(r"(?<!\d)(\d{3})[\s\-]?(\d{4})[\s\-]?(\d{4})(?!\d)")
_OURS = re.compile(r"\bSHP-\d{4}-\d{6}\b", re.IGNORECASE)
_ENTRY = re.compile(r"[A-Z0-9]{3}-?\d{7}-?\d", re.IGNORECASE)
_BARE_ENTRY = re.compile(r"(?<![A-Z0-9\-])[A-Z0-9]{3}-\d{7}-\d(?![A-Z0-9\-])", re.IGNORECASE)
_MOST = 200


class Sighting(Value):
    """One number, where it was seen, and the words around it."""

    kind: str
    value: str  #: normalised: no blanks, no dashes, capitals
    place: str  #: "subject", "text", or the name of the file
    said: str


def find(subject: str, words: str, files: Sequence[str] = ()) -> list[Sighting]:
    """All numbers, in the order in which they stand; each once for each place."""
    found: dict[tuple[str, str, str], Sighting] = {}
    for place, text in (("subject", subject), ("text", words)):
        for line in text.splitlines() or [text]:
            _in_line(line[:2000], place, found)
    for name in files:
        _in_line(name.rpartition(".")[0].replace("_", " ") or name, name, found)
    return list(found.values())[:_MOST]


class Several(Value):
    """House bills of more than one shipment, named in one mail."""

    bills: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """For the broker."""
        listed = ", ".join(self.bills[:6]) + (" and more" if len(self.bills) > 6 else "")
        return (
            f"The mail names several bills of lading: {listed}. It was joined to no shipment by "
            "them; please look what belongs where."
        )


class Numbers(Value):
    """What a mail says of the shipment that it is about."""

    pairs: tuple[tuple[str, str], ...]  #: (kind, value), for finding the shipment
    several: Several | None = None  #: then none of its bills is among the pairs


def of_mail(subject: str, words: str, files: Sequence[str] = ()) -> Numbers:
    """All numbers of a mail's own words; of several bills none may pull it anywhere."""
    seen = find(subject, words, files)
    crowd = several(seen)
    read = () if crowd else numbers.of(fields.read_mail_text(subject, words))
    return Numbers(pairs=tuple(dict.fromkeys((*read, *pairs(seen)))), several=crowd)


def bills(sightings: Iterable[Sighting]) -> list[str]:
    """The house bills that were named: two of them are two shipments."""
    return list(dict.fromkeys(one.value for one in sightings if one.kind == "bill"))


def several(sightings: Sequence[Sighting]) -> Several | None:
    """The bills of a mail that speaks of more than one shipment; None when it does not."""
    named = bills(sightings)
    return Several(bills=tuple(named)) if len(named) > 1 else None


def pairs(sightings: Sequence[Sighting]) -> list[tuple[str, str]]:
    """For finding the shipment. Of several bills none may pull another client's mail in."""
    crowd = several(sightings) is not None
    made = [
        ("bill" if one.kind == "master_bill" else one.kind, one.value)
        for one in sightings
        if not (crowd and one.kind in ("bill", "master_bill", "container"))
    ]
    return list(dict.fromkeys(made))


def _in_line(line: str, place: str, found: dict[tuple[str, str, str], Sighting]) -> None:
    def see(kind: str, value: str) -> None:
        made = value.upper() if kind == "shipment" else numbers.plain(value)
        said = " ".join(line.split())[:160]
        sighting = Sighting(kind=kind, value=made, place=place, said=said)
        found.setdefault((kind, made, place), sighting)

    for ours in _OURS.findall(line):
        see("shipment", ours)
    for box in values.containers(line):
        see("container", box)
    if re.search(r"(?i)\b(?:[hm]?awb|air ?way ?bill|空运单)", line):
        for airline, left, right in _AIR.findall(line):
            if int(left + right[:3]) % 7 == int(right[3]):
                see("bill", airline + left + right)
    for bare in _BARE_ENTRY.findall(line):
        if _checked(bare):  # its check digit is all that tells it from a part number
            see("entry", bare)
    for kind, pattern in _LABELLED:
        for match in pattern.finditer(line):
            if _is_number(kind, match[1]):
                see(kind, match[1])


def _is_number(kind: str, value: str) -> bool:
    if kind in ("bill", "master_bill"):
        return values.bill(value) is not None and not values.containers(value)
    if kind == "entry":
        return bool(_ENTRY.fullmatch(value))
    return sum(sign.isdigit() for sign in value) >= 2


def _checked(text: str) -> bool:
    try:
        entry_number.parse(text)
    except entry_number.BadEntryNumber:
        return False
    return True
