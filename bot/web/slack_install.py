"""Adding the app to the workspace: Slack's OAuth v2 behind a link that an operator made.

The link is signed and expires, or anybody who finds the address could add the app to a workspace
of theirs before ours, and would be sent our shipments.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from itsdangerous import BadData
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.oauth import OAuthFlow
from slack_bolt.oauth.callback_options import CallbackOptions, FailureArgs, SuccessArgs
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_sdk import WebClient
from slack_sdk.oauth.installation_store import Installation
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.links import BEGIN, FURTHER
from bot.logs import logger
from bot.slack.faults import CALL_FAULTS, named
from bot.slack.installations import Installations, NotKept, States

if TYPE_CHECKING:
    from bot.compose import App

LINK_SECONDS = 3600
SCOPES = {
    "chat:write": "post and update cards, answer clicks",
    "commands": "/tidewaiter",
    "files:write": "pictures of papers and of places on a page, tables as files",
    "users:read": "with the next: who was put on the list by a mail address is met by it",
    "users:read.email": "the address in a person's profile",
    "app_mentions:read": "questions by who mentions the app",
    "im:history": "what is written to the app alone",
    "files:read": "files that are put into a shipment's thread",
    "im:write": "a direct message to somebody who clicked and cannot see the channel",
    "channels:history": "find our own message again after a lost answer (public channels)",
    "groups:history": "the same in private channels",
    "metadata.message:read": "our key on our own messages",
}
"""What is asked for and why; the same as in slack-manifest.yaml."""
_WHY = {
    "access_denied": "The installation was cancelled in Slack.",
    "invalid_browser": "This page was opened in another browser than the one that began.",
    "invalid_state": "This attempt is older than ten minutes, or was used already, or is not ours.",
    "missing_code": "Slack sent no code.",
    "invalid_code": "Slack did not confirm the installation.",
}


def routes(app: App) -> list[Route]:
    """The link and the way back; nothing where the token is in the settings."""
    if app.installations is None:
        return []
    flow = _flow(app, app.installations)

    async def install(request: Request) -> Response:
        try:
            told = app.install_links.loads(request.path_params["token"], max_age=LINK_SECONDS)
        except BadData:
            told = None
        if told not in (BEGIN, FURTHER):
            return PlainTextResponse(
                "This link is not valid, or older than an hour. `tidewaiter slack-install` "
                "makes a new one.",
                404,
            )
        asked = _asked(request)
        asked.context["further"] = told == FURTHER
        return _sent(await run_in_threadpool(flow.handle_installation, asked))

    async def back(request: Request) -> Response:
        return _sent(await run_in_threadpool(flow.handle_callback, _asked(request)))

    return [
        Route("/slack/install/{token}", install),
        Route("/slack/oauth_redirect", back),
    ]


class _Flow(OAuthFlow):
    """Bolt's flow, with our page, and with the token given back where it is not kept."""

    def __init__(self, *, store: Installations, states: States, **named: Any) -> None:
        super().__init__(**named)
        self._store, self._states = store, states

    def build_install_page_html(self, url: str, request: BoltRequest) -> str:  # noqa: ARG002
        asked = "".join(f"<li><b>{name}</b>: {why}</li>" for name, why in SCOPES.items())
        return _page(
            "Add Tidewaiter to Slack",
            f'<p><a href="{escape(url)}">Add to Slack</a></p><p>It asks for:</p><ul>{asked}</ul>',
        )

    def issue_new_state(self, request: BoltRequest) -> str:
        return self._states.issue(further=request.context.get("further") is True)

    def run_installation(self, code: str) -> Installation | None:
        try:
            return super().run_installation(code)
        except CALL_FAULTS as exc:
            logger().warning("slack_install_failed", error=named(exc))
            return None

    def store_installation(self, request: BoltRequest, installation: Installation) -> None:
        state = (request.query.get("state") or [""])[0]
        try:
            self._store.save(installation, further=self._states.further(state))
        except NotKept:
            # In Slack the app is in that workspace already: taken out again as far as we can.
            if installation.bot_token:
                try:
                    self.client.auth_revoke(token=installation.bot_token)
                except CALL_FAULTS as exc:
                    logger().error(
                        "slack_token_not_revoked", team=installation.team_id, error=named(exc)
                    )
            raise


def _flow(app: App, store: Installations) -> OAuthFlow:
    wanted = app.settings.slack
    states = States(app.database, app.install_links)
    return _Flow(
        store=store,
        states=states,
        client=WebClient(base_url=app.slack_api, timeout=10),
        settings=OAuthSettings(
            client_id=wanted.client_id,
            client_secret=wanted.client_secret.get_secret_value() if wanted.client_secret else None,
            scopes=list(SCOPES),
            redirect_uri=f"{app.settings.public_url}/slack/oauth_redirect",
            authorization_url=f"{app.slack_api.removesuffix('api/')}oauth/v2/authorize",
            installation_store=store,
            installation_store_bot_only=True,
            state_store=states,
            callback_options=CallbackOptions(success=_added, failure=_refused),
        ),
    )


def _added(args: SuccessArgs) -> BoltResponse:
    made = args.installation
    lacking = sorted(set(SCOPES) - set(made.bot_scopes or ()))
    said = f"<p>{escape(made.team_name or made.team_id or 'The workspace')} has Tidewaiter.</p>"
    if lacking:
        said += f"<p>Slack did not grant {escape(', '.join(lacking))}: what needs it will fail.</p>"
    said += "<p>Next: invite @Tidewaiter to the review and operations channels.</p>"
    return _answer(200, _page("Added", said))


def _refused(args: FailureArgs) -> BoltResponse:
    why = str(args.error) if args.error else _WHY.get(args.reason, f"Slack says: {args.reason}.")
    logger().warning("slack_install_refused", reason=args.reason)
    said = (
        f"<p>{escape(why)}</p><p>Nothing was kept. `tidewaiter slack-install` makes a new link.</p>"
    )
    return _answer(args.suggested_status_code, _page("Not added", said))


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>{title}</title><body><h1>{title}</h1>{body}</body></html>"
    )


def _answer(status: int, page: str) -> BoltResponse:
    return BoltResponse(
        status=status, body=page, headers={"Content-Type": "text/html; charset=utf-8"}
    )


def _asked(request: Request) -> BoltRequest:
    return BoltRequest(body="", query=request.url.query, headers=dict(request.headers))


def _sent(answer: BoltResponse) -> Response:
    headers = {name: values[0] for name, values in answer.headers.items() if values}
    headers |= {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    }
    return Response(answer.body or "", status_code=answer.status, headers=headers)
