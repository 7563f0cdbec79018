"""A small server in the shape of Flexport's API v2, with faults on demand."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "a-token-of-tests"
SECRET = "a-webhook-secret"
PER = 10


def party(name: str, country: str, city: str = "Somewhere") -> dict[str, Any]:
    return {
        "_object": "/company_entity",
        "name": name,
        "mailing_address": {
            "street_address": "1 Queen St",
            "city": city,
            "country_code": country,
            "zip": None,
        },
    }


def shipment(number: int, **more: Any) -> dict[str, Any]:
    return {
        "_object": "/shipment",
        "id": number,
        "name": "Brass chandeliers",
        "transportation_mode": "ocean",
        "incoterm": "FOB",
        "calculated_weight": {"value": 4200, "unit": "kg"},
        "pieces": 10,
        "updated_at": "2026-11-01T08:00:00.000Z",
        "archived_at": None,
        "status": "seller_location",
        "estimated_departure_date": "2026-11-05",
        "estimated_arrival_date": "2026-11-28T12:00:00.000-08:00",
        "actual_arrival_date": None,
        "ocean_shipment": {"house_bill_number": None, "master_bill_number": None, "carrier_booking_number": f"CB{number}"},
        "air_shipment": None,
        "shippers": [party("Ningbo Yinhe Lamps", "CN")],
        "sellers": [party("Ningbo Yinhe Lamps", "CN")],
        "consignees": [party("Kestrel Outdoor LLC", "US")],
        "importers_of_record": [party("Kestrel Outdoor LLC", "US")],
        "metadata": {},
        **more,
    }  # fmt: skip


def leg(vessel: str = "LOTUS STREAM") -> dict[str, Any]:
    def node(tag: str, city: str, country: str) -> dict[str, Any]:
        return {"tags": [tag], "place": {"address": {"city": city, "country_code": country}}}

    return {
        "_object": "/shipment_leg",
        "origin": node("port_of_loading", "Ningbo", "CN"),
        "destination": node("port_of_unloading", "Long Beach", "US"),
        "ocean_leg": {"vessel_name": vessel, "voyage_number": "042E", "carrier_code": "ZZZQ"},
        "air_leg": None,
    }


def event(number: int, kind: str, about: dict[str, Any]) -> bytes:
    told = {
        "_object": "/event",
        "id": number,
        "type": kind,
        "occurred_at": "2026-11-02T09:30:00.000Z",
        "data": {"_object": "/event_data", "resource": {}, "shipment": about},
    }
    return json.dumps(told, separators=(",", ":")).encode()


def signature(raw: bytes, *, secret: str = SECRET, how: str = "sha256") -> str:
    return f"{how}=" + hmac.new(secret.encode(), raw, getattr(hashlib, how)).hexdigest()


class FlexportServer:
    """What it has, what it was asked, and what it shall do wrong next."""

    def __init__(self) -> None:
        self.shipments: dict[str, dict[str, Any]] = {}
        self.legs: dict[str, list[Any]] = {}
        self.boxes: dict[str, list[Any]] = {}
        self.documents: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.patches: list[tuple[str, dict[str, Any]]] = []
        self.wrong: list[Response | Callable[[], Response]] = []
        self.base = ""
        self.app = Starlette(
            routes=[
                Route("/shipments", self._list),
                Route("/shipments/{number}", self._one, methods=["GET", "PATCH"]),
                Route("/shipment_legs", self._of(self.legs)),
                Route("/ocean/shipment_containers", self._of(self.boxes)),
                Route("/documents", self._documents, methods=["GET", "POST"]),
            ]
        )

    def add(
        self, made: dict[str, Any], *, legs: list[Any] | None = None, boxes: tuple[str, ...] = ()
    ) -> None:
        number = str(made["id"])
        self.shipments[number] = made
        self.legs[number] = legs if legs is not None else [leg()]
        self.boxes[number] = [{"container_number": box} for box in boxes]

    def _refused(self, request: Request) -> Response | None:
        self.asked.append(f"{request.method} {request.url.path}?{request.url.query}".rstrip("?"))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"errors": [{"code": "bad_token"}]}, status_code=401)
        if self.wrong:
            return self.wrong.pop(0)  # type: ignore[return-value]
        return None

    async def _list(self, request: Request) -> Response:
        if (no := self._refused(request)) is not None:
            return no
        page = int(request.query_params.get("page", "1"))
        rows = list(self.shipments.values())
        more = len(rows) > page * PER
        following = (
            f"http://elsewhere.example/shipments?page={page + 1}&per={PER}" if more else None
        )
        return _page(rows[(page - 1) * PER : page * PER], following)

    async def _one(self, request: Request) -> Response:
        if (no := self._refused(request)) is not None:
            return no
        made = self.shipments.get(request.path_params["number"])
        if made is None:
            return JSONResponse({"error": "not found"}, status_code=404)
        if request.method == "PATCH":
            body = await request.json()
            self.patches.append((request.headers["Idempotency-Key"], copy.deepcopy(body)))
            made["metadata"] = {**made["metadata"], **body["metadata"]}
        return JSONResponse({"_object": "/api/response", "data": made})

    def _of(self, table: dict[str, list[Any]]) -> Callable[[Request], Any]:
        async def rows(request: Request) -> Response:
            if (no := self._refused(request)) is not None:
                return no
            return _page(table.get(request.query_params["f.shipment.id"], []), None)

        return rows

    async def _documents(self, request: Request) -> Response:
        if (no := self._refused(request)) is not None:
            return no
        if request.method == "GET":
            number = request.query_params["f.shipment.id"]
            return _page([one for one in self.documents if str(one["shipment_id"]) == number], None)
        body = await request.json()
        base64.b64decode(body["file"], validate=True)
        self.documents.append(body)
        return JSONResponse({"data": body}, status_code=201)


def _page(rows: list[Any], following: str | None) -> Response:
    return JSONResponse(
        {
            "_object": "/api/response",
            "version": 2,
            "data": {
                "_object": "/api/collections/paginated",
                "prev": None,
                "next": following,
                "data": rows,
            },
            "error": None,
        }
    )
