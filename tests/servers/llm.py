"""A language model's interface in OpenAI's shape, on the loopback: /v1/chat/completions.

What it says is the test's; how it says it is the documented envelope, and a request that is not
in the documented shape is refused as the real ones do (400, or 401 without the key).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-loopback"


class LlmServer:
    """Answers every question with `say(question)`, or with the status that it is told."""

    def __init__(self, say: Callable[[str], str]) -> None:
        self.say, self.status, self.slow = say, 200, 0.0
        self.asked: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = outer._answer(self.path, self.headers["Authorization"], body)
                raw = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                try:
                    self.wfile.write(raw)
                except OSError:
                    return  # whoever asked has gone

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, path: str, key: str | None, body: Any) -> tuple[int, dict[str, Any]]:
        self.asked.append(body)
        time.sleep(self.slow)
        if key != f"Bearer {KEY}":
            return 401, {"error": {"message": "Incorrect API key provided."}}
        roles = [one.get("role") for one in body.get("messages", [])]
        known = path == "/v1/chat/completions" and body.get("model") and roles
        if not known or not all(isinstance(one["content"], str) for one in body["messages"]):
            return 400, {"error": {"message": "Invalid request."}}
        if self.status != 200:
            return self.status, {"error": {"message": "told so"}}
        said = {"role": "assistant", "content": self.say(body["messages"][-1]["content"])}
        return 200, {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1795225000,
            "model": body["model"],
            "choices": [{"index": 0, "message": said, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
