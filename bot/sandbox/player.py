"""People of the story, as programs: they look at the workspace and click, as a browser would.

Used by the demo and by the tests. Nothing here reaches into the product: only mail goes in, and
only the workspace's own buttons are pressed.
"""

from __future__ import annotations

import base64
import json
import smtplib
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from typing import Any

import httpx

DANA, LUIS, PRIYA, VERA = "U01DANA", "U02LUIS", "U03PRIYA", "U04VERA"
REVIEW = "C01REVIEW"


class NotSeen(AssertionError):
    """What the story waits for did not come."""


class Player:
    """Hands and eyes over the sandbox."""

    def __init__(self, url: str, *, smtp: tuple[str, int], patience: float = 60.0) -> None:
        self._client = httpx.Client(base_url=url, timeout=40.0, trust_env=False)
        self._smtp = smtp
        self.patience = patience

    def close(self) -> None:
        self._client.close()

    def mail(self, message: EmailMessage) -> str:
        """Send a real mail to the intake server; gives its answer to DATA."""
        with smtplib.SMTP(*self._smtp, timeout=60) as server:
            server.ehlo()
            server.mail(str(message["From"]).rpartition("<")[2].rstrip(">"))
            server.rcpt(str(message["To"]))
            code, said = server.data(message.as_bytes(policy=SMTP))
        if code != 250:
            raise NotSeen(f"the mail was not taken: {code} {said.decode()}")
        return said.decode()

    def deliver(self, message: EmailMessage) -> str:
        """The same through the sandbox, which shows the mail beside the workspace."""
        raw = base64.b64encode(message.as_bytes(policy=SMTP)).decode()
        said = self._client.post("/sandbox/deliver", json={"raw": raw}).json()
        answer = str(said.get("answer") or said)
        if not answer.startswith("250"):
            raise NotSeen(f"the mail was not taken: {answer}")
        return answer.removeprefix("250 ")

    def state(self, user: str = DANA) -> dict[str, Any]:
        answer = self._client.get("/sandbox/state", params={"user": user})
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def card(self, words: str) -> dict[str, Any] | None:
        """The newest card whose text has these words."""
        for message in reversed(self.state()["messages"]):
            if not message["thread_ts"] and words in json.dumps(message, ensure_ascii=False):
                found: dict[str, Any] = message
                return found
        return None

    def thread(self, card: dict[str, Any]) -> list[dict[str, Any]]:
        return [one for one in self.state()["messages"] if one["thread_ts"] == card["ts"]]

    def whispers(self, user: str) -> list[str]:
        return [one["text"] for one in self.state(user)["whispers"]]

    def wait(self, what: str, look: Callable[[], Any]) -> Any:
        """Look again and again until there is something."""
        until = time.monotonic() + self.patience
        while time.monotonic() < until:
            if found := look():
                return found
            time.sleep(0.15)
        raise NotSeen(f"waited {self.patience:.0f} s for {what}")

    def buttons(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Every button of a message with its place."""
        found = []
        for block in message["blocks"]:
            for element in [*(block.get("elements") or []), block.get("accessory") or {}]:
                if element.get("type") == "button":
                    found.append({**element, "block_id": block["block_id"]})
        return found

    def click(self, user: str, message: dict[str, Any], button: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.post(
            "/sandbox/click",
            json={
                "user": user,
                "channel": message["channel"],
                "ts": message["ts"],
                "block_id": button["block_id"],
                "action_id": button["action_id"],
            },
        )
        said: dict[str, Any] = answer.json()
        return said

    def press(self, user: str, message: dict[str, Any], action: str) -> dict[str, Any]:
        """The first button with this action."""
        for button in self.buttons(message):
            if button["action_id"] == action:
                return self.click(user, message, button)
        raise NotSeen(f"there is no button {action}")

    def modal(self, user: str, callback: str) -> dict[str, Any]:
        """The open modal of a person, once it has loaded."""

        def look() -> Any:
            views = self.state(user)["views"]
            return next((one for one in views if one.get("callback_id") == callback), None)

        found: dict[str, Any] = self.wait(f"the window {callback}", look)
        return found

    def submit(
        self, user: str, view: dict[str, Any], values: dict[str, dict[str, Any]]
    ) -> dict[str, Any]:
        answer = self._client.post(
            "/sandbox/submit", json={"user": user, "view_id": view["id"], "values": values}
        )
        said: dict[str, Any] = answer.json()
        return said

    def menu(self, user: str, message: dict[str, Any], action: str, what: str) -> dict[str, Any]:
        """Choose from the first menu with this action the option whose value says `what`."""
        for block in message["blocks"]:
            for one in block.get("elements") or []:
                if one.get("action_id") == action:
                    chosen = next(o for o in one["options"] if f'"w":"{what}"' in o["value"])
                    place = {"block_id": block["block_id"], "action_id": action}
                    asked = {"user": user, "channel": message["channel"], "ts": message["ts"]}
                    answer = self._client.post(
                        "/sandbox/click", json={**asked, **place, "selected": chosen}
                    )
                    said: dict[str, Any] = answer.json()
                    return said
        raise NotSeen(f"there is no menu {action}")

    def in_view(
        self,
        user: str,
        view: dict[str, Any],
        action: str,
        *,
        selected: dict[str, Any] | None = None,
        values: dict[str, Any] | None = None,
        at: int = 0,
    ) -> dict[str, Any]:
        """Use the element of an open window with this action."""
        places = [
            block["block_id"]
            for block in view["blocks"]
            for one in [
                *(block.get("elements") or []),
                block.get("accessory") or {},
                block.get("element") or {},
            ]
            if one.get("action_id") == action
        ]
        asked = {"user": user, "view_id": view["id"], "block_id": places[at], "action_id": action}
        answer = self._client.post(
            "/sandbox/view", json={**asked, "selected": selected, "values": values or {}}
        )
        answer.raise_for_status()
        said: dict[str, Any] = answer.json()
        return said

    def suggest(
        self, user: str, view: dict[str, Any], action: str, typed: str
    ) -> list[dict[str, Any]]:
        """The options of an external select for what was typed."""
        asked = {"user": user, "view_id": view["id"], "block_id": "x", "action_id": action}
        answer = self._client.post("/sandbox/suggest", json={**asked, "value": typed})
        options: list[dict[str, Any]] = (answer.json().get("body") or {}).get("options") or []
        return options

    def home(self, user: str) -> dict[str, Any]:
        """Open the app's Home and look at it."""
        self._client.post("/sandbox/home", json={"user": user}).raise_for_status()
        found: dict[str, Any] = self.wait("the Home", lambda: self.state(user)["home"])
        return found

    def in_home(
        self, user: str, action: str, *, selected: dict[str, Any] | None = None, at: int = 0
    ) -> dict[str, Any]:
        """Use the element of the Home with this action."""
        shown = self.state(user)["home"]
        places = [
            block["block_id"]
            for block in shown["blocks"]
            for one in [*(block.get("elements") or []), block.get("accessory") or {}]
            if one.get("action_id") == action
        ]
        asked = {"user": user, "home": True, "block_id": places[at], "action_id": action}
        answer = self._client.post("/sandbox/click", json={**asked, "selected": selected})
        said: dict[str, Any] = answer.json()
        return said

    def say(
        self,
        user: str,
        text: str,
        *,
        channel: str = REVIEW,
        thread: str | None = None,
        files: tuple[tuple[str, bytes], ...] = (),
    ) -> dict[str, Any]:
        """Write in a channel, a thread, or to the app alone (its channel is "D" and the user)."""
        shared = [{"name": name, "data": base64.b64encode(data).decode()} for name, data in files]
        asked = {"user": user, "channel": channel, "text": text, "thread_ts": thread}
        answer = self._client.post("/sandbox/say", json={**asked, "files": shared})
        said: dict[str, Any] = answer.json()
        return said

    def command(self, user: str, text: str, *, channel: str = REVIEW) -> dict[str, Any]:
        """Type a command."""
        asked = {"user": user, "channel": channel, "command": "/tidewaiter", "text": text}
        said: dict[str, Any] = self._client.post("/sandbox/command", json=asked).json()
        return said

    def authority(self, key: str, event: str) -> None:
        self._client.post(
            "/sandbox/authority", json={"key": key, "event": event}
        ).raise_for_status()

    def sign(self, key: str, *, name: str = "", signs: bool = True, reason: str = "") -> None:
        """What the signer does on the signing room's page."""
        self._client.post(
            "/sandbox/sign", json={"key": key, "name": name, "signs": signs, "reason": reason}
        ).raise_for_status()

    def outage(self, *, away: bool) -> None:
        self._client.post("/sandbox/outage", json={"away": away}).raise_for_status()

    def faults(self, method: str, answers: list[Any]) -> None:
        self._client.post(
            "/sandbox/faults", json={"method": method, "answers": answers}
        ).raise_for_status()

    # -- what a broker does

    def decide_lines(self, user: str, words: str, codes: dict[int, str]) -> int:
        """Decide every open line of a card as the broker who knows the goods would.

        All lines that the card shows are clicked before it is looked at again, as a person does.
        """
        done: set[str] = set()
        until = time.monotonic() + 2 * self.patience
        while time.monotonic() < until:
            card = self.card(words)
            assert card is not None
            shown = self._open_lines(card)
            if not shown:
                return len(done)
            for line, block in shown.items():
                if line not in done and self._decide(user, card, block, codes):
                    done.add(line)
            self.wait("the next lines", partial(self._moved_on, words, done))
        raise NotSeen("the lines never ended")

    def _open_lines(self, card: dict[str, Any]) -> dict[str, str]:
        """The lines that a card asks for: line id -> block id."""
        blocks = [one["block_id"] for one in card["blocks"]]
        return {one.split(":")[1]: one for one in blocks if one.startswith("la:")}

    def _decide(self, user: str, card: dict[str, Any], block: str, codes: dict[int, str]) -> bool:
        wanted = codes[self._number(card, block)]
        for button in self.buttons(card):
            pick = button["block_id"] == block and button["action_id"].startswith("line_pick")
            if pick and json.loads(button["value"]).get("c") == wanted:
                return bool(self.click(user, card, button).get("ok"))
        return self._other_code(user, card, block, wanted)

    def _other_code(self, user: str, card: dict[str, Any], block: str, code: str) -> bool:
        button = next(
            one
            for one in self.buttons(card)
            if one["block_id"] == block and one["action_id"] == "line_change"
        )
        if not self.click(user, card, button).get("ok"):
            return False  # the card was drawn anew meanwhile
        view = self.modal(user, "other_code")
        chosen = {"type": "external_select", "selected_option": {"value": code}}
        reason = {"type": "plain_text_input", "value": "The goods are known from the data sheet."}
        said = self.submit(
            user, view, {"code": {"tariff_search": chosen}, "reason": {"value": reason}}
        )
        if (said.get("body") or {}).get("response_action"):
            raise NotSeen(f"the code {code} was not taken: {said}")
        return True

    def _number(self, card: dict[str, Any], block: str) -> int:
        text = next(
            one["text"]["text"]
            for one in card["blocks"]
            if one["block_id"] == block.replace("la:", "ln:")
        )
        return int(text.split("*")[1].rstrip("."))

    def _moved_on(self, words: str, done: set[str]) -> bool:
        card = self.card(words)
        assert card is not None
        shown = set(self._open_lines(card))
        return not shown or bool(shown - done)
