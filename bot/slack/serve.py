"""How Slack's requests reach the app: signed HTTP on a route, or Socket Mode."""

from __future__ import annotations

import threading

from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.logs import logger
from bot.slack.payloads import understood

MOST_BYTES = 1_000_000
_MALFORMED = (ValueError, TypeError, AttributeError, LookupError)
"""What Bolt raises over a body that is not an object, or an object of other things."""


def events_route(app: App, path: str = "/slack/events") -> Route:
    """The route for signed requests. The app runs in a thread: it must not hold the loop."""

    async def receive(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return PlainTextResponse("too large", status_code=413)
        stamp = request.headers.get("X-Slack-Request-Timestamp", "0")
        if not (stamp.isascii() and stamp.isdecimal()):
            # Bolt takes it for a number before it looks at the signature.
            return PlainTextResponse("the timestamp is no number", status_code=401)
        try:
            asked = BoltRequest(
                body=body.decode(), query=request.url.query, headers=dict(request.headers)
            )
        except _MALFORMED:
            return _malformed()
        if not understood(asked.body):
            return _malformed()
        answer = await run_in_threadpool(app.dispatch, asked)
        headers = {name: values[0] for name, values in answer.headers.items() if values}
        return Response(answer.body or "", status_code=answer.status, headers=headers)

    return Route(path, receive, methods=["POST"])


def _malformed() -> Response:
    logger().warning("slack_malformed")
    return PlainTextResponse("this is not a request of Slack's", status_code=400)


def run_socket(app: App, *, app_token: str, api_url: str, stop: threading.Event) -> None:
    """Stay connected until told to stop; the SDK reconnects by itself."""
    handler = SocketModeHandler(
        app, app_token, web_client=WebClient(token=app_token, base_url=api_url)
    )
    handler.connect()  # type: ignore[no-untyped-call]
    stop.wait()
    handler.close()  # type: ignore[no-untyped-call]
