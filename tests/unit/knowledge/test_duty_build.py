from __future__ import annotations

import csv
import gzip
import json
import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge.duty import build, measures
from knowledge.duty.chapter99 import NAMES
from knowledge.tariff import export
from knowledge.tariff.schedule import Schedule
from tests.factories import export_row as row

ADDS = "The duty provided in the applicable subheading + "
COLUMNS = [
    *("heading", "heading_above", "authority", "group", "kind", "rate", "basis", "scope"),
    *("origins", "not_origins", "first", "last", "claim", "ask", "when", "source"),
]
POINTS = "The rate of duty applicable to the goods"


def product_of(words: str, htsno: str = "9903.02.10", general: str = f"{ADDS}15%") -> list[str]:
    """The countries that a row of chapter 99 with these words is about."""
    return [
        one.origin for one in build.countries(schedule([row(htsno, 0, words, general=general)]))
    ]


def schedule(rows: list[dict[str, Any]]) -> Schedule:
    return export.parse(json.dumps(rows).encode(), name="few.json", edition="test")


ROWS = [
    *(
        made
        for chapter in range(1, 98)
        for made in (
            row(f"{chapter:02}01", 0, f"Goods of chapter {chapter}"),
            row(f"{chapter:02}01.10.00.00", 1, "All", general="Free", units=["kg"]),
        )
    ),
    row("9903.01.25", 0, "Products of any country", general=f"{ADDS}10%"),
    row("9903.02.26", 0, "Articles the product of India, as provided for", general=f"{ADDS}25%"),
    row("9903.02.01", 0, "Articles the product of any country", general=f"{ADDS}40%"),
    row("9903.03.03", 0, "Spared", general="The duty provided in the applicable subheading"),
    row("9903.82.04", 0, "Metal of the United Kingdom", general="The duty provided for in such"),
    row("9903.85.67", 0, "Of Russia", general=POINTS),
    row("9903.88.69", 0, "Excluded", general="See 9903.88.01"),
    row("9903.90.08", 0, "Of Russia", other="35%"),
    row("9903.94.41", 0, "Vehicles of Japan", general="15%"),
    row("9903.96.01", 0, "Civil aircraft", general="Free"),
    row("9903.99.01", 0, "Obscure", general="as the Secretary says"),
]


def hand(heading: str, kind: str, rate: str = "", **more: str) -> dict[str, str]:
    return {
        "heading": heading,
        "authority": "A test",
        "group": "s122",
        "kind": kind,
        "rate": rate,
        "scope": "all",
        "first": "2026-03-01",
        "source": "our own",
        **more,
    }


AGREEING = [
    hand("9903.01.25", "add", "10"),
    hand("9903.03.03", "exempt"),
    hand("9903.85.67", "add", "200", group="s232", claim="russian_aluminum"),
    hand("9903.88.69", "skip"),
    hand("9903.90.08", "replace", "35"),
    hand("9903.94.41", "total", "15"),
    hand("9903.96.01", "exempt"),
    hand("9903.99.01", "unknown"),
    hand("country:9903.02.02-9903.02.71", "add"),
]
CHAPTER = """
1. (a) As provided for in heading 9903.01.32 0901.11.00 2709.00.10 (b) As provided in heading
9903.02.78 (a) As provided in heading 9903.01.81 0801.21.00 (b) As provided in heading 9903.01.90
(ii) As provided in heading 9903.03.03 3004.90.92 (iii) As provided in heading 9903.03.04 0810.90.46
(iv) As provided in heading 9903.03.05 8803.30.00 (v) As provided in heading 9903.03.06
under heading 9903.88.04 are the following products of China 8517.62.0020 Notwithstanding U.S. note 1
(s) Heading 9903.88.15 applies to (ii) the following products of China: 6307.90.9870
(t) For the purposes of heading 9903.88.16
16. (a) Except as provided in headings 9903.85.67 (i) Articles of aluminum: 7601
(ii) Derivative aluminum articles: 7610.10.00 (iii) Articles of steel: 7206 7306 7301.20.10 7407.21.50
(vi) Derivative aluminum articles: 8418.10.00 (vii) Derivative steel articles: 7321.11.10
(viii) Articles of copper: 8544.42.90 (ix) Derivative aluminum articles: 8424.89.90
(x) Derivative steel articles: 8207.20.0070 (d) Headings 9903.82.04 and 9903.82.05
19. (a) This note (g) The rates of duty set forth in heading 9903.85.02 7601 Any reference above
(i) The rates of duty set forth in heading 9903.85.04 7614.10.50
(j) The rates of duty set forth in heading 9903.85.07 7610.10.00
(k) The rates of duty in heading 9903.85.08 8302.41.60 For any derivative aluminum product
33. (a) Except as provided for in headings 9903.94.02
(b) The rates of duty set forth in headings 9903.94.01 8703.23.01 (c) Heading 9903.94.02 applies to
(g) Subject to a manufacturer 8708.30.50 (h) Heading 9903.94.06 applies (i) Heading 9903.94.31
8703.22.01 The aggregate annual import (j) Heading 9903.94.32 8708.40.11
(k) Except as provided for in headings 9903.94.02 and others
37. (a) Heading 9903.76.01 provides (b) The rates of duty set forth in heading 9903.76.01 4403.11.00
(c) Heading 9903.76.02 (d) The rates of duty set forth in headings 9903.76.02 9401.61.4011
(e) Except for as provided by 9903.76.04 (f) Except for as provided by 9903.76.04 9403.40.9060
(g) Heading 9903.76.04 38. (a) Except as provided for in headings 9903.74.03
(b) The rate of duty set forth in heading 9903.74.01 8704.22.51 (c) Heading 9903.74.02 applies
8702.10.31 (d) Heading 9903.74.03 applies (i) The rates of duty set forth in heading 9903.74.08
8708.50.81 (j) Heading 9903.74.09 applies 39. (a) Except as provided for in headings 9903.79.02
(b) For the purposes of this note 8471.50 To be included within the definition
"""


class Workshop:
    """A folder of tables, an export and a chapter, and the command over them."""

    def __init__(self, at: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.export, self.chapter = at / "tables", at / "hts.json", at / "ch99.txt.gz"
        self._capsys = capsys
        self.folder.mkdir()
        self.export.write_text(json.dumps(ROWS), encoding="utf-8")
        self.chapter.write_bytes(gzip.compress(CHAPTER.encode()))
        self.hold(*AGREEING)
        (self.folder / "overrides.csv").write_text(
            "heading,what,prefix,first,last,citation\n", encoding="utf-8"
        )

    def hold(self, *rows: dict[str, str]) -> None:
        with (self.folder / "measures.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)

    def excuse(self, line: str) -> None:
        with (self.folder / "overrides.csv").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def arguments(self, *more: str) -> list[str]:
        texts = ["--export", str(self.export), "--chapter99", str(self.chapter)]
        return [*texts, "--folder", str(self.folder), *more]

    def run(self, *more: str) -> tuple[int, list[str]]:
        """What the command gives and says."""
        given = build.main(self.arguments(*more))
        return given, self._capsys.readouterr().err.splitlines()

    def table(self, name: str) -> list[list[str]]:
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))


@pytest.fixture
def workshop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Workshop:
    return Workshop(tmp_path, capsys)


def test_the_lists_and_the_countries_are_written_anew(workshop: Workshop) -> None:
    assert workshop.run() == (0, [])
    assert workshop.table("country_rates.csv") == [
        ["heading", "origin", "rate"],
        ["9903.02.26", "IN", "25"],
    ]
    head, *rows = workshop.table("scopes.csv")
    assert head == ["list", "prefix", "first"]
    assert {name for name, _, _ in rows} == set(NAMES)
    assert ["ieepa_annex2", "09011100", "2025-11-13"] in rows
    assert ["ieepa_annex2", "27090010", ""] in rows


def test_what_was_written_is_read_as_the_tables(workshop: Workshop) -> None:
    workshop.run()
    for name in ("displacements.csv", "revisions.csv"):
        shutil.copy(measures.FOLDER / name, workshop.folder)
    made = measures.tables(workshop.folder)
    (india,) = [one for one in made.measures if one.heading == "9903.02.26"]
    assert (india.origins, str(india.rate)) == (frozenset({"IN"}), "25")
    assert len(made.measures) == len(AGREEING)


def test_tables_that_agree_pass_the_check(workshop: Workshop) -> None:
    workshop.run()
    assert workshop.run("--check") == (0, [])


def test_the_check_names_the_tables_that_differ_and_writes_nothing(workshop: Workshop) -> None:
    workshop.run()
    rates = workshop.folder / "country_rates.csv"
    rates.write_text(rates.read_text(encoding="utf-8").replace("25", "26"), encoding="utf-8")
    (workshop.folder / "scopes.csv").unlink()
    given, said = workshop.run("--check")
    assert given == 1
    assert said == [
        "scopes.csv differs from what the texts give",
        "country_rates.csv differs from what the texts give",
    ]
    assert not (workshop.folder / "scopes.csv").exists()
    assert "26" in rates.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            hand("9903.01.25", "add", "12"),
            f"9903.01.25 (2026-03-01): the row says add 12, the export “{ADDS}10%”",
        ),
        (
            hand("9903.94.41", "total", "25"),
            "9903.94.41 (2026-03-01): the row says total 25, the export “15%”",
        ),
        (
            hand("9903.90.08", "replace", "70"),
            "9903.90.08 (2026-03-01): the row says replace 70, the export “35%”",
        ),
        (
            hand("9903.01.25", "total", "10"),
            f"9903.01.25 (2026-03-01): the row says total 10, the export “{ADDS}10%”",
        ),
        (
            hand("9903.94.41", "add", "15"),
            "9903.94.41 (2026-03-01): the row says add 15, the export “15%”",
        ),
        (
            hand("9903.85.67", "add", "200"),
            f"9903.85.67 (2026-03-01): the row says add 200, the export “{POINTS}”",
        ),
        (
            hand("9903.85.67", "add", "200", group="s232"),
            f"9903.85.67 (2026-03-01): the row says add 200, the export “{POINTS}”",
        ),
        (
            hand("9903.01.25", "exempt"),
            f"9903.01.25 (2026-03-01): the row says exempt , the export “{ADDS}10%”",
        ),
        (
            hand("9903.94.41", "skip"),
            "9903.94.41 (2026-03-01): the row says skip , the export “15%”",
        ),
        (
            hand("9903.77.77", "add", "10"),
            "9903.77.77 (2026-03-01): the export has no such heading",
        ),
        (
            hand("9903.99.01", "add", "10"),
            "9903.99.01 (2026-03-01): its rate cannot be read: “as the Secretary says”",
        ),
    ],
)
def test_a_row_that_the_export_prints_otherwise_fails_with_heading_and_both_rates(
    wrong: dict[str, str], said: str, workshop: Workshop
) -> None:
    workshop.hold(*AGREEING, wrong)
    assert workshop.run() == (1, [said])


def test_every_wrong_row_is_named(workshop: Workshop) -> None:
    workshop.hold(hand("9903.01.25", "add", "12"), hand("9903.77.77", "exempt"))
    given, said = workshop.run("--check")
    assert given == 1
    assert [line.split(" ")[0] for line in said] == [
        "scopes.csv",
        "country_rates.csv",
        "9903.01.25",
        "9903.77.77",
    ]


@pytest.mark.parametrize("reason", ["rate_printed_later", "headings_terminated", "headings_later"])
def test_an_override_excuses_what_the_export_prints_otherwise(
    reason: str, workshop: Workshop
) -> None:
    workshop.hold(hand("9903.01.25", "add", "12"))
    workshop.excuse(f"9903.01.25,{reason},,2026-01-01,2026-12-31,a notice")
    assert workshop.run() == (0, [])


@pytest.mark.parametrize(
    "line",
    [
        "9903.01.25,not,0101,,,a note that takes goods out and says nothing of the rate",
        "9903.01.25,rate_printed_later,,2026-03-02,,for rows that begin later",
        "9903.01.26,rate_printed_later,,,,for another heading",
    ],
)
def test_an_override_for_something_else_excuses_nothing(line: str, workshop: Workshop) -> None:
    workshop.hold(hand("9903.01.25", "add", "12"))
    workshop.excuse(line)
    given, said = workshop.run()
    assert (given, len(said)) == (1, 1)


def test_the_overrides_that_came_with_us_do_not_excuse_the_tables_of_another_folder(
    workshop: Workshop,
) -> None:
    workshop.hold(hand("9903.80.01", "add", "25", first="2018-03-23", last="2025-03-11"))
    assert workshop.run() == (1, ["9903.80.01 (2018-03-23): the export has no such heading"])


def cut_off(workshop: Workshop) -> None:
    workshop.export.write_text(json.dumps(ROWS)[:-40], encoding="utf-8")


def one_chapter(workshop: Workshop) -> None:
    workshop.export.write_text(json.dumps(ROWS[:4]), encoding="utf-8")


def without_export(workshop: Workshop) -> None:
    workshop.export.unlink()


def without_chapter(workshop: Workshop) -> None:
    workshop.chapter.unlink()


def another_text(workshop: Workshop) -> None:
    workshop.chapter.write_bytes(gzip.compress(b"Chapter 98"))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut_off, "hts.json: not complete JSON"),
        (one_chapter, "looks cut off"),
        (without_export, "hts.json: there is no such file"),
        (without_chapter, "ch99.txt.gz: it cannot be read"),
        (another_text, "ch99.txt.gz: the list “ieepa_annex2” was not found"),
    ],
)
def test_a_file_that_is_no_good_ends_the_command_and_changes_nothing(
    damage: Callable[[Workshop], None], said: str, workshop: Workshop
) -> None:
    damage(workshop)
    given, lines = workshop.run()
    assert given == 2
    assert said in lines[0]
    assert sorted(path.name for path in workshop.folder.iterdir()) == [
        "measures.csv",
        "overrides.csv",
    ]


def test_the_command_wants_both_texts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build.main(["--check"])
    assert ended.value.code == 2
    assert "--export" in capsys.readouterr().err


def test_the_command_runs_as_a_module(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["build", *workshop.arguments()])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(build.__file__, run_name="__main__")
    assert ended.value.code == 0
    assert (workshop.folder / "scopes.csv").exists()


def test_the_help_of_the_command_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build.main(["--help"])
    assert "Regenerates what derives from the official texts" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "origins"),
    [
        ("Articles the product of India, as provided for in subdivision (v)", ["IN"]),
        ("Articles the product of India as provided for in subdivision (v)", ["IN"]),
        (
            "Articles the product of Israel, Malawi, Philippines, or Zambia, as provided for here",
            ["IL", "MW", "PH", "ZM"],
        ),
        ("Articles the product of Chad or Equatorial Guinea, as provided for", ["TD", "GQ"]),
        ("Articles the product of Israel or the Philippines, as provided for", ["IL", "PH"]),
        ("Articles the product of the Philippines.", ["PH"]),
        ("Articles the product of Bosnia and Herzegovina, as provided for", ["BA"]),
        (
            "Articles the product of China, including Hong Kong and Macau, as provided for",
            ["CN", "HK", "MO"],
        ),
        ("Articles the product of the European Union, with an ad valorem rate below 15%", ["EU"]),
        ("Articles the product of Côte d`Ivoire, as provided for", ["CI"]),
        ("Articles the product of the Democratic Republic of the Congo that are listed", ["CD"]),
        ("Articles the product of Myanmar (Burma) enter with this duty", ["MM"]),
        ("Articles the product of South Korea, as provided for", ["KR"]),
        ("Articles the product of Laos", ["LA"]),
        ("Articles the product of Atlantis, as provided for", []),
        ("Articles the product of Atlantis or Fiji, as provided for", ["FJ"]),
        ("Articles the product of any country that are transshipped", []),
        ("Articles of India", []),
    ],
)
def test_the_countries_of_a_heading_are_read_out_of_its_words(
    words: str, origins: list[str]
) -> None:
    assert product_of(words) == origins


@pytest.mark.parametrize(
    ("htsno", "read"),
    [
        ("9903.01.42", False),
        ("9903.01.43", True),
        ("9903.01.76", True),
        ("9903.01.77", False),
        ("9903.02.02", True),
        ("9903.05.19", False),
        ("9903.05.20", True),
        ("9903.05.84", True),
        ("9903.05.90", False),
        ("9903.88.03", False),
    ],
)
def test_only_the_headings_that_stand_for_one_country_each_are_read(htsno: str, read: bool) -> None:
    assert (product_of("Articles the product of Fiji, as provided for", htsno) == ["FJ"]) is read


@pytest.mark.parametrize(
    "general", ["", "15%", "Free", "The duty provided in the applicable subheading"]
)
def test_a_heading_that_adds_no_percentage_says_nothing_about_a_country(general: str) -> None:
    assert product_of("Articles the product of Fiji, as provided for", general=general) == []


def test_a_percentage_may_have_decimals_and_be_written_with_plus() -> None:
    (fiji,) = build.countries(
        schedule(
            [
                row(
                    "9903.05.33",
                    0,
                    "Articles the product of Fiji",
                    general="The duty provided in the applicable subheading plus 12.5%",
                )
            ]
        )
    )
    assert (fiji.heading, fiji.origin, str(fiji.rate)) == ("9903.05.33", "FJ", "12.5")
