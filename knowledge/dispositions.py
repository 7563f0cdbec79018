"""What an authority's disposition code does: hold, lift, release, or nothing; by record and code.

The same two characters mean different things in different records, so a code is never read
without its record. A code that is not in these tables has no meaning here: a person looks.

Sources: CBP, CAMIR Air/Ocean Appendix D and CATAIR Appendix N (disposition codes, September
2020); ACE CATAIR Cargo Release Status Notification (SO60, SO70).
"""

from __future__ import annotations

from typing import Literal

Bearing = Literal["hold", "lift", "release", "neutral"]

MANIFEST = "AMS"
RELEASE = "SO60"
AGENCY = "SO70"

_HOLDS = {
    MANIFEST: (
        "1A 1G 1H 1O 1P 1T 1X 2G 2H 2O 2P 2Q 2R 2Z 3G 3H 4A 5H 6H 7H 70 71 72 73 77 78 79 97 A3"
    ),
    RELEASE: "03",
    AGENCY: "02 04",
}
_LIFTS = {
    "1I": ("1G", "1H"),
    "2F": ("2G", "2H"),
    "2I": ("2G", "2H"),
    "3F": ("3G", "3H"),
    "3I": ("3G", "3H"),
    "4C": ("4A",),
    "4O": ("2O",),
    "4P": ("2P",),
    "4Q": ("2Q",),
    "4R": ("2R",),
    "5I": ("5H",),
    "6I": ("6H",),
    "7I": ("7H",),
    "74": ("71",),
    "75": ("72",),
    "76": ("73",),
    "80": ("77",),
    "81": ("78",),
    "82": ("79",),
}  #: a removal and the holds of its family
_RELEASES = {MANIFEST: "1B 1C 1F 98", RELEASE: "98"}
_AGENCIES = {"01": "review", "02": "held", "04": "held", "07": "proceed"}
_NEUTRAL = {MANIFEST: "1W 1Z 4Z", AGENCY: "01 07"}


def bearing(record: str, code: str) -> Bearing | None:
    """What the code does in this record; None when it is not known.

    Without a record a code of the manifest's tables is meant, which is what filers pass on.
    """
    record, code = (record or MANIFEST).upper(), code.upper()
    if record == AGENCY:
        code = code.rpartition(" ")[2]  # "FDA 07": the agency stands before it
    if code in _HOLDS.get(record, "").split():
        return "hold"
    if record == MANIFEST and code in _LIFTS:
        return "lift"
    if code in _RELEASES.get(record, "").split():
        return "release"
    if code in _NEUTRAL.get(record, "").split():
        return "neutral"
    return None


def of_agency(code: str) -> str | None:
    """What an agency's status means: review, held, proceed; None when it is not known.

    It never releases: that is customs' word.
    """
    return _AGENCIES.get(code.rpartition(" ")[2])


def lifted_by(code: str) -> tuple[str, ...]:
    """The codes of the holds that this removal ends; none for a code that removes nothing."""
    return _LIFTS.get(code.upper(), ())


def contradicts(said: str, record: str, code: str) -> bool:
    """Whether a status in words says the opposite of its own code.

    A table of somebody else that takes a hold's code for a release must not release anything.
    """
    means = bearing(record, code)
    good = said in ("accepted", "released", "lifted")
    bad = said in ("held", "exam", "rejected")
    return (good and means == "hold") or (bad and means in ("lift", "release"))
