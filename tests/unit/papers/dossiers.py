"""Shipments for papers, invented."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from storage.models import State
from storage.values import (
    DocumentKind,
    DutyLine,
    Header,
    Money,
    Parties,
    PartyBlock,
    Totals,
    Transport,
    ValueFacts,
)
from workflows.papers.dossier import Dossier, File, Goods

SELLER = PartyBlock(
    name="Shenzhen Brightpath Electronics Co., Ltd. 深圳市光明电子有限公司",
    address="88 Keji Road, Nanshan, Shenzhen",
    country="CN",
)
BUYER = PartyBlock(
    name="Northgate Retail Inc.", address="1200 Terminal Way, Reno NV 89502", country="US"
)
STATED = {
    "sale.place": "Shenzhen", "marks": "NR-4471 / 1-120", "charges": "none", "rebates": "none", "assists": "none",
    "responsible": "Chen Amy, export manager",
}  # fmt: skip
CERTIFIER = {
    "certifier.role": "exporter", "certifier.name": "Rosa Meléndez", "certifier.title": "Compliance manager",
    "certifier.address": "Av. Industria 40, Monterrey", "certifier.phone": "+52 81 5555 0100", "certifier.email": "rosa@montebello.example",
    "producer": "Montebello Hogar SA de CV", "producer.address": "Av. Industria 40, Monterrey", "blanket.from": "single",
}  # fmt: skip
FILES = (
    File(id=11, kind=DocumentKind.COMMERCIAL_INVOICE, filename="invoice.pdf"),
    File(id=12, kind=DocumentKind.CERTIFICATE_OF_ORIGIN, filename="proof.pdf"),
    File(id=13, kind=DocumentKind.BILL_OF_LADING, filename="bl.pdf"),
)


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def goods(number: int = 1, **more: Any) -> Goods:
    quantity, price = Decimal(more.pop("quantity", 1500)), Decimal(more.pop("price", "6.20"))
    return Goods(
        **{
            "number": number,
            "description": f"Power adapters 65 W, grade A, lot {number}",
            "sku": f"PA-{number}",
            "quantity": quantity,
            "unit": "PCS",
            "unit_price": price,
            "value": quantity * price,
            "currency": "USD",
            "origin": "CN",
            "code": "8504.40.9550",
            "decided": True,
            "units": ("No.",),
            **more,
        }
    )


def layers(lines: tuple[Goods, ...], *, extra: str | None = "9903.88.01") -> tuple[DutyLine, ...]:
    """A stack for each line, and the fees of the entry."""
    made: list[DutyLine] = []
    for line in lines:
        assert line.value is not None
        basis = Money(amount=line.value, currency="USD")
        if extra:
            made.append(
                DutyLine(authority="Section 301", heading=extra, rate="25%", basis=basis, edition="test", line=line.number,
                         amount=Money(amount=(line.value / 4).quantize(Decimal("0.01")), currency="USD"))
            )  # fmt: skip
        made.append(
            DutyLine(
                authority="MFN",
                heading=line.code,
                rate="Free",
                basis=basis,
                amount=usd("0"),
                edition="test",
                line=line.number,
            )
        )
    made.append(
        DutyLine(
            authority="MPF",
            heading="499",
            rate="0.3464%",
            basis=usd("34500"),
            amount=usd("119.51"),
            edition="test",
        )
    )
    made.append(
        DutyLine(
            authority="HMF",
            heading="501",
            rate="0.125%",
            basis=usd("34500"),
            amount=usd("43.13"),
            edition="test",
        )
    )
    return tuple(made)


def dossier(**more: Any) -> Dossier:
    """The electronics of Shenzhen: all that an invoice and an entry summary need."""
    lines = more.pop(
        "lines",
        (
            goods(1),
            goods(
                2,
                description="Coaxial connectors, brass",
                sku="CX-8",
                quantity=8000,
                price="1.65",
                code="8536.69.4010",
            ),
            goods(
                3,
                description="Thermal printers",
                sku="TP-1",
                quantity=100,
                price="120",
                code="8443.32.1050",
            ),
        ),
    )
    total = sum((line.value for line in lines if line.value is not None), Decimal(0))
    return Dossier(
        **{
            "ref": "SHP-2026-000007",
            "firm": "Harbor & Pine Customs Brokers LLC",
            "filer": "QZ7",
            "today": date(2026, 5, 4),
            "state": State.IN_REVIEW,
            "header": Header(invoiceNumber="BP-2026-1107", invoiceDate=date(2026, 4, 2), currency="USD", incoterms="FOB Yantian",
                             paymentTerms="T/T 30 days", purchaseOrder="NR-4471", exportDate=date(2026, 4, 5)),
            "parties": Parties(exporter=SELLER, importer=BUYER, consignee=BUYER, manufacturer=PartyBlock(mid="CNSHEBRI88SHE")),
            "transport": Transport(houseBill="ZZZQ26051877", scac="ZZZQ", vessel="PACIFIC HERON", voyage="026E", portOfLoading="Yantian",
                                   portOfDischarge="Long Beach, CA", etd=date(2026, 4, 6), eta=date(2026, 4, 24),
                                   containers=("ZZZU3045127",), seals=("SL-771",), lastFreeDay=date(2026, 4, 30)),
            "totals": Totals(total=total, currency="USD", packages=120, packageUnit="CTNS",
                             grossWeightKg=Decimal("1830.5"), netWeightKg=Decimal(1700)),
            "lines": lines,
            "importer": "Northgate Retail Inc.",
            "entry_number": "QZ7-0204518-1",
            "duty": more.pop("duty") if "duty" in more else layers(lines),
            "advisories": ("Antidumping and countervailing duties are not in the total: check the orders.",),
            "value_facts": ValueFacts(assists=Decimal(0), related_parties=False),
            "stated": dict(STATED),
            "files": FILES,
            **more,
        }
    )  # fmt: skip
