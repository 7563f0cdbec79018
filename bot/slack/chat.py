"""The Chat port over Slack's Web API. The outbox decides about repeats, so the SDK may not.

Every message carries its key in Slack's message metadata: after an unknown outcome we look
once for our own key and never post blindly again.
"""

from __future__ import annotations

from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack import cards
from workflows.ports import Permanent, Posted, Transient
from workflows.views import CardView, NoteView

EVENT = "tidewaiter"
_LATER = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
    }
)
_SERVER_FAULT = 500


class SlackChat:
    """Posts to one workspace."""

    def __init__(self, *, token: str, api_url: str, timeout: int = 15) -> None:
        self._client = WebClient(token=token, base_url=api_url, timeout=timeout, retry_handlers=[])

    def post(
        self,
        channel: str,
        message: CardView | NoteView,
        *,
        key: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> Posted:
        made = cards.card(message) if isinstance(message, CardView) else cards.note(message)
        answer = self._call(
            "chat.postMessage",
            channel=channel,
            text=made.text,
            blocks=made.blocks,
            thread_ts=thread,
            reply_broadcast=broadcast or None,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": EVENT, "event_payload": {"key": key}},
        )
        return Posted(channel=str(answer["channel"]), ts=str(answer["ts"]))

    def update(self, at: Posted, message: CardView) -> None:
        made = cards.card(message)
        self._call("chat.update", channel=at.channel, ts=at.ts, text=made.text, blocks=made.blocks)

    def find(self, channel: str, key: str, *, thread: str | None = None) -> Posted | None:
        """Our own message with this key among the newest of the channel or the thread."""
        method = "conversations.replies" if thread else "conversations.history"
        answer = self._call(
            method, read=True, channel=channel, ts=thread, limit=100, include_all_metadata=True
        )
        for one in answer.get("messages") or []:
            payload = (one.get("metadata") or {}).get("event_payload") or {}
            if payload.get("key") == key:
                return Posted(channel=channel, ts=str(one["ts"]))
        return None

    def _call(self, method: str, *, read: bool = False, **facts: Any) -> dict[str, Any]:
        given = {name: value for name, value in facts.items() if value is not None}
        try:
            # Slack's reading methods take no JSON.
            answer = (
                self._client.api_call(method, http_verb="GET", params=given)
                if read
                else self._client.api_call(method, json=given)
            )
        except SlackApiError as exc:
            raise _named(method, exc) from exc
        except (SlackClientError, OSError, ValueError) as exc:
            # Sent, perhaps, and the answer lost.
            raise Transient(f"Slack did not answer ({method}).", outcome="unknown") from exc
        data = answer.data
        return data if isinstance(data, dict) else {}


def _named(method: str, exc: SlackApiError) -> Transient | Permanent:
    response = exc.response
    data = response.data if isinstance(response.data, dict) else {}
    error = str(data.get("error", "unknown_error"))
    if response.status_code == 429 or error in ("ratelimited", "rate_limited"):
        wait = float(response.headers.get("Retry-After", 1))
        return Transient(f"Slack asks us to wait ({method}).", retry_after=max(wait, 0.1))
    if response.status_code >= _SERVER_FAULT or error in _LATER:
        return Transient(f"Slack has a fault: {error} ({method}).", outcome="unknown")
    details = "; ".join((data.get("response_metadata") or {}).get("messages") or [])
    return Permanent(f"Slack refused {method}: {error} {details}".strip())
