"""Where other agencies stand with an entry: what customs releases goes nowhere until all agree.

Customs' release is not everybody's: the FDA, the EPA or another agency may still have the entry
under review, or hold it (ACE record SO70). What an agency said last counts, each agency by
itself; one whose word is not understood has not let it go.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from knowledge import dispositions
from storage.models import Entry, StatusReport

_CAREFUL = ("proceed", "review")  #: in one moment what stops counts; anything else stops most


def is_theirs(row: StatusReport) -> bool:
    """Whether an agency said this, not customs."""
    return row.record == dispositions.AGENCY


def voice(row: StatusReport) -> str:
    """Whose word it is: customs' (empty), or this agency's."""
    return named(row.raw_code) if is_theirs(row) else ""


def named(raw_code: str) -> str:
    """The agency in a code as we keep it ("FDA 07"); one that nobody named is an agency too."""
    return raw_code.rpartition(" ")[0] or "another agency"


def open_of(session: Session, entry: Entry) -> list[str]:
    """The agencies that have not let the entry go, by name."""
    rows = session.exec(
        select(StatusReport)
        .where(
            StatusReport.entry_id == entry.id,
            StatusReport.record == dispositions.AGENCY,
            col(StatusReport.by_mail).is_(False),
        )
        .order_by(col(StatusReport.at))
    ).all()
    last: dict[str, StatusReport] = {}
    for row in sorted(rows, key=lambda one: (one.at, _weight(one))):
        last[named(row.raw_code)] = row
    return sorted(name for name, row in last.items() if row.code != "proceed")


def codes_of(session: Session, entry: Entry, *, but: str | None = None) -> set[str]:
    """The codes of agencies' holds; `but`: without this agency's."""
    found = session.exec(
        select(StatusReport.raw_code).where(
            StatusReport.entry_id == entry.id, StatusReport.record == dispositions.AGENCY
        )
    ).all()
    return {code for code in found if but is None or named(code) != but}


def customs_release(session: Session, entry: Entry) -> StatusReport | None:
    """Customs' own release, if it counted and customs placed no hold after it."""
    rows = session.exec(
        select(StatusReport)
        .where(
            StatusReport.entry_id == entry.id,
            StatusReport.record != dispositions.AGENCY,
            col(StatusReport.by_mail).is_(False),
            col(StatusReport.expected).is_(True),
            col(StatusReport.late).is_(False),
            col(StatusReport.code).in_(("released", "held", "exam", "rejected")),
        )
        .order_by(col(StatusReport.at).desc(), col(StatusReport.id).desc())
    ).all()
    return rows[0] if rows and rows[0].code == "released" else None


def waiting_for(session: Session, entry: Entry) -> list[str]:
    """The agencies that a release waits for: customs has let go, they have not."""
    return open_of(session, entry) if customs_release(session, entry) else []


def _weight(row: StatusReport) -> int:
    return _CAREFUL.index(row.code) if row.code in _CAREFUL else len(_CAREFUL)
