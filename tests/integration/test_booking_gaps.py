"""How much of an entry the bookings bring, counted over real shapes and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from storage.booking import Booking
from storage.values import SYSTEM, Header, Parties, PartyBlock, Totals
from tests.servers import flexport_npm
from tests.town import Town, free_port
from workflows import booking
from workflows.booked import gaps, opening
from workflows.outgoing.tms import FlexportTms
from workflows.states import Refused

pytestmark = pytest.mark.slow


@pytest.fixture
def sandbox() -> Iterator[flexport_npm.FlexportSandbox]:
    made = flexport_npm.FlexportSandbox(free_port())
    yield made
    made.close()


@pytest.fixture
def tms(sandbox: flexport_npm.FlexportSandbox) -> Iterator[FlexportTms]:
    made = FlexportTms(sandbox.base, flexport_npm.TOKEN)
    yield made
    made.close()


def raw(sandbox: flexport_npm.FlexportSandbox, number: str) -> dict[str, Any]:
    with httpx.Client(trust_env=False, headers={"Authorization": "Bearer secret"}) as client:
        return client.get(f"{sandbox.base}/shipments/{number}").json()["data"]


def of(report: list[gaps.Gap], path: str) -> gaps.Gap:
    return next(one for one in report if one.path == path)


@pytest.mark.flexport
def test_the_report_over_twenty_sandbox_shipments_is_what_a_hand_counts(
    town: Town, sandbox, tms
) -> None:
    pages = [
        tms.pull(page).listed
        for page in (None, "/shipments?page=2&per=10", "/shipments?page=3&per=10")
    ]
    # The sandbox lists 165001 and does not have it.
    numbers = [one.external_id for page in pages for one in page if one.external_id != "165001"][
        :20
    ]
    with town.app.database.transaction() as session:
        for number in numbers:
            opening.take(session, tms.fetch(number), house=town.app.house)
    with town.app.database.snapshot() as session:
        report = gaps.report(session)
    told = [raw(sandbox, number) for number in numbers]
    assert {one.of for one in report} == {20}
    assert of(report, "mode").filled == 20
    assert of(report, "totals.packages").filled == sum(one["pieces"] > 0 for one in told)
    assert of(report, "parties.importer.name").filled == sum(
        bool(one["importers_of_record"]) for one in told
    )
    assert of(report, "header.incoterms").filled == sum(one["incoterm"] is not None for one in told)
    assert of(report, "totals.total").filled == 0
    assert len(town.shipments()) == 20


def test_one_importers_report_counts_only_its_shipments(town: Town) -> None:
    def told(number: str, name: str, **more: Any) -> Booking:
        return Booking(
            source="file",
            external_id=number,
            parties=Parties(importer=PartyBlock(name=name)),
            **more,
        )

    with town.app.database.transaction() as session:
        booking.add_importer(session, name="Quiet Client Inc.", actor=SYSTEM)
        opening.take(
            session,
            told("A", "Kestrel Outdoor LLC", totals=Totals(packages=3)),
            house=town.app.house,
        )
        opening.take(
            session,
            told("B", "Kestrel Outdoor LLC", header=Header(incoterms="FOB")),
            house=town.app.house,
        )
        opening.take(session, told("C", "Northgate Retail Inc."), house=town.app.house)
    with town.app.database.snapshot() as session:
        kestrel = gaps.report(session, importer="kestrel outdoor")
        assert of(kestrel, "totals.packages").share == 50
        assert of(kestrel, "parties.importer.name").share == 100
        assert {one.of for one in kestrel} == {2}
        assert gaps.overall(gaps.report(session, importer="Quiet Client Inc.")) == 0
        with pytest.raises(Refused, match="not among our importers"):
            gaps.report(session, importer="Nobody Inc.")
