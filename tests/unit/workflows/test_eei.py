"""The EEI: what 15 CFR 30.6 asks for is asked for, element by element."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.exports import eei
from workflows.exports.eei import Eei

TODAY = date(2026, 5, 12)
DRONES: dict[str, Any] = {
    "usppi": {
        "name": "Skyreach Labs", "address": "12 Hangar Way", "city": "Reno", "state": "NV",
        "identifier": "00-1234567", "contact": "Mia Ortiz", "phone": "7755550100",
    },
    "consignee": {"name": "Andes Aerial SpA", "address": "Av. Sur 4", "city": "Santiago", "country": "CL"},
    "consigneeType": "direct_consumer", "exportDate": "2026-05-14", "stateOfOrigin": "NV",
    "destination": "CL", "mot": "air", "carrier": "LA", "conveyance": "LATAM 602",
    "transportReference": "999-88120546", "portOfExport": "2720", "related": False,
    "hazardous": False, "routed": False,
    "lines": [
        {
            "number": 1, "scheduleB": "8806.22.0000", "description": "Unmanned aircraft, 2 kg",
            "domestic": True, "quantity": "4", "unit": "NO", "grossWeightKg": "18",
            "value": "15600.00", "licenceCode": "C33", "eccn": "EAR99",
            "endUse": "Crop survey by the consignee",
        }
    ],
}  # fmt: skip


def made(**more: Any) -> Eei:
    return Eei.model_validate({**DRONES, **more})


def line(**more: Any) -> Eei:
    return made(lines=[{**DRONES["lines"][0], **more}])


def said(one: Eei) -> str:
    return " ".join(eei.problems(one, today=TODAY))


def test_the_drones_to_chile_are_whole() -> None:
    assert eei.problems(made(), today=TODAY) == []


NEEDED = {
    "usppi": "30.6(a)(1)", "exportDate": "30.6(a)(2)", "consignee": "30.6(a)(3)",
    "stateOfOrigin": "30.6(a)(4)", "destination": "30.6(a)(5)", "mot": "30.6(a)(6)",
    "conveyance": "30.6(a)(7)", "carrier": "30.6(a)(8)", "portOfExport": "30.6(a)(9)",
    "related": "30.6(a)(10)", "hazardous": "30.6(a)(21)", "routed": "30.6(a)(24)",
    "consigneeType": "30.6(a)(28)", "transportReference": "30.6(b)(14)",
}  # fmt: skip
OF_LINE = {
    "domestic": "30.6(a)(11)", "quantity": "30.6(a)(15)", "unit": "30.6(a)(14)",
    "grossWeightKg": "30.6(a)(16)", "value": "30.6(a)(17)", "licenceCode": "30.6(a)(23)",
    "eccn": "the ECCN is not answered", "endUse": "the end use is not answered",
}  # fmt: skip


@pytest.mark.parametrize("name", NEEDED)
def test_each_element_that_is_missing_is_named(name: str) -> None:
    assert NEEDED[name] in said(made(**{name: None}))


@pytest.mark.parametrize("name", OF_LINE)
def test_each_element_of_a_line_that_is_missing_is_named(name: str) -> None:
    assert OF_LINE[name] in said(line(**{name: None}))


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (line(eccn="3A090"), "C33 (no licence required) does not go with 3A090"),
        (line(eccn="drone"), "no ECCN"),
        (line(licenceCode="C30", eccn="3A001"), "needs the licence number"),
        (line(licenceCode="Z99"), "not among the licence codes"),
        (line(scheduleB="8806.22"), "no ten-digit"),
        (line(quantity="-1"), "not possible"),
        (line(secondQuantity="3"), "goes with its unit"),
        (made(destination="US"), "cannot be the United States"),
        (made(mot="vessel"), "port of unlading"),
        (made(routed=True), "authorisation of the agent"),
        (made(portOfExport="Reno"), "four digits"),
        (made(stateOfOrigin="XX"), "no US state"),
        (made(exportDate="2026-05-01"), "too late"),
        (made(usppi={**DRONES["usppi"], "address": "P.O. Box 5"}), "post office box"),
        (made(usppi={**DRONES["usppi"], "identifier": "none"}), "identification number"),
    ],
)
def test_what_does_not_go_together_is_said(one: Eei, told: str) -> None:
    assert told in said(one)


def test_an_eccn_controlled_for_terrorism_alone_needs_no_licence_code_but_c33() -> None:
    assert said(line(eccn="5A992")) == ""


@pytest.mark.parametrize(
    "text", ["X20260514123456", "x20260514123456 ", "AES X20260514123456"]
)
def test_an_itn_is_taken_and_printed_as_a_citation(text: str) -> None:
    assert eei.citation(eei.itn(text)) == "AES X20260514123456"


@pytest.mark.parametrize(
    "text", ["", "X20261314123456", "X20260230123456", "X2026051412345", "20260514123456",
             "X00010101123456", "X20260514123456 and more"]
)  # fmt: skip
def test_an_itn_with_an_impossible_date_or_form_is_refused(text: str) -> None:
    with pytest.raises(eei.BadItn):
        eei.itn(text)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(0, 999_999))
def test_every_real_day_makes_an_itn(day: date, number: int) -> None:
    written = f"X{day:%Y%m%d}{number:06d}"
    assert eei.itn(written) == written


def test_small_values_may_be_exempt_and_a_licence_never_is() -> None:
    assert eei.exemption(line(value="2500.00")) == "NOEEI 30.37(a)"
    assert eei.exemption(line(value="2500.01")) is None
    assert eei.exemption(line(value="10", licenceCode="C30", licenceNumber="D1")) is None


def test_everybody_in_it_is_screened() -> None:
    one = made(forwarder={"name": "F"}, endUser={"name": "E"}, intermediate={"name": "I"})
    assert [role for role, _ in one.parties()] == [
        "usppi", "consignee", "intermediate", "end_user", "forwarder",
    ]  # fmt: skip
    assert one.lines[0].value == Decimal("15600.00")
