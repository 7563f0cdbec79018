"""Trouble that does not pass by itself: somebody has to change something."""

from __future__ import annotations


class NeedsAPerson(Exception):
    """What happened, at which mailbox, what to do: a sentence for the log and for the doctor."""
