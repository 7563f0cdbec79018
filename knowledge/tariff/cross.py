"""CBP's public search of its rulings (CROSS, rulings.cbp.gov): asked page by page, politely.

`GET /api/search?term=…&collection=ALL&sortBy=DATE_DESC&pageSize=…&page=…` answers
`{"rulings": [{"rulingNumber", "subject", "categories", "rulingDate", "collection", "tariffs",
"revokedBy", "modifiedBy", "operationallyRevoked", …}], "totalHits": n}`; pages count from 1 and
`tariffs` is a list or a text with commas. One request at a time with a pause between, waits when
told to wait, and gives up after a few tries: nothing here repeats without end. Which page comes
next is the caller's to remember.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from knowledge.tariff import codes
from knowledge.tariff.precedents import Precedent

PAGE_SIZE = 100
PAUSE = 1.0  # seconds between two requests
MAX_BYTES = 8 * 1024 * 1024
TRIES = 3
MOST_WAIT = 60.0
LONGEST_TERM = 200
_SECONDS = 30
_NUMBER = re.compile(r"^(?:HQ|NY|PD)?\s*([A-Z]{0,2}\d{4,7})$")
_TARIFF = re.compile(r"\d{4}(?:\.\d{2}){0,1}(?:\.\d{2}(?:\.?\d{2})?)?")

Collection = Literal["ALL", "HQ", "NY"]
_Text = Annotated[str, Field(max_length=2000)]


class NoAnswer(Exception):
    """The search did not answer, or with something else. The message says what to do."""


class Page(BaseModel):
    """One page of the answer."""

    model_config = ConfigDict(frozen=True)
    rulings: tuple[Precedent, ...]
    rows: int  #: how many the page had, also those that were not understood
    total: int | None
    odd: tuple[str, ...] = ()  #: rows that were not understood, in words


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel)
    ruling_number: _Text
    subject: _Text
    ruling_date: _Text | None = None
    categories: _Text | None = None
    collection: _Text | None = None
    tariffs: list[_Text] | _Text | None = None
    revoked_by: list[_Text] | None = None
    modified_by: list[_Text] | None = None
    operationally_revoked: bool | None = None


class Cross:
    """The search at one address."""

    def __init__(
        self,
        url: str,
        *,
        pause: float = PAUSE,
        page_size: int = PAGE_SIZE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._pause, self._sleep = pause, sleep
        self.page_size = page_size
        self._asked = 0
        self._client = httpx.Client(
            timeout=_SECONDS,
            headers={
                "Accept": "application/json",
                "User-Agent": f"tidewaiter/{version('tidewaiter')} (customs broker's own copy)",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def page(self, term: str, *, collection: Collection, number: int) -> Page:
        """One page; raises `NoAnswer` when there is none to be had."""
        asked: dict[str, str | int] = {
            "term": term[:LONGEST_TERM],
            "collection": collection,
            "commodityGrouping": "ALL",
            "sortBy": "DATE_DESC",
            "pageSize": self.page_size,
            "page": number,
        }
        for attempt in range(1, TRIES + 1):
            if self._asked:
                self._sleep(self._pause)
            self._asked += 1
            wait = self._pause * 2**attempt
            try:
                with self._client.stream("GET", self._url, params=asked) as answer:
                    if answer.status_code in {429, 502, 503, 504}:
                        told = f"it answered {answer.status_code}"
                        wait = _asked_to_wait(answer, wait)
                    else:
                        answer.raise_for_status()
                        return _page(_bytes(answer), self._url)
            except httpx.TransportError as exc:
                told = str(exc)[:120] or type(exc).__name__
            except httpx.HTTPStatusError as exc:
                raise NoAnswer(
                    f"The ruling search answered {exc.response.status_code} for page {number}; "
                    "what came before is kept."
                ) from exc
            if attempt < TRIES:
                self._sleep(min(wait, MOST_WAIT))
        raise NoAnswer(
            f"The ruling search gave no answer for page {number} ({told}); what came before is "
            "kept, and the next run goes on there."
        )


def link(url: str, number: str) -> str:
    """Where a person reads a ruling."""
    origin = httpx.URL(url)
    return str(origin.copy_with(path=f"/ruling/{quote(number)}", query=None))


def _asked_to_wait(answer: httpx.Response, otherwise: float) -> float:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdigit() else otherwise


def _bytes(answer: httpx.Response) -> bytes:
    data = bytearray()
    for piece in answer.iter_bytes():
        data += piece
        if len(data) > MAX_BYTES:
            raise NoAnswer(f"The ruling search sent more than {MAX_BYTES >> 20} MB for one page.")
    return bytes(data)


def _page(raw: bytes, url: str) -> Page:
    try:
        body: Any = httpx.Response(200, content=raw).json()
        rows = body["rulings"]
        if not isinstance(rows, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise NoAnswer(
            "The ruling search answered with something that is not its list of rulings."
        ) from exc
    found, odd = [], []
    for row in rows[:1000]:
        try:
            found.append(_ruling(_Row.model_validate(row), url))
        except ValueError as exc:
            named = row.get("rulingNumber") if isinstance(row, dict) else None
            odd.append(f"{str(named)[:20]}: {_first(exc)}")
    if rows and not found:
        raise NoAnswer(f"None of the {len(rows)} rulings of a page was understood: {odd[0]}.")
    total = body.get("totalHits")
    return Page(
        rulings=tuple(found),
        rows=len(rows),
        total=total if isinstance(total, int) else None,
        odd=tuple(odd),
    )


def _ruling(row: _Row, url: str) -> Precedent:
    number = _number(row.ruling_number)
    if number is None:
        raise ValueError(f"“{row.ruling_number[:20]}” is no ruling number")
    named = row.tariffs or []
    text = named if isinstance(named, str) else ",".join(named)
    bare = [one for one in (codes.lenient(part) for part in _TARIFF.findall(text)) if one]
    revoked_by = _numbers(row.revoked_by)
    return Precedent(
        number=number,
        on=date.fromisoformat(row.ruling_date[:10]) if row.ruling_date else None,
        collection=(row.collection or "").upper()[:8],
        subject=" ".join(row.subject.split()),
        categories=(row.categories or "")[:200],
        tariffs=tuple(dict.fromkeys(codes.dotted(one) for one in bare)),
        url=link(url, number),
        revoked_by=revoked_by,
        modified_by=_numbers(row.modified_by),
        revoked=bool(row.operationally_revoked) or bool(revoked_by),
    )


def _numbers(named: list[str] | None) -> tuple[str, ...]:
    found = (_number(one) or one.strip()[:20] for one in named or ())
    return tuple(dict.fromkeys(one for one in found if one))


def _number(text: str) -> str | None:
    found = _NUMBER.match(text.strip().upper())
    return found[1] if found else None


def _first(exc: ValueError) -> str:
    if isinstance(exc, ValidationError):
        first = exc.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(exc)[:120]
