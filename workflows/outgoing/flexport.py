"""Flexport's shapes as values: its shipments become bookings, its webhooks milestones.

Pure functions over JSON that came from outside: whatever is not as expected is passed over when
it is one fact, and refused when it is the whole. API v2: https://apidocs.flexport.com (Shipment,
ShipmentLeg, Event, Webhook Endpoints).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from knowledge import reference
from storage.booking import Booking, Mode
from storage.values import Header, Parties, PartyBlock, Totals, Transport, Value

SOURCE = "flexport"
_MODES: dict[str, Mode] = {"ocean": "ocean", "air": "air", "truck": "truck", "trucking": "truck"}
_MODES |= {"rail": "rail", "train": "rail"}
_DONE = frozenset({"final_destination", "delivered", "cancelled", "canceled"})
_INCOTERM = re.compile(r"^[A-Z]{3}$")
_KG = {"kg": Decimal(1), "kgs": Decimal(1), "g": Decimal("0.001"), "lb": Decimal("0.45359237")}
_KG |= {"lbs": Decimal("0.45359237"), "t": Decimal(1000)}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class NotFlexport(Exception):
    """It is not what Flexport sends; the text says in what."""


class Event(Value):
    """A webhook's event."""

    event_id: str
    kind: str  #: "/shipment#created"
    external_id: str | None
    occurred_at: datetime | None
    facts: Booking | None
    whole: bool  #: the shipment came with it, and need not be asked for


def event(body: Any) -> Event:
    """The event of a webhook's JSON."""
    if not isinstance(body, dict):
        raise NotFlexport("The webhook's body is no object.")
    event_id, kind = body.get("id"), body.get("type")
    if not isinstance(event_id, int | str) or isinstance(event_id, bool) or not str(event_id):
        raise NotFlexport("The webhook has no id.")
    if not isinstance(kind, str) or not 1 <= len(kind) <= 150 or not kind.startswith("/"):
        raise NotFlexport("The webhook's type is no event of Flexport's.")
    data = _part(body, "data")
    shipment = _part(data, "shipment")
    resource = _part(data, "resource")
    if not shipment and _is(resource, "/shipment"):
        shipment = resource
    external = _number(shipment.get("id"))
    facts = booking(shipment, containers=_containers_of(data)) if external else None
    return Event(
        event_id=str(event_id)[:100],
        kind=_text(kind, 150) or kind,
        external_id=external,
        occurred_at=_moment(body.get("occurred_at") or body.get("created_at")),
        facts=facts.model_copy(update={"partial": True}) if facts else None,
        whole="transportation_mode" in shipment,
    )


def listed(row: Any) -> tuple[str, str, bool]:
    """Of a row of the list: its id, its version, and whether it is under way."""
    external = _number(row.get("id")) if isinstance(row, dict) else None
    if external is None:
        raise NotFlexport("A row of the list has no id.")
    version = _moment(row.get("updated_at"))
    done = row.get("archived_at") is not None or str(row.get("status")) in _DONE
    return external, version.isoformat() if version else "unversioned", not done


def booking(shipment: Any, legs: Sequence[Any] = (), containers: Sequence[Any] = ()) -> Booking:
    """A shipment with its legs and containers, as a booking."""
    external = _number(shipment.get("id")) if isinstance(shipment, dict) else None
    if external is None:
        raise NotFlexport("The shipment has no id.")
    ocean, air = _part(shipment, "ocean_shipment"), _part(shipment, "air_shipment")
    exporter = _party(shipment, "sellers") or _party(shipment, "shippers")
    consignee = _party(shipment, "consignees")
    importer = _party(shipment, "importers_of_record")
    travelled = [leg for leg in legs if isinstance(leg, dict)]
    loading, discharge = _ports(travelled)
    shipper = _party(shipment, "shippers") or exporter
    weight = _part(shipment, "calculated_weight")
    pieces = shipment.get("pieces")
    incoterm = str(shipment.get("incoterm") or "").upper()
    vessel, voyage, scac = _conveyance(travelled)
    facts = {
        "source": SOURCE,
        "external_id": external,
        "version": _moment(shipment.get("updated_at")),
        "mode": _MODES.get(str(shipment.get("transportation_mode") or "").casefold()),
        "origin": (shipper.country if shipper else None) or _country_of(loading),
        "destination": _country_of(discharge) or (consignee.country if consignee else None),
        "header": Header(
            incoterms=incoterm if _INCOTERM.match(incoterm) else None,
            purchaseOrder=_text(_first(shipment.get("purchase_orders"), "name"), 100),
        ),
        "parties": Parties(
            exporter=exporter or PartyBlock(),
            importer=importer or PartyBlock(),
            consignee=consignee or PartyBlock(),
        ),
        "transport": Transport(
            masterBill=_bill(ocean.get("master_bill_number") or air.get("master_airway_bill")),
            houseBill=_bill(ocean.get("house_bill_number") or air.get("house_airway_bill")),
            scac=scac,
            vessel=vessel,
            voyage=voyage,
            portOfLoading=_place(loading),
            portOfDischarge=_place(discharge),
            etd=_day(shipment, "actual_departure_date", "estimated_departure_date"),
            eta=_day(shipment, "actual_arrival_date", "estimated_arrival_date"),
            containers=tuple(
                dict.fromkeys(
                    number
                    for box in containers
                    if isinstance(box, dict) and (number := _box(box.get("container_number")))
                )
            )[:200],
        ),
        "totals": Totals(
            # Flexport writes 0 where nobody has counted.
            packages=pieces if isinstance(pieces, int) and 0 < pieces < 10**7 else None,
            grossWeightKg=_kilograms(weight.get("value"), weight.get("unit")),
        ),
        "carrier_booking": _text(ocean.get("carrier_booking_number"), 60),
        "goods": _text(shipment.get("name"), 200),
    }
    try:
        return Booking.model_validate(facts)
    except ValidationError as exc:
        raise NotFlexport(f"Shipment {external}: {exc.errors()[0]['msg']}") from exc


def _is(of: dict[str, Any], kind: str) -> bool:
    return kind in (of.get("_object"), of.get("ref_type"))


def _part(of: Any, name: str) -> dict[str, Any]:
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, dict) else {}


def _containers_of(data: dict[str, Any]) -> list[Any]:
    found = data.get("containers")
    return found[:300] if isinstance(found, list) else []


def _number(told: Any) -> str | None:
    if isinstance(told, bool) or not isinstance(told, int | str):
        return None
    text = str(told).strip()
    return text if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", text) else None


def _text(told: Any, most: int) -> str | None:
    if not isinstance(told, str):
        return None
    return " ".join(_CONTROLS.sub(" ", told).split())[:most].strip() or None


def _first(told: Any, name: str) -> Any:
    first = told[0] if isinstance(told, list) and told else None
    return first.get(name) if isinstance(first, dict) else None


def _bill(told: Any) -> str | None:
    """One bill by its number; several, or words, are none that mail could be found by."""
    text = _text(told, 60)
    return text if text and re.fullmatch(r"[A-Za-z0-9/-]{6,40}", text) else None


def _box(told: Any) -> str | None:
    text = (_text(told, 20) or "").replace(" ", "").replace("-", "").upper()
    return text if reference.container_is_valid(text) else None


def _party(shipment: dict[str, Any], role: str) -> PartyBlock | None:
    rows = shipment.get(role)
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    name = _text(first.get("name"), 200)
    if name is None:
        return None
    where = _part(first, "mailing_address")
    lines = [
        where.get(part) for part in ("street_address", "street_address2", "city", "state", "zip")
    ]
    address = ", ".join(line for one in lines if (line := _text(one, 150)))
    return PartyBlock(name=name, address=address[:490] or None, country=_country(where))


def _country(address: dict[str, Any]) -> str | None:
    code = str(address.get("country_code") or "").upper()
    return code if reference.country_name(code) else None


def _ports(legs: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The addresses of the port of loading and of unloading, by the tags of the legs' ends."""
    loading: dict[str, Any] = {}
    discharge: dict[str, Any] = {}
    for leg in legs:
        for end in ("origin", "destination"):
            node = _part(leg, end)
            tags = node.get("tags")
            where = _part(_part(node, "place"), "address")
            if isinstance(tags, list) and where:
                if "port_of_loading" in tags:
                    loading = loading or where
                if "port_of_unloading" in tags or "port_of_discharge" in tags:
                    discharge = where
    return loading, discharge


def _country_of(address: dict[str, Any]) -> str | None:
    return _country(address)


def _place(address: dict[str, Any]) -> str | None:
    city, code = _text(address.get("city"), 80), _text(address.get("unlocode"), 10)
    return city or code


def _conveyance(legs: Sequence[dict[str, Any]]) -> tuple[str | None, str | None, str | None]:
    for leg in legs:
        sea, air = _part(leg, "ocean_leg"), _part(leg, "air_leg")
        vessel = _text(sea.get("vessel_name") or _part(sea, "vessel").get("name"), 80)
        voyage = _text(sea.get("voyage_number") or air.get("flight_number"), 40)
        scac = _text(sea.get("carrier_code") or air.get("carrier_code"), 8)
        if vessel or voyage or scac:
            return vessel, voyage, scac
    return None, None, None


def _kilograms(value: Any, unit: Any) -> Decimal | None:
    factor = _KG.get(str(unit).casefold())
    if factor is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        weight = (Decimal(str(value)) * factor).quantize(Decimal("0.001"))
    except InvalidOperation:
        return None
    # Flexport writes 0 where nobody has weighed.
    return weight.normalize() if weight > 0 else None


def _day(shipment: dict[str, Any], *names: str) -> date | None:
    for name in names:
        told = shipment.get(name)
        if isinstance(told, str):
            try:
                # The day where it happens: Flexport writes the port's own offset.
                return date.fromisoformat(told[:10])
            except ValueError:
                continue
    return None


def _moment(told: Any) -> datetime | None:
    if not isinstance(told, str) or len(told) > 40:
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
