"""The ship and the voyage in one cell, under the many labels that documents have for it."""

from __future__ import annotations

import pytest

from tests.unit.ingest.test_ingest_layouts import TABLE, read

AROUND = (
    (250, 80, "COMMERCIAL INVOICE"), (30, 110, "Invoice No: LY-1"), *TABLE,
    (100, 330, "Dress"), (350, 330, "10"), (510, 330, "20.00"),
)  # fmt: skip


def ship(*texts: tuple[float, float, str]) -> tuple[str | None, str | None]:
    moved = read(*AROUND, *texts).transport
    return moved.vessel, moved.voyage


@pytest.mark.parametrize(
    "label",
    ["Vessel/Voyage:", "Vessel & Voyage:", "Carrier:", "Per S.S.:", "Per M/V:", "Shipped per:",
     "Sailing per:", "Ocean Vessel / Voyage No.:"],
)  # fmt: skip
@pytest.mark.parametrize(
    "said",
    ["EVER LUCENT 1172E", "EVER LUCENT / 1172E", "EVER LUCENT V.1172E", "EVER LUCENT V-1172E",
     "M/V EVER LUCENT VOY. NO. 1172E"],
)  # fmt: skip
def test_the_ship_and_its_voyage_in_one_cell(label: str, said: str) -> None:
    assert ship((30, 150, f"{label} {said}")) == ("EVER LUCENT", "1172E")


def test_the_value_may_stand_under_a_bare_label() -> None:
    assert ship((30, 150, "Carrier"), (30, 161, "EVER LUCENT 1172E")) == ("EVER LUCENT", "1172E")
    assert ship((30, 150, "Per S.S. EVER LUCENT 1172E")) == ("EVER LUCENT", "1172E")


@pytest.mark.parametrize(
    "said",
    ["Carrier: MAERSK LINE", "Carrier: COSCO SHIPPING", "Carrier: FEDEX 1234567890",
     "Carrier: CATHAY PACIFIC CX880", "Shipped per: SEA FREIGHT", "Shipped per: MAERSK LINE",
     "Vessel: TBA"],
)  # fmt: skip
def test_a_firm_or_a_mode_of_transport_is_no_ship(said: str) -> None:
    assert ship((30, 150, said)) == (None, None)


@pytest.mark.parametrize(
    ("cells", "voyage"),
    [
        (((30, 150, "Flight No."), (110, 150, "QX / 417")), "QX / 417"),
        (((30, 150, "Flight QX 417"),), "QX 417"),
        (((30, 150, "Vessel/Flight: QX 880"),), "QX 880"),
        (((30, 150, "Flight to Oslo"),), None),
    ],
)
def test_a_flight_is_the_voyage_of_what_goes_by_air(
    cells: tuple[tuple[float, float, str], ...], voyage: str | None
) -> None:
    assert ship(*cells) == (None, voyage)
