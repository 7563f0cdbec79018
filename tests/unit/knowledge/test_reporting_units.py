"""What the tariff's unit means for the invoice's quantity; and when a person must say it."""

from decimal import Decimal

import pytest

from knowledge import reporting_units


@pytest.mark.parametrize(
    ("quantity", "unit", "wanted", "said"),
    [
        ("1500", "PCS", ("No.",), "Reported in No.: 1,500 PCS = 1,500 No."),
        ("4560", "PCS", ("doz.", "kg"), "Reported in doz.: 4,560 PCS = 380 doz. Reported in kg: 4,560 PCS do not say it, so the quantity in kg is to be stated."),
        ("2.5", "MT", ("kg",), "Reported in kg: 2.5 MT = 2,500 kg."),
        ("10", "SETS", ("No.",), "Reported in No.: 10 SETS may be any number of articles, so the quantity in No. is to be stated."),
        (None, "PCS", ("No.",), "Reported in No.: the invoice states no quantity, so the quantity is to be stated."),
        ("5", None, ("No.",), "Reported in No.: the invoice states no unit, so the quantity is to be stated."),
        ("5", "PCS", ("X",), "No quantity is reported for this line (X)."),
        ("5", "PCS", (), "The schedule names no unit for this line."),
        ("5", "PCS", ("m2", "X"), "Reported in m2: 5 PCS do not say it, so the quantity in m2 is to be stated."),
    ],
)  # fmt: skip
def test_it_is_converted_only_where_the_factor_is_beyond_doubt(
    quantity: str | None, unit: str | None, wanted: tuple[str, ...], said: str
) -> None:
    number = Decimal(quantity) if quantity else None
    assert reporting_units.told(number, unit, wanted) == said
