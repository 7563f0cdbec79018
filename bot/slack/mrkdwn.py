"""Text for Slack: what comes from outside stays text, and a cut never falls inside a mark.

Only `& < >` mean something to Slack, so only they are escaped. Nothing here knows what a text
is about.
"""

from __future__ import annotations

import re

from prompts import slack_escape as esc

# What must stay whole: a link, a mention or a date that we wrote, and an escaped character.
_WHOLE = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);")
# The one place where a sentence of ours ends with a person: a hold that somebody has taken on.
_TAKEN = re.compile(r"<@((?:T[A-Z0-9]+:)?[UW][A-Z0-9]+)> (?:already has this hold|has it)\.$")


def cut(text: str, most: int) -> str:
    """The text, shortened with an ellipsis before the first mark that would be cut in half."""
    if len(text) <= most:
        return text
    end = most - 1
    for whole in _WHOLE.finditer(text):
        if whole.start() < end < whole.end():
            end = whole.start()
        if whole.start() >= end:
            break
    return text[:end] + "…"


def esc_keep_mentions(text: str, most: int) -> str:
    """Escape everything but the mention that ends a sentence of ours."""
    ours = _TAKEN.search(text)
    at = ours.start() if ours else len(text)
    # The mention stays in sight: what is too long before it is cut.
    return cut(esc(text[:at]), most - len(text[at:])) + text[at:]
