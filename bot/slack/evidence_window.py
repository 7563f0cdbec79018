"""“Show the place” in a window: the picture comes under the field that was read there.

Which pictures a window has stands in its metadata ("path=file"): drawing it anew keeps them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot import people
from bot.logs import logger
from bot.slack import modals, windows
from bot.slack.answers import Desk, Place
from bot.slack.faults import CALL_FAULTS, named
from bot.slack.payloads import OldCard, Payload, of_action
from bot.slack.pictures import NoPicture
from workflows import evidence

ACTION = "evidence_show"
_PAUSES = (0.0, 0.5, 1.0, 2.0)  #: seconds: Slack takes a moment until it knows a new file
_NOT_YET = frozenset({"invalid_arguments", "invalid_blocks", "file_not_found"})


def register(app: App, desk: Desk, draws: Mapping[str, tuple[str, windows.Draw]]) -> None:
    """Attach the button; `draws` are title and drawing of the windows that have it."""
    app.action(ACTION)(_showing(desk, draws))


def _showing(desk: Desk, draws: Mapping[str, tuple[str, windows.Draw]]) -> Callable[..., None]:
    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        user, view = Place.of(body).user, body["view"]
        title, draw = draws[str(view.get("callback_id"))]
        try:
            at, path = Payload.read(view.get("private_metadata")), of_action(body).w or ""
        except OldCard:
            at, path = Payload(), ""
        said = ""
        try:
            at = at.model_copy(update={"w": _with(at.w, path, _picture(desk, user, at, path))})
        except NoPicture as exc:
            said = str(exc)
        made = windows.drawn(desk, title, draw, at, view, user)
        if said and "private_metadata" in made:
            made["blocks"].insert(0, modals.text(f":warning: {said}"))
        _update(client, view, made, user)

    return listener


def _picture(desk: Desk, user: str, at: Payload, path: str) -> str:
    with desk.database.snapshot() as session:
        actor = people.who(session, user)
        place = evidence.place_of(session, shipment_id=at.s or 0, line_id=at.l, path=path)
    if place is None or desk.pictures is None:
        raise NoPicture("There is no place on a page to show.")
    return desk.pictures.of(place, actor=actor)


def _with(kept: str | None, path: str, file: str) -> str:
    others = [one for one in (kept or "").split() if not one.startswith(f"{path}=")]
    return " ".join([*others, f"{path}={file}"])


def _update(client: WebClient, view: dict[str, Any], made: dict[str, Any], user: str) -> None:
    for pause in _PAUSES:
        time.sleep(pause)
        try:
            client.views_update(view_id=view["id"], view=made)
        except CALL_FAULTS as exc:
            error = named(exc)
            if error not in _NOT_YET or pause == _PAUSES[-1]:
                logger().info("window_gone", error=error, user=user)
                return
        else:
            return
