"""Bills of lading and letters as plain text: boxes, orders of banks, counts in words."""

from datetime import date
from decimal import Decimal

import pytest

from ingest import fields
from ingest.fields import labels, values
from storage.values import DocumentKind, Reading

BILL = """
Shipper (Name and Full Address)            BILL OF LADING
HARBOUR MILLS LTD.                         B/L No.: HMLU5521077
12 Quay Road, Chittagong
BANGLADESH

Consignee (Name and Full Address)
(Non-Negotiable unless consigned "To Order")
TO THE ORDER OF:
FIRST RIVER BANK PLC
19 Bank Street, Dhaka

Notify Party
NORTHGATE RETAIL INC.
4 Pier Lane, Seattle, USA

Vessel / Voyage       Port of Loading       Port of Discharge     Place of Delivery
LOTUS STREAM V.118E   CHITTAGONG, BD        SEATTLE, WA           SEATTLE, WA

Marks and Numbers     Number of Packages    Description of Goods          Gross Weight   Measurement
                      240 CARTONS           ONE(1) 40HQ CONTAINER         1980.500       22.100
                                            SAID TO CONTAIN
                                            LADIES COTTON TROUSERS
                                            HS CODE: 62046200
                                            INVOICE NO.: HM-77
Freight details, charges
OCEAN FREIGHT PREPAID
MSCU1234566ABCD99/40HQ/240CTN
"""


def read(text: str) -> Reading:
    made = fields.read("paper.txt", text.encode())
    assert isinstance(made, Reading)
    return made


def test_a_bill_of_lading_says_what_is_carried_and_how_heavy_it_is() -> None:
    bill = read(BILL)
    assert bill.documentType is DocumentKind.BILL_OF_LADING
    assert (bill.totals.packages, bill.totals.packageUnit) == (240, "cartons")
    assert bill.totals.grossWeightKg == Decimal("1980.500")
    assert [line.description for line in bill.lineItems] == ["LADIES COTTON TROUSERS"]
    assert bill.lineItems[0].hsCodeHint == "62046200"
    assert bill.transport.vessel == "LOTUS STREAM"


def test_of_an_order_bill_the_bank_is_the_consignee_and_not_the_forms_words() -> None:
    bill = read(BILL)
    assert bill.parties.consignee.name == "FIRST RIVER BANK PLC"
    assert bill.parties.notifyParty.name == "NORTHGATE RETAIL INC."


def test_a_container_glued_to_its_seal_counts_only_with_its_check_digit() -> None:
    assert values.containers("MSCU1234566ABCD99/40HQ") == ["MSCU1234566"]
    assert values.containers("MSCU1234567ABCD99/40HQ") == []


LETTER = """
INVOICE

Invoice No.: 5712            Dated: 28/08/2026
To    M/s. Northgate Mills Ltd
      Plot 7, Pune
      INDIA

SL.NO   DESCRIPTION OF GOODS           QUANTITY     UNIT PRICE      AMOUNT
                                       IN M.T.      IN US$          IN US$
1       Waste paper, sorted            79.320       205.00          16,260.60
        As per our proforma 53
                                                    C.I.F.
                                                    HAZIRA
        In 03 containers - 141 Bales.
                                       79.320                       16,260.60
"""


def test_units_currency_term_and_sum_may_stand_without_labels() -> None:
    invoice = read(LETTER)
    line = invoice.lineItems[0]
    assert (line.description, line.unit) == ("Waste paper, sorted", "MT")
    assert (invoice.header.currency, invoice.header.incoterms) == ("USD", "CIF HAZIRA")
    assert (invoice.totals.total, invoice.totals.packages) == (Decimal("16260.60"), 141)
    assert invoice.parties.consignee.name == "Northgate Mills Ltd"
    assert invoice.header.invoiceDate == date(2026, 8, 28)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("ONE THOUSAND TWENTY", 1020),
        ("two hundred and forty-one", 241),
        ("three million four thousand six", 3_004_006),
        ("ONE GREAT", None),
    ],
)
def test_whole_numbers_in_words(said: str, number: int | None) -> None:
    assert values.in_words(said) == number


@pytest.mark.parametrize(
    ("printed", "field"),
    [
        ("Sripper/Merchant (Name and Full Address)", "parties.exporter"),
        ("NOTITY PARTY", "parties.notifyParty"),
        ("Total amount of hope", None),
        ("Mode of transit", None),
    ],
)
def test_a_label_with_a_wrong_letter_is_known(printed: str, field: str | None) -> None:
    named = labels.field_of(printed)
    assert (named[0] if named else None) == field
