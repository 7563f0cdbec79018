"""Who is at the browser: a signed cookie names the person, and the list says what they may.

The cookie says nothing else. Whether they are still on the list, and in which role, is looked up at
each page: who is taken off is out at once. Nothing here knows how somebody signed in.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from itsdangerous import BadData
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot import people
from storage import apart
from storage.values import Actor, Role
from workflows import offices
from workflows.states import Refused

if TYPE_CHECKING:
    from bot.compose import App

SECONDS = 8 * 3600  #: a working day
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; form-action 'self'",
}

Shown = Callable[[Request, Actor], Response]


def asking(app: App, shown: Shown, *, roles: tuple[Role, ...] = ()) -> Callable[[Request], object]:
    """An endpoint that asks who you are before it shows anything; `roles`: only these may."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_asked, app, request, shown, roles)

    return endpoint


def _asked(app: App, request: Request, shown: Shown, roles: tuple[Role, ...]) -> Response:
    user = known(app, request)
    if user is None:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/signin?to={quote(here, safe='')}", 303, headers=HEADERS)
    try:
        with app.database.snapshot() as session:
            seen = offices.visible(session, user)
            actor = people.who(session, user)
    except Refused as exc:
        return page("Not for you", str(exc), status=403)
    if roles and actor.role not in roles:
        may = " or ".join(one.value.replace("_", " ") for one in roles)
        return page("Not for you", f"Only a {may} may open this.", status=403)
    with apart.within(seen):
        return shown(request, actor)


def known(app: App, request: Request) -> str | None:
    """The Slack user that the cookie names."""
    try:
        told = app.sessions.loads(request.cookies.get(_cookie(app), ""), max_age=SECONDS)
    except BadData:
        return None
    return told if isinstance(told, str) else None


def begin(app: App, answer: Response, user: str) -> None:
    """Remember this person in the browser."""
    _set(app, answer, _cookie(app), str(app.sessions.dumps(user)), SECONDS)


def end(app: App, answer: Response) -> None:
    """Forget who it was."""
    answer.delete_cookie(_cookie(app), path="/", secure=_secure(app), httponly=True, samesite="lax")


def mark(app: App, answer: Response, value: str, seconds: int) -> None:
    """Mark the browser that begins to sign in."""
    _set(app, answer, _attempt(app), value, seconds)


def marked(app: App, request: Request) -> str:
    """The mark of the browser that began."""
    return request.cookies.get(_attempt(app), "")


def page(title: str, said: str, *, status: int = 200, more: str = "") -> HTMLResponse:
    """A page of few words; `more` is HTML of our own."""
    made = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><body><h1>{escape(title)}</h1><p>{escape(said)}</p>{more}"
        "</body></html>"
    )
    return HTMLResponse(made, status, headers=HEADERS)


def _cookie(app: App) -> str:
    # The prefix makes a browser refuse the cookie from a subdomain or without TLS.
    return "__Host-tidewaiter" if _secure(app) else "tidewaiter"


def _attempt(app: App) -> str:
    return f"{_cookie(app)}-signin"


def _secure(app: App) -> bool:
    return app.settings.public_url.startswith("https://")


def _set(app: App, answer: Response, name: str, value: str, seconds: int) -> None:
    # Lax: a click on a link in Slack brings the cookie along, a request of another site does not.
    answer.set_cookie(
        name, value, max_age=seconds, path="/", secure=_secure(app), httponly=True, samesite="lax"
    )
