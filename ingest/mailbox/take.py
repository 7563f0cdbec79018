"""Takes what waits in a mailbox, oldest first: spooled, counted, and then flagged or moved.

After a crash a mail may be spooled twice (intake knows it by its Message-ID and contents); none
is passed over in silence. What cannot be taken stays in the mailbox, flagged, and is told.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import Any, Literal

from ingest.mailbox.cursor import Cursor, CursorFile
from ingest.mailbox.session import LOST, REFUSED, Session
from ingest.mailbox.trouble import NeedsAPerson
from storage.spool import Envelope, Spool, TooBig

log = logging.getLogger("tidewaiter.imap")

_TOGETHER = 50  # messages fetched, counted and marked as one
_TOGETHER_BYTES = 4_000_000
_AT_ONCE = 500  # messages whose sizes are asked for at once
_PROGRESS = 10.0  # seconds between two lines of progress
_ATTEMPTS = 3  # fetches of a message, each at a new connection
_HEAD = 200_000
_QUEUE_REST = 30.0


class Taker:
    """How far one mailbox was taken in, and the next step."""

    def __init__(
        self,
        name: str,
        *,
        file: CursorFile,
        spool: Spool,
        accepts: Callable[[str], bool],
        max_bytes: int,
        move_to: str | None,
        start: Literal["unseen", "all"],
        hide: Callable[[str], str],
        hint: Callable[[str], bool] | None,
    ) -> None:
        self._name, self._file, self._spool = name, file, spool
        self._accepts, self._max_bytes, self._move_to = accepts, max_bytes, move_to
        self._start, self._hide, self._hint = start, hide, hint
        self._hint_after = 0.0
        self._cursor: Cursor | None = None
        self._kept: Cursor | None = None
        self._suspect: set[int] = set()  # UIDs that were asked for when the server failed
        self._failed: Counter[int] = Counter()  # how often it failed at this one alone

    def place(self, live: Session) -> Cursor:
        """Where we are in this folder as it is now; nothing is changed by asking."""
        known = self._file.read()
        if known is None:
            return Cursor(
                mailbox=self._name,
                uidvalidity=live.uidvalidity,
                old_below=live.uidnext,
                old=self._start,
                begun=datetime.now(UTC).date(),
            )
        if known.uidvalidity == live.uidvalidity:
            return known
        facts = {"mailbox": self._name, "was": known.uidvalidity, "uidvalidity": live.uidvalidity}
        log.warning("mailbox_renumbered", extra=facts)
        return known.model_copy(
            update={
                "uidvalidity": live.uidvalidity,
                "uid": 0,
                "marking": (),
                "old_below": live.uidnext,
                "old": "all" if self._start == "all" else "unseen_or_since",
            }
        )

    def begin(self, live: Session) -> None:
        """Find the place, and mark what an earlier connection had spooled."""
        self._keep(self.place(live))
        self._finish(live)

    def everything(self, live: Session, stop: threading.Event) -> int:
        """Take all that waits; gives how many there were."""
        assert self._cursor is not None
        uids = live.after(self._cursor)
        if uids:
            log.info("mails_waiting", extra={"mailbox": self._name, "messages": len(uids)})
        told = began = time.monotonic()
        done = 0
        for start in range(0, len(uids), _AT_ONCE):
            some = uids[start : start + _AT_ONCE]
            sizes = live.sizes(some)
            for group in _groups(some, sizes, self._max_bytes):
                if stop.is_set():
                    return done
                self._take(live, group, sizes)
                done += len(group)
                if time.monotonic() - told > _PROGRESS or done == len(uids) > _TOGETHER:
                    told = time.monotonic()
                    facts = {"taken": done, "of": len(uids), "seconds": round(told - began, 1)}
                    log.info("mailbox_progress", extra={"mailbox": self._name, **facts})
        self._keep(self._cursor)
        return done

    def _take(self, live: Session, group: Sequence[int], sizes: dict[int, int]) -> None:
        first, alone = group[0], len(group) == 1
        if alone and sizes.get(first, 0) > self._max_bytes:
            self._leave(live, first, self._too_large)
            return
        if alone and self._failed[first] >= _ATTEMPTS:
            self._leave(live, first, f"the server failed {_ATTEMPTS} times to hand it out")
            return
        if not alone and not self._suspect.isdisjoint(group):
            # One of these may be what the server stumbles over: it must not hold up the others.
            for uid in group:
                self._take(live, [uid], sizes)
            return
        try:
            mails = live.raw(group, size=sum(sizes.get(uid, 0) for uid in group))
        except Exception:  # whatever a library makes of what the server sent
            self._suspect.update(group)
            self._failed[first] += alone
            raise
        self._suspect.difference_update(group)
        taken: list[int] = []
        too_large: list[int] = []
        for at, uid in enumerate(group):
            raw = mails.get(uid)
            if raw is None:
                log.info("mail_gone", extra={"mailbox": self._name, "uid": uid})
                continue
            try:
                self._put(uid, raw)
                taken.append(uid)
            except TooBig:
                too_large.append(uid)
            except OSError as exc:
                # What is spooled already is counted: trying again must not fill the disk.
                if at:
                    self._count(group[at - 1], taken)
                raise NeedsAPerson(
                    f"A mail of {self._name} could not be stored: {exc}. It stays in the mailbox "
                    "and is taken when there is room again."
                ) from None
        self._count(group[-1], taken)
        self._finish(live)
        for uid in too_large:  # the server had named a smaller size
            self._leave(live, uid, self._too_large)

    def _put(self, uid: int, raw: bytes) -> None:
        envelope = Envelope(
            peer=f"imap: {self._name}",
            received_at=datetime.now(UTC),
            **_addressed(raw, self._accepts),
        )
        name = self._spool.put(raw, envelope)
        facts = {"mailbox": self._name, "uid": uid, "spool": name, "bytes": len(raw)}
        log.info("mail_spooled", extra=facts)
        # A hint to the queue; the clock sweeps the spool anyway. A queue that is away is left
        # alone for a while: waiting for it at each mail would hold up the mailbox.
        if self._hint is not None and time.monotonic() > self._hint_after and not self._hint(name):
            self._hint_after = time.monotonic() + _QUEUE_REST

    @property
    def _too_large(self) -> str:
        return f"larger than {self._max_bytes} bytes (TIDEWAITER_SMTP__MAX_BYTES)"

    def _leave(self, live: Session, uid: int, why: str) -> None:
        """Not taken: tell it, once, flag it in the mailbox, go on."""
        log.error("mail_left_in_mailbox", extra={"mailbox": self._name, "uid": uid, "why": why})
        assert self._cursor is not None
        cursor = self._cursor
        self._keep(cursor.model_copy(update={"uid": max(uid, cursor.uid), "left": cursor.left + 1}))
        self._mark(lambda: live.mark_flagged([uid]))

    def _count(self, uid: int, taken: Sequence[int]) -> None:
        """Everything up to here is spooled.

        Counted before it is marked: a server that will not mark must not make us take the same
        mails again and again. What is not marked yet is marked at the next connection.
        """
        assert self._cursor is not None
        marking = (*self._cursor.marking, *taken)
        self._keep(self._cursor.model_copy(update={"uid": uid, "marking": marking}))

    def _finish(self, live: Session) -> None:
        """Flag or move what is spooled."""
        assert self._cursor is not None
        uids, folder = self._cursor.marking, self._move_to
        if not uids:
            return
        self._mark(lambda: live.move(uids, folder) if folder else live.mark_seen(uids))
        self._cursor = self._cursor.model_copy(update={"marking": ()})

    def _mark(self, how: Callable[[], None]) -> None:
        try:
            how()
        except LOST:
            raise
        except REFUSED as exc:
            facts = {"mailbox": self._name, "error": self._hide(str(exc))}
            log.error("mailbox_mark_refused", extra=facts)  # noqa: TRY400 - the sentence says it

    def _keep(self, cursor: Cursor) -> None:
        if cursor == self._kept:
            return
        try:
            self._file.write(cursor)
        except OSError as exc:
            raise NeedsAPerson(
                f"The place in {self._name} could not be kept: {exc}. Make room on the disk of "
                "TIDEWAITER_DATA_DIR; nothing is lost."
            ) from None
        self._cursor = self._kept = cursor


def _groups(uids: Sequence[int], sizes: dict[int, int], most: int) -> list[list[int]]:
    """Mails to fetch together, in order; one that is too large stands alone."""
    groups: list[list[int]] = []
    filled = 0
    for uid in uids:
        size = sizes.get(uid, 0)
        full = not groups or len(groups[-1]) >= _TOGETHER or filled + size > _TOGETHER_BYTES
        if full or size > most:
            groups.append([])
            filled = 0
        groups[-1].append(uid)
        filled += _TOGETHER_BYTES if size > most else size
    return groups


def _addressed(raw: bytes, accepts: Callable[[str], bool]) -> dict[str, Any]:
    """The sender and our own addresses, as the delivering server and the mail's head say."""
    try:
        head = BytesHeaderParser().parsebytes(raw[:_HEAD])
        named: list[str] = []
        for header in ("Delivered-To", "X-Original-To", "To", "Cc"):
            named += [str(value) for value in head.get_all(header, [])]
        ours = dict.fromkeys(_plain(one) for _, one in getaddresses(named) if accepts(one))
        sender = next((one for _, one in getaddresses([str(head.get("Return-Path", ""))])), "")
    except Exception:  # noqa: BLE001 - a broken head must not keep a mail from being taken
        return {}
    return {"mail_from": _plain(sender), "rcpt_to": tuple(ours)[:50]}


def _plain(address: str) -> str:
    return address.encode("utf-8", "replace").decode()[:320]
