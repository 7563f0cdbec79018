"""Reads untrusted files in a process of its own, with limits, killed when it does not come back.

`SafeReader` is used by a process that may have a model loaded: the child is a fresh Python, not
a fork. It stays warm between files and is replaced when it dies.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import IO, TypeVar

from pydantic import TypeAdapter, ValidationError

from ingest import fields
from ingest.pages.page import Tell, silent
from storage.values import Lesson, Printed, Reading, TaughtLine, Unreadable, Value

MEMORY = 2 * 1024**3  # bytes of address space for the child
SECONDS = 60.0  # without a page being done: the child is stuck
MOST_SECONDS = 900.0  # for one file, however many pages it has
MOST_BYTES = 60_000_000
_MOST_HEAD = 4_000_000  # a sender's lessons travel in it
_PAGE_DONE = re.compile(rb"page (\d+)")
_T = TypeVar("_T")
_READINGS: TypeAdapter[list[list[Reading]] | Unreadable] = TypeAdapter(
    list[list[Reading]] | Unreadable
)
_LESSONS: TypeAdapter[tuple[Lesson, ...] | Unreadable] = TypeAdapter(
    tuple[Lesson, ...] | Unreadable
)
_PRINTED: TypeAdapter[tuple[Printed, ...] | Unreadable] = TypeAdapter(
    tuple[Printed, ...] | Unreadable
)


class _Asked(Value):
    """The head line of a request; the bytes of the file follow it."""

    name: str
    size: int
    groups: tuple[tuple[Lesson, ...], ...] = ()
    wanted: dict[str, str] | None = None  #: not to read, but to learn where these stand
    lines: tuple[TaughtLine, ...] = ()  #: and in which columns these
    first: int = 1  #: the pages to learn from
    last: int | None = None
    printed: bool = False  #: not to read, but to give the words of the pages


class SafeReader:
    """A reader whose failures are answers: whatever the file does, the caller goes on."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None

    def read(self, name: str, data: bytes, tell: Tell = silent) -> tuple[Reading, ...] | Unreadable:
        """Read each document of a file within the limits; `tell` hears of each page done."""
        made = self.read_each(name, data, (), tell)
        return made if isinstance(made, Unreadable) else tuple(plain for plain, *_ in made)

    def read_each(
        self,
        name: str,
        data: bytes,
        groups: Sequence[Sequence[Lesson]],
        tell: Tell = silent,
    ) -> list[list[Reading]] | Unreadable:
        """Read each document by itself, and once more with the lessons of each group."""
        asked = _Asked(name=name, size=len(data), groups=tuple(tuple(one) for one in groups))
        return self._within(asked, data, _READINGS, tell)

    def learn(
        self,
        name: str,
        data: bytes,
        wanted: Mapping[str, str],
        *,
        lines: Sequence[TaughtLine] = (),
        first: int = 1,
        last: int | None = None,
    ) -> tuple[Lesson, ...] | Unreadable:
        """Where on these pages of the file the values stand that a person has set right."""
        asked = _Asked(
            name=name, size=len(data), wanted=dict(wanted), lines=tuple(lines), first=first,
            last=last,
        )  # fmt: skip
        return self._within(asked, data, _LESSONS, silent)

    def printed(
        self, name: str, data: bytes, *, first: int = 1, last: int | None = None
    ) -> tuple[Printed, ...] | Unreadable:
        """The words of these pages of the file, cell by cell."""
        asked = _Asked(name=name, size=len(data), printed=True, first=first, last=last)
        return self._within(asked, data, _PRINTED, silent)

    def _within(
        self, asked: _Asked, data: bytes, shape: TypeAdapter[_T | Unreadable], tell: Tell
    ) -> _T | Unreadable:
        name = asked.name
        if len(data) > MOST_BYTES:
            return Unreadable(file=name, reason="too_big", message=f"{name} is too large to read.")
        try:
            return shape.validate_json(self._ask(asked, data, tell))
        except TimeoutError:
            self.close()
            return Unreadable(
                file=name,
                reason="timeout",
                message=f"{name} took too long to read and was put aside; please look at it.",
            )
        except (OSError, EOFError, ValidationError, ValueError):
            self.close()
            return Unreadable(
                file=name,
                reason="broken",
                message=f"{name} made the reader fail and was put aside; please look at it.",
            )

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self._child = None

    def _ask(self, asked: _Asked, data: bytes, tell: Tell) -> bytes:
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(asked.model_dump_json().encode() + b"\n" + data)
        child.stdin.flush()
        got = bytearray()
        latest = time.monotonic() + MOST_SECONDS
        while True:
            until = min(time.monotonic() + self._seconds, latest)
            answer = _line(child.stdout, got, until=until)
            if not (done := _PAGE_DONE.fullmatch(answer)):
                return answer
            tell(int(done[1]))

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "ingest.reader"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._child


def _line(stream: IO[bytes], got: bytearray, *, until: float) -> bytes:
    """The next line, or TimeoutError; a child that is gone is EOFError. The rest stays in `got`."""
    handle = stream.fileno()
    while b"\n" not in got:
        left = until - time.monotonic()
        ready, _, _ = select.select([handle], [], [], max(left, 0))
        if not ready:
            raise TimeoutError
        piece = os.read(handle, 1 << 20)
        if not piece:
            raise EOFError
        got += piece
    line, _, rest = bytes(got).partition(b"\n")
    got[:] = rest
    return line


def _done(page: int) -> None:
    """Tell the parent that the child is at work and not stuck."""
    sys.stdout.buffer.write(b"page %d\n" % page)
    sys.stdout.buffer.flush()


def main() -> None:
    """The child: read files from standard input, answer each with one line of JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, out = sys.stdin.buffer, sys.stdout.buffer
    while head := source.readline(_MOST_HEAD):
        asked = _Asked.model_validate_json(head)
        data = source.read(asked.size)
        if asked.wanted is not None:
            taught = fields.learn(
                asked.name, data, asked.wanted, _done, lines=asked.lines, first=asked.first,
                last=asked.last,
            )  # fmt: skip
            answer = _LESSONS.dump_json(taught)
        elif asked.printed:
            words = fields.printed(asked.name, data, _done, first=asked.first, last=asked.last)
            answer = _PRINTED.dump_json(words)
        else:
            answer = _READINGS.dump_json(fields.read_each(asked.name, data, asked.groups, _done))
        out.write(answer + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
