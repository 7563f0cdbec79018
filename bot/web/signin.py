"""Signing in to see what a link leads to: by Slack's page, or by a link that the bot gives once.

    GET  /signin?to=/documents/…   to Slack's page, or what to type where we have no client id
    GET  /signin/back?code&state   from Slack's page
    GET  /signin/once/{token}      from `/tidewaiter signin`: a button, as a preview may fetch it
    POST /signin/once/{token}      signs in, once
    GET  /signout                  forgets who it was

Slack says who somebody is; our list of people says whether they may come in. Each coming in is on
record, and each refusal is in the log without what was tried.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from html import escape
from typing import TYPE_CHECKING

from itsdangerous import BadData
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot import people
from bot.logs import logger
from bot.slack.openid import NotProved
from bot.web import session as sessions
from bot.web.session import HEADERS, page
from storage import audit
from storage.models import SeenEvent
from storage.values import Actor
from workflows import offices
from workflows.states import Refused

if TYPE_CHECKING:
    from bot.compose import App

ATTEMPT_SECONDS = 600
ONCE_SECONDS = 120
_HOME = "/signin"
_AGAIN = "Please open the link from Slack again."


def routes(app: App) -> list[BaseRoute]:
    """Where one signs in."""

    async def begin(request: Request) -> Response:
        return await run_in_threadpool(_begin, app, request)

    async def back(request: Request) -> Response:
        return await run_in_threadpool(_back, app, request)

    async def once(request: Request) -> Response:
        token = request.path_params["token"]
        return await run_in_threadpool(_once, app, token, done=request.method == "POST")

    async def leave(_request: Request) -> Response:
        answer = page("Signed out", "This browser no longer knows who you are.")
        sessions.end(app, answer)
        return answer

    return [
        Route(_HOME, begin),
        Route("/signin/back", back),
        Route("/signin/once/{token}", once, methods=["GET", "POST"]),
        Route("/signout", leave),
    ]


def _begin(app: App, request: Request) -> Response:
    to = _ours(request.query_params.get("to", ""))
    if app.openid is None:
        return page(
            "Who are you?",
            "Documents are shown to people of the desk. In Slack, type /tidewaiter signin and open "
            "the link that only you see; then open this one again.",
            status=401,
        )
    browser, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    state = {"to": to, "nonce": nonce, "mark": _hash(browser)}
    there = app.openid.page(state=str(app.signins.dumps(state)), nonce=nonce, team=app.slack_team)
    answer = RedirectResponse(there, 302, headers=HEADERS)
    sessions.mark(app, answer, browser, ATTEMPT_SECONDS)
    return answer


def _only_team(app: App) -> str:
    """The workspace to sign in to, where there is only one."""
    store = app.installations
    return app.slack_team if store is None or len(store.offices()) < 2 else ""


def _back(app: App, request: Request) -> Response:
    given = request.query_params
    try:
        state = app.signins.loads(given.get("state", ""), max_age=ATTEMPT_SECONDS)
        to, nonce, browser = _ours(state["to"]), str(state["nonce"]), str(state["mark"])
    except (BadData, KeyError, TypeError):
        return _no("This attempt to sign in is older than ten minutes, or is not ours.", "state")
    if not hmac.compare_digest(_hash(sessions.marked(app, request)), browser):
        return _no("This page was opened in another browser than the one that began.", "browser")
    if app.openid is None or not given.get("code"):
        return _no("Slack did not sign you in.", given.get("error", "no code")[:80])
    if not _first(app, f"signin:{_hash(given['state'])}"):
        return _no("This attempt to sign in was used already.", "repeat")
    try:
        proved = app.openid.proved(given["code"], nonce=nonce)
    except NotProved as exc:
        return _no("Slack did not say who you are.", str(exc))
    office = _office(app, proved.team)
    if office is None:
        return _no("That is an account of another workspace.", f"team {proved.team}")
    return _in(app, offices.qualified(office, proved.user), to, how="slack")


def _once(app: App, token: str, *, done: bool) -> Response:
    try:
        user, _ = app.once_links.loads(token, max_age=ONCE_SECONDS)
    except (BadData, TypeError, ValueError):
        return _no("This link is older than two minutes, or is not ours.", "once")
    if not done:
        button = f'<form method="post"><button>Sign in{_named(app, str(user))}</button></form>'
        return page("Sign in", "This browser will be known as you for a working day.", more=button)
    if not _first(app, f"once:{_hash(token)}"):
        return _no("This link was used already.", "once repeat")
    return _in(app, str(user), "", how="once")


def _in(app: App, user: str, to: str, *, how: str) -> Response:
    try:
        with app.database.transaction() as session:
            actor: Actor = people.who(session, user)
            audit.record(session, "signed_in", actor=actor, how=how)
    except Refused as exc:
        logger().warning("signin_refused", why="not on the list", user=user)
        return page("Not for you", str(exc), status=403)
    answer: Response
    if to:
        answer = RedirectResponse(to, 303, headers=HEADERS)
    else:
        answer = page("Signed in", "Open the link from Slack again: it shows what it leads to.")
    sessions.begin(app, answer, user)
    return answer


def _office(app: App, team: str) -> str | None:
    """The prefix of a workspace's people ("" for the house's own); None if it is none of ours."""
    if app.installations is None:
        return "" if team == app.slack_team else None
    house = app.installations.offices().get(team)
    return None if house is None else "" if house else team


def _named(app: App, user: str) -> str:
    try:
        with app.database.snapshot() as session:
            return f" as {escape(people.who(session, user).name)}"
    except Refused:
        return ""


def _no(said: str, why: str) -> Response:
    logger().warning("signin_refused", why=why)
    return page("Not signed in", f"{said} {_AGAIN}", status=403)


def _first(app: App, mark: str) -> bool:
    try:
        with app.database.transaction() as session:
            session.add(SeenEvent(event_id=mark))
    except IntegrityError:
        return False
    return True


def _ours(to: str) -> str:
    """A path of this installation, or nothing: nobody is sent elsewhere from here."""
    safe = to.startswith("/") and not to.startswith(("//", "/\\")) and "\\" not in to
    return to if safe and len(to) < 4000 and to.isprintable() else ""


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
