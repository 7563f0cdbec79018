"""The Bolt app: the same for the sandbox, for Socket Mode and for signed HTTP."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from slack_bolt import App, BoltContext, BoltResponse
from slack_sdk import WebClient
from sqlalchemy.exc import IntegrityError

from bot.slack import meeting, tenancy
from bot.slack.answers import Desk
from bot.slack.installations import Installations
from bot.slack.listeners import register
from bot.slack.tenancy import InContext
from storage.db import Database
from storage.models import SeenEvent

POOL = 50  # Bolt's own five are used up by five slow clicks


def build_app(
    *,
    token: str | Installations,
    api_url: str,
    signing_secret: str | None,
    desk: Desk,
    executor: Executor | None = None,
) -> App:
    """The app with all its listeners; the token is one, or the store of who installed it."""
    store, fixed = (token, None) if isinstance(token, Installations) else (None, token)
    app = App(
        client=WebClient(token=fixed, base_url=api_url, timeout=10),
        authorize=_authorizing(store) if store else None,
        signing_secret=signing_secret or "socket mode needs none",
        request_verification_enabled=signing_secret is not None,
        # Asked once at the first request, not at start: Slack may be away just then.
        token_verification_enabled=False,
        listener_executor=executor or InContext(POOL, thread_name_prefix="slack"),
        raise_error_for_unhandled_request=False,
    )

    @app.middleware
    def _once(body: dict[str, Any], next: Any) -> BoltResponse | None:  # noqa: A002 - Bolt's name
        """Slack repeats events that it thinks we missed; a click is guarded by its row."""
        event_id = body.get("event_id")
        if event_id and not _first_time(desk.database, str(event_id)):
            return BoltResponse(status=200, body="")
        next()
        return None

    if store is not None:
        tenancy.register(app, desk.database, store, api_url=api_url)

    @app.middleware
    def _met(body: dict[str, Any], client: WebClient, next: Any) -> None:  # noqa: A002
        """Somebody who was put on the list by their address acts for the first time."""
        meeting.meet(desk.database, client, body)
        next()

    register(app, desk, store)
    return app


def _authorizing(store: Installations) -> Callable[..., Any]:
    """A plain function: of a bound method Bolt would fill `self` a second time."""

    def authorize(context: BoltContext) -> Any:
        return store.authorize(context)

    return authorize


def _first_time(database: Database, event_id: str) -> bool:
    try:
        with database.transaction() as session:
            session.add(SeenEvent(event_id=event_id))
    except IntegrityError:
        return False
    return True
