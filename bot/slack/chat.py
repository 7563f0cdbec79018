"""The Chat port over Slack's Web API. The outbox decides about repeats, so the SDK may not.

Every message carries its key in Slack's message metadata: after an unknown outcome we look
once for our own key and never post blindly again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.logs import logger
from bot.slack import cards, home, lines_table
from bot.slack.faults import CALL_FAULTS, answered, named
from bot.slack.links import Links
from bot.slack.mrkdwn import cut
from bot.slack.tenancy import addressed, office_in
from prompts import slack_escape as esc
from workflows import offices
from workflows.ports import Gone, NotShown, Permanent, Posted, Transient
from workflows.views import CardView, HomeView, LinesView, NoteView

EVENT = "tidewaiter"
_NOT_THIS_FORM = ("invalid_blocks", "msg_blocks_too_long", "msg_too_long", "invalid_arguments")
PAGE, MOST_PAGES = 200, 15
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_WAIT = frozenset({"ratelimited", "rate_limited"})
_NEVER = frozenset(
    {
        # the place
        *("channel_not_found", "not_in_channel", "is_archived", "thread_not_found"),
        *_GONE,
        *("cannot_reply_to_message", "restricted_action", "restricted_action_read_only_channel"),
        *("restricted_action_thread_only_channel", "restricted_action_thread_locked"),
        *("restricted_action_non_threadable_channel", "messages_tab_disabled"),
        # the message
        *("no_text", "msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_arguments"),
        *("invalid_blocks_format", "invalid_metadata_format", "invalid_metadata_schema"),
        *("metadata_too_large", "metadata_must_be_sent_from_app", "invalid_arg_name"),
        *("invalid_array_arg", "invalid_charset", "invalid_form_data", "invalid_post_type"),
        # the app's rights
        *("not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired"),
        *("missing_scope", "no_permission", "not_allowed_token_type", "access_denied"),
        *("ekm_access_denied", "enterprise_is_restricted", "team_access_not_granted"),
        *("org_login_required", "two_factor_setup_required"),
        *("user_not_found", "not_enabled"),
        *("file_not_found", "file_deleted", "file_upload_size_restricted", "file_uploads_disabled"),
        *("storage_limit_reached", "malware_detected"),
        *("unknown_method", "method_deprecated", "deprecated_endpoint"),
    }
)
"""Slack's own refusals that a repeat does not change; what is not here may yet go away."""


class SlackChat:
    """Posts to one workspace."""

    def __init__(
        self, *, token: str | Callable[[str], str], api_url: str, timeout: int = 15
    ) -> None:
        #: asked at each call where the app can be installed anew while we run, by workspace
        self._token = token if callable(token) else (lambda _office: token)
        self._timeout = timeout
        self._api_url = api_url
        self._links = Links()
        self._clients: dict[str, WebClient] = {}

    def post(
        self,
        channel: str,
        message: CardView | NoteView | LinesView,
        *,
        key: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> Posted:
        answer, form = self._shown(
            "chat.postMessage",
            message,
            channel=channel,
            thread_ts=thread,
            reply_broadcast=broadcast or None,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": EVENT, "event_payload": {"key": key}},
        )
        office = offices.office_of(channel)
        place = offices.qualified(office, str(answer["channel"]))
        return Posted(channel=place, ts=str(answer["ts"]), form=form)

    def update(self, at: Posted, message: CardView | NoteView | LinesView) -> Posted:
        _, form = self._shown("chat.update", message, channel=at.channel, ts=at.ts)
        return at.model_copy(update={"form": form})

    def home(self, user: str, view: HomeView) -> None:
        client = self._client(offices.office_of(user))
        made = home.view(view, lambda row: self._links.to(client, row.channel, row.ts))
        self._call("views.publish", user_id=user, view=made)

    def find(self, channel: str, key: str, *, thread: str | None = None) -> Posted | None:
        """Our own message with this key, in the thread or among the newest of the channel."""
        method = "conversations.replies" if thread else "conversations.history"
        cursor = None
        for _ in range(MOST_PAGES):
            answer = self._call(
                method,
                read=True,
                channel=channel,
                ts=thread,
                limit=PAGE,
                cursor=cursor,
                include_all_metadata=True,
            )
            for one in answer.get("messages") or []:
                payload = (one.get("metadata") or {}).get("event_payload") or {}
                if payload.get("key") == key:
                    return Posted(channel=channel, ts=str(one["ts"]))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
        if thread is None:
            return None  # the newest come first: ours would have been among them
        # A thread comes oldest first: the end, where ours would be, was not reached.
        raise Permanent(
            f"The thread has more than {PAGE * MOST_PAGES} replies, so it is not known whether "
            "the message is in it. Please look; if it is not there, try again."
        )

    def upload(
        self,
        name: str,
        data: bytes,
        *,
        title: str,
        into: Posted | None = None,
        office: str = "",
    ) -> str:
        """A file of the app's own: into a thread, or for a picture in a later message.

        (Slack: "Working with files", files.getUploadURLExternal, files.completeUploadExternal.)
        """
        office = offices.office_of(into.channel) if into else office
        place = self._call(
            "files.getUploadURLExternal", read=True, office=office, filename=name, length=len(data)
        )
        try:
            answer = httpx.post(str(place["upload_url"]), content=data, timeout=self._timeout)
            answer.raise_for_status()
        except httpx.HTTPError as exc:
            # Nobody sees a file that was not completed: it is handed over anew.
            raise Transient(f"Slack did not take {name}: {type(exc).__name__}.") from exc
        file = str(place["file_id"])
        self._call(
            "files.completeUploadExternal",
            office=office,
            files=[{"id": file, "title": title}],
            channel_id=into.channel if into else None,
            thread_ts=into.ts if into else None,
            initial_comment=title if into else None,
        )
        return file

    def remove(self, file: str) -> None:
        """Delete a file of the app's own (Slack: files.delete)."""
        try:
            self._call("files.delete", office=offices.office_of(file), file=offices.bare(file))
        except Permanent as exc:
            if not any(word in str(exc) for word in ("file_not_found", "file_deleted")):
                raise

    def fetch(self, file: str, *, most: int) -> tuple[str, bytes]:
        """Name and bytes of a file that a person shared (Slack: files.info, url_private_download).

        Raises `Permanent` for what is too large, gone, or not for us to see.
        """
        told: dict[str, Any] = self._call("files.info", read=True, file=file)["file"]
        name, size = str(told.get("name") or file), int(told.get("size") or 0)
        if size > most:
            raise Permanent(f"{name} has {size:,} bytes; at most {most:,} are taken.")
        url = str(told.get("url_private_download") or told.get("url_private") or "")
        if not self._ours(url):
            # The token goes to nobody else; a file of another service is behind a link.
            raise Permanent(f"{name} does not lie in Slack: please upload the file itself.")
        data = bytearray()
        head = {"Authorization": f"Bearer {self._client(offices.office_of(file)).token}"}
        try:
            with httpx.stream("GET", url, headers=head, timeout=self._timeout) as answer:
                answer.raise_for_status()
                kind = answer.headers.get("content-type", "")
                for part in answer.iter_bytes():
                    data += part
                    if len(data) > most:
                        raise Permanent(f"{name} has more than {most:,} bytes.")
        except httpx.HTTPError as exc:
            raise Transient(f"Slack did not give {name}: {type(exc).__name__}.") from exc
        if kind.startswith("text/html") and "html" not in str(told.get("mimetype")):
            # Slack answers with its sign-in page where the scope is missing.
            raise Permanent(
                f"Slack does not let us read {name}: the app needs the scope files:read."
            )
        return name, bytes(data)

    def _ours(self, url: str) -> bool:
        asked, api = urlsplit(url), urlsplit(self._api_url)
        host = asked.hostname or ""
        if asked.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com")):
            return True
        return (asked.scheme, asked.netloc) == (api.scheme, api.netloc)

    def _shown(
        self, method: str, message: CardView | NoteView | LinesView, **facts: Any
    ) -> tuple[dict[str, Any], int]:
        """Send a message in the best form that Slack takes, and say in which."""
        if not isinstance(message, LinesView):
            made = cards.card(message) if isinstance(message, CardView) else cards.note(message)
            return self._call(method, text=made.text, blocks=made.blocks, **facts), 0
        text = cut(esc(message.title), 2900)
        for form, blocks in lines_table.forms(message):
            try:
                return self._call(method, text=text, blocks=blocks, **facts), form
            except Permanent as exc:
                # A newer block than the workspace knows, or other numbers than were documented.
                if not any(word in str(exc) for word in _NOT_THIS_FORM):
                    raise
                logger().warning("table_refused", form=form, why=str(exc)[:300])
        raise NotShown(f"No table of Slack's takes {len(message.rows)} lines.")

    def _client(self, office: str) -> WebClient:
        """The client of a workspace, with the token in force."""
        client = self._clients.get(office)
        if client is None:
            client = WebClient(base_url=self._api_url, timeout=self._timeout, retry_handlers=[])
            self._clients[office] = client
        client.token = self._token(office)
        return client

    def _call(
        self, method: str, *, read: bool = False, office: str = "", **facts: Any
    ) -> dict[str, Any]:
        office = office or office_in(facts)
        given = {name: value for name, value in facts.items() if value is not None}
        given = addressed(given, office)
        client = self._client(office)
        try:
            # Slack's reading methods take no JSON.
            answer = (
                client.api_call(method, http_verb="GET", params=given)
                if read
                else client.api_call(method, json=given)
            )
        except CALL_FAULTS as exc:
            raise _told(method, exc, read=read) from exc
        data = answer.data
        return data if isinstance(data, dict) else {}


def _told(method: str, exc: Exception, *, read: bool) -> Transient | Permanent:
    """Only Slack itself can refuse for good. A page of a proxy, a fault and silence pass."""
    data = answered(exc)
    error = str(data.get("error"))
    status = exc.response.status_code if isinstance(exc, SlackApiError) else None
    if status == 429 or error in _WAIT:
        # We read only to learn what became of a message: that stays unknown until we may.
        return Transient(
            f"Slack asks us to wait ({method}).",
            outcome="unknown" if read else "not_done",
            retry_after=_seconds(exc),
        )
    if error in _NEVER and (status or 0) < 500:
        details = "; ".join((data.get("response_metadata") or {}).get("messages") or [])
        kind = Gone if method == "chat.update" and error in _GONE else Permanent
        return kind(f"Slack refused {method}: {error} {details}".strip())
    # Done, perhaps, and the answer lost.
    return Transient(
        f"Slack did not do {method}, or did not say so: {named(exc)}.", outcome="unknown"
    )


def _seconds(exc: Exception) -> float:
    headers = exc.response.headers if isinstance(exc, SlackApiError) else {}
    said = {str(name).lower(): value for name, value in headers.items()}.get("retry-after")
    try:
        return max(float(said or 1), 0.1)
    except ValueError:
        return 1.0  # Slack counts in seconds; a date comes from something in between
