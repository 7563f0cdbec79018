"""Measures the watch over a mailbox: waiting mails a second, against reading them and no more.

    python -m bench.mailbox [MAILS]      default 10,000; needs Dovecot

The floor, in the same run on the same server, is a bare client that fetches the same mails and
throws them away: it keeps nothing, checks nothing and marks nothing. The ratio is what to quote.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from imapclient import IMAPClient

from tests.dovecot import PASSWORD, Dovecot
from tests.factories import mail
from tests.mailboxes import Watching

AT_ONCE = 50


def bare(server: Dovecot) -> float:
    """Seconds to fetch every mail of the mailbox."""
    started = time.perf_counter()
    with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
        client.login("docs", PASSWORD)
        client.select_folder("INBOX", readonly=True)
        uids = client.search("ALL")
        for first in range(0, len(uids), AT_ONCE):
            client.fetch(uids[first : first + AT_ONCE], ["BODY.PEEK[]"])
    return time.perf_counter() - started


def ours(server: Dovecot, count: int, folder: Path) -> float:
    """Seconds until every mail is on disk."""
    started = time.perf_counter()
    with Watching(folder, server.url()) as watch:
        while len(watch.spool.waiting()) < count:
            time.sleep(0.25)  # seldom: a listing is work for the same processor
        taken = time.perf_counter() - started
    assert watch.subjects() == [f"Mail {number}" for number in range(count)]
    return taken


def main() -> None:
    """Deliver, read, compare."""
    count = int(sys.argv[1]) if sys.argv[1:] else 10_000
    server = Dovecot()
    try:
        server.deliver(*[mail(subject=f"Mail {number}") for number in range(count)])
        floor = bare(server)
        with tempfile.TemporaryDirectory() as folder:
            taken = ours(server, count, Path(folder))
    finally:
        server.close()
    print(
        f"{count} waiting mails: {taken:.1f} s ({count / taken:.0f}/s, each on disk and marked); "
        f"fetched and thrown away {floor:.1f} s ({count / floor:.0f}/s); "
        f"ratio {floor / taken:.2f}"
    )


if __name__ == "__main__":
    main()
