"""Fetches the Consolidated Screening List: the bulk file, or page by page through the search API.

The API (https://developer.trade.gov/api-details#api=consolidated-screening-list) wants a
subscription key, gives `size` results from `offset` on, and reaches only so deep: so each list is
asked for by itself. What it gives is kept in the form of the bulk JSON. A number that does not add
up is refused: the bulk file is then the way.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from knowledge import official
from knowledge.parties import csl
from knowledge.parties.csl import BadList
from knowledge.parties.entries import LISTS

BULK_URL = "https://data.trade.gov/downloadable_consolidated_screening_list/v1/consolidated.csv"
API_URL = "https://data.trade.gov/consolidated_screening_list/v1/search"
SIZE = 50
_DEEPEST = 20_000
_MOST_PAGES = 2_000
_TRIES = 4
_MOST_WAIT = 60.0
_PAGE_BYTES = 20_000_000


@dataclass(frozen=True)
class Api:
    """Where the API is and how fast it may be asked."""

    url: str
    key: str
    a_second: float = 4.0
    timeout: float = 30.0


def fetch_bulk(url: str) -> bytes:
    """The bulk file at an address; raises `BadList`."""
    try:
        return official.fetch(url, most=csl.MAX_BYTES)
    except official.NotFetched as exc:
        raise BadList(
            f"The denied-party list could not be fetched from {url}: {exc}. Nothing was changed."
        ) from exc


def fetch_api(api: Api, *, sleep: Callable[[float], None] = time.sleep) -> bytes:
    """Every record of every list, as the bulk JSON has them; raises `BadList`."""
    found: dict[str, dict[str, Any]] = {}
    headers = {"subscription-key": api.key, "Accept": "application/json"}
    with httpx.Client(headers=headers, timeout=api.timeout) as client:
        pages = 0
        for source in LISTS:
            count = total = 0
            for page, counted in _pages(client, api, source, sleep):
                pages += 1
                if pages > _MOST_PAGES:
                    raise BadList("The API has more pages than a list can have: use the bulk file.")
                count, total = count + len(page), counted
                for row in page:
                    found[_key(row)] = row
            if count != total:
                raise BadList(
                    f"The API gave {count} records of {source} and counts {total}. Nothing "
                    "was changed: take the bulk file ('tidewaiter screening sync')."
                )
    if not found:
        raise BadList("The API knows no records at all. Nothing was changed.")
    rows = [found[key] for key in sorted(found)]
    return json.dumps(
        {"total": len(rows), "results": rows}, ensure_ascii=False, sort_keys=True
    ).encode()


def _pages(
    client: httpx.Client, api: Api, source: str, sleep: Callable[[float], None]
) -> Iterator[tuple[list[dict[str, Any]], int]]:
    for offset in range(0, _DEEPEST, SIZE):
        said = _ask(client, api, {"sources": source, "size": SIZE, "offset": offset}, sleep)
        yield said["results"], said["total"]
        if offset + len(said["results"]) >= said["total"] or not said["results"]:
            return


def _ask(
    client: httpx.Client, api: Api, params: dict[str, Any], sleep: Callable[[float], None]
) -> dict[str, Any]:
    """One page. Busy and broken answers are asked for again, a few times."""
    trouble = ""
    for attempt in range(_TRIES):
        sleep(1 / api.a_second)
        try:
            answer = client.get(api.url, params=params)
        except httpx.HTTPError as exc:
            trouble = str(exc)[:200] or type(exc).__name__
            sleep(2.0**attempt / api.a_second)
            continue
        if answer.status_code in (401, 403):
            raise BadList("The API refuses the subscription key. Nothing was changed.")
        if answer.status_code == 429 or answer.status_code >= 500:
            trouble = f"HTTP {answer.status_code}"
            sleep(_wait(answer, 2.0**attempt / api.a_second))
            continue
        return _page(answer)
    raise BadList(f"The API does not answer ({trouble}). Nothing was changed.")


def _page(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code != 200 or len(answer.content) > _PAGE_BYTES:
        raise BadList(f"The API answers HTTP {answer.status_code}. Nothing was changed.")
    try:
        said = answer.json()
    except ValueError as exc:
        raise BadList("The API answers something that is no JSON. Nothing was changed.") from exc
    rows = said.get("results") if isinstance(said, dict) else None
    total = said.get("total") if isinstance(said, dict) else None
    whole = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if not whole or not isinstance(total, int):
        raise BadList("The API answers without “results” and “total”. Nothing was changed.")
    return {"results": rows, "total": total}


def _wait(answer: httpx.Response, otherwise: float) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), _MOST_WAIT) if asked.isdecimal() else otherwise


def _key(row: dict[str, Any]) -> str:
    # An id where it has one; else all that it says.
    return str(row.get("id") or json.dumps(row, sort_keys=True, default=str))
