"""All papers of a shipment: which there are, in the order in which a broker asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workflows.papers import (
    certificate,
    delivery_order,
    entry_summary,
    invoice,
    isf,
    packing_list,
)
from workflows.papers.dossier import Dossier
from workflows.papers.sheet import Kind, Sheet

_MAKERS: Mapping[Kind, Callable[[Dossier], list[Sheet]]] = {
    Kind.COMMERCIAL_INVOICE: lambda dossier: [invoice.sheet(dossier)],
    Kind.PACKING_LIST: lambda dossier: [packing_list.sheet(dossier)],
    Kind.CERTIFICATE_OF_ORIGIN: certificate.sheets,
    Kind.ISF: lambda dossier: [isf.sheet(dossier)],
    Kind.ENTRY_SUMMARY: lambda dossier: [entry_summary.sheet(dossier)],
    Kind.DELIVERY_ORDER: lambda dossier: [delivery_order.sheet(dossier)],
}


def sheets(dossier: Dossier, kind: Kind | None = None) -> list[Sheet]:
    """Every paper, or those of one kind, made or not."""
    kinds = [kind] if kind is not None else list(_MAKERS)
    return [sheet for one in kinds for sheet in _MAKERS[one](dossier)]
