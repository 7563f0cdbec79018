"""The Home opened, filtered and paged, and the window of one's own notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from sqlmodel import Session

from bot import people
from bot.logs import logger
from bot.slack import home, modals, windows
from bot.slack.answers import Decide, Desk, Place, fault, whisper
from bot.slack.faults import CALL_FAULTS, named
from bot.slack.links import Links
from bot.slack.payloads import OldCard, Payload, given, of_action
from storage.people import Wishes
from storage.values import Actor
from workflows import assigning, home_due, queue, staffing
from workflows import home as homes
from workflows.review import Answer
from workflows.states import Refused

TELL, DIGEST, QUIET_FROM, QUIET_UNTIL, ZONE = "tell", "digest", "quiet_from", "quiet_until", "zone"
_HOURS = [time(hour, minute) for hour in range(24) for minute in (0, 30)]
_NEVER = "Never"
_TELL = (("mention", "By name in the shipment's thread"), ("direct", "By a direct message, too"))

Deciding = Callable[[Desk, Callable[[Desk, Payload], Decide]], Callable[..., None]]


def register(app: App, desk: Desk, deciding: Deciding, links: Links) -> None:
    """Attach the listeners."""

    @app.event("app_home_opened")
    def _opened(event: dict[str, Any], client: WebClient) -> None:
        if event.get("tab", "home") == "home":
            publish(desk, client, links, str(event.get("user") or ""))

    @app.action("home_filter")
    def _filter(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        chosen = body["actions"][0].get("selected_option") or {}
        publish(desk, client, links, _user(body), shows=str(chosen.get("value") or "mine"))

    @app.action("home_refresh")
    def _refresh(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        publish(desk, client, links, _user(body))

    def _turned(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        try:
            page = given(of_action(body).i)
        except OldCard:
            page = 0
        publish(desk, client, links, _user(body), page=page)

    app.action("home_page_back")(_turned)
    app.action("home_page_on")(_turned)
    app.action("shipment_take")(deciding(desk, _take))
    app.action("home_wishes")(windows.opening(desk, "My notices", _window))
    app.view("wishes")(windows.submitting(desk, _wished, ZONE))


def publish(
    desk: Desk,
    client: WebClient,
    links: Links,
    user: str,
    *,
    shows: str | None = None,
    page: int = 0,
) -> None:
    """Draw the Home now: the person is looking at it."""
    try:
        with desk.database.transaction() as session:
            person = homes.show(session, people.who(session, user), shows=shows, page=page)
            shown = queue.view(session, person)
        view = home.view(shown, lambda row: links.to(client, row.channel, row.ts))
    except Refused as exc:
        view = home.stranger(str(exc))
    except Exception as exc:
        view = home.stranger(fault("home_failed", exc, user=user))
    try:
        client.views_publish(user_id=user, view=view)
    except CALL_FAULTS as exc:
        logger().warning("home_not_shown", error=named(exc), user=user)
        whisper(client, "", user, "Your Home could not be drawn just now; please open it again.")


def _take(_desk: Desk, at: Payload) -> Decide:
    shipment = given(at.s)

    def decide(session: Session, actor: Actor) -> Answer:
        answer = assigning.give(session, shipment_id=shipment, to=actor.id, actor=actor)
        home_due.ask(session, actor.id)
        return answer

    return decide


def _window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    person = staffing.of(session, actor.id)
    wishes = (person.wishes if person else None) or Wishes()
    boxes = [{"text": modals.plain(label), "value": key} for key, label in _TELL]
    ticked = [one for one, on in zip(boxes, (wishes.mention, wishes.direct), strict=True) if on]
    tell: dict[str, Any] = {"type": "checkboxes", "action_id": "value", "options": boxes}
    if ticked:
        tell["initial_options"] = ticked
    return modals.form(
        "wishes",
        "My notices",
        "Save",
        at,
        [
            modals.text("A hold is always told to whoever has the shipment, at any hour."),
            _input(TELL, "Tell me", tell),
            _input(DIGEST, "My queue as a direct message, each day at", _clock(wishes.digest)),
            _input(QUIET_FROM, "Quiet from", _clock(wishes.quiet_from)),
            _input(QUIET_UNTIL, "Quiet until", _clock(wishes.quiet_until)),
            {
                **_input(
                    ZONE,
                    "My time zone",
                    {
                        "type": "plain_text_input",
                        "action_id": "value",
                        "max_length": 60,
                        "initial_value": wishes.zone,
                    },
                ),
                "optional": False,
                "hint": modals.plain("For example America/Los_Angeles"),
            },
        ],
    )


def _wished(_desk: Desk, _at: Payload, view: dict[str, Any]) -> Decide:
    told = modals.ticked(view, TELL)
    wishes: dict[str, object] = {
        "mention": "mention" in told,
        "direct": "direct" in told,
        "digest": _chosen(view, DIGEST),
        "quiet_from": _chosen(view, QUIET_FROM),
        "quiet_until": _chosen(view, QUIET_UNTIL),
        "zone": modals.typed(view, ZONE).strip(),
    }
    return lambda session, actor: homes.wish(session, actor=actor, wishes=wishes)


def _chosen(view: dict[str, Any], block: str) -> str | None:
    chosen = modals.typed(view, block)
    return chosen if chosen and chosen != _NEVER else None


def _clock(chosen: time | None) -> dict[str, Any]:
    times = [f"{one:%H:%M}" for one in _HOURS]
    options = [{"text": modals.plain(one), "value": one} for one in (_NEVER, *times)]
    made: dict[str, Any] = {
        "type": "static_select",
        "action_id": "value",
        "placeholder": modals.plain(_NEVER),
        "options": options,
    }
    name = f"{chosen:%H:%M}" if chosen else _NEVER
    return {**made, "initial_option": {"text": modals.plain(name), "value": name}}


def _input(block: str, label: str, element: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block,
        "optional": True,
        "label": modals.plain(label),
        "element": element,
    }


def _user(body: dict[str, Any]) -> str:
    return Place.of(body).user
