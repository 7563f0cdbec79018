"""A letter from one template: as plain text and as HTML that say the same.

A template is written as text. A blank line ends a paragraph, `- ` begins an item of a list,
`Label :: value` is a fact; text shows facts in columns, HTML in a table. The HTML is made from
the same words by `email/letter_html.j2`: escaped, inline styles only, nothing from elsewhere.
What a fact brings stays one line: it starts no list, no paragraph and no header.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateNotFound, pass_context
from jinja2.runtime import Context

LANGUAGES = {"en": "English", "es": "Spanish", "zh": "Chinese"}

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_FACT = re.compile(r"^(?P<label>[^:]{1,40}) :: (?P<value>.*)$")


@dataclass(frozen=True)
class Block:
    """A piece of a letter: a paragraph, a list or facts."""

    kind: Literal["words", "list", "facts"]
    lines: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Letter:
    """What is sent: the same words twice."""

    text: str
    html: str
    language: str


def write(kind: str, /, *, language: str | None = None, **facts: Any) -> Letter:
    """The letter `email/<language>/<kind>.j2`, filled; English where the language has none."""
    spoken, written = _fill(kind, language, facts)
    blocks = _blocks(written)
    page = _pages().get_template("email/letter_html.j2")
    return Letter(
        text="\n\n".join(_as_text(block) for block in blocks),
        html=page.render(blocks=blocks, language=spoken),
        language=spoken,
    )


def subject(kind: str, /, *, language: str | None = None, **facts: Any) -> str:
    """The subject `email/<language>/<kind>_subject.j2`, as one line."""
    return " ".join(_fill(f"{kind}_subject", language, facts)[1].split())


def _fill(name: str, language: str | None, facts: dict[str, Any]) -> tuple[str, str]:
    for spoken in (language, "en"):
        if spoken in LANGUAGES:
            try:
                template = _words().get_template(f"email/{spoken}/{name}.j2")
            except TemplateNotFound:
                continue
            return spoken, template.render(language=spoken, **facts)
    raise LookupError(f"There is no letter {name}.")


def _blocks(written: str) -> list[Block]:
    """Take the text apart; neighbouring lines of one kind belong together."""
    found: list[Block] = []
    for part in re.split(r"\n\s*\n", written):
        rows: list[tuple[str, str, str]] = []
        for line in filter(None, (one.strip() for one in part.splitlines())):
            fact = _FACT.match(line)
            if line.startswith("- "):
                rows.append(("list", line[2:], ""))
            elif fact:
                rows.append(("facts", fact["label"].strip(), fact["value"].strip()))
            else:
                rows.append(("words", line, ""))
        while rows:
            kind = rows[0][0]
            same = [row for row in rows if row[0] == kind]
            if rows[: len(same)] != same:
                same = rows[: next(i for i, row in enumerate(rows) if row[0] != kind)]
            rows = rows[len(same) :]
            found.append(_block(kind, same))
    return found


def _block(kind: str, rows: list[tuple[str, str, str]]) -> Block:
    if kind == "facts":
        return Block(kind="facts", pairs=tuple((label, value) for _, label, value in rows))
    lines = tuple(line for _, line, _ in rows)
    return Block(kind="list" if kind == "list" else "words", lines=lines)


def _as_text(block: Block) -> str:
    if block.kind == "list":
        return "\n".join(f"- {line}" for line in block.lines)
    if block.kind == "facts":
        wide = max(len(label) for label, _ in block.pairs) + 2
        return "\n".join(f"{label + ':':<{wide}}{value}" for label, value in block.pairs)
    return "\n".join(block.lines)


def _fact(value: object) -> object:
    """What a template is given, as one line that looks like nothing else."""
    if not isinstance(value, str):
        return value
    return " ".join(_CONTROLS.sub(" ", value).split()).replace("::", ":")


@pass_context
def _day(context: Context, value: date) -> str:
    """A date as it is read in the letter's language."""
    language = context["language"]
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    month = _MONTHS[language].split()[value.month - 1]
    if language == "es":
        return f"{value.day} de {month} de {value.year}"
    return f"{month} {value.day}, {value.year}"


def _amount(value: Decimal, currency: str | None) -> str:
    """An amount with its currency: 1,234.50, as the invoices of all three languages have it."""
    return f"{currency or ''} {value:,.2f}".strip()


@cache
def _words() -> Environment:
    made = Environment(
        loader=PackageLoader("prompts", ""),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - this is text; the page that is made of it is escaped
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_fact,
    )
    made.filters["day"] = _day
    made.filters["amount"] = _amount
    return made


@cache
def _pages() -> Environment:
    return Environment(
        loader=PackageLoader("prompts", ""),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
