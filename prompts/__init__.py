"""Every word that the product says to a person, as templates that a broker can edit.

`render("slack/hold_alert", reason=…)` fills `prompts/slack/hold_alert.j2`. A name that the
template uses and nobody gave is an error, not a blank. Slack texts escape `& < >` in what they
are given; e-mail texts do not escape anything, because they are plain text.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def slack_escape(value: object) -> str:
    """Slack's three control characters as entities (Slack: "Formatting text for app surfaces")."""
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(stamp: int) -> str:
    """A moment (seconds since 1970) in words, for readers whose client does not localise it."""
    return f"{datetime.fromtimestamp(stamp, UTC):%Y-%m-%d %H:%M} UTC"


@cache
def _environment(area: str) -> Environment:
    made = Environment(
        loader=PackageLoader("prompts", ""),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - no HTML is made here; Slack has its own escaping
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        finalize=slack_escape if area == "slack" else None,
    )
    made.filters["clock"] = _clock
    made.filters["plural"] = lambda count, one, many: one if count == 1 else many
    return made


def render(name: str, /, **facts: Any) -> str:
    """The text of the template `prompts/<name>.j2`, filled."""
    area = name.split("/", 1)[0]
    return _environment(area).get_template(f"{name}.j2").render(**facts).strip()


@cache
def examples(name: str) -> dict[str, list[str]]:
    """The example sentences in `prompts/<name>.json`, by what they ask for."""
    found: dict[str, list[str]] = json.loads(
        files("prompts").joinpath(f"{name}.json").read_text(encoding="utf-8")
    )
    return found


def names() -> list[str]:
    """All templates there are."""
    return sorted(name.removesuffix(".j2") for name in _environment("email").list_templates(["j2"]))
