"""Watches mailboxes for days: waits for mail, comes back after trouble, says what a person must do.

No database, no parsing beyond the head of a mail. A mail is spooled first and marked in the
mailbox after (`ingest/mailbox/take.py`).
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Literal

from ingest.mailbox.address import Mailbox
from ingest.mailbox.cursor import CursorFile
from ingest.mailbox.login import Login
from ingest.mailbox.session import LOST, REFUSED, Patience, Session, opened
from ingest.mailbox.take import Taker
from ingest.mailbox.trouble import NeedsAPerson
from ingest.smtp import recipients_policy
from storage.spool import Spool
from storage.values import Value

log = logging.getLogger("tidewaiter.imap")

_FIRST_IDLE = 2.0
_IDLE_ATTEMPTS = 3
_STABLE = 60.0  # seconds after which a connection counts as a good one
_OTHER_WATCHER = 5.0


class Rules(Value):
    """What to do with a mailbox."""

    recipients: tuple[str, ...]
    max_bytes: int = 50_000_000
    move_to: str | None = None  #: None: flag as read
    start: Literal["unseen", "all"] = "unseen"  #: which of the mails that were there before us
    poll_seconds: float = 60.0  #: where the server has no IDLE
    patience: Patience = Patience()
    retry: tuple[float, float] = (1.0, 300.0)  #: a server that is away: first wait, longest
    attention: tuple[float, float] = (60.0, 900.0)  #: a login that is refused, and the like


class Watcher:
    """One mailbox."""

    def __init__(
        self,
        mailbox: Mailbox,
        *,
        login: Login,
        cursor: CursorFile,
        spool: Spool,
        rules: Rules,
        hint: Callable[[str], bool] | None = None,
    ) -> None:
        self.mailbox = mailbox
        self._login, self._file, self._rules = login, cursor, rules
        self._taker = Taker(
            mailbox.name,
            file=cursor,
            spool=spool,
            accepts=recipients_policy(rules.recipients),
            max_bytes=rules.max_bytes,
            move_to=rules.move_to,
            start=rules.start,
            hide=login.hide,
            hint=hint,
        )
        self._idle_fails = 0

    def run(self, stop: threading.Event) -> None:
        """Watch until told to stop. A second process waits until the first one has ended."""
        told = False
        while not stop.is_set():
            with self._file.alone() as alone:
                if alone:
                    self._watch(stop)
                    return
            if not told:
                log.error("mailbox_watched_already", extra={"mailbox": self.mailbox.name})
                told = True
            stop.wait(_OTHER_WATCHER)

    def check(self) -> str:
        """Log in and look, without changing anything; a sentence, or NeedsAPerson."""
        known = self._file.read()
        try:
            with self._open(reading_only=True) as live:
                waiting = len(live.after(self._taker.place(live)))
                idle = live.can_idle
        except (*LOST, REFUSED) as exc:
            box = self.mailbox
            raise NeedsAPerson(
                f"{box.name}: {self._said(exc)}. Is {box.host}:{box.port} the right server, and "
                "may this machine reach it?"
            ) from None
        left = f", {known.left} left there and flagged" if known and known.left else ""
        how = "told by IDLE" if idle else f"asked every {self._rules.poll_seconds:g} s"
        return f"{self.mailbox.name}: {waiting} to take{left} ({how})"

    def _watch(self, stop: threading.Event) -> None:
        """One connection after the other."""
        failures = 0
        while not stop.is_set():
            began = time.monotonic()
            needs_a_person = False
            try:
                self._connection(stop)
            except NeedsAPerson as exc:
                needs_a_person, said = True, str(exc)
            except Exception as exc:  # noqa: BLE001 - what a broken server makes a library raise;
                # the other mailboxes go on, and this one is tried again.
                said = self._said(exc)
            else:
                return
            failures = 1 if time.monotonic() - began > _STABLE else failures + 1
            first, most = self._rules.attention if needs_a_person else self._rules.retry
            # With jitter, so that many do not come back at the same moment.
            wait = min(first * 2.0 ** min(failures - 1, 20), most) * random.uniform(0.5, 1)  # noqa: S311
            facts = {"mailbox": self.mailbox.name, "error": said, "again_in": round(wait, 1)}
            if needs_a_person:
                log.error("mailbox_needs_a_person", extra=facts)
            else:
                log.warning("mailbox_away", extra=facts)
            stop.wait(wait)

    def _connection(self, stop: threading.Event) -> None:
        with self._open(reading_only=False) as live:
            self._taker.begin(live)
            told = live.can_idle and self._idle_fails < _IDLE_ATTEMPTS
            log.info("mailbox_open", extra={"mailbox": self.mailbox.name, "idle": told})
            rest = _FIRST_IDLE
            while not stop.is_set():
                if self._taker.everything(live, stop):
                    rest = _FIRST_IDLE
                if not told:
                    stop.wait(self._rules.poll_seconds)
                    continue
                # A mail that comes between the last look and IDLE may be told together with the
                # server's "go ahead" and go unheard: the first rounds of IDLE are short.
                self._idle(live, stop, rest)
                rest = min(rest * 2, self._rules.patience.idle)

    def _idle(self, live: Session, stop: threading.Event, seconds: float) -> None:
        began = time.monotonic()
        try:
            live.idle(stop, seconds)
        except (*LOST, REFUSED):
            # Some servers offer IDLE and cannot do it: after a few quick ends we ask instead.
            quick = time.monotonic() - began < _FIRST_IDLE / 2
            self._idle_fails = self._idle_fails + 1 if quick else 0
            raise
        self._idle_fails = 0

    def _open(self, *, reading_only: bool) -> AbstractContextManager[Session]:
        return opened(
            self.mailbox,
            self._login,
            patience=self._rules.patience,
            move_to=self._rules.move_to,
            reading_only=reading_only,
        )

    def _said(self, exc: BaseException) -> str:
        return self._login.hide(str(exc) or type(exc).__name__)


def watch(watchers: Sequence[Watcher], stop: threading.Event) -> None:
    """Watch all of them until told to stop, each in a thread of its own."""
    threads = [
        threading.Thread(target=one.run, args=(stop,), name=one.mailbox.key, daemon=True)
        for one in watchers
    ]
    for thread in threads:
        thread.start()
    stop.wait()
    end = time.monotonic() + 8
    for thread in threads:
        thread.join(max(end - time.monotonic(), 0))
