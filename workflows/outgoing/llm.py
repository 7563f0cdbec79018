"""A language model behind an interface in OpenAI's shape: POST {base}/chat/completions.

It is asked for one JSON object and its answer is read as a given pydantic model; whatever else
comes back is `Permanent`. Bounded in size and time, redirects are not followed. Nothing is kept
of what was asked.
"""

from __future__ import annotations

import json

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workflows.ports import Permanent, Shape, Transient

_MAX_ANSWER = 200_000
_BUSY = frozenset({408, 409, 425, 429})


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore")
    content: str | None = None


class _Choice(BaseModel):
    model_config = ConfigDict(extra="ignore")
    message: _Said


class _Completion(BaseModel):
    model_config = ConfigDict(extra="ignore")
    choices: list[_Choice] = Field(min_length=1, max_length=16)


class OpenAiLlm:
    """Speaks to the interface under `base_url`, such as http://127.0.0.1:8000/v1."""

    def __init__(
        self, base_url: str, *, model: str, api_key: str | None = None, seconds: float = 30.0
    ) -> None:
        self.name = model
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._seconds = seconds

    def complete(self, instructions: str, question: str, shape: type[Shape]) -> Shape:
        """The model's answer to the question, as `shape`."""
        body = {
            "model": self.name,
            "temperature": 0,
            "response_format": {"type": "json_object"},
            "messages": [
                {"role": "system", "content": instructions},
                {"role": "user", "content": question},
            ],
        }
        said = self._posted(json.dumps(body).encode())
        try:
            content = _Completion.model_validate_json(said).choices[0].message.content or ""
            return shape.model_validate_json(content)
        except ValidationError as exc:
            first = exc.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the whole"
            raise Permanent(
                f"The language model's answer is not what was asked for ({where[:60]}: "
                f"{first['msg'][:80]})."
            ) from exc

    def _posted(self, body: bytes) -> bytes:
        headers = {**self._headers, "Content-Type": "application/json"}
        try:
            with (
                httpx.Client(timeout=self._seconds, follow_redirects=False) as client,
                client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                if answer.status_code in _BUSY or answer.status_code >= 500:
                    raise Transient(f"The language model is busy ({answer.status_code}).")
                if answer.status_code != 200:
                    raise Permanent(
                        f"The language model refused ({answer.status_code}): check "
                        "TIDEWAITER_LLM__BASE_URL, __MODEL and __API_KEY."
                    )
                read = b""
                for part in answer.iter_bytes():
                    read += part
                    if len(read) > _MAX_ANSWER:
                        raise Permanent("The language model's answer is too long.")
                return read
        except httpx.TimeoutException as exc:
            raise Transient("The language model did not answer in time.") from exc
        except httpx.TransportError as exc:
            raise Transient("The language model could not be reached.") from exc
