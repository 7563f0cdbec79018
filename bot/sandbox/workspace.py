"""The workspace's state: messages, threads, views. In memory, and on disk after each change.

One lock guards it all; a sandbox that was killed comes back with what it had.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from pathlib import Path
from typing import Any

from bot.sandbox.config import BOT_USER, SandboxConfig

TRIGGER_SECONDS = 3.0
_MOST_MESSAGES = 2000


class SlackError(Exception):
    """An answer with "ok": false."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error, self.more = error, more


class Workspace:
    """All channels, messages and views."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.messages: list[dict[str, Any]] = []
        self.whispers: list[dict[str, Any]] = []
        self.views: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self._triggers: dict[str, tuple[float, str, bool]] = {}
        self._last_ts = 0.0
        self._place = config.state_dir / "workspace.json"
        # From the clock, so that a page that was open before a restart sees a newer one.
        self.version = int(time.time() * 1000)
        self._load()

    # -- messages

    def post(self, facts: dict[str, Any], *, user: str = BOT_USER) -> dict[str, Any]:
        """A new message; the fields are chat.postMessage's."""
        with self.lock:
            channel = self.channel(facts.get("channel"))
            thread = facts.get("thread_ts")
            if thread and self.find(channel, thread) is None:
                raise SlackError("thread_not_found")
            message = {
                "type": "message",
                "ts": self._ts(),
                "channel": channel,
                "user": user,
                "text": facts.get("text") or "",
                "blocks": _named(facts.get("blocks")),
                "metadata": facts.get("metadata"),
                "thread_ts": thread,
                "broadcast": str(facts.get("reply_broadcast") or "").lower() in ("1", "true"),
                "edited": False,
            }
            if facts.get("shared"):
                message["files"] = facts["shared"]
            if user == BOT_USER:
                message["bot_id"] = "B00TIDE"
            self.messages.append(message)
            del self.messages[:-_MOST_MESSAGES]
            self.touch()
            return message

    def update(self, facts: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            message = self.find(self.channel(facts.get("channel")), str(facts.get("ts")))
            if message is None:
                raise SlackError("message_not_found")
            if message["user"] != BOT_USER:
                raise SlackError("cant_update_message")
            message["text"] = facts.get("text") or ""
            # As Slack does: text without blocks removes the blocks.
            message["blocks"] = _named(facts.get("blocks"))
            message["edited"] = not facts.get("blocks")
            if facts.get("metadata"):
                message["metadata"] = facts["metadata"]
            self.touch()
            return message

    def whisper(self, facts: dict[str, Any]) -> str:
        """A message that only one person sees; it does not outlive a restart."""
        with self.lock:
            channel = self.channel(facts.get("channel"))
            if not any(user.id == facts.get("user") for user in self.config.users):
                raise SlackError("user_not_in_channel")
            ts = self._ts()
            self.whispers.append(
                {
                    "ts": ts,
                    "channel": channel,
                    "to": facts["user"],
                    "text": facts.get("text") or "",
                    "blocks": _named(facts.get("blocks")),
                    "thread_ts": facts.get("thread_ts"),
                }
            )
            del self.whispers[:-200]
            self.touch()
            return ts

    def find(self, channel: str, ts: str) -> dict[str, Any] | None:
        return next(
            (one for one in self.messages if one["channel"] == channel and one["ts"] == ts), None
        )

    def thread(self, channel: str, ts: str) -> list[dict[str, Any]]:
        return [
            one
            for one in self.messages
            if one["channel"] == channel and (one["ts"] == ts or one["thread_ts"] == ts)
        ]

    def channel(self, named: Any) -> str:
        for channel in self.config.channels:
            if named in (channel.id, channel.name, f"#{channel.name}"):
                return channel.id
        for user in self.config.users:
            if str(named) in (f"D{user.id[1:]}", user.id):
                return f"D{user.id[1:]}"
        raise SlackError("channel_not_found")

    def direct(self, user: Any) -> str:
        """The channel of one person and the app."""
        if not any(one.id == user for one in self.config.users):
            raise SlackError("user_not_found")
        return f"D{user[1:]}"

    # -- views

    def trigger(self, user: str) -> str:
        """A trigger for a modal: three seconds, once."""
        with self.lock:
            made = f"{secrets.randbelow(10**10)}.{secrets.token_hex(12)}"
            self._triggers[made] = (time.monotonic(), user, False)
            while len(self._triggers) > 500:
                self._triggers.pop(next(iter(self._triggers)))
            return made

    def open_view(self, trigger: Any, view: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            known = self._triggers.get(str(trigger))
            if known is None:
                raise SlackError("invalid_trigger_id")
            born, user, used = known
            if used:
                raise SlackError("exchanged_trigger_id")
            if time.monotonic() - born > TRIGGER_SECONDS:
                raise SlackError("expired_trigger_id")
            self._triggers[str(trigger)] = (born, user, True)
            return self._keep(view, f"V{secrets.token_hex(5).upper()}", user)

    def update_view(
        self, view: dict[str, Any], *, view_id: str, expected: str | None
    ) -> dict[str, Any]:
        with self.lock:
            standing = self.views.get(view_id)
            if standing is None:
                raise SlackError("not_found")
            if expected is not None and expected != standing["hash"]:
                raise SlackError("hash_conflict")
            return self._keep(view, view_id, standing["user"])

    def close_view(self, view_id: str) -> None:
        with self.lock:
            self.views.pop(view_id, None)
            self.touch()

    def close_views(self, user: str) -> None:
        """All windows of one person."""
        with self.lock:
            self.views = {key: one for key, one in self.views.items() if one["user"] != user}
            self.touch()

    def publish(self, user: str, view: dict[str, Any]) -> None:
        with self.lock:
            self.homes[user] = {**view, "blocks": _named(view.get("blocks"))}
            self.touch()

    def _keep(self, view: dict[str, Any], view_id: str, user: str) -> dict[str, Any]:
        kept = {
            **view,
            "blocks": [
                {"block_id": f"b{at}", **block} for at, block in enumerate(view.get("blocks") or [])
            ],
            "id": view_id,
            "hash": f"{time.time():.6f}.{secrets.token_hex(4)}",
            "user": user,
            "state": {"values": {}},
            "team_id": "T00SANDBOX",
        }
        self.views[view_id] = kept
        self.touch()
        return kept

    # -- the disk, and those who watch

    def touch(self) -> None:
        """Something changed: keep it, and let the pages know by the version."""
        self.version += 1
        self._save()

    def _ts(self) -> str:
        self._last_ts = max(time.time(), self._last_ts + 0.000002)
        return f"{self._last_ts:.6f}"

    def _save(self) -> None:
        save_json(self._place, {"messages": self.messages, "homes": self.homes})

    def _load(self) -> None:
        kept = load_json(self._place)
        messages, homes = kept.get("messages"), kept.get("homes")
        if isinstance(messages, list) and all(isinstance(one, dict) for one in messages):
            self.messages = messages
        if isinstance(homes, dict):
            self.homes = homes
        # A ts names a message: none is given twice, whatever the clock says.
        self._last_ts = max((float(one["ts"]) for one in self.messages), default=0.0)


def _named(blocks: Any) -> list[dict[str, Any]]:
    """Slack gives every block an id when the app did not."""
    return [{"block_id": secrets.token_hex(3), **block} for block in blocks or []]


def save_json(place: Path, value: Any) -> None:
    """Replace a small file as a whole."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}")
    part.write_text(json.dumps(value))
    part.replace(place)


def load_json(place: Path) -> dict[str, Any]:
    """What `save_json` kept, or nothing."""
    try:
        kept = json.loads(place.read_text())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
