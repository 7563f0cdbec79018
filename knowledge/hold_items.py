"""Which documents the words of a hold ask for, one by one."""

from __future__ import annotations

import re

from storage.values import DocumentKind, Value


class Item(Value):
    """One document that an authority asks for."""

    label: str
    kinds: tuple[DocumentKind, ...]  #: any of them is it


_CARRIAGE = (
    DocumentKind.BILL_OF_LADING, DocumentKind.AIR_WAYBILL, DocumentKind.ARRIVAL_NOTICE,
)  # fmt: skip
_ITEMS: tuple[tuple[str, Item], ...] = tuple(
    (pattern, Item(label=label, kinds=kinds))
    for pattern, label, kinds in (
        (r"\binvoices?\b", "commercial invoice", (DocumentKind.COMMERCIAL_INVOICE,)),
        (r"\bpacking list\b", "packing list", (DocumentKind.PACKING_LIST,)),
        (
            r"\bbill of lading\b|\bair ?waybill\b|\bawb\b",
            "bill of lading or air waybill",
            _CARRIAGE,
        ),
        (
            r"\bcpc\b|\bchildren'?s product certificate\b",
            "children's product certificate",
            (DocumentKind.PRODUCT_CERTIFICATE,),
        ),
        (
            r"\bgcc\b|\bgeneral certificate of conformity\b",
            "general certificate of conformity",
            (DocumentKind.PRODUCT_CERTIFICATE,),
        ),
        (
            r"\bcertificates? of origin\b",
            "certificate of origin",
            (DocumentKind.CERTIFICATE_OF_ORIGIN,),
        ),
        (r"\bmill (?:test )?certificates?\b", "mill certificate", (DocumentKind.MILL_CERTIFICATE,)),
    )
)
_MOST = 4000


def asked(words: str) -> tuple[Item, ...]:
    """The documents that are named, in our order; none where the words name none."""
    said = " ".join(
        words[:_MOST].casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split()
    )
    return tuple(item for pattern, item in _ITEMS if re.search(pattern, said))
