"""The new part of a mail: quoted history is cut, answers between the quotes stay.

A forward is the message: what stands below its line counts, read as if it had come by itself.
What cannot be told apart is kept out: a number of another shipment in an old mail must not pull
this one to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.mime import wording

_RULE = re.compile(r"^[\s>]*[_\-=]{8,}\s*$")
_LOTUS = re.compile(r"^.{2,80}-{3}\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.{0,30}-{3}")
_MOST_LINES = 20_000
_MOST_FORWARDS = 20


def new_words(text: str, *, subject: str = "", answers: bool = False) -> str:
    """What the sender wrote now. `answers`: the mail says that it is an answer."""
    kept: list[str] = []
    lines = text.splitlines()[:_MOST_LINES]
    handed_on = bool(wording.FORWARDS.match(subject))
    answered = answers or bool(wording.REPLIES.match(subject))
    for _ in range(_MOST_FORWARDS):
        new, rest = _part(lines, handed_on=handed_on, subject=subject, answered=answered)
        kept += new
        if not rest:
            break
        head, lines, subject = _block(rest)
        kept += ["", *head]
        # What was handed on is read as a mail of its own: its history is history.
        handed_on, answered = (
            bool(wording.FORWARDS.match(subject)),
            bool(wording.REPLIES.match(subject)),
        )
    return "\n".join(kept).strip()


def _part(
    lines: Sequence[str], *, handed_on: bool, subject: str, answered: bool
) -> tuple[list[str], list[str]]:
    """The new lines, and what is handed on below them."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if wording.FORWARDED.match(line):
            below = lines[at + 1 :]
            return kept, _unquoted(below)
        if length := _wrote(lines, at):
            after = lines[at + length :]
            if not _quoted_next(after):
                return kept, []  # nothing marks where the old words end
            at += length
            continue
        if _heads(lines, at) or wording.ORIGINAL.match(line) or _lotus(lines, at):
            nothing_above = not any(one.strip() for one in kept)
            above_is_new = bool(subject) and not answered and nothing_above
            if handed_on or above_is_new:
                start = at + 1 if wording.ORIGINAL.match(line) or _lotus(lines, at) else at
                return kept, list(lines[start:])
            return kept, []
        if not line.lstrip().startswith((">", "＞")) and not (
            _RULE.match(line) and _heads(lines, at + 1)
        ):
            kept.append(line)
        at += 1
    return kept, []


def _wrote(lines: Sequence[str], at: int) -> int:
    """How many lines say who wrote what follows; 0 when this is no such line."""
    joined = ""
    for count, line in enumerate(lines[at : at + 4], 1):
        if line.lstrip().startswith((">", "＞")) or (not line.strip() and count > 1):
            return 0
        joined = f"{joined} {line.strip()}".strip()
        if len(joined) > 700:
            return 0
        if line.rstrip().endswith((":", "：")):
            # A sentence of the sender may end so too: it names nobody and no day.
            named = re.search(r"@|\d", joined) or _quoted_next(lines[at + count :])
            short = count == 1 or re.match(_STARTS, lines[at].strip())
            wrote = wording.WROTE.match(joined)
            return count if wrote and short and named else 0
    return 0


_STARTS = re.compile(r"(?i)(?:on|el|am|le|em|il|in data|vào|ngày|lúc|在|于|於)\s")


def _quoted_next(lines: Sequence[str]) -> bool:
    for line in lines[:4]:
        if line.strip():
            return line.lstrip().startswith((">", "＞"))
    return False


def _heads(lines: Sequence[str], at: int) -> int:
    """How many lines make up the head of a mail that starts here; 0 when there is none."""
    if at >= len(lines) or lines[at].lstrip().startswith(">"):
        return 0
    first = wording.HEADS["from"].match(lines[at])
    if first is None and not wording.HEADS["sent"].match(lines[at]):
        return 0
    found: dict[str, str] = {}
    end = at
    for place in range(at, min(at + 9, len(lines))):
        named = _label(lines[place])
        if named is None:
            if not lines[place].strip() and place < at + 2:
                continue
            if not lines[place].strip() or place > end + 1:
                break
            continue  # a long list of people runs on
        found.setdefault(*named)
        end = place
    mail = "@" in found.get("from", "") or "@" in found.get("to", "") or "subject" in found
    whole = "from" in found and "sent" in found and ("to" in found or "subject" in found)
    return end - at + 1 if mail and whole else 0


def _label(line: str) -> tuple[str, str] | None:
    for name, pattern in wording.HEADS.items():
        if match := pattern.match(line):
            return name, match[1].strip(" *")
    return None


def _lotus(lines: Sequence[str], at: int) -> bool:
    return bool(_LOTUS.match(lines[at]))


def _unquoted(lines: Sequence[str]) -> list[str]:
    """Apple quotes what it forwards: take one level of marks off."""
    first = next((line for line in lines if line.strip()), "")
    if not first.lstrip().startswith(">"):
        return list(lines)
    return [re.sub(r"^\s*> ?", "", line) for line in lines]


def _block(lines: Sequence[str]) -> tuple[list[str], list[str], str]:
    """The head of the forwarded mail, its words, its subject."""
    start = next((at for at, line in enumerate(lines) if line.strip()), 0)
    subject = ""
    end = start
    for at in range(start, min(start + 14, len(lines))):
        named = _label(lines[at])
        if named is None:
            if not lines[at].strip() and end == start:
                continue
            break
        end = at + 1
        if named[0] == "subject":
            subject = named[1]
    return list(lines[start:end]), list(lines[end:]), subject
