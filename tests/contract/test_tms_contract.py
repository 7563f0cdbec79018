"""What every source of bookings must do, asked of the adapter against real servers.

Our own small server has faults on demand; the npm sandbox (126 shipments scraped from Flexport's
own) was made by others and knows nothing of us.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from storage.booking import Booking
from storage.columns import now
from tests.servers import flexport_npm
from tests.servers.flexport import TOKEN, FlexportServer, leg, shipment
from tests.town import Thread, free_port
from workflows.outgoing.tms import FlexportTms
from workflows.ports import Permanent, Transient
from workflows.tms import Clearance, TmsFile

AT = datetime(2026, 11, 20, 10, 2, tzinfo=UTC)
CLEARED = Clearance(standing="released", entry="QZ7-1000001-5", at=AT, broker="Harbor & Pine")


def every_page(tms: FlexportTms) -> list[str]:
    found, cursor = [], None
    for _ in range(50):
        page = tms.pull(cursor)
        found += [one.external_id for one in page.listed]
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the list has no end")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[flexport_npm.FlexportSandbox]:
    made = flexport_npm.FlexportSandbox(free_port())
    yield made
    made.close()


def _readable(tms: FlexportTms, number: str) -> Booking | None:
    try:
        return tms.fetch(number)
    except Permanent as exc:
        assert "nothing at" in str(exc)
        return None


class Contract:
    """Asked of every source."""

    def test_every_shipment_is_listed_once_page_after_page(self, tms, expected) -> None:
        found = every_page(tms)
        assert len(found) == len(set(found)) == expected

    def test_a_listed_shipment_can_be_read_and_is_the_one_that_was_asked_for(self, tms) -> None:
        first = tms.pull(None).listed[0]
        booking = tms.fetch(first.external_id)
        assert booking.external_id == first.external_id
        assert booking.mode in ("ocean", "air", "truck", "rail")
        assert booking.parties.exporter.name or booking.parties.consignee.name

    def test_what_is_not_there_needs_a_person(self, tms) -> None:
        with pytest.raises(Permanent, match="nothing at /shipments/424242424242"):
            tms.fetch("424242424242")

    def test_a_wrong_token_names_the_setting(self, tms) -> None:
        wrong = FlexportTms(tms._base, "wrong")
        with pytest.raises(Permanent, match="TIDEWAITER_TMS__TOKEN"):
            wrong.pull(None)
        wrong.close()


@pytest.mark.flexport
class TestFlexportSandbox(Contract):
    """The npm package."""

    @pytest.fixture
    def tms(self, sandbox) -> Iterator[FlexportTms]:
        made = FlexportTms(sandbox.base, flexport_npm.TOKEN)
        yield made
        made.close()

    @pytest.fixture
    def expected(self) -> int:
        return 126

    def test_its_shipments_become_bookings_but_three_that_it_lists_and_does_not_have(
        self, tms
    ) -> None:
        read = [one for number in every_page(tms) if (one := _readable(tms, number)) is not None]
        assert len({one.external_id for one in read}) == 123
        assert all(one.version is not None for one in read)
        assert sum(one.origin is not None and one.destination is not None for one in read) > 100


class TestFlexportShaped(Contract):
    """Our own, with faults."""

    @pytest.fixture
    def server(self) -> Iterator[FlexportServer]:
        made, port = FlexportServer(), free_port()
        for number in range(1, 24):
            made.add(shipment(7000 + number))
        thread = Thread(made.app, port)
        made.base = f"http://127.0.0.1:{port}"
        yield made
        thread.close()

    @pytest.fixture
    def tms(self, server) -> Iterator[FlexportTms]:
        made = FlexportTms(server.base, TOKEN, timeout=5)
        yield made
        made.close()

    @pytest.fixture
    def expected(self) -> int:
        return 23

    def test_legs_and_containers_become_ports_vessel_and_boxes(self, tms, server) -> None:
        server.add(shipment(8001), legs=[leg("EVER BRIGHT")], boxes=("ZZZU3045127", "not a box"))
        read = tms.fetch("8001")
        assert (read.origin, read.destination, read.mode) == ("CN", "US", "ocean")
        assert (read.transport.portOfLoading, read.transport.portOfDischarge) == (
            "Ningbo",
            "Long Beach",
        )
        assert (read.transport.vessel, read.transport.containers) == (
            "EVER BRIGHT",
            ("ZZZU3045127",),
        )
        assert (read.totals.packages, read.totals.grossWeightKg) == (10, Decimal(4200))
        assert str(read.transport.eta) == "2026-11-28"

    def test_the_next_page_is_asked_for_at_our_own_address_only(self, tms, server) -> None:
        assert tms.pull(None).cursor == "/shipments?page=2&per=10"
        every_page(tms)
        assert server.asked[-1] == "GET /shipments?page=3&per=10"

    @pytest.mark.parametrize(
        ("answer", "wait"),
        [
            (PlainTextResponse("slow down", 429, {"Retry-After": "7"}), 7.0),
            (PlainTextResponse("slow down", 429), 30.0),
            (PlainTextResponse("slow down", 429, {"Retry-After": "999999"}), 3600.0),
            (PlainTextResponse("slow down", 429, {"Retry-After": "soon"}), 30.0),
            (PlainTextResponse("away", 503, {"Retry-After": "12"}), 12.0),
            (PlainTextResponse("away", 500), None),
        ],
    )
    def test_a_busy_source_says_how_long_to_wait(self, tms, server, answer, wait) -> None:
        server.wrong = [answer]
        with pytest.raises(Transient) as told:
            tms.pull(None)
        assert told.value.retry_after == wait

    def test_a_wait_may_be_told_as_a_date(self, tms, server) -> None:
        later = format_datetime(now() + timedelta(seconds=90), usegmt=True)
        server.wrong = [PlainTextResponse("slow down", 429, {"Retry-After": later})]
        with pytest.raises(Transient) as told:
            tms.pull(None)
        assert 60 < told.value.retry_after <= 90

    @pytest.mark.parametrize(
        "answer",
        [
            PlainTextResponse("<html>a proxy</html>"),
            JSONResponse({"data": {"data": "no rows"}}),
            JSONResponse(["not a shipment", 7]),
            JSONResponse({"data": {"data": [{"id": {}}]}}),
            JSONResponse({"data": {"data": [{"id": 1}], "next": "http://elsewhere.example/steal"}}),
            PlainTextResponse("[" * 200_000),
            Response(b""),
            Response(b"\xff\xfe\x00 no text"),
        ],
        ids=range(8),
    )  # fmt: skip
    def test_garbage_is_refused_in_words(self, tms, server, answer) -> None:
        server.wrong = [answer]
        with pytest.raises(Permanent, match="booking source|list of shipments"):
            tms.pull(None)

    def test_a_redirect_does_not_carry_our_token_away(self, tms, server) -> None:
        server.wrong = [RedirectResponse(f"{server.base}/shipments/7001")]
        with pytest.raises(Permanent, match="nothing at"):
            tms.pull(None)
        assert len(server.asked) == 1

    def test_an_answer_without_end_is_cut_off(self, tms, server) -> None:
        server.wrong = [Response(b" " * 21_000_000)]
        with pytest.raises(Permanent, match="larger than"):
            tms.pull(None)

    def test_a_status_told_twice_is_the_same_status_and_one_document(self, tms, server) -> None:
        paper = TmsFile(
            name="entry-QZ7-1000001-5.json", kind="customs_entry_summary_7501", data=b"{}"
        )
        for _ in range(2):
            tms.write_back("7001", CLEARED, key="k1", files=[paper])
        facts = server.shipments["7001"]["metadata"]
        assert facts["customs_status"] == "released"
        assert facts["customs_entry_number"] == "QZ7-1000001-5"
        assert facts["customs_status_at"] == "2026-11-20T10:02:00+00:00"
        assert [one["file_name"] for one in server.documents] == ["entry-QZ7-1000001-5.json"]
        assert {key for key, _ in server.patches} == {"k1"}

    def test_a_status_whose_fate_is_not_known_may_be_told_again(self, tms, server) -> None:
        server.wrong = [PlainTextResponse("broke", 500)]
        with pytest.raises(Transient) as told:
            tms.write_back("7001", CLEARED, key="k1", files=[])
        assert told.value.outcome == "unknown"

    def test_nobody_listening_means_that_nothing_was_done(self) -> None:
        nobody = FlexportTms("http://127.0.0.1:9", TOKEN, timeout=1)
        with pytest.raises(Transient) as told:
            nobody.pull(None)
        assert told.value.outcome == "not_done"
        nobody.close()
