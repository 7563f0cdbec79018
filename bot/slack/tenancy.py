"""Several workspaces: whose a request is, and the ids that go in and out.

On the way in, the ids of a further workspace get it before them (`workflows/offices.py`), and what
the request may see is set once for everything that answers it. On the way out, a client of that
workspace takes it off again. Between the two nobody has to think of it.
"""

from __future__ import annotations

import contextvars
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from bot.logs import logger
from bot.slack.installations import Installations, NotInstalled
from storage import apart
from storage.db import Database
from workflows import offices

_MENTION = re.compile(r"<@((?:T[A-Z0-9]+:)?)([UW][A-Z0-9]+)(\|[^>]*)?>")
_IDS = ("channel", "channel_id", "user", "user_id", "users", "file")
ELSEWHERE = "somebody of another workspace"


class InContext(ThreadPoolExecutor):
    """A pool whose work sees what who handed it over may see."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        return super().submit(contextvars.copy_context().run, fn, *args, **named)


class OfficeClient(WebClient):
    """A client of one workspace: other workspaces' ids before a name are none of Slack's."""

    office = ""

    def api_call(self, api_method: str, **how: Any) -> Any:
        for name in ("json", "params", "data"):
            if isinstance(how.get(name), dict):
                how[name] = addressed(how[name], self.office)
        return super().api_call(api_method, **how)


def addressed(facts: dict[str, Any], office: str) -> dict[str, Any]:
    """What a call carries, in the words of the workspace that it goes to."""
    made = {name: _spoken(value, office) for name, value in facts.items()}
    for name in _IDS:
        if isinstance(made.get(name), str):
            made[name] = offices.bare(made[name])
    return made


def office_in(facts: dict[str, Any]) -> str:
    """The workspace that a call is for."""
    found = (offices.office_of(str(facts.get(name) or "")) for name in _IDS)
    return next((one for one in found if one), "")


def _spoken(value: Any, office: str) -> Any:
    if isinstance(value, str):
        return _MENTION.sub(lambda found: _named(found, office), value) if "<@" in value else value
    if isinstance(value, dict):
        return {name: _spoken(one, office) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_spoken(one, office) for one in value]
    return value


def _named(found: re.Match[str], office: str) -> str:
    theirs = found.group(1).removesuffix(":")
    return f"<@{found.group(2)}{found.group(3) or ''}>" if theirs == office else ELSEWHERE


def register(app: App, database: Database, store: Installations, *, api_url: str) -> None:
    """Settle for each request whose it is, before any listener sees it."""

    @app.middleware
    def _settled(body: dict[str, Any], context: dict[str, Any], next: Any) -> None:  # noqa: A002
        known = store.offices()
        installed = _installed(body, known)
        person = _persons(body, known, installed)
        office = "" if known.get(installed, True) else installed
        if office:
            qualify(body, office, person="" if known.get(person, True) else person)
        elif not known.get(person, True):
            qualify(body, "", person=person)
        if len(known) > 1:
            with apart.within(None), database.snapshot() as session:
                seen = offices.visible(session, who(body))
            apart.see(seen)
            client = OfficeClient(token=_token(store, office), base_url=api_url, timeout=10)
            client.office = office
            context["client"] = client
        else:
            apart.see(None)
        next()


def who(body: dict[str, Any]) -> str:
    """The user who acts."""
    event, user = body.get("event"), body.get("user")
    told = (user or {}).get("id") if isinstance(user, dict) else body.get("user_id")
    return str(told or (event.get("user") if isinstance(event, dict) else "") or "")


def qualify(body: dict[str, Any], office: str, *, person: str) -> None:
    """Put the workspace before the ids in a request: of the place, and of the person."""
    event = body.get("event") if isinstance(body.get("event"), dict) else {}
    for holder, name in (
        (body.get("channel"), "id"), (body.get("container"), "channel_id"),
        (body, "channel_id"), (event, "channel"),
    ):  # fmt: skip
        _put(holder, name, office)
    for holder, name in ((body.get("user"), "id"), (body, "user_id"), (event, "user")):
        _put(holder, name, person)
    for holder in (body.get("message"), event):
        for file in (holder or {}).get("files") or []:
            _put(file, "id", office)
    for holder in (body, event):
        if isinstance(holder, dict) and isinstance(holder.get("text"), str):
            holder["text"] = _MENTION.sub(
                lambda found: f"<@{offices.qualified(office, found.group(2))}>", holder["text"]
            )


def _put(holder: Any, name: str, office: str) -> None:
    if office and isinstance(holder, dict) and isinstance(holder.get(name), str):
        holder[name] = offices.qualified(office, holder[name])


def _installed(body: dict[str, Any], known: dict[str, bool]) -> str:
    """The workspace whose app this is about: in shared channels not that of who clicked."""
    view, message = body.get("view") or {}, body.get("message") or {}
    granted = body.get("authorizations") or [{}]
    team = body.get("team")
    told = (
        view.get("app_installed_team_id"),
        (granted[0] or {}).get("team_id"),
        message.get("team"),
        team.get("id") if isinstance(team, dict) else None,
        body.get("team_id"),
    )
    return next((one for one in told if one in known), _house(known))


def _persons(body: dict[str, Any], known: dict[str, bool], installed: str) -> str:
    """The workspace of who acts, as far as it is one of ours."""
    user, event = body.get("user"), body.get("event")
    told = (
        user.get("team_id") if isinstance(user, dict) else None,
        event.get("user_team") if isinstance(event, dict) else None,
        body.get("team_id") if "command" in body else None,
    )
    return next((one for one in told if one in known), installed)


def _house(known: dict[str, bool]) -> str:
    return next((one for one, house in known.items() if house), "")


def _token(store: Installations, office: str) -> str | None:
    try:
        return store.token(office)
    except NotInstalled as exc:
        logger().warning("slack_token_gone", office=office, error=str(exc))
        return None
