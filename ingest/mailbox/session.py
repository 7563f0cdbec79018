"""A conversation with a mailbox: what is there, its bytes, marking it, waiting for more.

Every command has an end: a server that hangs, or sends one byte now and then, is cut off.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, timedelta

from imapclient import DELETED, FLAGGED, SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import (
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
)

from ingest.mailbox.address import Mailbox
from ingest.mailbox.cursor import Cursor, Old
from ingest.mailbox.login import Login
from ingest.mailbox.trouble import NeedsAPerson
from storage.values import Value

LOST = (OSError, IMAPClientAbortError)
"""The connection is gone."""
REFUSED = IMAPClientError
"""The server said no, or something that is no IMAP. LOST is told apart before it."""

_WINDOW = 50_000  # UIDs asked for at once: an answer longer than a megabyte is refused by imaplib
_LOOK_UP = 0.25  # seconds between two looks at whether we shall stop
_SLOWEST = 20_000  # bytes a second under which a server counts as hanging


class Patience(Value):
    """How many seconds for what."""

    connect: float = 15.0
    read: float = 60.0  #: until a server that was asked says anything
    command: float = 120.0  #: for a whole command
    idle: float = 240.0  #: until IDLE is renewed; the law's limit is 29 minutes


class Session:
    """A selected folder."""

    def __init__(
        self, client: IMAPClient, mailbox: Mailbox, *, patience: Patience, reading_only: bool
    ) -> None:
        self._client, self._mailbox, self._patience = client, mailbox, patience
        self._reading_only = reading_only

    def select(self, move_to: str | None) -> None:
        """Open the folder; says which folders there are when it is not one of them."""
        with self._within():
            try:
                said = self._client.select_folder(self._mailbox.folder, readonly=self._reading_only)
            except IMAPClientReadOnlyError:
                raise NeedsAPerson(
                    f"{self._mailbox.name}: this account may only read the folder, so a mail that "
                    "was taken cannot be marked. Give it the right to set flags."
                ) from None
            except IMAPClientAbortError:
                raise
            except IMAPClientError as exc:
                if self._client.folder_exists(self._mailbox.folder):
                    raise  # it is there, and cannot be opened now
                raise NeedsAPerson(self._no_folder(self._mailbox.folder, exc)) from None
            if move_to is not None and not self._client.folder_exists(move_to):
                raise NeedsAPerson(
                    self._no_folder(move_to, "TIDEWAITER_IMAP__AFTER wants mails moved to it")
                )
            self.uidvalidity = int(said[b"UIDVALIDITY"])
            self.uidnext = int(said.get(b"UIDNEXT", 0)) or 1 + max(
                self._client.search(["ALL"]), default=0
            )

    @property
    def can_idle(self) -> bool:
        return bool(self._client.has_capability("IDLE"))

    def after(self, cursor: Cursor) -> list[int]:
        """The UIDs still to be taken, in order."""
        found: list[int] = []
        with self._within():
            self._client.noop()
            low = cursor.uid + 1
            while low < cursor.old_below:
                high = min(low + _WINDOW, cursor.old_below) - 1
                found += self._search(low, str(high), _criteria(cursor.old, cursor.begun))
                low = high + 1
            found += self._search(low, "*", [])
        return found

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """How large messages are, as the server says."""
        with self._within():
            said = self._client.fetch(uids, ["RFC822.SIZE"])
        return {uid: int(facts.get(b"RFC822.SIZE", 0)) for uid, facts in said.items()}

    def raw(self, uids: Sequence[int], *, size: int) -> dict[int, bytes]:
        """The bytes of messages; one that is gone is not among them. Nothing is marked by it."""
        with self._within(self._patience.command + size / _SLOWEST):
            said = self._client.fetch(uids, ["BODY.PEEK[]"])
        return {
            uid: facts[b"BODY[]"] for uid, facts in said.items() if facts.get(b"BODY[]") is not None
        }

    def mark_seen(self, uids: Sequence[int]) -> None:
        with self._within():
            self._client.add_flags(uids, [SEEN], silent=True)

    def mark_flagged(self, uids: Sequence[int]) -> None:
        with self._within():
            self._client.add_flags(uids, [FLAGGED], silent=True)

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Into another folder, also where the server has no MOVE (RFC 6851)."""
        with self._within():
            if self._client.has_capability("MOVE"):
                self._client.move(uids, folder)
                return
            self._client.copy(uids, folder)
            self._client.add_flags(uids, [SEEN, DELETED], silent=True)
            if self._client.has_capability("UIDPLUS"):
                # Only these: a plain EXPUNGE would remove what a person marked as deleted.
                self._client.uid_expunge(uids)

    def idle(self, stop: threading.Event, seconds: float) -> None:
        """Until the server tells of anything, or the time is over."""
        with self._within():
            self._client.idle()
        end = time.monotonic() + min(seconds, self._patience.idle)
        while not stop.is_set() and (left := end - time.monotonic()) > 0:
            began, slice_ = time.monotonic(), min(_LOOK_UP, left)
            said = self._client.idle_check(timeout=slice_)
            # Back early with nothing to say: the connection ended, and DONE finds out.
            if said or time.monotonic() - began < slice_ / 2:
                break
        with self._within():
            self._client.idle_done()

    def close(self) -> None:
        """Say goodbye if the server listens."""
        with suppress(*LOST, REFUSED), self._within(5.0):
            self._client.logout()
        with suppress(*LOST, REFUSED):
            self._client.shutdown()

    def _search(self, low: int, high: str, more: list[str | date]) -> list[int]:
        # "n:*" names the last message even when its number is smaller than n.
        said = self._client.search(["UID", f"{low}:{high}", *more])
        return sorted(int(uid) for uid in said if int(uid) >= low)

    def _no_folder(self, folder: str, why: object) -> str:
        there = [name for _, _, name in self._client.list_folders()][:20]
        return (
            f"{self._mailbox.user} at {self._mailbox.host} has no folder {folder} to open ({why}). "
            f"There are: {', '.join(map(str, there)) or 'none'}. Create it, or correct its name in "
            "TIDEWAITER_IMAP__URL or __AFTER."
        )

    @contextmanager
    def _within(self, seconds: float | None = None) -> Iterator[None]:
        timer = threading.Timer(seconds or self._patience.command, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        with suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)


@contextmanager
def opened(
    mailbox: Mailbox,
    login: Login,
    *,
    patience: Patience,
    move_to: str | None = None,
    reading_only: bool = False,
) -> Iterator[Session]:
    """A conversation, logged in, with the folder open; it is closed whatever happens."""
    client = login.connect(timeout=SocketTimeout(patience.connect, patience.read))
    session = Session(client, mailbox, patience=patience, reading_only=reading_only)
    try:
        with session._within():  # noqa: SLF001 - the login is the conversation's first command
            login.sign_in(client)
        session.select(move_to)
        yield session
    finally:
        session.close()


def _criteria(old: Old, begun: date) -> list[str | date]:
    if old == "all":
        return []
    if old == "unseen":
        return ["UNSEEN"]
    # A day earlier: SINCE looks at dates of the server's own time zone.
    return ["OR", "UNSEEN", "SINCE", begun - timedelta(days=1)]
