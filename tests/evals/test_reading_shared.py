"""How much of real documents is read, where the shared data stands beside the project.

`pytest tests/evals/test_reading_shared.py -s` prints right, asked and invented of each document.
Scans are read off their pictures: those tests are slow.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ingest import fields
from storage.values import Reading, Unreadable

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "documents"
THRESHOLDS: dict[str, Any] = json.loads(
    Path(__file__).with_name("reading_thresholds.json").read_text(encoding="utf-8")
)
Compare = Callable[[dict[str, Any], dict[str, Any]], tuple[int, int, int, dict[str, bool]]]

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")


@pytest.fixture(scope="module")
def compare() -> Compare:
    spec = importlib.util.spec_from_file_location("shared_score", SHARED / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: Compare = module.compare
    return made


def plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def iso(value: Any) -> str | None:
    return value.isoformat() if value else None


def asked_for(reading: Reading) -> dict[str, Any]:
    """Our reading in the words of the yardstick."""
    head, move, foot, who = reading.header, reading.transport, reading.totals, reading.parties
    receiver = who.consignee if who.consignee.name else who.importer
    said: dict[str, Any] = {
        "document_type": reading.documentType.value,
        "invoice_number": head.invoiceNumber,
        "invoice_date": iso(head.invoiceDate),
        "currency": head.currency,
        "incoterms": head.incoterms,
        "total": plain(foot.total),
        "exporter_name": who.exporter.name,
        "exporter_country": who.exporter.country,
        "consignee_name": receiver.name,
        "consignee_country": receiver.country,
        "notify_party_name": who.notifyParty.name,
        "bl_number": move.houseBill or move.masterBill,
        "mbl_number": move.masterBill if move.houseBill else None,
        "scac": move.scac,
        "vessel": move.vessel,
        "voyage": move.voyage,
        "port_of_loading": move.portOfLoading,
        "port_of_discharge": move.portOfDischarge,
        "place_of_delivery": move.placeOfDelivery,
        "eta": iso(move.eta),
        "free_time": move.freeTimeDays,
        "last_free_day": iso(move.lastFreeDay),
        "gross_weight": {"value": plain(foot.grossWeightKg)},
        "net_weight": {"value": plain(foot.netWeightKg)},
        "packages": {"count": foot.packages},
        "container_numbers": list(move.containers),
        "line_items": [
            {
                "description": line.description,
                "quantity": plain(line.quantity),
                "unit": line.unit,
                "unit_price": plain(line.unitPrice),
                "extended_value": plain(line.extendedValue),
                "country_of_origin": line.countryOfOrigin,
                "hs_code_hint": line.hsCodeHint,
            }
            for line in reading.lineItems
        ],
    }
    return said


@cache
def outcome(path: Path) -> Reading | Unreadable:
    answer = json.loads(path.read_text(encoding="utf-8"))
    return fields.read(answer["file"], (SHARED / answer["file"]).read_bytes())


def measured(compare: Compare, *, scans: bool) -> tuple[int, int, int]:
    right = asked = invented = 0
    for path in sorted((SHARED / "answers").glob("*.json")):
        if path.stem.endswith("_scan") is not scans:
            continue
        made = outcome(path)
        said = asked_for(made) if isinstance(made, Reading) else {}
        one = compare(json.loads(path.read_text(encoding="utf-8")), said)
        print(f"{path.stem:28} {one[0]:3} right of {one[1]:3}, {one[2]} invented")  # noqa: T201
        right, asked, invented = right + one[0], asked + one[1], invented + one[2]
    return right, asked, invented


def test_documents_with_text_are_read_as_well_as_before(compare: Compare) -> None:
    right, asked, invented = measured(compare, scans=False)
    print(f"text: {right} of {asked} right, {invented} invented")  # noqa: T201
    assert 100 * right / asked >= THRESHOLDS["text_right_per_cent"]
    assert invented <= THRESHOLDS["text_invented_at_most"]


@pytest.mark.slow
@pytest.mark.timeout(900)  # a dozen scanned pages on a machine that others use too
def test_scans_are_read_as_well_as_before(compare: Compare) -> None:
    right, asked, invented = measured(compare, scans=True)
    print(f"scans: {right} of {asked} right, {invented} invented")  # noqa: T201
    assert 100 * right / asked >= THRESHOLDS["scan_right_per_cent"]
    assert invented <= THRESHOLDS["scan_invented_at_most"]


@pytest.mark.slow
@pytest.mark.timeout(900)  # a dozen scanned pages on a machine that others use too
def test_no_document_of_the_folder_breaks_the_reader() -> None:
    files = [path for path in SHARED.iterdir() if path.suffix in {".pdf", ".xlsx"}]
    made = [fields.read(path.name, path.read_bytes()) for path in files]
    assert len(made) == len(files) == len([one for one in made if one.file])


def test_what_we_are_sure_of_is_right_more_often_than_what_we_are_not(compare: Compare) -> None:
    """Sure: at or above the threshold of review. Names and money of the head, text documents."""
    paths = {
        "invoice_number": "header.invoiceNumber",
        "invoice_date": "header.invoiceDate",
        "currency": "header.currency",
        "total": "totals.total",
        "exporter_name": "parties.exporter.name",
        "port_of_loading": "transport.portOfLoading",
        "port_of_discharge": "transport.portOfDischarge",
        "vessel": "transport.vessel",
        "eta": "transport.eta",
    }
    sure: list[bool] = []
    for path in sorted((SHARED / "answers").glob("*.json")):
        if path.stem.endswith("_scan"):
            continue
        made = outcome(path)
        assert isinstance(made, Reading)
        detail = compare(json.loads(path.read_text(encoding="utf-8")), asked_for(made))[3]
        sure += [
            detail[ours]
            for ours, theirs in paths.items()
            if ours in detail and made.confidenceByField.get(theirs, 0.0) >= 0.85
        ]
    share = 100 * sum(sure) / len(sure)
    print(f"sure: {sum(sure)} of {len(sure)} right")  # noqa: T201
    assert share >= THRESHOLDS["sure_right_per_cent"]
