"""The small labels within a party's block, and what each of them says: "Address:", "Country:".

A block may print its own form ("Name: ...", "Exporter Address: ..."): such words are no part of
the name or the address. Which party it is, `parties` knows.
"""

from __future__ import annotations

import re

from ingest.fields import labels
from ingest.fields.layout import Cell, Row
from storage.values import Value

_OF_ADDRESS = re.compile(
    r"^(?P<party>.{2,40}?)(?:'s)? (?:full |registered |office )?"
    r"(?:address|adresse|anschrift|direccion|domicilio|indirizzo|endereco)$"
)
_LONGEST = 60  # letters of a label


class Small(Value):
    """A small label."""

    party: str | None  #: the party of "Exporter Address:"; None where the block tells it
    inside: str  #: the words behind it in the same cell
    is_name: bool = False


def said(text: str) -> Small | None:
    """The small label that the text begins with, or None."""
    head, colon, tail = text.replace("：", ":").partition(":")
    if len(head) > _LONGEST or labels.field_of(f"{head}:") is not None:
        return None
    wanted = labels.plain(head)
    name = wanted in labels.PARTICULARS["name"]
    if name or wanted in labels.PARTICULARS["place"]:
        # Without a colon "Country" or "City" may be the beginning of a name.
        sure = colon or wanted.endswith(("address", "adresse"))
        return Small(party=None, inside=tail.strip(), is_name=name) if sure else None
    match = _OF_ADDRESS.match(wanted)
    named = labels.field_of(match["party"]) if match else None
    if named is None or named[1] or not named[0].startswith("parties."):
        return None
    return Small(party=named[0], inside=tail.strip())


def value(row: Row, place: int, inside: str) -> tuple[str, Cell] | None:
    """What a small label says: behind it in its cell, or else in the cell beside it."""
    if inside:
        return inside, row[place]
    beside = row[place + 1] if place + 1 < len(row) else None
    if beside is None or labels.field_of(beside.text) or said(beside.text):
        return None
    return beside.text.lstrip(": ："), beside
