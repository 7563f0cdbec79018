"""What a hold's package is made of: each supplement as files, or the sentence why it is missing.

Figures come from what is on record, to the cent, each with the document it stands in; nothing is
concluded. A deposit rate without a citation is not shown as one.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlmodel import Session, col, select

from knowledge import hold_items
from knowledge.hold_items import Item
from prompts import render
from storage.columns import now
from storage.models import Decision, Document, Entry, Hold, LineItem, Screening, Shipment
from storage.values import DocumentKind
from workflows import bonds, estimate, notices, parts, submitting, value_statement
from workflows.playbook import Supplement, play
from workflows.ports import House

_KINDS: dict[Supplement, tuple[DocumentKind, ...]] = {
    "invoice": (DocumentKind.COMMERCIAL_INVOICE,),
    "packing_list": (DocumentKind.PACKING_LIST,),
    "transport_document": (
        DocumentKind.BILL_OF_LADING, DocumentKind.AIR_WAYBILL, DocumentKind.ARRIVAL_NOTICE,
    ),
    "origin_evidence": (DocumentKind.CERTIFICATE_OF_ORIGIN, DocumentKind.MILL_CERTIFICATE),
    "certificates": (
        DocumentKind.CERTIFICATE_OF_ORIGIN, DocumentKind.MILL_CERTIFICATE,
        DocumentKind.PRODUCT_CERTIFICATE,
    ),
}  # fmt: skip
_LABELS: dict[Supplement, str] = {
    "entry": "the entry as filed",
    "documents": "all documents on file",
    "invoice": "commercial invoice",
    "packing_list": "packing list",
    "transport_document": "bill of lading or air waybill",
    "certificates": "certificates",
    "origin_evidence": "evidence of origin",
    "prior_imports": "earlier imports of the same goods",
    "value_reconciliation": "from the invoice to the entered value",
    "payment_proof": "proof of payment",
    "purchase_order": "purchase order or contract",
    "classification_memo": "classification memo (draft)",
    "decisions": "how each code was decided",
    "exam_request": "request for an examination slot",
    "adcvd_estimate": "estimate of the AD/CVD deposit",
    "parties": "the parties and their screening",
    "supply_chain": "supply chain: production and purchase records",
}
_YEAR = timedelta(days=365)
_MOST_PRIOR = 500
_CENT = Decimal("0.01")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Piece:
    """One file of a package: its bytes, or the blob that it is."""

    name: str
    data: bytes = b""
    sha256: str | None = None


@dataclass(frozen=True)
class Staged:
    """A supplement: its files; without any, what is missing."""

    label: str
    pieces: tuple[Piece, ...] = ()


def supplements(
    session: Session, hold: Hold, *, house: House, memos: tuple[Piece, ...] = ()
) -> list[Staged]:
    """Everything that the kind of the hold asks for, in its order."""
    shipment, entry = session.get(Shipment, hold.shipment_id), session.get(Entry, hold.entry_id)
    assert shipment is not None
    assert entry is not None
    made = _Maker(session, hold, shipment, entry, house, memos)
    return made.all()


@dataclass(frozen=True)
class _Maker:
    session: Session
    hold: Hold
    shipment: Shipment
    entry: Entry
    house: House
    memos: tuple[Piece, ...]

    def all(self) -> list[Staged]:
        """What the kind asks for; certificates one by one where the authority names them."""
        named = hold_items.asked(self.hold.reason) if self.hold.kind == "documents" else ()
        stage = play(self.hold.kind).stage
        covered = {kind for one in stage if one != "certificates" for kind in _KINDS.get(one, ())}
        extra = [one for one in named if not covered & set(one.kinds)]
        found: list[Staged] = []
        for what in stage:
            if what != "certificates" or not extra:
                found.append(self.staged(what))
                continue
            for item in extra:
                pieces = self.documents(item.kinds)
                found.append(Staged(label=item.label, pieces=tuple(pieces)))
                if not pieces:
                    found += self.example(item)
        return found

    def example(self, item: Item) -> list[Staged]:
        """The same kind of document of an earlier entry, of this importer and no other."""
        mine = self.lines()
        codes = {one.code for one in mine if one.code}
        if self.shipment.importer_id is None or not codes:
            return []
        row = self.session.exec(
            select(Document, Entry)
            .join(Shipment, col(Shipment.id) == col(Document.shipment_id))
            .join(Entry, col(Entry.shipment_id) == col(Shipment.id))
            .join(LineItem, col(LineItem.shipment_id) == col(Shipment.id))
            .where(
                Shipment.importer_id == self.shipment.importer_id,
                Shipment.id != self.shipment.id,
                col(Document.kind).in_(item.kinds),
                col(LineItem.code).in_(codes),
            )
            .order_by(col(Entry.id).desc(), col(Document.id).desc())
        ).first()
        if row is None:
            return []
        document, entry = row
        piece = Piece(name=f"example-{document.filename}", sha256=document.sha256)
        return [Staged(label=f"example of entry {entry.number}: {item.label}", pieces=(piece,))]

    def staged(self, what: Supplement) -> Staged:
        if what in _KINDS:
            pieces = self.documents(_KINDS[what])
        else:
            by_name: dict[str, Callable[[], list[Piece]]] = {
                "entry": self.entry_files,
                "documents": lambda: self.documents(tuple(DocumentKind)),
                "prior_imports": self.prior_imports,
                "value_reconciliation": self.value,
                "classification_memo": lambda: list(self.memos),
                "decisions": self.decisions,
                "exam_request": self.exam_request,
                "adcvd_estimate": self.deposit,
                "parties": self.parties,
            }
            # Proof of payment, contracts and supply chains come from the client: asked for.
            pieces = by_name[what]() if what in by_name else []
        return Staged(label=_LABELS[what], pieces=tuple(pieces))

    def documents(self, kinds: Sequence[DocumentKind]) -> list[Piece]:
        rows = self.session.exec(
            select(Document)
            .where(Document.shipment_id == self.shipment.id, col(Document.kind).in_(kinds))
            .order_by(col(Document.id))
        ).all()
        return [
            Piece(name=f"{one.id}-{one.filename}", sha256=one.sha256) for one in parts.once(rows)
        ]

    def entry_files(self) -> list[Piece]:
        data = json.dumps(self.entry.filing, indent=1, sort_keys=True).encode()
        texts = submitting.texts(self.entry)
        return [
            Piece(name=f"entry-{self.entry.number}.json", data=data),
            *(Piece(name=f"{one.kind}-{self.entry.number}.txt", data=one.data) for one in texts),
        ]

    def lines(self) -> list[LineItem]:
        return list(
            self.session.exec(
                select(LineItem)
                .where(LineItem.shipment_id == self.shipment.id)
                .order_by(col(LineItem.number))
            )
        )

    def prior_imports(self) -> list[Piece]:
        """Of this importer alone, within a year: the same goods by number, code or words."""
        if self.shipment.importer_id is None:
            return []
        mine = self.lines()
        skus = {one.sku for one in mine if one.sku}
        codes = {one.code for one in mine if one.code}
        rows = self.session.exec(
            select(LineItem, Shipment, Entry)
            .join(Shipment, col(Shipment.id) == col(LineItem.shipment_id))
            .join(Entry, col(Entry.shipment_id) == col(Shipment.id))
            .where(
                Shipment.importer_id == self.shipment.importer_id,
                Shipment.id != self.shipment.id,
                Entry.confirmed_at > now() - _YEAR,
            )
            .order_by(col(Entry.confirmed_at).desc())
            .limit(_MOST_PRIOR)
        ).all()
        same = [
            (entry.confirmed_at.date(), entry.number, shipment.ref, line.number, line.sku,
             line.description, line.code, line.origin, line.quantity, line.unit,
             line.unit_price, line.value, line.currency)
            for line, shipment, entry in rows
            if line.sku in skus or line.code in codes
        ]  # fmt: skip
        head = ("filed", "entry", "shipment", "line", "sku", "description", "hts", "origin",
                "quantity", "unit", "unit price", "value", "currency")  # fmt: skip
        return [Piece(name="prior-imports.csv", data=_csv(head, same))] if same else []

    def value(self) -> list[Piece]:
        """From the invoice to the entered value, line by line; the residue is said as such."""
        lines = self.lines()
        filed = {int(one["number"]): one for one in self.entry.filing.get("lines", ())}
        rows: list[Sequence[object]] = []
        residue = Decimal(0)
        for line in lines:
            entered = _decimal((filed.get(line.number) or {}).get("enteredValue"))
            exchange = (filed.get(line.number) or {}).get("exchange") or {}
            rate = _decimal(exchange.get("rate")) or (
                Decimal(1) if line.currency == "USD" else None
            )
            converted = _cents(line.value * rate) if line.value is not None and rate else None
            gap = entered - converted if entered is not None and converted is not None else None
            residue += gap or Decimal(0)
            rows.append((line.number, line.description, line.quantity, line.unit_price, line.value,
                         line.currency, rate, converted, entered, gap))  # fmt: skip
        made = estimate.value_of(self.shipment, lines)
        for step in made.steps if made else ():
            said = f"{step.what} ({step.effect}): {step.because}"
            rows.append(
                ("", said, "", "", step.amount.amount, step.amount.currency, "", "", "", "")
            )
        totals = self.shipment.totals
        rows += [
            ("", "invoice total as stated", "", "", totals.total, totals.currency, "", "", "", ""),
            ("", "freight as stated", "", "", totals.freight, totals.currency, "", "", "", ""),
            ("", "insurance as stated", "", "", totals.insurance, totals.currency, "", "", "", ""),
            ("", "UNEXPLAINED RESIDUE, USD", "", "", "", "", "", "", "", residue),
        ]
        head = ("line", "goods", "quantity", "unit price", "invoice value", "currency",
                "rate of exchange", "in USD", "entered value, USD", "difference, USD")  # fmt: skip
        return [Piece(name="value-reconciliation.csv", data=_csv(head, rows)), *self.statement()]

    def statement(self) -> list[Piece]:
        """The eighteen rows, and what of the importer's papers may be an assist."""
        mentions = value_statement.found(self.session, self.shipment)
        made = value_statement.of(self.entry, self.shipment, self.lines(), mentions)
        papers, mails = value_statement.searched(self.session, self.shipment)
        facts = self.shipment.value_facts
        standing = "a broker stated assists" if facts and facts.assists else "not in the value"
        listed: list[Sequence[object]] = [
            (one.paper, one.shipment, one.page, one.words, one.amount, standing) for one in mentions
        ]
        looked = f"Looked through: {papers} papers and {mails} mails of this importer."
        listed.append((f"{looked} No conclusion is drawn.", "", "", "", "", ""))
        return [
            Piece(
                name="value-statement.csv",
                data=_csv(("row", "what", "amount", "from where"), made.rows),
            ),
            Piece(
                name="assists-found.csv",
                data=_csv(
                    ("paper", "shipment", "page", "words", "amount as printed", "standing"), listed
                ),
            ),
        ]

    def decisions(self) -> list[Piece]:
        rows = self.session.exec(
            select(Decision)
            .where(Decision.shipment_id == self.shipment.id)
            .order_by(col(Decision.id))
        ).all()
        data = json.dumps([one.model_dump(mode="json") for one in rows], indent=1).encode()
        return [Piece(name="decisions.json", data=data)] if rows else []

    def exam_request(self) -> list[Piece]:
        moved, totals = self.shipment.transport, self.shipment.totals
        text = render(
            "holds/exam_request",
            containers=list(moved.containers), seals=list(moved.seals), entry=self.entry.number,
            bill=moved.houseBill or moved.masterBill or "not known", code=self.hold.code,
            exam=self.hold.exam or "kind not stated", port=moved.portOfDischarge or "not known",
            packages=str(totals.packages or "not stated"),
            weight=str(totals.grossWeightKg or "not stated"),
            goods=[one.description for one in self.lines()][:10], firm=self.house.firm,
            contact=self.entry.confirmed_name,
            last_free_day=str(
                notices.free_time_of(self.session, self.shipment, self.house).last_free_day
                or "not known"
            ),
        )  # fmt: skip
        return [Piece(name="exam-request.txt", data=text.encode())]

    def deposit(self) -> list[Piece]:
        """In scope and out of scope; the rate only with the message it stands in."""
        filed = [_decimal(one.get("enteredValue")) for one in self.entry.filing.get("lines", ())]
        value = sum((one for one in filed if one is not None), Decimal(0))
        rate = self.hold.case_rate if self.hold.case_source else None
        regular = _decimal(self.entry.filing.get("total"))
        bond = bonds.of(self.session, self.shipment)
        text = render(
            "holds/adcvd_estimate",
            entry=self.entry.number, importer=self.shipment.parties.importer.name or "not known",
            case=self.hold.case_number or "not known", rate=str(rate) if rate is not None else None,
            source=self.hold.case_source, value=str(value),
            deposit=str(_cents(value * rate / 100)) if rate is not None else None,
            regular=str(regular) if regular is not None else None,
            bond=f"{bond.amount} ({bond.kind})" if bond else None,
            advisories=list(self.shipment.duty_advisories), values_known=None not in filed,
            type_filed=str(self.entry.filing.get("entryType") or "01"),
        )  # fmt: skip
        return [Piece(name="adcvd-estimate.txt", data=text.encode())]

    def parties(self) -> list[Piece]:
        rows = self.session.exec(
            select(Screening).where(Screening.shipment_id == self.shipment.id)
        ).all()
        data: dict[str, Any] = {
            "parties": self.shipment.parties.model_dump(mode="json"),
            "screening": [one.model_dump(mode="json") for one in rows],
        }
        return [Piece(name="parties.json", data=json.dumps(data, indent=1).encode())]


def _csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(head)
    writer.writerows([_cell(one) for one in row] for row in rows)
    return made.getvalue().encode()


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; a figure stays one."""
    text = "" if value is None else str(value)
    plain = isinstance(value, Decimal | int)
    return f"'{text}" if text.startswith(_FORMULA) and not plain else text


def _decimal(value: object) -> Decimal | None:
    return Decimal(str(value)) if value is not None else None


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
