"""Whether the documents of one mail belong to several shipments, and which to which.

Decided only where it is clear: every document has a place, and any two parts differ in a number of
the same kind. What is not clear stays one shipment, with the flag that a person looks at. A master
bill or a container over several house bills proves nothing. Nothing here reads or moves anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from ingest import references
from storage.values import DocumentKind, Reading, Value
from workflows import numbers

_SHORTEST = 5  # signs of a number that may be looked for in a file's name


class Sheet(Value):
    """A file of the mail, with the documents that were read from it; none: it could not be."""

    document_id: int
    name: str
    readings: tuple[Reading, ...] = ()
    inner: int = 0  #: the mail inside the mail that it lay in


class Part(Value):
    """The documents of one shipment, and the numbers by which it is known."""

    documents: tuple[int, ...]
    inner: tuple[int, ...]  #: the mails inside the mail that are about it
    pairs: tuple[tuple[str, str], ...]


class _Heap:
    """Documents that belong together, with all that they say."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheets = [sheet]
        self.inner = {sheet.inner} - {0}
        read = sheet.readings
        said = [pair for one in read for pair in numbers.of(one)]
        seen = references.find("", "", [sheet.name])
        self.pairs = list(dict.fromkeys([*said, *references.pairs(seen)]))
        houses = {one.transport.houseBill for one in read} - {None, ""}
        masters = {one.transport.masterBill for one in read} - {None, ""}
        named = {one.value for one in seen if one.kind == "bill"}
        self.houses = {numbers.plain(one) for one in houses if one} or named
        self.masters = {numbers.plain(one) for one in masters if one}
        self.containers = self._of("container")
        self.invoices = self._of("invoice")
        self.orders = self._of("purchase_order")
        self.has_invoice = any(
            one.documentType is DocumentKind.COMMERCIAL_INVOICE and one.header.invoiceNumber
            for one in read
        )

    def _of(self, kind: str) -> set[str]:
        return {value for one, value in self.pairs if one == kind}

    @property
    def bills(self) -> set[str]:
        return self.houses or self.masters

    def take(self, other: _Heap) -> None:
        self.sheets += other.sheets
        self.pairs = list(dict.fromkeys([*self.pairs, *other.pairs]))
        for name in ("inner", "houses", "masters", "containers", "invoices", "orders"):
            setattr(self, name, getattr(self, name) | getattr(other, name))
        self.has_invoice = self.has_invoice or other.has_invoice

    def part(self) -> Part:
        return Part(
            documents=tuple(sorted(one.document_id for one in self.sheets)),
            inner=tuple(sorted(self.inner)),
            pairs=tuple(self.pairs),
        )


def plan(sheets: Sequence[Sheet]) -> tuple[Part, ...]:
    """The parts, by their first document; empty when it is one shipment, or not clear."""
    if len({one.document_id for one in sheets}) < len(sheets):
        return ()  # the same file lay in two of the mails: which one it belongs to is not clear
    nested = len({one.inner for one in sheets} - {0}) > 1
    heaps = _together([_Heap(one) for one in sheets], nested=nested)
    heaps = _attached(heaps)
    if len(heaps) < 2 or any(len(heap.houses) > 1 for heap in heaps):
        return ()
    if not all(_apart(one, other) for one, other in combinations(heaps, 2)):
        return ()
    return tuple(sorted((heap.part() for heap in heaps), key=lambda part: part.documents))


def _together(heaps: list[_Heap], *, nested: bool) -> list[_Heap]:
    """Join what shares a house bill, an invoice, or the mail that it lay in."""

    def same(one: _Heap, other: _Heap) -> bool:
        bills = one.houses & other.houses or (
            not one.houses and not other.houses and one.masters & other.masters
        )
        return bool(bills or one.invoices & other.invoices or (nested and one.inner & other.inner))

    made: list[_Heap] = []
    for heap in heaps:
        mine = [one for one in made if same(one, heap)]
        for one in mine:
            heap.take(one)
        made = [*(one for one in made if one not in mine), heap]
    return made


def _attached(heaps: list[_Heap]) -> list[_Heap]:
    """Give a document without a bill or an invoice of its own to the one part that it fits."""
    firm = [one for one in heaps if one.houses or one.has_invoice]
    for loose in (one for one in heaps if one not in firm):
        fits = [one for one in firm if _fits(loose, one)]
        if len(fits) == 1:
            fits[0].take(loose)
        else:
            firm.append(loose)
    return firm


def _fits(loose: _Heap, firm: _Heap) -> bool:
    shared = (
        loose.containers & firm.containers
        or loose.orders & firm.orders
        or loose.masters & firm.masters
    )
    names = [re.sub(r"[\W_]", "", one.name).upper() for one in loose.sheets]
    numbers = [one for one in firm.bills | firm.invoices if len(one) >= _SHORTEST]
    return bool(shared) or all(
        any(re.sub(r"\W", "", number) in name for number in numbers) for name in names
    )


def _apart(one: _Heap, other: _Heap) -> bool:
    """Whether two heaps surely are two shipments."""
    if one.containers & other.containers or one.invoices & other.invoices:
        return False
    # A house bill and a master bill of one shipment differ as well: only like is compared.
    if one.houses and other.houses:
        differ_in_bill = True  # shared ones brought them together before
    else:
        differ_in_bill = bool(not one.houses and not other.houses and one.masters and other.masters)
    differ_in_box = bool(one.containers and other.containers)
    if one.inner and other.inner and not one.inner & other.inner:
        return differ_in_bill or differ_in_box or bool(one.invoices and other.invoices)
    return (differ_in_bill or differ_in_box) and one.has_invoice and other.has_invoice
