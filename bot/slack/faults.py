"""What can go wrong when we call Slack, told apart. Nothing here decides what to do about it."""

from __future__ import annotations

from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError

CALL_FAULTS: tuple[type[Exception], ...] = (
    SlackClientError,  # an answer with "ok": false is one of them
    OSError,
    HTTPException,  # an answer that breaks off
    ValueError,
    # The SDK trusts the body to be an object in a known charset; a proxy's page need not be.
    AttributeError,
    LookupError,
)


def answered(exc: Exception) -> dict[str, Any]:
    """Slack's own JSON refusal; empty when it was something else that answered, or nothing."""
    data = exc.response.data if isinstance(exc, SlackApiError) else None
    return data if isinstance(data, dict) and data.get("ok") is False else {}


def named(exc: Exception) -> str:
    """A short name for the log and for people: Slack's own word if there is one."""
    error = str(answered(exc).get("error") or type(exc).__name__)
    # Where the body is no JSON, the SDK puts the whole page in place of the word.
    return error if error.replace("_", "").isalnum() else "no answer of Slack's"
