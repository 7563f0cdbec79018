"""What is asked of the figures, and the answer as a table or as a few lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date

from pydantic import Field
from sqlmodel import Session

from storage.values import Value
from workflows import figures, measuring
from workflows.figures import Case, Figure
from workflows.ports import House
from workflows.states import Refused

_WORD = re.compile(r'(\w+)=("[^"]*"|\S+)')
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Asked(Value):
    """Which shipments, and which date divides before from after."""

    importer: str | None = Field(default=None, max_length=200)
    lane: str | None = Field(default=None, max_length=80)
    since: date | None = None
    until: date | None = None
    split: date | None = None


def parsed(words: str) -> Asked:
    """`importer="Kestrel Outdoor LLC" lane="CN ocean" since=2026-01-01 before=2026-06-01`."""
    told = {name: value.strip('"') for name, value in _WORD.findall(words[:500])}
    names = {"importer": "importer", "lane": "lane", "since": "since", "until": "until",
             "before": "split"}  # fmt: skip
    if unknown := sorted(told.keys() - names.keys()) or ([words] if words and not told else []):
        raise Refused(
            f"{unknown[0][:60]} is not understood: importer=, lane=, since=, until=, before= "
            "(days as YYYY-MM-DD)."
        )
    try:
        return Asked.model_validate({names[name]: value for name, value in told.items()})
    except ValueError:
        raise Refused("Days are written YYYY-MM-DD.") from None


def gather(session: Session, asked: Asked, *, house: House) -> list[Case]:
    """The shipments that were asked for."""
    return measuring.cases(
        session, house=house, importer=asked.importer, way=asked.lane, since=asked.since,
        until=asked.until,
    )  # fmt: skip


def about(asked: Asked) -> str:
    """What was asked, in words."""
    said = [asked.importer or "all importers", asked.lane or "all lanes"]
    if asked.since:
        said.append(f"from {asked.since}")
    if asked.until:
        said.append(f"before {asked.until}")
    return ", ".join(said)


def table(cases: Sequence[Case], asked: Asked) -> str:
    """All figures as CSV: of all, of each importer and lane, before and after."""
    made = io.StringIO()
    rows = csv.writer(made, lineterminator="\n")
    rows.writerow(["scope", "figure", "value", "unit", "of", "what", "too_few", "definition"])
    for scope, own in _scopes(cases, asked):
        for one in figures.figures(own):
            rows.writerow(_row(scope, one))
    if asked.split is not None:
        rows.writerow(
            _row(f"since {asked.split}", figures.avoided(*figures.split(cases, asked.split)))
        )
    return made.getvalue()


def lines(cases: Sequence[Case], asked: Asked) -> list[str]:
    """The figures for a person, one a line."""
    found = [f"{about(asked)}: {len(cases)} shipments"]
    scopes = [("", list(cases))]
    if asked.split is not None:
        before, after = figures.split(cases, asked.split)
        scopes = [(f"before {asked.split}: ", before), (f"since {asked.split}: ", after)]
    for label, own in scopes:
        for one in figures.figures(own):
            few = ", too few to conclude" if one.too_few else ""
            found.append(f"{label}{one.title}: {one.shown} (of {one.of} {one.what}{few})")
    if asked.split is not None:
        saved = figures.avoided(*figures.split(cases, asked.split))
        few = ", too few to conclude" if saved.too_few else ""
        found.append(f"{saved.title}: {saved.shown} (of {saved.of} {saved.what}{few})")
    return found


def _scopes(cases: Sequence[Case], asked: Asked) -> list[tuple[str, list[Case]]]:
    scopes = [("all", list(cases))]
    if asked.split is not None:
        before, after = figures.split(cases, asked.split)
        scopes += [(f"before {asked.split}", before), (f"since {asked.split}", after)]
    scopes += [(f"importer {n}", own) for n, own in figures.groups(cases, lambda c: c.importer)]
    return scopes + [(f"lane {n}", own) for n, own in figures.groups(cases, lambda c: c.lane)]


def _row(scope: str, one: Figure) -> list[str]:
    value = "" if one.value is None else str(one.value)
    cells = [scope, one.name, value, one.unit, str(one.of), one.what,
             "yes" if one.too_few else "no", one.definition]  # fmt: skip
    # A name from outside must not become a formula in a sheet; a negative number may stay one.
    return [f"'{cell}" if cell.startswith(_FORMULA) and cell != value else cell for cell in cells]
