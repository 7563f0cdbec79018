"""Which of the six kinds a hold is: by the authority's words first, by its code second.

A code names who holds, seldom why; so words decide where there are any, and what neither
explains is "unknown" and goes to a broker. Nothing is guessed.

Sources: CBP, CAMIR Appendix D (codes); ACE CATAIR SO60 and SO70; forms CBP 28 and 29; the
wording of filers' status messages as they were seen.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

Kind = Literal[
    "documents", "value", "classification", "examination", "adcvd", "restricted", "unknown"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Exam = Literal["x-ray", "tailgate", "intensive", "agriculture", "agency"]

TITLES: dict[Kind, str] = {
    "documents": "document deficiency",
    "value": "value query",
    "classification": "classification challenge",
    "examination": "examination of the goods",
    "adcvd": "antidumping or countervailing duty",
    "restricted": "restricted or prohibited goods",
    "unknown": "reason not known",
}

_WORDS: tuple[tuple[Kind, str], ...] = (
    # The gravest first: "detained, documents required" is a detention.
    ("restricted", (r"\b(?:seiz(?:ed|ure)|detain(?:ed|ing)?|detention|forced[ -]labou?r|uflpa|"
     r"\bwro\b|withhold release|prohibited|restricted (?:goods|merchandise)|counterfeit|"
     r"\bipr\b|refused admission|fda refus\w*|denied entry|movement denied)\b")),
    ("adcvd", (r"\b(?:anti-?dumping|countervailing|ad/?cvd|adcvd|\bcvd\b|eapa|"
     r"case number required|[ac]-\d{3}-\d{3}|reimbursement statement|non-reimbursement)\b")),
    ("value", (r"\b(?:valuation|undervalu\w*|transaction value|value (?:query|advance|"
     r"information|reconciliation)|rfi value|proof of payment|assists?|royalt(?:y|ies)|"
     r"related part(?:y|ies)|price (?:paid|actually)|reconcile (?:the )?invoice|"
     r"entered value)\b")),
    ("classification", (r"\b(?:classification|misclassif\w*|tariff (?:number|classification)|"
     r"hts(?:us)? (?:number|code|challenge|reason)|laboratory|lab sample|rate advance|"
     r"commodity code)\b")),
    ("examination", (r"\b(?:intensive|x-?ray|vacis|\bnii\b|non-?intrusive|tail-?gate|devan\w*|"
     r"strip exam|exam site|\bces\b|examination|selected for exam|\bexam\b|"
     r"transfer(?:red)? for exam)\b")),
    ("documents", (r"\b(?:documents? (?:required|requested|deficien\w*|missing|wanted)|"
     r"(?:requests?|requesting|require[sd]?|submit|upload|missing) (?:the )?(?:following )?"
     r"(?:commercial |additional )?(?:documents?|invoice|packing list|records|certificate|"
     r"bill of lading)|electronic invoice required|accepted - submit records|docs required|"
     r"isf (?:on file: no|hold|compliance)|entry processing hold|cpc\b)")),
)  # fmt: skip
_READ = tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _WORDS)

_AMS: dict[Kind, str] = {
    "documents": "5H 2O 2P 2Q 2R 6H 2Z 1O 1P 72 78",
    "examination": "1A 4A 7H 1X 71 77",
    "restricted": "3G 3H 1T 70 A3",
}
_CODES: dict[tuple[str, str], Kind] = {
    ("AMS", code): kind for kind, codes in _AMS.items() for code in codes.split()
} | {
    ("SO60", "03"): "examination",
    ("SO70", "02"): "restricted",
    ("SO70", "04"): "documents",
    ("CDS", "05"): "examination",
    ("CDS", "06"): "documents",
    ("CDS", "DET"): "restricted",
}
_EXAMS: tuple[tuple[Exam, str], ...] = (
    ("x-ray", r"x-?ray|vacis|\bnii\b|non-?intrusive"),
    ("tailgate", r"tail-?gate"),
    ("agriculture", r"agricultur|usda|\bcbpa\b"),
    ("agency", r"\bfda\b|\bcpsc\b|\bepa\b"),
    ("intensive", r"intensive|devan|strip|\bces\b|\b1a\b|\b4a\b|\b1x\b"),
)
_EXAM_CODES: dict[str, Exam] = {
    "7H": "x-ray", "1A": "intensive", "4A": "intensive", "1X": "intensive",
    "71": "agriculture", "77": "agriculture",
}  # fmt: skip
_DAY = (
    r"(?P<iso>\d{4}-\d{2}-\d{2})|(?P<us>\d{1,2}/\d{1,2}/\d{4})|"
    r"(?P<words>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2},? \d{4})"
)
_DUE = re.compile(
    rf"\b(?:by|before|no later than|due(?: date)?:?|not later than|until)\s+(?:{_DAY})",
    re.IGNORECASE,
)
_DATED = re.compile(rf"\b(?:dated|date of (?:the )?(?:form|notice)|issued)[: ]+(?:on )?(?:{_DAY})",
                    re.IGNORECASE)  # fmt: skip
_CASE = re.compile(r"\b([AC]-\d{3}-\d{3}(?:-\d{3})?)\b", re.IGNORECASE)
_FORM = re.compile(r"\b(?:CBP[ -]?(?:form )?|CF[ -]?)(28|29)\b", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MOST = 4000


class Recognised(BaseModel):
    """What a hold is, and by what it was recognised."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    by: Literal["words", "code", "nothing"]
    exam: Exam | None = None
    due: date | None = None  #: the date that the notice itself names
    dated: date | None = None  #: the day of the notice or form
    form: Literal["28", "29"] | None = None
    cases: tuple[str, ...] = ()  #: AD/CVD case numbers in the words


def recognise(code: str, words: str, *, record: str = "") -> Recognised:
    """The kind of a hold by what the authority said."""
    said = words[:_MOST]
    # An agency's code has its name before it: "FDA 02".
    plain = code.upper().rpartition(" ")[2] if record == "SO70" else code.upper()
    by_code = _CODES.get(((record or "AMS").upper(), plain))
    by_words = next((kind for kind, there in _READ if there.search(said)), None)
    kind: Kind = by_words or by_code or "unknown"
    form = _FORM.search(said)
    return Recognised(
        kind=kind,
        by="words" if by_words else "code" if by_code else "nothing",
        exam=_exam(code, said) if kind == "examination" else None,
        due=_day(_DUE.search(said)),
        dated=_day(_DATED.search(said)),
        form="28" if form and form[1] == "28" else "29" if form else None,
        cases=tuple(dict.fromkeys(one.upper() for one in _CASE.findall(said))),
    )


def _exam(code: str, said: str) -> Exam | None:
    for exam, words in _EXAMS:
        if re.search(words, said, re.IGNORECASE):
            return exam
    return _EXAM_CODES.get(code.upper())


def _day(found: re.Match[str] | None) -> date | None:
    if found is None:
        return None
    try:
        if found["iso"]:
            return date.fromisoformat(found["iso"])
        if found["us"]:
            month, day, year = (int(part) for part in found["us"].split("/"))
            return date(year, month, day)
        name, day_, year_ = found["words"].replace(",", "").split()
        return date(int(year_), _MONTHS.index(name[:3].lower()) + 1, int(day_))
    except ValueError:
        return None  # a thirteenth month: no date was read
