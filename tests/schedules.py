"""Small schedules in the shape of the official export, whole enough to be taken into force."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.factories import export_row as row

SHIRTS = [
    row("6109", 0, "T-shirts, singlets and similar garments, knitted or crocheted:"),
    row("6109.10.00", 1, "Of cotton", general="16.5%", special="Free (AU)", other="90%"),
    row("", 2, "Men's or boys':"),
    row("6109.10.00.12", 3, "Men's (338)", units=["doz.", "kg"]),
    row("6109.10.00.14", 3, "Boys' (338)", units=["doz.", "kg"]),
    row("", 2, "Women's or girls':"),
    row("6109.10.00.40", 3, "Women's (339)", units=["doz.", "kg"]),
    row("6109.90", 1, "Of other textile materials:"),
    row("6109.90.80", 2, "Other", general="16%"),
    row("6109.90.80.10", 3, "Of wool, for men", units=["kg"]),
    row("6109.90.80.30", 3, "Other", units=["kg"]),
]
"""Chapter 61 of the older edition."""

SHIRTS_LATER = [
    row("6109", 0, "T-shirts, singlets and similar garments, knitted or crocheted:"),
    row("6109.10.00", 1, "Of cotton", general="15%", special="Free (AU)", other="90%"),
    row("", 2, "Men's or boys':"),
    row("6109.10.00.15", 3, "Men's (338)", units=["doz.", "kg"]),  # was .12
    row("6109.10.00.14", 3, "Boys' (338)", units=["No.", "kg"]),
    row("", 2, "Women's or girls':"),
    row("6109.10.00.42", 3, "Women's, certified organic", units=["doz.", "kg"]),  # .40 divided
    row("6109.10.00.44", 3, "Women's, other", units=["doz.", "kg"]),
    row("6109.90", 1, "Of other textile materials:"),
    row("6109.90.80", 2, "Other", general="16%"),
    row("6109.90.80.10", 3, "Of cashmere, for men", units=["kg"]),  # the same number, other words
    row("6109.90.80.30", 3, "Other", units=["kg"]),
]


def export(shirts: list[dict[str, Any]] | None = None) -> bytes:
    """An export of all chapters; chapter 61 has these lines."""
    rows: list[dict[str, Any]] = []
    for chapter in range(1, 98):
        if chapter == 61:
            rows += shirts if shirts is not None else SHIRTS
            continue
        rows.append(row(f"{chapter:02}01", 0, f"Goods of chapter {chapter}"))
        rows.append(row(f"{chapter:02}01.10.00.00", 1, "All", general="Free", units=["kg"]))
    return json.dumps(rows).encode()


def edition(folder: Path, name: str, shirts: list[dict[str, Any]] | None = None) -> Path:
    """An export as a file."""
    path = folder / name
    path.write_bytes(export(shirts))
    return path


class Publisher:
    """Stands for the publishers' machines: pages by path, each a body or a function of the query."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Callable[[dict[str, str]], tuple[int, bytes]]] = {}
        self.asked: list[tuple[float, str, dict[str, str]]] = []
        self.slowly: dict[str, float] = {}  #: seconds before the second half of a body
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: one[0] for name, one in parse_qs(parts.query).items()}
                outer.asked.append((time.monotonic(), parts.path, query))
                page = outer.pages.get(parts.path)
                status, body = (
                    page(query) if callable(page) else (200, page) if page else (404, b"")
                )
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                half = len(body) // 2 if parts.path in outer.slowly else len(body)
                try:
                    self.wfile.write(body[:half])
                    if half < len(body):
                        self.wfile.flush()
                        time.sleep(outer.slowly[parts.path])
                        self.wfile.write(body[half:])
                except OSError:
                    pass  # who asked is gone

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
