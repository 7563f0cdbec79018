"""What each process does after the command line has named it. Each runs until SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time

import redis
from rq import Queue, SimpleWorker, Worker
from rq.worker import BaseWorker

from bot import compose, embedded_redis
from bot.clock import Clock
from bot.compose import App
from bot.logs import logger
from bot.relay import FACE, MAIL, MODELS, WORK
from bot.sandbox import server as sandbox_server
from bot.slack.app import build_app
from bot.slack.serve import run_socket
from bot.web import server as web_server
from ingest import smtp as intake
from ingest.imap import watch

_BEHIND = 5
"""Long work gives way on a busy host: a click waits three seconds only, a mail can wait longer."""


def smtp(app: App) -> None:
    """The intake server."""
    settings = app.settings.smtp
    tls = None
    if settings.certificate is not None:
        tls = intake.tls_context(
            str(settings.certificate), str(settings.key) if settings.key else None
        )

    async def run() -> None:
        listener = intake.intake(
            app.spool,
            host=settings.host,
            port=settings.port,
            recipients=settings.recipients,
            max_bytes=settings.max_bytes,
            after=lambda name: (app.relay.mail(name), None)[1],
            tls=tls,
            tls_port=settings.tls_port,
            manners=app.manners,
            name=settings.name,
        )
        await listener.start()
        logger().info("smtp_listening", host=settings.host, ports=listener.ports)
        await _until_told(asyncio.Event())
        await listener.stop()

    asyncio.run(run())


def imap(app: App) -> None:
    """The watch over mailboxes; without an address mail comes to the intake server only."""
    if not app.watchers:
        logger().info("imap_not_configured", setting="TIDEWAITER_IMAP__URL")
        return
    watch(app.watchers, _stop_on_signal())


def web(app: App) -> None:
    """Health, documents, Slack's signed requests."""
    if app.signing_secret is not None:
        _warm(app)
    web_server.serve(app)


def slack(app: App) -> None:
    """Socket Mode; over HTTP Slack's requests come to the web process."""
    token = app.settings.slack.app_token
    if token is None:
        logger().info("slack_over_http", path="/slack/events")
        return
    _warm(app)
    bolt = build_app(
        token=app.installations or app.slack_token,
        api_url=app.slack_api,
        signing_secret=None,
        desk=app.slack_desk,
    )
    run_socket(
        bolt, app_token=token.get_secret_value(), api_url=app.slack_api, stop=_stop_on_signal()
    )


def worker(app: App, *, burst: bool = False) -> None:
    """Everything but model work. It forks for each job, so it must never load the model.

    What Slack shows comes first, also where nobody runs `face`.
    """
    _prepare(app)
    os.nice(_BEHIND)
    _work(app, Worker, [FACE, MAIL, WORK], burst=burst)


def face(app: App, *, burst: bool = False) -> None:
    """What Slack shows, in this very process: nothing long is in its way, and nothing forks."""
    _prepare(app)
    app.lookup.search("goods", 1)
    _work(app, SimpleWorker, [FACE], burst=burst)


def models(app: App, *, burst: bool = False) -> None:
    """Model work, in this very process: encoder and index stay warm, nothing forks."""
    _prepare(app)
    started = time.monotonic()
    app.reader.warm()
    logger().info("tariff_ready", seconds=round(time.monotonic() - started, 1))
    os.nice(_BEHIND)
    _work(app, SimpleWorker, [MODELS], burst=burst)


def clock(app: App) -> None:
    """The sweeps."""
    Clock(app).run(_stop_on_signal())


def sandbox(app: App) -> None:
    """The stand-ins for the outside world."""
    sandbox_server.serve(app.sandbox)


def redis_server(app: App) -> None:
    """The Redis that we start ourselves."""
    embedded_redis.run(app.settings.redis_socket, app.settings.data / "redis")


def _prepare(app: App) -> None:
    """Make what jobs need before the first one; the job's own app is this one."""
    compose.use(app)
    _ = app.handlers, app.spool
    app.screener.warm()


def _warm(app: App) -> None:
    """Have the list, the schedule and the model of questions at hand before somebody asks."""
    app.lookup.search("goods", 1)  # opening it later would take a second of everybody's clicks
    app.slack_desk.likeness.warm()  # in a thread of its own; this process never forks
    threading.Thread(target=app.screener.warm, name="screening-list", daemon=True).start()


def _work(app: App, kind: type[BaseWorker], queues: list[str], *, burst: bool) -> None:
    connection = redis.Redis.from_url(app.settings.redis)
    while True:
        try:
            made = kind(
                [Queue(name, connection=connection) for name in queues], connection=connection
            )
            made.work(burst=burst, logging_level="WARNING")
        except redis.ConnectionError:
            # Redis is away: nothing is lost, the clock hands everything over again.
            logger().warning("redis_away", queues=queues)
            time.sleep(1)
        else:
            return


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    return stop


async def _until_told(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()
