"""Records of 80 columns: what is written is what an independent reader reads."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.canonical import canonical
from storage.entry_number import format_entry_number
from storage.values import Parties, PartyBlock, Transport
from workflows.gateways import packet as p
from workflows.gateways.catair import answers, layout, read, write

ON = date(2026, 5, 14)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=90)
NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=60)
MONEY = st.decimals("0.01", "9999999", places=2)
COUNTRY = st.sampled_from(["CN", "VN", "DE", "MX"])


def dollars(amount: str | None) -> Decimal | None:
    return Decimal(amount) if amount is not None else None


def row(heading: str, amount: Decimal | str | None, needs: str | None = None) -> p.DutyRow:
    return p.DutyRow(
        authority="A", heading=heading, rate="10%", basis=Decimal(100),
        amount=Decimal(amount) if isinstance(amount, str) else amount, edition="e", needs=needs,
    )  # fmt: skip


def line(number: int = 1, **more: object) -> p.PacketLine:
    known: dict[str, object] = {
        "number": number, "hts": "6911.10.80.10", "edition": "e", "description": "Porcelain plates",
        "origin": "CN", "quantity": Decimal(4560), "unit": "PCS", "value": Decimal("28450.50"),
        "reported": (p.Reported(quantity=Decimal(380), unit="doz."),),
        "currency": "USD", "entered_value": Decimal("28450.50"),
        "duty": (row("9903.01.25", "2845.05"), row("6911.10.80.10", "5917.60")),
    }  # fmt: skip
    return p.PacketLine(**{**known, **more})  # type: ignore[arg-type]


def packet(**more: object) -> p.EntryPacket:
    known: dict[str, object] = {
        "entry_number": "QZ7-0204546-2", "filer": "QZ7", "shipment": "SHP-2026-000007",
        "importer_of_record": "Juniper Table Inc.", "ior_number": "98-123456700", "mode": "ocean",
        "port_of_entry": p.Port(name="Long Beach", locode="USLGB", schedule_d="2709"),
        "port_of_lading": p.Port(name="Yantian", locode="CNYTN"),
        "bills": (p.Bill(kind="R", issuer="ZZZQ", number="26051877", quantity=12),),
        "transport": Transport(vessel="Ever Così", voyage="012E", eta=date(2026, 5, 20),
                               containers=("ZZZU1188601",)),
        "parties": Parties(
            importer=PartyBlock(name="Juniper Table Inc."),
            manufacturer=PartyBlock(name="Cloud Kiln", address="5 Kiln Road, Jingdezhen",
                                    country="CN", mid="CNCLOKIL5JIN"),
        ),
        "invoice": {}, "lines": (line(),),
        "fees": (row("499", "98.55"), row("501", "35.56")),
        "duty": Decimal("8762.65"), "total": Decimal("8896.76"),
        "bond": p.BondUsed(kind="continuous", surety="036", amount=Decimal(50000)),
        "confirmation": p.Confirmation(name="Dana Whitlock", licence="99001",
                                       at=datetime(2026, 5, 14, tzinfo=UTC)),
    }  # fmt: skip
    return p.EntryPacket(**{**known, **more})  # type: ignore[arg-type]


def test_every_record_is_eighty_columns_in_capitals_with_blanks_as_filler() -> None:
    for text in (write.cargo_release(packet(), on=ON), write.entry_summary(packet(), on=ON)):
        for one in text.splitlines():
            assert len(one) == 80
            assert set(one) <= layout.ALLOWED
    assert "EVER COSI" in write.cargo_release(packet(), on=ON)


def test_known_fields_stand_where_cbp_prints_them() -> None:
    rows = {one[:4]: one for one in write.cargo_release(packet(), on=ON).splitlines()}
    head = rows["SE10"]
    assert (head[4], head[5:8], head[10:18], head[19:21]) == ("A", "QZ7", "02045462", "01")
    assert (head[21:24], head[24:36]) == ("EI ", "98-123456700")
    assert (head[36:38], head[38], head[39:49], head[49:54]) == ("11", "8", "0000028451", "2709 ")
    summary = write.entry_summary(packet(), on=ON).splitlines()
    ten = next(one for one in summary if one.startswith("10"))
    assert (ten[2], ten[3:6], ten[8:16], ten[38]) == ("A", "QZ7", "02045462", "X")
    goods = [one for one in summary if one.startswith("50")][-1]
    assert goods[2:12] == "6911108010"
    assert goods[13:23] == "0000591760"  # cents
    assert goods[35:50] == "000000038000DOZ"  # 380 dozen, two implied decimals


def test_chapter_99_comes_first_and_the_value_stands_with_the_goods() -> None:
    said = read.read(write.entry_summary(packet(), on=ON))
    rows = said.lines[0].rows
    assert [(one.hts, one.value) for one in rows] == [("99030125", 0), ("6911108010", 28451)]
    assert [one.duty for one in rows] == [Decimal("2845.05"), Decimal("5917.60")]
    assert said.fees == (("499", Decimal("98.55")), ("501", Decimal("35.56")))
    assert (said.duty, said.total_fees) == (Decimal("8762.65"), Decimal("134.11"))


def test_an_entry_of_type_03_says_its_cases_and_a_rate_of_zero_is_a_rate() -> None:
    paid = p.CasePaid(case="A-570-979", rate=Decimal(0), source="message 1234567 of 2026-01-31", deposit=Decimal(0))
    more = paid.model_copy(update={"case": "C-570-980-012", "rate": Decimal("14.78"), "deposit": Decimal("4204.98")})
    made = packet(entry_type="03", lines=(line(cases=(paid, more)),))
    release, summary = write.cargo_release(made, on=ON), write.entry_summary(made, on=ON)
    assert (read.read(release).entry_type, read.read(summary).entry_type) == ("03", "03")
    first, second = [one for one in summary.splitlines() if one.startswith("53")]
    assert (first[2:12], first[12], first[13:21], first[21]) == ("A570979000", "C", "00000000", "A")
    assert (second[2:12], second[13:21], second[46:56]) == ("C570980012", "00001478", "0000420498")
    said = read.read(summary)
    assert [one.deposit for one in said.lines[0].cases] == [Decimal(0), Decimal("4204.98")]
    assert (said.ad_cash, said.cv_cash, said.duty) == (Decimal(0), Decimal("4204.98"), Decimal("8762.65"))
    unknown = paid.model_copy(update={"rate": None, "source": None, "deposit": None})
    open_yet = packet(entry_type="03", lines=(line(cases=(unknown,)),))
    assert read.read(write.cargo_release(open_yet, on=ON)).entry_type == "03"
    with pytest.raises(write.Incomplete, match="A-570-979: the deposit rate is not available"):
        write.entry_summary(open_yet, on=ON)


LINES = st.builds(
    lambda number, text, value, duty, origin, quantity: line(
        number, description=text, entered_value=value, origin=origin,
        reported=(p.Reported(quantity=quantity, unit="No."),),
        duty=(row("9903.88.03", duty), row("6911.10.80.10", duty)),
    ),
    st.just(1), WORDS, MONEY, MONEY, COUNTRY, st.decimals("0", "99999999", places=2),
)  # fmt: skip
PACKETS = st.builds(
    lambda number, lines, vessel, name, address, total, boxes: packet(
        entry_number=format_entry_number("QZ7", number),
        lines=tuple(one.model_copy(update={"number": at}) for at, one in enumerate(lines, start=1)),
        transport=Transport(vessel=vessel, containers=tuple(boxes), eta=date(2026, 5, 20)),
        parties=Parties(importer=PartyBlock(name=name, address=address, country="US")),
        duty=total,
    ),
    st.integers(0, 9_999_999), st.lists(LINES, min_size=1, max_size=6), WORDS, NAMES, WORDS, MONEY,
    st.lists(st.sampled_from(["ZZZU3045127", "ZZZU1188601"]), unique=True),
)  # fmt: skip


@settings(max_examples=60)
@given(PACKETS)
def test_whatever_the_packet_says_the_release_says_too(made: p.EntryPacket) -> None:
    said = read.read(write.cargo_release(made, on=ON))
    assert said.entry_number == made.entry_number
    assert said.value == made.entered_value
    assert said.containers == made.transport.containers
    assert said.mode == "ocean"
    assert [(one.number, one.origin) for one in said.lines] == [
        (one.number, one.origin) for one in made.lines
    ]
    for told, meant in zip(said.lines, made.lines, strict=True):
        assert told.description == layout.plain(meant.description)[:70].rstrip()
        assert told.rows[-1].value == meant.whole_dollars
    address = " ".join(said.addresses).replace(" ", "")
    assert address == layout.plain(made.parties.importer.address or "").replace(" ", "")


@settings(max_examples=60)
@given(PACKETS)
def test_whatever_the_packet_says_the_summary_says_too(made: p.EntryPacket) -> None:
    said = read.read(write.entry_summary(made, on=ON))
    assert (said.entry_number, said.signature, said.duty) == (made.entry_number, "X", made.duty)
    for told, meant in zip(said.lines, made.lines, strict=True):
        assert [one.duty for one in told.rows] == [one.amount for one in meant.duty]
        assert told.rows[-1].value == meant.whole_dollars
        assert told.rows[-1].quantities[0].quantity == meant.reported[0].quantity


@settings(max_examples=40)
@given(PACKETS)
def test_a_packet_is_the_same_after_its_json(made: p.EntryPacket) -> None:
    plain = made.as_json()
    assert p.read(plain) == made
    assert canonical(plain) == canonical(p.EntryPacket.model_validate(plain).as_json())


def test_an_open_amount_stops_the_summary_and_not_the_release() -> None:
    made = packet(lines=(line(duty=(row("9903.81.87", None, "where it was melted"),)),))
    with pytest.raises(write.Incomplete, match="where it was melted"):
        write.entry_summary(made, on=ON)
    assert read.read(write.cargo_release(made, on=ON)).entry_number == "QZ7-0204546-2"


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("SE10", {"value": 10**10}, "needs more than 10 columns"),
        ("SE10", {"value": -1}, "zero or more"),
        ("SE10", {"entry": "123456789"}, "needs more than 8 columns"),
        ("SE16", {"arrival": "soon"}, "no date"),
        ("SE15", {"bill": "X" * 51}, "needs more than 50 columns"),
    ],
)
def test_what_does_not_fit_is_refused_and_never_cut(name: str, values: dict, said: str) -> None:
    with pytest.raises(layout.BadRecord, match=said):
        layout.record(name, **values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t[:-2], "columns"),
        (lambda t: t.replace("00021", "00099", 1) if "00021" in t else t.replace("Y", "X"), "envelope|counts"),
        (lambda t: t.replace("02045462", "02045463"), "check digit"),
        (lambda t: t.lower(), "not allowed"),
        (lambda t: t.replace("SE40", "SE4X"), "not one of"),
        (lambda _: "", "envelope"),
        (lambda t: t.replace("0000028451", "00000 8451"), "no number"),
    ],
)  # fmt: skip
def test_a_file_that_was_changed_is_not_read(change, said: str) -> None:
    with pytest.raises(read.Unread, match=said):
        read.read(change(write.cargo_release(packet(), on=ON)))


@settings(max_examples=200)
@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(read.Unread):
        read.read(text)


def test_a_float_has_no_canonical_form() -> None:
    with pytest.raises(TypeError):
        canonical({"amount": [1.5]})


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (["SE40001CN PLATES".ljust(80), "SE9011BAD ORIGIN"], "Line 1: An error on the record before it. “BAD ORIGIN” (11)"),
        (["SE9003", "SE9004", "SE9013"], None),  # 03 in SE90 is a warning, not a hold
        (["E0 SUMMRY", "E1A S01   ADDED"], None),
        (["E0 LINITM 000003", "E1RF999   VALUE MISSING"], "Line 3: VALUE MISSING (999)"),
        (["garbage", "", "E"], None),
    ],
)  # fmt: skip
def test_what_the_authority_refuses_is_said_with_its_line(records: list[str], said: str | None) -> None:
    assert answers.rejection(records) == said
