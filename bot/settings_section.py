"""What all sections of the settings share."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict

SAFE = ("https://", "http://127.0.0.1", "http://localhost")
"""How an address begins to which secrets may go."""


class Section(BaseModel):
    """A group of settings."""

    # What is wrong is named without the value: there may be a password in it.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def listed(value: object) -> object:
    """A list as people write it in a variable: with commas, or as JSON."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    try:
        return json.loads(value)
    except ValueError:
        msg = "is a list with commas, or JSON"
        raise ValueError(msg) from None
