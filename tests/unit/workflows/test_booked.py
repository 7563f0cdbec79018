"""The typed booking, its triggers and the source's shapes, without a database."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.datastructures import Headers

from bot.web.bookings import genuine
from knowledge import lanes
from storage.booking import Booking
from storage.values import Header, Parties, PartyBlock, Totals, Transport
from tests.servers.flexport import event, leg, shipment, signature
from workflows.booked import lacking, triggers, weaving, webhooks
from workflows.booked.triggers import BadTriggers
from workflows.outgoing import flexport
from workflows.outgoing.flexport import NotFlexport


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"source": "Flex Port"}, "pattern"),
        ({"external_id": ""}, "at least 1"),
        ({"external_id": "x" * 101}, "at most 100"),
        ({"origin": "ZZ"}, "ZZ is no country"),
        ({"contact": "nobody"}, "no mail address"),
        ({"goods": "a\x00b"}, "control characters"),
        ({"goods": "x" * 501}, "longer than 500"),
        ({"totals": Totals(packages=-1)}, "totals.packages is below zero"),
        ({"totals": {"grossWeightKg": Decimal("NaN")}}, "finite number"),
        ({"transport": Transport(eta=date(1026, 1, 1))}, "transport.eta is no date of our time"),
        ({"transport": Transport(containers=("ZZZU3045127",) * 301)}, "more than 300 items"),
        ({"version": "2026-01-01T00:00:00"}, "timezone"),
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused_with_its_field(facts, words) -> None:
    with pytest.raises(ValidationError, match=words):
        Booking(**{"source": "file", "external_id": "B-1", **facts})


def test_a_partial_booking_leaves_the_rest_as_it_was() -> None:
    known = Booking(
        source="flexport",
        external_id="1",
        origin="CN",
        header=Header(incoterms="FOB"),
        parties=Parties(importer=PartyBlock(name="A")),
    )
    newer = Booking(
        source="flexport",
        external_id="1",
        partial=True,
        mode="air",
        parties=Parties(consignee=PartyBlock(name="B")),
    )
    made = newer.over(known)
    assert (made.origin, made.mode, made.header.incoterms) == ("CN", "air", "FOB")
    assert (made.parties.importer.name, made.parties.consignee.name) == ("A", "B")
    assert newer.model_copy(update={"partial": False}).over(known).origin is None


def test_the_first_row_of_the_table_that_fits_counts() -> None:
    table = triggers.load()
    assert "request_documents" in table.actions("flexport:/shipment#created")
    assert table.actions("flexport:/shipment#customs_agriculture_hold") == (
        "open_shipment",
        "poll_now",
        "tell_thread",
    )
    assert table.actions("flexport:/invoice#created") == ()
    assert table.actions("elsewhere:/shipment#created") == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version = ", "is no TOML"),
        ('version = "1"\ntrigger = []', "at least 1 item"),
        ('version = "1"\n[[trigger]]\nwhen = "flexport:*"\ndo = ["opn_shipment"]', "row 1"),
        ('version = "1"\n[[trigger]]\nwhen = "created"\ndo = []', "SOURCE:EVENT"),
        ('[[trigger]]\nwhen = "flexport:*"\ndo = []', "version"),
    ],
)
def test_a_table_that_is_not_right_is_refused_as_a_whole(
    tmp_path: Path, text: str, words: str
) -> None:
    place = tmp_path / "triggers.toml"
    place.write_text(text)
    with pytest.raises(BadTriggers, match=f"triggers.toml.*{words}"):
        triggers.load(place)


def test_a_table_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadTriggers, match="cannot be read"):
        triggers.load(tmp_path / "none.toml")


def test_every_field_that_is_compared_or_required_is_a_shipments() -> None:
    wanted = [name for one in lanes.ours().profiles for need in one.fields for name in need.names]
    assert all(lanes.is_field(path) for path in [*weaving._COMPARED, *wanted])
    assert all(lacking.words(path)[0].islower() for path in wanted)


def test_a_shipment_of_the_source_becomes_a_booking() -> None:
    read = flexport.booking(
        shipment(7, pieces=0, calculated_weight={"value": 100, "unit": "lb"}), [leg()]
    )
    assert read.totals.packages is None  # nobody counted
    assert read.totals.grossWeightKg == Decimal("45.359")
    assert (read.transport.portOfLoading, read.transport.scac) == ("Ningbo", "ZZZQ")
    assert read.version == datetime(2026, 11, 1, 8, tzinfo=UTC)


def test_two_bills_in_one_field_are_none_that_mail_could_be_found_by() -> None:
    odd = shipment(7, ocean_shipment={"house_bill_number": "123, TEST, TESSFSDFS"})
    assert flexport.booking(odd).transport.houseBill is None


def test_an_event_names_its_shipment_and_its_time() -> None:
    made = webhooks.parse(event(9, "/shipment#created", shipment(7)))
    assert (made.event_id, made.kind, made.external_id, made.whole) == (
        "9",
        "/shipment#created",
        "7",
        True,
    )
    assert made.occurred_at == datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    only_number = webhooks.parse(event(9, "/shipment#created", {"ref_type": "/shipment", "id": 7}))
    assert (only_number.external_id, only_number.whole) == ("7", False)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "type", "data", "shipment", "legs", "name", "pieces", "shippers", "mailing_address", "calculated_weight", "value", "unit", "updated_at"]), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@given(_JSON)
@settings(max_examples=60)
def test_whatever_the_json_it_is_an_event_or_refused(told) -> None:
    for wrapped in (told, {"id": 1, "type": "/shipment#x", "data": {"shipment": told}}):
        try:
            made = flexport.event(wrapped)
        except NotFlexport as exc:
            assert str(exc)
        else:
            assert made.kind.startswith("/")


@given(st.dictionaries(st.sampled_from(list(shipment(1))), _JSON, max_size=8))
@settings(max_examples=60)
def test_whatever_a_shipment_holds_it_is_a_booking_or_refused(facts) -> None:
    try:
        made = flexport.booking({**shipment(7), **facts}, [facts], [facts])
    except NotFlexport as exc:
        assert str(exc)
    else:
        assert made.source == "flexport"


def test_a_signature_is_over_the_very_bytes() -> None:
    raw = json.dumps({"id": 354987}).encode()
    right = "sha256=" + hmac.new(b"secret-token", raw, hashlib.sha256).hexdigest()
    headers = Headers({"X-Hub-Signature-256": right})
    assert genuine(raw, headers, secret="secret-token", sha1=False)
    assert not genuine(raw + b" ", headers, secret="secret-token", sha1=False)
    assert not genuine(raw, headers, secret="other", sha1=False)
    assert not genuine(raw, Headers({}), secret="secret-token", sha1=True)
    legacy = Headers({"X-Hub-Signature": signature(raw, secret="secret-token", how="sha1")})
    assert genuine(raw, legacy, secret="secret-token", sha1=True)
    assert not genuine(raw, legacy, secret="secret-token", sha1=False)
