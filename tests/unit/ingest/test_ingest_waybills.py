"""Carriers' papers as plain text: waybills, notices and bookings, box by box."""

from datetime import date
from decimal import Decimal

import pytest

from ingest import fields
from storage.values import DocumentKind, Reading


def read(text: str) -> Reading:
    made = fields.read("paper.txt", text.encode())
    assert isinstance(made, Reading)
    return made


NOTICE = """
                                   ARRIVAL NOTICE

SEA WAYBILL / Connaissement:       QLNH250914

AMS B/L NO. / SCAC                 VESSEL / VOYAGE
QLNH2509140 / QLNX                 GREY HERON V.018E

OPERATIONAL LOAD PORT              OPERATIONAL DISCHARGE PORT
NGHI SON                           OAKLAND, CA

CONTAINER #     TYPE    PACKAGES    DESCRIPTION           WEIGHT (KG)
TCNU  8341204   40HC    210 CTN     BAMBOO FLOORING       8,000.500
                                    HTS-CODE 4409.21, 4418.73
                40HC    190 CTN                           7,000.000
2 CONTAINER(S)          400 CTN                           15,000.500
"""


def test_a_waybill_that_is_not_negotiable_is_a_bill_of_lading() -> None:
    assert read("NON-NEGOTIABLE WAYBILL\n\nShipper\nA").documentType is DocumentKind.BILL_OF_LADING


def test_an_air_waybill_that_is_not_negotiable_stays_one() -> None:
    assert read("NON-NEGOTIABLE\nAIR WAYBILL").documentType is DocumentKind.AIR_WAYBILL


def test_the_number_behind_the_papers_own_name_in_two_languages_is_the_bills() -> None:
    assert read(NOTICE).transport.masterBill == "QLNH250914"


def test_two_labels_with_a_slash_share_what_stands_under_them() -> None:
    notice = read(NOTICE).transport
    assert (notice.houseBill, notice.scac) == ("QLNH2509140", "QLNX")


def test_an_operational_port_counts_where_no_other_is_named() -> None:
    notice = read(NOTICE).transport
    assert (notice.portOfLoading, notice.portOfDischarge) == ("NGHI SON", "OAKLAND, CA")


def test_a_port_of_loading_goes_before_an_operational_one() -> None:
    text = NOTICE.replace("OPERATIONAL DISCHARGE PORT", "PORT OF LOADING           ")
    assert read(text).transport.portOfLoading == "OAKLAND, CA"


def test_a_container_whose_letters_and_number_stand_apart_is_read() -> None:
    assert read(NOTICE).transport.containers == ("TCNU8341204",)


def test_a_row_that_counts_the_containers_says_the_sums() -> None:
    totals = read(NOTICE).totals
    assert (totals.packages, totals.grossWeightKg) == (400, Decimal("15000.500"))


def test_of_two_tariff_codes_the_first_is_shown_for_a_look() -> None:
    notice = read(NOTICE)
    assert notice.lineItems[0].hsCodeHint == "440921"
    assert notice.confidenceByField["lineItems[0].hsCodeHint"] < 0.85


BILL = """
BILL OF LADING                             B/L No.: KTL/250781

Container No. / Seal No.   No. and kind    Description of goods        Gross weight   Measurement
Marks and Numbers          of packages                                 (kgs)          (cbm)
                     PARTICULARS FURNISHED BY SHIPPER - CARRIER NOT RESPONSIBLE
LOT 7                      640             SAID TO CONTAIN             GROSS WT.      27.350
PRODUCE OF                 CARTONS         DRIED CLOVES                7,936.000
SRI LANKA
                                           H.S. CODE : 0907.10         NET WT.
                                                                       6,400.000
"""


def test_a_count_over_its_unit_is_the_packages() -> None:
    totals = read(BILL).totals
    assert (totals.packages, totals.packageUnit) == (640, "cartons")


def test_weights_under_their_names_in_the_column_are_told_apart() -> None:
    totals = read(BILL).totals
    assert (totals.grossWeightKg, totals.netWeightKg) == (Decimal("7936.000"), Decimal("6400.000"))


def test_an_origin_over_two_rows_of_the_marks_is_the_goods() -> None:
    (line,) = read(BILL).lineItems
    assert (line.description, line.countryOfOrigin) == ("DRIED CLOVES", "LK")


BOOKING = """
                          BOOKING CONFIRMATION

Booking No.          ZRB25K388
Port of loading      VALENCIA, SPAIN        Port of discharge    CALLAO, PERU
Place of receipt     VALENCIA, SPAIN        Place of delivery    LIMA, PERU
Loading terminal     Terminal Este

Leg         From         To           Vessel            Voyage    ETD            ETA
1 Feeder    VALENCIA     ALGECIRAS    SEA WREN          2540S     04-Oct-2025    05-Oct-2025
2 Mother    ALGECIRAS    CALLAO       GREY HERON        541W      09-Oct-2025    01-Nov-2025

Equipment    Commodity                 HS Code    Packages      Gross weight
20' DRY      Glazed floor tiles        690721     44 pallets    53,240.00 kg
"""


def test_of_the_legs_of_a_voyage_the_last_one_arrives() -> None:
    booking = read(BOOKING).transport
    assert (booking.etd, booking.eta) == (date(2025, 10, 4), date(2025, 11, 1))
    assert (booking.vessel, booking.voyage) == ("GREY HERON", "541W")


@pytest.mark.parametrize(
    ("field", "port"),
    [
        ("portOfLoading", "VALENCIA, SPAIN"),
        ("portOfDischarge", "CALLAO, PERU"),
        ("placeOfDelivery", "LIMA, PERU"),
    ],
)
def test_beside_a_list_of_labels_stand_their_values(field: str, port: str) -> None:
    assert getattr(read(BOOKING).transport, field) == port


def test_a_booking_names_its_goods_with_the_code_beside_them() -> None:
    (line,) = read(BOOKING).lineItems
    assert (line.description, line.hsCodeHint) == ("Glazed floor tiles", "690721")


FORWARDER = """
KITTIWAKE FREIGHT SERVICES INC                   ARRIVAL NOTICE

CONSIGNEE                                        SHIPPER
TALLGRASS HOME GOODS LLC                         NINGBO LARK HOUSEWARE CO LTD
455 INDUSTRIAL PKWY                              NO 88 JINYUAN ROAD
WICHITA KS 67202                                 NINGBO, CHINA
NOTIFY PARTY                                     CUSTOMS BROKER
THE SAME AS CONSIGNEE                            ARKANSAS RIVER BROKERS

GOODS DESCRIPTION
STAINLESS STEEL COOKWARE
ORDER NUMBERS / OWNER'S REFERENCE
PO 7781, PO 7790

PORT OF LOADING              ETD             PORT OF DISCHARGE                    ETA
CNNGB = Ningbo, China        22-Aug-25       USLAX = Los Angeles, United States   14-Sep-25
"""


def test_goods_in_a_box_without_columns_are_read() -> None:
    (line,) = read(FORWARDER).lineItems
    assert line.description == "STAINLESS STEEL COOKWARE"


def test_towns_with_their_codes_are_read_as_towns() -> None:
    notice = read(FORWARDER).transport
    assert (notice.portOfLoading, notice.portOfDischarge) == (
        "Ningbo, China",
        "Los Angeles, United States",
    )


def test_who_is_told_is_the_consignee_where_the_notice_says_so() -> None:
    parties = read(FORWARDER).parties
    assert parties.notifyParty is not None
    assert parties.notifyParty.name == "TALLGRASS HOME GOODS LLC"


def test_the_next_box_of_a_form_is_no_part_of_an_address() -> None:
    shipper = read(FORWARDER).parties.exporter
    assert shipper is not None
    assert shipper.address == "NO 88 JINYUAN ROAD, NINGBO, CHINA"


def test_packages_that_only_the_goods_tell_are_counted() -> None:
    text = """
                     ARRIVAL NOTICE
CONTAINER No.        DESCRIPTION OF GOODS                  GROSS WEIGHT
TCNU8341204-40HC     1 CONTAINER(S) 40' HIGH CUBE          21,340.000 kgs.
                     STC 900 CARTONS
                     FROZEN VEGETABLES
"""
    totals = read(text).totals
    assert (totals.packages, totals.packageUnit) == (900, "cartons")


RIDER = """
BILL OF LADING                             B/L No.: KTL/250782

Consignee
TO THE ORDER OF
SECOND RIVER BANK PLC
ORIGINAL
DHAKA, BANGLADESH
Notify Party
PRAIRIE PATIO LLC

Marks          No. of Packages    Description of Goods            Gross Weight
KANSAS CITY    824 CTNS           RATTAN FURNITURE                9,888.000 KGS
                                  (CHAIRS, TABLES)
                                  HS CODE: 9401.53, 9403.82
Freight details

STYLE     DESCRIPTION OF GOODS      CTNS      QTY
TOTAL     RATTAN FURNITURE          824       1648 PCS
"""


def test_pieces_on_an_attached_sheet_are_no_packages() -> None:
    totals = read(RIDER).totals
    assert (totals.packages, totals.packageUnit) == (824, "ctns")


def test_a_name_that_goes_on_in_brackets_stays_one_with_two_codes() -> None:
    lines = read(RIDER).lineItems
    assert lines[0].description == "RATTAN FURNITURE (CHAIRS, TABLES)"


def test_what_is_stamped_over_an_address_is_no_part_of_it() -> None:
    bank = read(RIDER).parties.consignee
    assert bank is not None
    assert (bank.name, bank.address) == ("SECOND RIVER BANK PLC", "DHAKA, BANGLADESH")


@pytest.mark.parametrize(
    "numbers", ["205-44712093", "205 NGO 4471 2093", "205     NGO     4471 2093", "205 4471 2093"]
)
def test_the_numbers_of_an_air_waybill_stand_in_its_corners(numbers: str) -> None:
    text = f"""
{numbers}                                        HNA-25090447
Shipper's Name and Address                       Not Negotiable
LARK CERAMICS CO., LTD.                          Air Waybill
NAGOYA, JAPAN
"""
    bills = read(text).transport
    assert (bills.masterBill, bills.houseBill) == ("205-44712093", "HNA25090447")


def test_packages_under_their_heading_go_before_what_stands_left_of_it() -> None:
    text = """
                 ARRIVAL NOTICE
CONTAINER NO     TYPE   PKGS          DESCRIPTION OF GOODS      GROSS WT
TEMU2298174      20GP   318 BALES     COTTON BED LINEN          6,042.00
"""
    totals = read(text).totals
    assert (totals.packages, totals.packageUnit) == (318, "bales")


ANNEXED = """
BILL OF LADING                             B/L No.: KTL/250783

Consignor
LARK WEAVING MILLS
FAISALABAD-PAKISTAN.

Marks       No. of Packages    Description of Goods            Gross Weight      Measurement
M.L.T.      742 CARTONS        READYMADE GARMENTS              6,307.00          38.420
                               AS PER ANNEXURE                 KGS               CBM
                               FREIGHT TO COLLECT              NET WT:
                                                               5,564.50
                                                               KGS
Freight details

ANNEXURE

MARKS & NOS.     NO. OF PKGS    DESCRIPTION OF GOODS              GROSS WT     CBM
M.L.T.           460 CTNS       COTTON KNITTED T-SHIRTS           3,910.000    23.800
                                HS CODE    : 6109 1000
                                95% COTTON 5% ELASTANE
C.NO. 461-742    282 CTNS       LADIES LEGGINGS                   2,397.000    14.620
                                HS CODE : 6104 6200
"""


def test_goods_as_per_annexure_are_those_of_the_annexure() -> None:
    assert [(line.description, line.hsCodeHint) for line in read(ANNEXED).lineItems] == [
        ("COTTON KNITTED T-SHIRTS", "61091000"),
        ("95% COTTON 5% ELASTANE LADIES LEGGINGS", "61046200"),
    ]


def test_the_bill_counts_what_its_annexure_divides() -> None:
    totals = read(ANNEXED).totals
    assert (totals.packages, totals.packageUnit) == (742, "cartons")


def test_a_measure_beside_the_weights_is_no_weight() -> None:
    totals = read(ANNEXED).totals
    assert (totals.grossWeightKg, totals.netWeightKg) == (Decimal("6307.00"), Decimal("5564.50"))


def test_a_country_joined_to_its_town_is_known() -> None:
    shipper = read(ANNEXED).parties.exporter
    assert shipper is not None
    assert shipper.country == "PK"


def test_a_combined_transport_bill_that_names_an_invoice_is_no_invoice() -> None:
    text = """
SHIPPER                          COMBINED TRANSPORT BILL OF LADING
LARK WEAVING MILLS
                                 EXPORT REFERENCES
                                 INVOICE NO. LWM/EXP/0437/26
"""
    assert read(text).documentType is DocumentKind.BILL_OF_LADING
