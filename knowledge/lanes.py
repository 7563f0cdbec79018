"""What a trade lane asks for: the documents, fields and signatures of an entry, with the reason.

A lane is an origin, a destination and a mode of transport. Each is a file of its own in
`data/lanes/`; a broker adds one by adding a file, here or in a folder of the installation, whose
files stand before ours. A lane that no file describes is told as such: there is no default,
because what is required of unknown goods on an unknown way is unknown.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import pycountry
from pydantic import Field, ValidationError, field_validator, model_validator

from storage.booking import Mode
from storage.values import (
    CountryCode,
    DocumentKind,
    Header,
    Parties,
    PartyBlock,
    Totals,
    Transport,
    Value,
)

MODES: tuple[Mode, ...] = get_args(Mode)
Signature = Literal["power_of_attorney", "commercial_invoice", "certificate_of_origin"]

HERE = Path(__file__).parent / "data" / "lanes"
_LARGEST = 100_000  # bytes of one lane's file
_MOST = 500

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU = frozenset(_EU.split())
_SECTIONS: dict[str, type[Value]] = {
    "header": Header,
    "parties": Parties,
    "transport": Transport,
    "totals": Totals,
}


class UnknownLane(Exception):
    """No file describes this lane; the text says so to a person."""


class BadLane(Exception):
    """A lane's file is not right; the text says which and why."""


class Need(Value):
    """One thing that the lane requires."""

    name: str = Field(min_length=1, max_length=80)
    """A document kind or several with `|` of which one is enough; a field's path; a signature."""
    because: str = Field(min_length=1, max_length=300)
    when: Literal["always", "preference"] = "always"  #: preference: only if one is claimed

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.name.split("|"))


class LaneProfile(Value):
    """What one trade lane asks for."""

    name: str = Field(min_length=1, max_length=80)
    edition: str = Field(min_length=1, max_length=40)
    origins: frozenset[str]  #: ISO codes, "EU", or "any"
    but_not: frozenset[CountryCode] = frozenset()
    destinations: frozenset[str]
    modes: frozenset[Mode]
    documents: tuple[Need, ...] = Field(min_length=1, max_length=40)
    fields: tuple[Need, ...] = Field(default=(), max_length=60)
    signatures: tuple[Need, ...] = Field(default=(), max_length=10)

    @field_validator("origins", "destinations")
    @classmethod
    def _countries(cls, named: frozenset[str]) -> frozenset[str]:
        for one in named - {"any", "EU"}:
            if pycountry.countries.get(alpha_2=one) is None:
                msg = f"{one} is no country (ISO 3166-1 alpha-2), nor EU, nor any"
                raise ValueError(msg)
        return named - {"EU"} | EU if "EU" in named else named

    @model_validator(mode="after")
    def _known_names(self) -> LaneProfile:
        kinds = {kind.value for kind in DocumentKind}
        for need in self.documents:
            for name in need.names:
                if name not in kinds:
                    msg = f"{name} is no kind of document"
                    raise ValueError(msg)
        for need in self.fields:
            for name in need.names:
                if not is_field(name):
                    msg = f"{name} is no field of a shipment"
                    raise ValueError(msg)
        for need in self.signatures:
            if need.name not in get_args(Signature):
                msg = f"{need.name} is no signature that we know"
                raise ValueError(msg)
        return self

    def fits(self, origin: str, destination: str, mode: str) -> bool:
        return (
            mode in self.modes
            and (origin in self.origins or ("any" in self.origins and origin not in self.but_not))
            and destination in self.destinations
        )


class Lanes:
    """The lanes that are described: ours, and before them those of the installation."""

    def __init__(self, profiles: Sequence[LaneProfile]) -> None:
        self.profiles = tuple(profiles)

    def profile(self, origin: str | None, destination: str | None, mode: str | None) -> LaneProfile:
        """The lane of these; UnknownLane when a fact is missing or no file fits."""
        lacks = [
            word
            for word, fact in (
                ("the country of origin", origin),
                ("the country of destination", destination),
                ("the mode of transport", mode),
            )
            if not fact
        ]
        if lacks or origin is None or destination is None or mode is None:
            verb = "is" if len(lacks) == 1 else "are"
            raise UnknownLane(f"The trade lane is not known: {_and(lacks)} {verb} not stated.")
        found = [one for one in self.profiles if one.fits(origin, destination, mode)]
        # A file that names the origin knows more of it than one for any origin.
        found.sort(key=lambda one: origin not in one.origins)
        if not found:
            raise UnknownLane(
                f"There is no lane profile for {origin} to {destination} by {mode}: "
                "what it requires, a person must say (docs/bookings.md, Lanes)."
            )
        return found[0]


def profile(origin: str | None, destination: str | None, mode: str | None) -> LaneProfile:
    """The lane of these among those that came with this version."""
    return ours().profile(origin, destination, mode)


@cache
def ours() -> Lanes:
    """The lanes that came with this version."""
    return Lanes(_read(HERE))


def load(folder: Path | None) -> Lanes:
    """The lanes of an installation's folder before ours."""
    return Lanes([*_read(folder), *ours().profiles]) if folder else ours()


def is_field(path: str) -> bool:
    """Whether a shipment has a field of this path, e.g. `parties.importer.name`."""
    section, _, rest = path.partition(".")
    if section not in _SECTIONS:
        return False
    name, _, inner = rest.partition(".")
    if name not in _SECTIONS[section].model_fields:
        return False
    return inner in PartyBlock.model_fields if section == "parties" else not inner


def _read(folder: Path) -> list[LaneProfile]:
    if not folder.is_dir():
        raise BadLane(f"{folder}: there is no such folder of lanes.")
    files = sorted(folder.glob("*.toml"))[:_MOST]
    return [_one(file) for file in files]


def _one(file: Path) -> LaneProfile:
    if file.stat().st_size > _LARGEST:
        raise BadLane(f"{file.name} is larger than {_LARGEST} bytes: that is no lane.")
    try:
        told: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        return LaneProfile.model_validate(told)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise BadLane(f"{file.name} is no TOML: {exc}") from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadLane(f"{file.name}: {place}: {first['msg']}") from exc


def _and(words: Iterable[str]) -> str:
    *before, last = list(words) or [""]
    return f"{', '.join(before)} and {last}" if before else last
