from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from knowledge import tariff
from knowledge.tariff import codes, export, nomenclature, sync
from tests.factories import export_row as row

ROWS = [
    row("6109", 0, "T-shirts and similar garments, knitted:"),
    row("6109.10.00", 1, "Of cotton", general="16.5%", other="90%"),
    row("", 2, "Men's or boys':", superior="true"),
    row("6109.10.00.12", 3, "Men's (338)", units=["doz.", "kg"]),
    row("6109.10.00.14", 3, "Boys' (338)", units=["doz.", "kg"]),
    row("6109.90", 1, "Of other textile materials:"),
    row("6109.90.80.00", 2, "Other", general="16%", units=["kg"]),
]


def parsed(rows: list[dict[str, Any]]) -> tariff.Schedule:
    return export.parse(json.dumps(rows).encode(), name="few.json", edition="test")


def test_a_statistical_line_inherits_the_rate_of_its_eight_digit_line() -> None:
    line = parsed(ROWS).find("6109.10.0012")
    assert line is not None
    assert (line.general, line.other, line.units) == ("16.5%", "90%", ("doz.", "kg"))


def test_a_path_goes_through_the_rows_without_a_number() -> None:
    line = parsed(ROWS).find("6109100012")
    assert line is not None
    assert line.path == (
        "T-shirts and similar garments, knitted",
        "Of cotton",
        "Men's or boys'",
        "Men's (338)",
    )


def test_leaves_are_the_lines_without_anything_below() -> None:
    assert [line.code for line in parsed(ROWS).leaves] == [
        "6109.10.00.12",
        "6109.10.00.14",
        "6109.90.80.00",
    ]


def test_every_line_names_its_edition() -> None:
    assert {line.edition for line in parsed(ROWS).lines} == {"test"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([*ROWS, ROWS[-1]], "stands there twice"),
        ([ROWS[0], row("6110.10.00", 1, "Elsewhere")], "does not belong"),
        ([ROWS[0], row("6109.10.00.12", 4, "Deep")], "a level is missing"),
        ([row("6109", 0, "x") | {"indent": "one"}], "is not a number"),
        ([row("61O9", 0, "letter O")], "is not a tariff number"),
        ([], "no tariff lines"),
    ],
)
def test_a_wrong_export_is_refused_with_its_reason(rows: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(export.BadExport, match=said):
        parsed(rows)


def test_a_cut_off_json_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hts_2026_rev_10.json"
    path.write_text(json.dumps(ROWS)[:-40], encoding="utf-8")
    with pytest.raises(export.BadExport, match="cut off"):
        export.load(path)


def test_a_cut_off_compressed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hts_2026_rev_10.json.gz"
    path.write_bytes(gzip.compress(json.dumps(ROWS).encode())[:-12])
    with pytest.raises(export.BadExport, match="cut off or damaged"):
        export.load(path)


def test_a_file_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MAX_BYTES", 1000)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(export.BadExport, match="larger than"):
        export.load(path)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(export.BadExport, match="no such file"):
        export.load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("hts_2026_rev_10.json.gz", "HTSUS 2026 revision 10"),
        ("hts_2026_revision_7.json", "HTSUS 2026 revision 7"),
        ("hts_2025_basic.json.gz", "HTSUS 2025 basic edition"),
        ("export.json", "HTSUS, edition not named (export.json)"),
    ],
)
def test_the_file_name_tells_the_edition(name: str, edition: str) -> None:
    assert export.edition_of(Path(name)) == edition


def test_sync_refuses_an_extract_and_keeps_what_was_in_force(tmp_path: Path) -> None:
    path = tmp_path / "hts_2026_rev_10.json"
    path.write_text(json.dumps(ROWS), encoding="utf-8")
    with pytest.raises(export.BadExport, match="looks cut off"):
        sync.from_file(path, tmp_path / "store")
    assert sync.current(tmp_path / "store") is None


def whole() -> bytes:
    rows = [
        made
        for chapter in range(1, 98)
        for made in (
            row(f"{chapter:02}01", 0, f"Goods of chapter {chapter}"),
            row(f"{chapter:02}01.10.00.00", 1, "All", general="Free", units=["kg"]),
        )
    ]
    return json.dumps(rows).encode()


def test_sync_keeps_older_editions_and_marks_the_newest(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for name in ("hts_2026_rev_9.json", "hts_2026_rev_10.json"):
        (tmp_path / name).write_bytes(whole())
        sync.from_file(tmp_path / name, store)
    current = sync.current(store)
    assert current is not None
    assert export.load(current).edition == "HTSUS 2026 revision 10"
    assert len(sync.editions(store)) == 2


def test_without_an_export_hs_2022_answers_with_six_digits() -> None:
    schedule = nomenclature.hs2022()
    assert schedule.digits == 6
    assert schedule.edition == "HS 2022 (six digits; run tariff sync for the HTSUS)"
    assert len(schedule.leaves) > 5600


def test_the_extract_lies_over_hs_2022() -> None:
    schedule = tariff.schedule_of(None, tariff.DEMO_EXTRACT)
    ten, six = schedule.find("8536.69.40.10"), schedule.find("0901.21")
    assert ten is not None
    assert six is not None
    assert (ten.digits, ten.general, ten.units) == (10, "Free", ("No.",))
    assert (six.digits, six.general) == (6, None)
    assert ten.edition != six.edition


@pytest.mark.parametrize(
    ("code", "rate"),
    [
        ("8504.40.95.10", "Free"),
        ("8443.32.10.50", "Free"),
        ("6109.10.00.12", "16.5%"),
        ("6911.10.80.10", "20.8%"),
        ("9405.11.40.10", "3.9%"),
        ("4202.92.31.20", "17.6%"),
        ("3924.10.40.00", "3.4%"),
        ("9403.20.00.50", "Free"),
        ("6302.60.00.20", "9.1%"),
        ("9503.00.00.73", "Free"),
    ],
)
def test_the_demo_goods_have_their_lines(code: str, rate: str) -> None:
    line = tariff.schedule_of(None, tariff.DEMO_EXTRACT).find(code)
    assert line is not None
    assert line.general == rate


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("6109.10.0012", "6109100012"),
        ("6109 10 00 12", "6109100012"),
        ("6109-10", "610910"),
        ("6109.10.00", "61091000"),
    ],
)
def test_a_code_has_one_form_however_it_is_written(written: str, bare: str) -> None:
    assert codes.digits(written) == bare


@pytest.mark.parametrize(
    "written",
    ["", "abc", "61091", "1234567890123", "\uff16\uff11\uff10\uff19", "6109.1A"],
)
def test_what_is_no_code_is_refused(written: str) -> None:
    with pytest.raises(codes.BadCode):
        codes.digits(written)


@pytest.mark.parametrize(
    ("bare", "dotted"),
    [("6109", "6109"), ("610910", "6109.10"), ("61091000", "6109.10.00")],
)
def test_digits_get_the_dots_of_the_schedule(bare: str, dotted: str) -> None:
    assert codes.dotted(bare) == dotted


def test_a_lookup_finds_by_digits_and_by_words_without_the_model() -> None:
    lookup = tariff.open_lookup(named=None, extra=tariff.DEMO_EXTRACT)
    assert [line.code for line in lookup.search("8536.69.4", limit=2)] == [
        "8536.69.40.10",
        "8536.69.40.20",
    ]
    assert lookup.search("coaxial connectors", limit=1)[0].code == "8536.69.40.10"
    assert lookup.search("zzzz") == []


def test_a_lookup_knows_only_lines_that_goods_can_be_entered_under() -> None:
    lookup = tariff.open_lookup(named=None, extra=tariff.DEMO_EXTRACT)
    assert lookup.find("8536694010") is not None
    assert lookup.find("8536.69") is None
    assert lookup.find("8536.69.40.99") is None
    assert lookup.find("not a code") is None
