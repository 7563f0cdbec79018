"""Regenerates what derives from the official texts, and checks the rows kept by hand against them.

    python -m knowledge.duty.build --export EXPORT.json.gz --chapter99 CHAPTER99.txt.gz

writes `scopes.csv` and `country_rates.csv` anew and exits with 1, naming each row, when a hand
row of `measures.csv` is not printed in the export, or is printed with another rate, and
`overrides.csv` gives no reason. `--check` writes nothing and also compares the derived files.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import pycountry

from knowledge.duty import chapter99, measures, rates
from knowledge.duty.measures import CountryRate, Measure
from knowledge.tariff import export
from knowledge.tariff.schedule import Schedule

_NAMED = re.compile(
    r"articles the product of (?:the )?(.{3,120}?)"
    r"(?:,? as provided|, with an|, including| that are| enter|\.|$)",
    re.IGNORECASE,
)
_COUNTRY_HEADINGS = re.compile(r"^9903\.(?:01\.(?:4[3-9]|5\d|6[0-9]|7[0-6])|02\.\d\d|05\.[2-8]\d)$")
_ADDS = re.compile(r"applicable subheading\s*(?:\+|plus)\s*(\d+(?:\.\d+)?)%")
# The names of chapter 99 that ISO 3166 spells otherwise.
_SPELT = {
    "cote divoire": "CI",
    "democratic republic of the congo": "CD",
    "falkland islands": "FK",
    "laos": "LA",
    "myanmar burma": "MM",
    "south korea": "KR",
    "republic of korea": "KR",
    "syria": "SY",
    "turkey": "TR",
    "european union": "EU",
    "brunei": "BN",
    "macau": "MO",
}
_REASONS = frozenset({"rate_printed_later", "headings_terminated", "headings_later"})


def countries(schedule: Schedule) -> list[CountryRate]:
    """The headings of chapter 99 that name one country and a percentage to add."""
    found = []
    for line in schedule.under("9903"):
        rate = _ADDS.search(line.general or "")
        if rate is None or not _COUNTRY_HEADINGS.match(line.code):
            continue
        for origin in _origins(" ".join(line.path[-1:])):
            found.append(CountryRate(heading=line.code, origin=origin, rate=Decimal(rate[1])))
    return found


def scopes(lists: dict[str, tuple[str, ...]]) -> list[tuple[str, str, str]]:
    """Rows of `scopes.csv`: list, digits, and the day since when, if it is not the first."""
    return [
        (name, code, str(measures.since(name, code) or ""))
        for name, found in lists.items()
        for code in sorted(found)
    ]


def disagreements(schedule: Schedule, folder: Path = measures.FOLDER) -> list[str]:
    """What the export prints otherwise than the rows kept by hand say, without an override."""
    excused = [one for one in measures.overrides(folder) if one.what in _REASONS]
    found = []
    for row in measures.hand_rows(folder):
        if row.heading.startswith("country:") or any(one.excuses(row) for one in excused):
            continue
        line = schedule.find(row.heading)
        if line is None:
            found.append(f"{row.heading} ({row.first}): the export has no such heading")
        elif (printed := _against(row, line.general or line.other)) is not None:
            found.append(f"{row.heading} ({row.first}): {printed}")
    return found


def _against(row: Measure, printed: str | None) -> str | None:
    rate = rates.parse(printed)
    if row.kind == "unknown":
        return None
    if rate is None:
        return f"its rate cannot be read: “{printed}”"
    if row.kind in {"total", "replace"}:
        agrees = rate.kind == "ad_valorem" and rate.percent == row.rate
    elif row.kind == "add":
        own = sum((one.percent for one in rate.percents), Decimal(0))
        agrees = (rate.kind == "applicable" and own == row.rate) or (
            rate.kind == "reference" and row.group == "s232" and bool(row.claims)
        )
    else:
        agrees = rate.kind in {"applicable", "reference", "free"} and not rate.percents
    return None if agrees else f"the row says {row.kind} {row.rate or ''}, the export “{printed}”"


def _origins(words: str) -> list[str]:
    match = _NAMED.search(words)
    if match is None:
        return []
    names = re.split(r",\s*(?:or\s+)?|\s+or\s+", match[1])
    if "including Hong Kong and Macau" in words:
        names += ["Hong Kong", "Macau"]
    return [code for name in names if (code := _iso(name)) is not None]


def _iso(name: str) -> str | None:
    plain = " ".join(re.sub(r"[^a-z ]", "", name.casefold().replace("ô", "o")).split())
    plain = plain.removeprefix("the ")
    if plain in _SPELT:
        return _SPELT[plain]
    try:
        return str(pycountry.countries.lookup(name.strip().removeprefix("the ")).alpha_2)
    except LookupError:
        return None


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def derive(schedule: Schedule, text: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """The derived files, by name."""
    return {
        "scopes.csv": _csv(("list", "prefix", "first"), scopes(text)),
        "country_rates.csv": _csv(
            ("heading", "origin", "rate"),
            ((row.heading, row.origin, row.rate) for row in countries(schedule)),
        ),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. 0 when all agrees, 1 when something does not, 2 when a file is no good."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--export", type=Path, required=True, help="the USITC export")
    parser.add_argument("--chapter99", type=Path, required=True, help="the chapter's text")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("--folder", type=Path, default=measures.FOLDER)
    chosen = parser.parse_args(arguments)
    try:
        schedule = export.load(chosen.export, whole=True)
        derived = derive(schedule, chapter99.load(chosen.chapter99))
    except (export.BadExport, chapter99.BadChapter) as exc:
        print(exc, file=sys.stderr)
        return 2
    wrong = []
    for name, text in derived.items():
        path = chosen.folder / name
        if not chosen.check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(f"{name} differs from what the texts give")
    wrong += disagreements(schedule, chosen.folder)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
