from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from knowledge.duty import book, desk
from knowledge.duty.book import Book, Shelf, Unusable
from knowledge.duty.exchange import Converted, Unknown
from knowledge.duty.line import DutyQuery
from knowledge.duty.measures import COVERED_TO, CountryRate
from knowledge.tariff import export, sync
from storage.values import Money
from tests.factories import export_row as row

APRIL, MAY, JUNE = date(2026, 4, 29), date(2026, 5, 4), date(2026, 6, 10)
REV_7, REV_10 = "HTSUS 2026 revision 7", "HTSUS 2026 revision 10"
ADDS = "The duty provided in the applicable subheading + "
EXTRACT = "demonstration extract of the HTSUS 2026"


def see(*headings: str) -> list[dict[str, Any]]:
    return [{"columns": ["general"], "value": f"See {one}."} for one in headings]


ROWS = [
    row("4202", 0, "Trunks, suitcases, bags:"),
    row(
        "4202.92.31",
        1,
        "Of man-made fibers",
        general="17.6%",
        special="Free (AU,S)",
        other="65%",
        footnotes=see("9903.88.03", "9903.88.70"),
    ),
    row("4202.92.31.20", 2, "Backpacks", units=["No.", "kg"], footnotes=see("9903.88.69")),
    row("4202.92.31.31", 2, "Travel bags", units=["No.", "kg"]),
    row("8507", 0, "Electric storage batteries:"),
    row("8507.60.00", 1, "Lithium-ion", general="3.4%", other="40%", footnotes=see("9903.88.15")),
    row("8507.60.00.10", 2, "For vehicles", units=["No."], footnotes=see("9903.91.01")),
    row("8507.60.00.20", 2, "Other", units=["No."], footnotes=see("9903.91.06", "9903.88.69")),
    row("8507.90", 1, "Parts:"),
    row("8507.90.80.00", 2, "Other", units=["kg"], general="3.4%", special="Free (S)"),
    row("9802", 0, "Articles returned:"),
    row("9802.00.80", 1, "Assembled abroad", general="A duty upon the full value"),
    row("9903", 0, "Temporary modifications:"),
    row(
        "9903.02.26",
        1,
        "Articles the product of India, as provided for in U.S. note 2",
        general=f"{ADDS}18%",
    ),
]
NEXT_ROWS = [
    *ROWS[:8],
    row("8507.60.00.30", 2, "For ships", units=["No."]),
    *ROWS[8:],
]
LISTS = {"lumber": ["44031100"], "autos": ["87032301", "87032401"]}
BATTERY = DutyQuery(code="8507.60.00.10", value=Decimal(10_000), origin="JP")


def made(edition: str = REV_7, rows: list[dict[str, Any]] = ROWS, **more: Any) -> Book:
    raw = json.dumps(rows).encode()
    return book.of(export.parse(raw, name="few.json", edition=edition), **more)


def headings(code: str) -> set[str]:
    line = made().find(code.replace(".", ""))
    assert line is not None
    return set(line.headings)


def shelf(*editions: str) -> Shelf:
    return Shelf([(one, Book(one)) for one in editions])


def opened(shelf: Shelf, on: date) -> list[str]:
    return [one.edition for one in shelf.at(on)[0]]


def codes_of(office: desk.DutyDesk, on: date) -> set[str]:
    return {line.code for one in office.shelf.at(on)[0] for line in one.lines if line.leaf}


def write(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def whole(backpacks: str = "17.6%") -> list[dict[str, Any]]:
    """An export that goes through all chapters, as `sync` wants it."""
    others = [
        made
        for chapter in range(1, 97)
        for made in (
            row(f"{chapter:02}99", 0, f"Goods of chapter {chapter}"),
            row(f"{chapter:02}99.10.00.00", 1, "All", general="Free", units=["kg"]),
        )
    ]
    return [*ROWS[:1], {**ROWS[1], "general": backpacks}, *ROWS[2:], *others]


def test_a_line_takes_its_rates_and_units_from_the_lines_above() -> None:
    line = made().find("4202923120")
    assert line is not None
    assert (line.code, line.bare) == ("4202.92.31.20", "4202923120")
    assert (line.general, line.special, line.other) == ("17.6%", "Free (AU,S)", "65%")
    assert (line.units, line.leaf) == (("No.", "kg"), True)


def test_only_lines_that_carry_duty_are_kept() -> None:
    assert [line.code for line in made().lines] == [
        "4202.92.31",
        "4202.92.31.20",
        "4202.92.31.31",
        "8507.60.00",
        "8507.60.00.10",
        "8507.60.00.20",
        "8507.90.80.00",
        "9802.00.80",
    ]
    assert made().find("4202") is None


def test_the_lines_below_a_subheading_are_those_that_goods_are_entered_under() -> None:
    assert [line.code for line in made().below("420292")] == ["4202.92.31.20", "4202.92.31.31"]
    assert made().below("9999") == []


def test_a_statistical_line_inherits_the_footnotes_of_its_eight_digit_line() -> None:
    assert headings("4202.92.31.31") == {"9903.88.03", "9903.88.70"}


def test_a_footnote_to_an_exclusion_adds_to_the_duty_of_the_line_above() -> None:
    assert headings("4202.92.31.20") == {"9903.88.03", "9903.88.69", "9903.88.70"}


def test_a_ten_digit_footnote_to_a_section_301_duty_stands_instead_of_the_eight_digit_one() -> None:
    assert headings("8507.60.00") == {"9903.88.15"}
    assert headings("8507.60.00.10") == {"9903.91.01"}
    assert headings("8507.60.00.20") == {"9903.91.06", "9903.88.69"}


def test_a_line_without_footnotes_names_no_heading() -> None:
    assert headings("8507.90.80.00") == set()


def test_an_edition_brings_the_rates_that_it_prints_for_countries() -> None:
    (india,) = made().countries
    assert india == CountryRate(heading="9903.02.26", origin="IN", rate=Decimal(18))


@pytest.mark.parametrize("lists", [None, LISTS])
def test_a_kept_book_is_the_same_when_it_is_opened(
    lists: dict[str, list[str]] | None, tmp_path: Path
) -> None:
    first = made(lists=lists)
    book.keep(first, tmp_path / "rev_7.book.json")
    again = book.open_kept(tmp_path / "rev_7.book.json")
    assert (again.edition, again.lists, again.partial) == (REV_7, lists, False)
    assert again.lines == first.lines
    assert again.countries == first.countries
    assert again.below("420292") == first.below("420292")
    assert again.find("0000000000") is None


def test_keeping_an_opened_book_loses_nothing(tmp_path: Path) -> None:
    book.keep(made(lists=LISTS), tmp_path / "one.book.json")
    book.keep(book.open_kept(tmp_path / "one.book.json"), tmp_path / "two.book.json")
    again = book.open_kept(tmp_path / "two.book.json")
    assert (again.lines, again.countries) == (made().lines, made().countries)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["one.book.json", "two.book.json"]


def test_a_line_of_a_kept_book_is_typed_once(tmp_path: Path) -> None:
    book.keep(made(), tmp_path / "rev_7.book.json")
    again = book.open_kept(tmp_path / "rev_7.book.json")
    assert again.find("4202923120") is again.find("4202923120")


KEPT: dict[str, Any] = {
    "form": 1,
    "edition": REV_7,
    "words": ["No.", "3.4%"],
    "lines": {"8507600010": [[0], 1, -1, -1, [], 1]},
    "countries": [],
    "lists": None,
}


def test_the_file_of_a_kept_book_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "rev_7.book.json"
    path.write_text(json.dumps(KEPT), encoding="utf-8")
    (line,) = book.open_kept(path).lines
    assert (line.code, line.units, line.general) == ("8507.60.00.10", ("No.",), "3.4%")
    assert (line.special, line.other, line.leaf) == (None, None, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "7",
        '["form"]',
        "{}",
        "[" * 100_000,
        json.dumps(KEPT)[:-20],
        json.dumps({key: one for key, one in KEPT.items() if key != "lists"}),
        json.dumps({**KEPT, "words": None}),
        json.dumps({**KEPT, "lines": []}),
        json.dumps({**KEPT, "lines": {"8507600010": [[0], 1]}}),
        json.dumps({**KEPT, "lines": {"8507600010": [[0], 7, -1, -1, [], 1]}}),
        json.dumps({**KEPT, "countries": [{"heading": "9903.02.26"}]}),
    ],
)
def test_a_damaged_book_is_unusable_and_says_what_to_do(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rev_7.book.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Unusable, match=r"(?s)rev_7\.book\.json: damaged \(.*run tariff sync again"):
        book.open_kept(path)


def test_a_book_that_is_no_text_is_unusable(tmp_path: Path) -> None:
    path = tmp_path / "rev_7.book.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unusable, match="damaged"):
        book.open_kept(path)


def test_a_book_that_is_gone_is_unusable(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"none\.book\.json: damaged"):
        book.open_kept(tmp_path / "none.book.json")


def test_a_book_of_another_version_is_unusable(tmp_path: Path) -> None:
    path = tmp_path / "rev_7.book.json"
    path.write_text(json.dumps({**KEPT, "form": 0}), encoding="utf-8")
    with pytest.raises(Unusable, match="written by another version; run tariff sync again"):
        book.open_kept(path)


def test_an_empty_shelf_has_no_book_for_any_day() -> None:
    assert Shelf([]).at(MAY) == ([], None)


def test_the_editions_stand_on_the_shelf_by_the_days_of_their_rates() -> None:
    assert shelf(
        EXTRACT,
        "HTSUS 2026 fetched 2026-11-21",
        REV_10,
        "HTSUS 2026 revision 11",
        "HTSUS 2025 basic edition",
        REV_7,
        "HTSUS 2024 revision 9",
        "HTSUS 2026 revision 9",
    ).editions == [
        "HTSUS 2024 revision 9",
        "HTSUS 2025 basic edition",
        REV_7,
        "HTSUS 2026 revision 9",
        REV_10,
        "HTSUS 2026 revision 11",
        "HTSUS 2026 fetched 2026-11-21",
        EXTRACT,
    ]


@pytest.mark.parametrize(
    ("on", "edition"),
    [
        (date(2026, 4, 29), REV_7),
        (date(2026, 4, 30), REV_7),
        (date(2026, 6, 8), REV_10),
        (date(2026, 7, 21), REV_10),
    ],
)
def test_the_edition_of_the_day_is_taken_without_a_word(on: date, edition: str) -> None:
    books, said = shelf(REV_7, REV_10).at(on)
    assert ([one.edition for one in books], said) == ([edition], None)


def test_when_the_edition_of_the_day_is_not_on_hand_the_nearest_before_it_is_and_it_is_said() -> (
    None
):
    books, said = shelf("HTSUS 2026 basic edition", REV_7, REV_10).at(date(2026, 5, 22))
    assert [one.edition for one in books] == [REV_7, REV_10]
    assert said == (
        "2026-05-22: HTSUS 2026 revision 9 was in force; it is not on hand, so base rates and "
        "footnotes are those of HTSUS 2026 revision 7."
    )


def test_a_day_after_the_newest_edition_has_no_next_one_to_look_into() -> None:
    books, said = shelf(REV_7, REV_10).at(date(2026, 7, 22))
    assert [one.edition for one in books] == [REV_10]
    assert said is not None
    assert "HTSUS 2026 revision 12 was in force" in said


def test_a_day_before_all_editions_on_hand_takes_the_oldest_and_says_so() -> None:
    books, said = shelf(REV_7, REV_10).at(date(2025, 1, 15))
    assert [one.edition for one in books] == [REV_7, REV_10]
    assert said is not None
    assert "2025-01-15: HTSUS 2025 basic edition was in force" in said


def test_a_day_before_the_list_of_editions_is_not_commented() -> None:
    books, said = shelf(REV_7, REV_10).at(date(2024, 12, 31))
    assert ([one.edition for one in books], said) == ([REV_7], None)


def test_of_two_editions_of_one_day_the_later_counts() -> None:
    """2025 revisions 27 and 28 both took effect on 10 November."""
    both = shelf("HTSUS 2025 revision 27", "HTSUS 2025 revision 28").at(date(2025, 11, 12))
    assert ([one.edition for one in both[0]], both[1]) == (["HTSUS 2025 revision 28"], None)
    _, said = shelf("HTSUS 2025 revision 27").at(date(2025, 11, 12))
    assert said is not None
    assert "HTSUS 2025 revision 28 was in force" in said


def test_a_revision_that_the_tables_do_not_list_follows_the_one_before_it() -> None:
    books, said = shelf(REV_10, "HTSUS 2026 revision 11").at(JUNE)
    assert ([one.edition for one in books], said) == (["HTSUS 2026 revision 11"], None)


def test_a_fetched_edition_counts_from_the_day_on_which_it_was_fetched() -> None:
    fetched = "HTSUS 2026 fetched 2026-07-23"
    assert opened(shelf(REV_10, fetched), date(2026, 7, 21)) == [REV_10]
    assert shelf(REV_10, fetched).at(date(2026, 7, 23))[1] is None
    assert opened(shelf(REV_10, fetched), date(2026, 7, 23)) == [fetched]


@pytest.mark.parametrize(
    ("edition", "on"),
    [
        ("HTSUS 2026 fetched 2026-11-21", MAY),  # fetched long after
        ("HTSUS 2026 fetched 2026-07-01", date(2026, 7, 25)),  # before revision 15
        ("HTSUS 2026 revision 11", date(2026, 7, 25)),
        ("HTSUS 2026 revision 20", MAY),
        ("HTSUS 2024 revision 9", MAY),
    ],
)
def test_an_edition_that_the_tables_do_not_list_is_not_passed_off_as_that_of_another_day(
    edition: str, on: date
) -> None:
    books, said = shelf(edition).at(on)
    assert [one.edition for one in books] == [edition]
    assert said is not None
    assert f"base rates and footnotes are those of {edition}" in said


def test_an_extract_serves_any_day_when_there_is_nothing_else() -> None:
    books, said = shelf(EXTRACT).at(MAY)
    assert ([one.edition for one in books], said) == ([EXTRACT], None)


def test_an_edition_stands_before_an_extract() -> None:
    assert opened(shelf(EXTRACT, REV_7), APRIL) == [REV_7]
    assert opened(shelf(EXTRACT, REV_7), MAY)[0] == REV_7


def test_a_line_that_the_nearest_edition_does_not_print_is_taken_from_the_next(
    tmp_path: Path,
) -> None:
    write(tmp_path / "hts_2026_rev_7.json")
    write(tmp_path / "hts_2026_rev_10.json", NEXT_ROWS)
    office = desk.open_desk(store=tmp_path, rates=None)
    ships = BATTERY.model_copy(update={"code": "8507.60.00.30"})
    between = office.entry([ships], on=date(2026, 5, 25), by_sea=True)
    assert between.refusals == ()
    assert {layer.edition for layer in between.lines[0].layers} == {REV_10}
    assert "revision 9 was in force; it is not on hand" in between.advisories[0]


def test_a_line_that_the_edition_of_the_day_does_not_print_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "hts_2026_rev_7.json")
    write(tmp_path / "hts_2026_rev_10.json", NEXT_ROWS)
    office = desk.open_desk(store=tmp_path, rates=None)
    ships = BATTERY.model_copy(update={"code": "8507.60.00.30"})
    (refused,) = office.entry([ships], on=APRIL, by_sea=True).refusals
    assert refused == f"line 1: 8507.60.00.30 is not a line of the {REV_7}."


def test_a_desk_computes_with_the_edition_of_the_day(tmp_path: Path) -> None:
    write(tmp_path / "hts_2026_rev_7.json")
    write(tmp_path / "hts_2026_rev_10.json", NEXT_ROWS)
    office = desk.open_desk(store=tmp_path, rates=None)
    answer = office.entry([BATTERY], on=APRIL, by_sea=True)
    assert answer.refusals == ()
    assert answer.lines[0].layers[-1].edition == REV_7
    assert str(answer.lines[0].layers[-1].amount) == "USD 340.00"
    assert office.line(BATTERY, on=JUNE).layers[-1].edition == REV_10


def test_a_desk_over_synced_editions_keeps_a_book_of_each(tmp_path: Path) -> None:
    for name in ("hts_2026_rev_7.json", "hts_2026_rev_10.json"):
        sync.from_file(write(tmp_path / name, whole()), tmp_path / "store")
    office = desk.open_desk(store=tmp_path / "store", rates=None)
    assert office.shelf.editions == [REV_7, REV_10]
    names = [one.name for one in sorted((tmp_path / "store" / "duty").iterdir())]
    assert [name.split(".")[0] for name in names] == [
        "hts_2026_revision_10",
        "hts_2026_revision_7",
    ]


def test_a_fetched_edition_is_still_known_as_one_when_it_lies_in_the_store(tmp_path: Path) -> None:
    write(tmp_path / "hts_2026_fetched_2026_07_23.json")
    office = desk.open_desk(store=tmp_path, rates=None)
    assert office.shelf.editions == ["HTSUS 2026 fetched 2026-07-23"]
    (only,), _ = office.shelf.at(date(2026, 7, 23))
    assert only.edition == "HTSUS 2026 fetched 2026-07-23"


def test_a_kept_book_is_used_again_without_reading_the_export(tmp_path: Path) -> None:
    file = write(tmp_path / "hts_2026_rev_7.json")
    path = desk.kept(file, tmp_path / "duty")
    written, about = path.stat().st_mtime_ns, file.stat()
    file.write_text("x" * about.st_size, encoding="utf-8")  # no export any more
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert desk.kept(file, tmp_path / "duty") == path
    assert path.stat().st_mtime_ns == written


def test_a_book_of_what_the_file_was_before_is_not_used(tmp_path: Path) -> None:
    file = write(tmp_path / "hts_2026_rev_7.json")
    path = desk.kept(file, tmp_path / "duty")
    assert book.open_kept(path).find("8507600030") is None
    write(file, NEXT_ROWS)
    again = desk.kept(file, tmp_path / "duty")
    assert book.open_kept(again).find("8507600030") is not None


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    one, other = (write(tmp_path / folder / "export.json", rows)
                  for folder, rows in (("a", ROWS), ("b", NEXT_ROWS)))  # fmt: skip
    paths = [desk.kept(file, tmp_path / "duty") for file in (one, other)]
    assert [book.open_kept(path).find("8507600030") is None for path in paths] == [True, False]


@pytest.mark.parametrize("text", ["{", json.dumps({**KEPT, "form": 0})])
def test_a_book_that_is_damaged_or_of_another_version_is_made_anew(
    text: str, tmp_path: Path
) -> None:
    file = write(tmp_path / "hts_2026_rev_7.json")
    path = desk.kept(file, tmp_path / "duty")
    book.open_kept.cache_clear()
    path.write_text(text, encoding="utf-8")
    desk.kept(file, tmp_path / "duty")
    assert book.open_kept(path).lines == made().lines


def test_a_book_gets_the_lists_of_its_chapter_99(tmp_path: Path) -> None:
    file = write(tmp_path / "hts_2026_rev_7.json")
    assert book.open_kept(desk.kept(file, tmp_path / "duty")).lists is None
    path = desk.kept(file, tmp_path / "duty", LISTS)
    assert book.open_kept(path).lists == LISTS
    assert book.open_kept(desk.kept(file, tmp_path / "duty")).lists == LISTS
    path.unlink()
    again = desk.kept(file, tmp_path / "duty")
    assert book.open_kept(again).lists == LISTS


def test_an_export_that_is_gone_is_said_so_although_its_book_is_kept(tmp_path: Path) -> None:
    file = write(tmp_path / "elsewhere" / "hts_2026_rev_7.json")
    desk.open_desk(store=tmp_path / "store", named=file, rates=None)
    file.unlink()
    with pytest.raises(export.BadExport, match=r"hts_2026_rev_7\.json: there is no such file"):
        desk.open_desk(store=tmp_path / "store", named=file, rates=None)


def test_an_export_named_in_the_settings_stands_beside_the_synced_ones(tmp_path: Path) -> None:
    store = tmp_path / "store"
    write(store / "hts_2026_rev_7.json")
    named = write(tmp_path / "elsewhere" / "hts_2026_rev_10.json", NEXT_ROWS)
    office = desk.open_desk(store=store, named=named, rates=None)
    assert office.shelf.editions == [REV_7, REV_10]
    assert "8507.60.00.30" in codes_of(office, JUNE)
    assert sorted(one.name for one in named.parent.iterdir()) == ["hts_2026_rev_10.json"]


def test_an_export_named_in_the_settings_that_lies_in_the_store_is_not_taken_twice(
    tmp_path: Path,
) -> None:
    named = write(tmp_path / "hts_2026_rev_7.json")
    office = desk.open_desk(store=tmp_path, named=named, rates=None)
    assert office.shelf.editions == [REV_7]


def test_without_any_edition_the_extract_serves_alone(tmp_path: Path) -> None:
    extract = write(tmp_path / "demo_hts.json")
    office = desk.open_desk(store=tmp_path / "store", extract=extract, rates=None)
    assert office.shelf.editions == [EXTRACT]
    (only,) = office.shelf.at(MAY)[0]
    assert only.partial
    assert office.line(BATTERY, on=MAY).refusal is None
    assert not (tmp_path / "store").exists()


def test_a_line_outside_the_extract_is_refused_with_what_to_do(tmp_path: Path) -> None:
    extract = write(tmp_path / "demo_hts.json")
    office = desk.open_desk(store=tmp_path / "store", extract=extract, rates=None)
    refusal = office.line(BATTERY.model_copy(update={"code": "6109.10.00.12"}), on=MAY).refusal
    assert refusal is not None
    assert "run tariff sync" in refusal


def test_the_extract_is_left_aside_when_there_is_an_edition(tmp_path: Path) -> None:
    write(tmp_path / "store" / "hts_2026_rev_7.json")
    extract = write(tmp_path / "demo_hts.json")
    office = desk.open_desk(store=tmp_path / "store", extract=extract, rates=None)
    assert office.shelf.editions == [REV_7]


def test_a_desk_with_nothing_refuses_every_line(tmp_path: Path) -> None:
    office = desk.open_desk(store=tmp_path / "store", rates=None)
    (refusal,) = office.entry([BATTERY], on=MAY, by_sea=False).refusals
    assert "run tariff sync" in refusal


def few(rows: Iterable[dict[str, Any]] = ROWS) -> desk.DutyDesk:
    return desk.DutyDesk(Shelf([(REV_10, made(REV_10, list(rows)))]))


def test_an_estimate_on_a_covered_day_is_the_entry_of_that_day() -> None:
    assert few().estimate([BATTERY], on=JUNE, by_sea=True) == few().entry(
        [BATTERY], on=JUNE, by_sea=True
    )


def test_an_estimate_past_the_last_day_covered_stands_on_its_law_and_says_so() -> None:
    printed = row("9903.05.40", 0, "Articles the product of Japan", general=f"{ADDS}10%")
    office, bags = few([*ROWS, printed]), BATTERY.model_copy(update={"code": "4202.92.31.20"})
    answer = office.estimate([bags], on=date(2026, 11, 21), by_sea=True)
    assert answer.refusals == ()
    assert answer.advisories[0] == (
        "Computed as the law stood on 2026-09-30: later measures and the fees of a new fiscal "
        "year are not on file."
    )
    last = office.entry([bags], on=COVERED_TO, by_sea=True)
    assert (answer.lines, answer.advisories[1:]) == (last.lines, last.advisories)
    assert last.total is not None
    assert answer.total is None


def test_a_line_past_the_last_day_covered_is_computed_by_the_same_rule() -> None:
    late = few().line(BATTERY, on=date(2026, 11, 21))
    assert late == few().line(BATTERY, on=COVERED_TO)
    assert late.refusal is None


def test_an_informal_entry_pays_the_flat_fee() -> None:
    answer = few().entry([BATTERY], on=JUNE, by_sea=False, informal=True)
    assert answer.mpf is not None
    assert str(answer.mpf.amount) == "USD 2.69"


def money(amount: str, currency: str) -> Money:
    return Money(amount=Decimal(amount), currency=currency)


@pytest.mark.parametrize("exported", [None, MAY])
def test_dollars_are_dollars_on_any_day_and_without_a_table(exported: date | None) -> None:
    answer = few().dollars(money("34500.00", "USD"), exported=exported)
    assert isinstance(answer, Converted)
    assert answer.usd == money("34500.00", "USD")


def test_another_currency_without_the_date_of_exportation_asks_for_it() -> None:
    answer = few().dollars(money("100", "EUR"), exported=None)
    assert answer == Unknown(needs="the date of exportation, for the rate of exchange")


def test_another_currency_without_a_table_asks_for_the_rate() -> None:
    answer = few().dollars(money("100", "EUR"), exported=MAY)
    assert isinstance(answer, Unknown)
    assert "EUR" in answer.needs


def test_euros_are_converted_with_the_rates_of_the_installation(tmp_path: Path) -> None:
    table = tmp_path / "rates.csv"
    table.write_text(
        "kind,currency,on,usd_per_unit,source\n"
        "quarterly,EUR,2026-Q2,1.0812,our bulletin\n"
        "daily,EUR,2026-05-04,1.0900,our bulletin\n",
        encoding="utf-8",
    )
    office = desk.open_desk(store=tmp_path / "store", rates=table)
    answer = office.dollars(money("1000", "EUR"), exported=MAY)
    assert isinstance(answer, Converted)
    assert answer.usd == money("1081.20", "USD")
    assert isinstance(office.dollars(money("1000", "EUR"), exported=JUNE), Unknown)
