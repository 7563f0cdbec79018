"""Where each field of a record stands, as data: 1-based columns, both ends included.

`write` puts values there. The parser in `read` has its positions on its own, written from the
same documents and not from here: a table that is read back by itself proves nothing.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

WIDTH = 80
ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,'&/()#:+*%$@;=!?\"<>-")
"""What a text may hold; anything else becomes a blank. Letters lose their accents first."""


class BadRecord(ValueError):
    """A value that has no place in its record. Nothing is cut that carries meaning."""


@dataclass(frozen=True)
class Spot:
    """A field: text is set to the left and filled with blanks, numbers right with zeros.

    A text that may be cut says so; numbers, codes and identifiers never are.
    """

    name: str
    first: int
    last: int
    kind: Literal["text", "code", "plain", "number", "date"] = "code"

    @property
    def room(self) -> int:
        return self.last - self.first + 1


def _spots(*rows: tuple[object, ...]) -> dict[str, Spot]:
    return {str(row[0]): Spot(*row) for row in rows}  # type: ignore[arg-type]


RECORDS: dict[str, dict[str, Spot]] = {
    # Envelope
    "A": _spots(("site", 2, 5), ("id", 6, 8), ("password", 9, 14), ("date", 15, 20, "date"),
                ("application", 26, 27), ("user", 60, 80)),
    "B": _spots(("port", 4, 7), ("filer", 8, 10), ("application", 11, 12), ("user", 60, 80)),
    "Y": _spots(("port", 4, 7), ("filer", 8, 10), ("application", 11, 12),
                ("count", 13, 17, "number")),
    "Z": _spots(("site", 2, 5), ("id", 6, 8), ("date", 15, 20, "date")),
    # Cargo Release
    "SE10": _spots(("action", 5, 5), ("filer", 6, 8), ("entry", 11, 18), ("type", 20, 21),
                   ("qualifier", 22, 24), ("ior", 25, 36), ("mot", 37, 38), ("bond", 39, 39),
                   ("value", 40, 49, "number"), ("port", 50, 54), ("unlading", 56, 60)),
    "SE11": _spots(("vessel", 20, 39, "text"), ("voyage", 40, 44)),
    "SE13": _spots(("name", 5, 44, "plain"), ("phone", 45, 59, "plain")),
    "SE15": _spots(("type", 5, 5), ("issuer", 6, 9), ("bill", 10, 59),
                   ("quantity", 60, 67, "number")),
    "SE16": _spots(("carrier", 5, 8), ("voyage", 9, 13), ("arrival", 14, 19, "date"),
                   ("vessel", 33, 52, "text")),
    "SE17": _spots(("equipment", 5, 24)),
    "SE20": _spots(("qualifier", 5, 7), ("value", 8, 57)),
    "SE30": _spots(("party", 5, 7), ("name", 8, 42, "text"), ("qualifier", 43, 45),
                   ("id", 46, 65)),
    "SE35": _spots(("component", 5, 6), ("text", 7, 41, "text"), ("more", 42, 43),
                   ("text2", 44, 78, "text")),
    "SE36": _spots(("city", 5, 39, "text"), ("subdivision", 40, 42), ("postal", 49, 63),
                   ("country", 64, 65)),
    "SE40": _spots(("line", 5, 7, "number"), ("origin", 8, 9), ("description", 11, 80, "text")),
    "SE50": _spots(("party", 5, 7), ("name", 8, 42, "text"), ("qualifier", 43, 45),
                   ("id", 46, 65)),
    "SE55": _spots(("component", 5, 6), ("text", 7, 41, "text"), ("more", 42, 43),
                   ("text2", 44, 78, "text")),
    "SE56": _spots(("city", 5, 39, "text"), ("subdivision", 40, 42), ("postal", 49, 63),
                   ("country", 64, 65)),
    "SE60": _spots(("hts", 5, 14), ("value", 15, 24, "number")),
    # Entry Summary
    "10": _spots(("action", 3, 3), ("filer", 4, 6), ("entry", 9, 16), ("port", 18, 21),
                 ("reference", 22, 30), ("type", 34, 35), ("mot", 36, 37),
                 ("signature", 39, 39)),
    "11": _spots(("ior", 3, 14), ("consignee", 15, 26)),
    "20": _spots(("carrier", 3, 6), ("unlading", 7, 10), ("arrival", 11, 16, "date"),
                 ("firms", 17, 20), ("vessel", 21, 40, "text")),
    "21": _spots(("voyage", 3, 7)),
    "22": _spots(("quantity", 3, 10, "number"), ("unit", 11, 15)),
    "23": _spots(("type", 3, 3), ("issuer", 4, 7), ("bill", 8, 57)),
    "31": _spots(("type", 3, 3), ("designation", 4, 4), ("surety", 6, 8)),
    "40": _spots(("line", 5, 7, "number"), ("origin", 9, 10), ("exported", 11, 12),
                 ("export_date", 13, 18, "date"), ("spi", 25, 26),
                 ("charges", 27, 36, "number"), ("lading", 37, 41),
                 ("gross", 42, 51, "number"), ("related", 56, 56)),
    "44": _spots(("description", 3, 72, "text")),
    "47": _spots(("party", 3, 3), ("id", 4, 18)),
    "50": _spots(("hts", 3, 12), ("duty", 14, 23, "number"), ("value", 25, 34, "number"),
                 ("quantity1", 36, 47, "number"), ("unit1", 48, 50),
                 ("quantity2", 51, 62, "number"), ("unit2", 63, 65),
                 ("quantity3", 66, 77, "number"), ("unit3", 78, 80)),
    "53": _spots(("case", 3, 12), ("claim", 13, 13), ("rate", 14, 21, "number"),
                 ("qualifier", 22, 22), ("amount", 47, 56, "number")),
    "62": _spots(("class", 3, 5), ("amount", 6, 13, "number")),
    "88": _spots(("ad_bonded", 3, 13, "number"), ("ad_cash", 15, 25, "number"),
                 ("cv_bonded", 27, 37, "number"), ("cv_cash", 39, 49, "number")),
    "89": _spots(("class1", 3, 5), ("amount1", 6, 16, "number"),
                 ("class2", 17, 19), ("amount2", 20, 30, "number")),
    "90": _spots(("duty", 3, 13, "number"), ("fees", 15, 25, "number"),
                 ("tax", 27, 37, "number")),
}  # fmt: skip


def plain(text: str) -> str:
    """Upper case, no accents, allowed characters only, single blanks."""
    folded = unicodedata.normalize("NFKD", text.upper())
    kept = "".join(c for c in folded if not unicodedata.combining(c)).upper()
    return " ".join("".join(c if c in ALLOWED else " " for c in kept).split())


def record(name: str, /, **values: str | int | date | None) -> str:
    """One record of 80 columns; what is None stays blank. Raises `BadRecord`."""
    spots = RECORDS[name]
    row = list(name.ljust(WIDTH))
    for key, value in values.items():
        if value is None:
            continue
        spot = spots[key]
        row[spot.first - 1 : spot.last] = _fitted(name, spot, value)
    return "".join(row)


def _fitted(name: str, spot: Spot, value: str | int | date) -> str:
    where = f"record {name}, {spot.name}"
    if spot.kind == "number":
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise BadRecord(f"{where}: {value} is no whole number of zero or more.")
        made = str(value).zfill(spot.room)
    elif spot.kind == "date":
        if not isinstance(value, date):
            raise BadRecord(f"{where}: {value} is no date.")
        made = f"{value:%m%d%y}"
    else:
        made = plain(str(value))
        if spot.kind == "plain":
            made = " ".join("".join(c if c.isalnum() else " " for c in made).split())
        if spot.kind in ("text", "plain"):
            made = made[: spot.room].rstrip()
    if len(made) > spot.room:
        raise BadRecord(f"{where}: {made[:40]} needs more than {spot.room} columns.")
    return made.ljust(spot.room)
