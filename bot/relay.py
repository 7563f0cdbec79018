"""Hands outbox rows and spooled mails to the queues. A queue carries only ids.

Losing everything in Redis loses nothing: the clock hands over again what is still pending.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import redis
from rq import Queue

from bot.logs import logger
from storage import outbox
from storage.db import Database

MAIL = "mail"
FACE = "face"
"""Cards, notes and Homes: short, with a process of its own, so that none waits for long work."""
WORK = "work"
MODELS = "models"
QUEUES = (FACE, MAIL, WORK, MODELS)

LEASE = {
    FACE: timedelta(seconds=120),
    WORK: timedelta(seconds=120),
    MODELS: timedelta(seconds=900),
    MAIL: timedelta(seconds=300),
}
"""How long one attempt may take before another worker may take over."""

LONG = 2000
"""A queue of this length gets nothing more: duplicates would only crowd it."""


class Relay:
    """The way from the database to the queues."""

    def __init__(self, url: str) -> None:
        # Short time-outs: a Redis that does not answer must not hold up a click or a mail.
        self._redis = redis.Redis.from_url(
            url, socket_timeout=5, socket_connect_timeout=2, retry_on_timeout=False
        )
        self._queues = {name: Queue(name, connection=self._redis) for name in QUEUES}

    def mail(self, name: str) -> bool:
        """Ask for a spooled mail to be taken in; False when Redis is away."""
        return self._put(MAIL, "bot.jobs.receive", name)

    def effects(self, database: Database, ids: Sequence[int] | None = None) -> int:
        """Hand over what is due, all of it or these rows; gives how many."""
        if ids is None and self.backlog() > LONG:
            return 0
        with database.transaction() as session:
            taken = outbox.take_due(session, ids=ids)
        stranded = [row for row, queue in taken if not self._put(queue, "bot.jobs.perform", row)]
        if stranded:
            with database.transaction() as session:
                outbox.hand_back(session, stranded)
        return len(taken) - len(stranded)

    def backlog(self) -> int:
        """Jobs that wait; 0 when Redis is away."""
        try:
            return max(queue.count for queue in self._queues.values())
        except redis.RedisError:
            return 0

    def ping(self) -> bool:
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False

    def _put(self, queue: str, job: str, argument: object) -> bool:
        try:
            self._queues[queue].enqueue(
                job,
                argument,
                job_timeout=int(LEASE[queue].total_seconds()) - 10,
                result_ttl=0,
                failure_ttl=86_400,
            )
        except redis.RedisError as exc:
            logger().warning("redis_away", queue=queue, error=type(exc).__name__)
            return False
        return True
