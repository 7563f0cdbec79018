"""The duty against reference rows, where the shared data stands beside us.

`pytest tests/evals/test_duty_shared.py -s` prints the counts and every row of a single source
that comes out otherwise here, with the reason. Rows of trust A were derived twice from the law
and must be equal; rows of trust B come from one source, and each that differs must have a
reason below; rows of trust C are known to be no law and are not looked at.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from knowledge.duty import build, compute
from knowledge.duty.book import Shelf
from knowledge.duty.compute import LineDuty
from knowledge.duty.desk import kept
from knowledge.duty.line import DutyQuery
from knowledge.tariff import export

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
DUTY = SHARED / "duty"
EXPORTS = sorted((SHARED / "hts").glob("hts_*.json.gz"))
VALUE = Decimal(1_000_000)
CLOSE = Decimal("0.000001")
EQUAL_AT_LEAST = 312  # rows of trust B that are equal; may only rise

pytestmark = pytest.mark.skipif(
    not (DUTY / "oracle_dev.csv").exists(), reason="the shared data is not here"
)

Row = dict[str, str]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("books")
    return Shelf([(export.edition_of(one), kept(one, folder)) for one in EXPORTS])


def rows(name: str) -> list[Row]:
    with (DUTY / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def computed(row: Row, shelf: Shelf) -> LineDuty:
    query = DutyQuery(code=row["hts10"], value=VALUE, origin=row["country"])
    return compute.line(query, on=date.fromisoformat(row["entry_date"]), shelf=shelf)


def equal(row: Row, made: LineDuty) -> bool:
    wanted = Decimal(row["law_total"] or row["tracker_total"])
    return made.total is not None and abs(made.total.amount / VALUE - wanted) <= CLOSE


def test_rows_that_the_law_gives_twice_are_equal(shelf: Shelf) -> None:
    wrong = [
        (row["row"], row["hts10"], row["country"], row["entry_date"], made.refusal, made.total)
        for row in rows("oracle_dev.csv")
        if row["trust"] == "A" and not equal(row, made := computed(row, shelf))
    ]
    assert wrong == []


def asks(word: str) -> Callable[[Row, LineDuty], bool]:
    return lambda _, made: any(word in (one.needs or "") for one in made.layers)


def claimable(*headings: str) -> Callable[[Row, LineDuty], bool]:
    return lambda row, _: row["hts10"].startswith(headings)


# Why a row of a single source may differ, in the order in which they are tried.
REASONS: tuple[tuple[str, Callable[[Row, LineDuty], bool]], ...] = (
    ("end use decides and nobody stated it: asked, both answers given", asks("claim ")),
    ("the lists of steel derivatives before 2026-04-06 are not on file: asked", asks("old note")),
    ("the list of copper articles before 2026-04-06 is not on file: asked", asks("note 36")),
    ("quota or exemption of that country before 2025-03-12: asked", asks("until 2025-03-11")),
    (
        "informational materials are spared only when claimed (9903.01.31 and its like)",
        claimable("49", "97"),
    ),
    (
        "spared only as the very article that note 2(v)(iii)(b) names",
        lambda row, _: row["hts10"][:8] in {"08119080", "14049090", "21069099"},
    ),
    (
        "UK steel and aluminum pay 25%, not 50%, from 2025-06-04",
        lambda row, made: row["country"] == "GB" and "old_aluminum" in _metal(made),
    ),
    (
        (
            "the source charges a whole heading where note 19 names ten digits, or a steel "
            "derivative of a list that is not on file (an advisory says so)"
        ),
        lambda row, made: (
            "s232_derivative_on_metal_content" in row["reasons"]
            and compute.OLD_METALS in made.advisories
        ),
    ),
    (
        (
            "9903.88.04 and .15 are told apart at ten digits (notes 20(g) and 20(s)(ii)); towels "
            "are not the face masks of 9903.91.01"
        ),
        lambda row, _: "s301_10digit_split" in row["reasons"],
    ),
    (
        "light trucks on the list of note 33(b) pay that duty, or have paid it in a base of 25%",
        lambda row, _: row["hts10"].startswith("8704"),
    ),
    (
        "softwood lumber pays 10% from any country; 15% in all is for furniture and cabinets",
        lambda row, _: row["hts10"].startswith("44") and "softwood" in row["s232_programs"],
    ),
    (
        "the list that the reciprocal duty spared changed in 2025; on file is its last form",
        lambda row, _: (
            row["entry_date"] < "2025-11-13"
            and row["hts10"][:2] in {"26", "28", "29", "38", "44", "71", "74"}
        ),
    ),
)


def _metal(made: LineDuty) -> set[str]:
    return {"old_aluminum" for one in made.layers if (one.heading or "").startswith("9903.85.1")}


def test_every_row_of_a_single_source_is_equal_or_explained(shelf: Shelf) -> None:
    counted: Counter[str] = Counter()
    unexplained = []
    for row in rows("oracle_dev.csv"):
        if row["trust"] != "B":
            continue
        made = computed(row, shelf)
        if equal(row, made):
            counted["equal"] += 1
            continue
        why = next((text for text, fits in REASONS if fits(row, made)), None)
        counted[why or "unexplained"] += 1
        if why is None:
            unexplained.append((row["row"], row["hts10"], row["country"], row["entry_date"]))
    for text, number in counted.most_common():
        sys.stdout.write(f"{number:5}  {text}\n")
    assert unexplained == []
    assert counted["equal"] >= EQUAL_AT_LEAST


def test_the_worked_example_and_the_filed_line_come_out_to_the_cent(shelf: Shelf) -> None:
    lines = rows("seed_worked_example.csv")
    made = compute.entry(
        [
            DutyQuery(
                number=int(row["line"]), code=row["hts10"], value=Decimal(row["value"]), origin="CN"
            )
            for row in lines
        ],
        on=date(2026, 5, 1),
        by_sea=True,
        shelf=shelf,
    )
    totals = [line.total.amount for line in made.lines if line.total is not None]
    assert totals == [Decimal(row["seed_total"]).quantize(Decimal("0.01")) for row in lines]
    assert str(made.duty) == "USD 4,823.80"
    (filed,) = rows("real_7501_lines.csv")
    line = compute.line(
        DutyQuery(code=filed["hts10"], value=Decimal(filed["entered_value"]), origin="CN"),
        on=date(2026, 8, 15),
        shelf=shelf,
    )
    assert line.total is not None
    assert line.total.amount == Decimal(filed["total_duty"])
    order = [part.split()[0] for part in filed["lines_in_order"].split(" | ")]
    assert [(one.heading or "").replace(".", "") for one in line.layers] == [
        heading.replace(".", "") for heading in order
    ]


def test_the_tables_are_what_the_official_texts_give(capsys: pytest.CaptureFixture[str]) -> None:
    newest = SHARED / "hts" / "hts_2026_rev_10.json.gz"
    text = DUTY / "chapter99_2026_rev_6.txt.gz"
    assert build.main(["--check", "--export", str(newest), "--chapter99", str(text)]) == 0, (
        capsys.readouterr().err
    )
