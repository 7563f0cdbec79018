"""Asks a clamd whether bytes carry something known to be harmful (its INSTREAM command).

An answer that is not a clear "OK" is never taken for one: what cannot be asked is `Unreachable`,
and the file is then held.
"""

from __future__ import annotations

import socket
import struct
import time

_PIECE = 256 * 1024
_LONGEST_ANSWER = 4096


class Unreachable(Exception):
    """The scanner gave no usable answer."""


class Clamd:
    """A scanner at `host:port` or at the path of a unix socket."""

    def __init__(self, address: str, *, seconds: float = 20.0) -> None:
        self._address, self._seconds = address, seconds

    def scan(self, data: bytes) -> str | None:
        """The name of what was found, or None. Raises `Unreachable`."""
        until = time.monotonic() + self._seconds
        try:
            with self._connect() as line:
                line.sendall(b"zINSTREAM\0")
                for at in range(0, len(data), _PIECE):
                    piece = data[at : at + _PIECE]
                    line.settimeout(max(until - time.monotonic(), 0.01))
                    line.sendall(struct.pack("!L", len(piece)) + piece)
                line.sendall(struct.pack("!L", 0))
                answer = self._answer(line, until)
        except OSError as exc:
            raise Unreachable(str(exc) or type(exc).__name__) from exc
        _, _, said = answer.rstrip(b"\0\r\n").decode("utf-8", "replace").partition(": ")
        if said == "OK":
            return None
        if said.endswith(" FOUND"):
            return said.removesuffix(" FOUND")[:200]
        raise Unreachable(said[:200] or "it closed the connection without an answer")

    def _connect(self) -> socket.socket:
        if self._address.startswith("/"):
            line = socket.socket(socket.AF_UNIX)
            line.settimeout(self._seconds)
            try:
                line.connect(self._address)
            except OSError:
                line.close()
                raise
            return line
        host, _, port = self._address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=self._seconds)

    @staticmethod
    def _answer(line: socket.socket, until: float) -> bytes:
        got = b""
        while not got.endswith((b"\0", b"\n")) and len(got) < _LONGEST_ANSWER:
            line.settimeout(max(until - time.monotonic(), 0.01))
            piece = line.recv(_LONGEST_ANSWER)
            if not piece:
                break
            got += piece
        return got
