"""Denied-party lists and names: who must not be dealt with, and how alike two names are."""

from __future__ import annotations

from pathlib import Path

from knowledge.parties.csl import BadList
from knowledge.parties.lists import DEMO_LIST, THRESHOLD, ListScreener, load

__all__ = ["DEMO_LIST", "THRESHOLD", "BadList", "ListScreener", "load", "open_screener"]


def open_screener(named: Path | None) -> ListScreener:
    """The list that was named, else the demonstration list; raises `BadList` rather than pass."""
    return ListScreener(load(named or DEMO_LIST), official=named is not None)
