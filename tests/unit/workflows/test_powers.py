"""Why a power of attorney does not serve: 19 CFR 141.31 to 141.46, by table; and who may sign."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from storage.models import Importer, PowerOfAttorney, Shipment, State
from storage.powers import Form, GrantorKind, Scope, Signing
from storage.values import Transport
from workflows import poa, poa_form
from workflows.signatories import _bears_the_name

TODAY = date(2026, 11, 21)
KESTREL = Importer(id=1, name="Kestrel Outdoor LLC", match_name="kestrel outdoor")


def power(**facts: Any) -> PowerOfAttorney:
    given: dict[str, Any] = {
        "importer_id": 1,
        "signed_by": "Renee Voss",
        "signed_on": date(2026, 1, 5),
        "recorded_by": "U01DANA",
        "grantor_name": "Kestrel Outdoor LLC",
    }
    return PowerOfAttorney(**{**given, **facts})


def shipment(**transport: Any) -> Shipment:
    return Shipment(state=State.IN_REVIEW, transport=Transport(**transport))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, None),
        ({"grantor_name": None}, None),
        ({"grantor_name": "KESTREL OUTDOOR, L.L.C."}, None),
        ({"expires_on": date(2026, 11, 20)}, "ended on 2026-11-20"),
        ({"expires_on": date(2026, 11, 30)}, "ends on 2026-11-30, before the entry that is expected on 2026-12-04"),
        ({"expires_on": date(2026, 12, 4)}, None),
        ({"revoked_on": TODAY, "revoked_reason": "by letter"}, "was revoked on 2026-11-21: by letter"),
        ({"grantor_name": "Kestrel Outdoor Inc."}, "the name differs"),
        ({"grantor_name": "TransBlue Forwarding"}, "was given by TransBlue Forwarding"),
        ({"number": "12-3456789XX"}, "names importer number 12-3456789XX; on record is 98-7654321 00"),
        ({"number": "98-765432100"}, None),
        ({"kind": GrantorKind.PARTNERSHIP}, "19 CFR 141.34"),
        ({"kind": GrantorKind.PARTNERSHIP, "expires_on": date(2028, 1, 6)}, "by 2028-01-05 (19 CFR 141.34)"),
        ({"kind": GrantorKind.PARTNERSHIP, "expires_on": date(2028, 1, 5)}, None),
        ({"nonresident": True}, "names no resident agent"),
        ({"nonresident": True, "resident_agent": "  "}, "19 CFR 141.36"),
        ({"nonresident": True, "resident_agent": "Harbor & Pine"}, None),
        ({"scope": Scope(ports=("Seattle",))}, "covers Seattle only, not Long Beach, CA"),
        ({"scope": Scope(ports=("2709", "Seattle"))}, None),
        ({"scope": Scope(ports=("USLGB",))}, None),
        ({"scope": Scope(entry_types=("06",))}, "covers entry types 06 only, not 01"),
        ({"scope": Scope(entry_types=("01", "03"))}, None),
    ],
)  # fmt: skip
def test_each_reason_not_to_act_is_said_in_words(facts: dict[str, Any], said: str | None) -> None:
    importer = KESTREL.model_copy(update={"signing": Signing(number="98-7654321 00")})
    going = shipment(eta=date(2026, 12, 4), portOfDischarge="Long Beach, CA")
    found = poa.why_not(power(**facts), importer, shipment=going, on=TODAY)
    if said is None:
        assert found is None
    else:
        assert said in (found or "")


def test_a_port_that_is_not_known_is_not_covered_by_named_ports() -> None:
    limited = power(scope=Scope(ports=("Seattle",)))
    assert "the port is not known" in (poa.why_not(limited, KESTREL, shipment=shipment()) or "")
    assert poa.why_not(limited, KESTREL) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Kestrel Outdoor LLC", "Kestrel Outdoor, L.L.C.", True),
        ("Kestrel Outdoor LLC", "Kestrel Outdoor", True),
        ("Kestrel Outdoor LLC", "Kestrel Outdoor Inc", False),
        ("Acme Corp.", "ACME CORPORATION", True),
        ("Acme Corp.", "Acme Ltd", False),
        ("Kestrel Outdoor LLC", "Kestrel Indoor LLC", False),
    ],
)
def test_another_legal_form_is_another_firm(one: str, other: str, same: bool) -> None:
    assert poa.same_name(one, other) is same


@pytest.mark.parametrize(
    ("domain", "bears"),
    [
        ("kestrel.example", True),
        ("kestrel-outdoor.com", True),
        ("mail.kestreloutdoor.co.uk", True),
        ("transblue.example", False),
        ("kes.example", False),
        ("outdoor.example", False),
    ],
)
def test_a_domain_bears_a_firms_name_only_from_its_beginning(domain: str, bears: bool) -> None:
    assert _bears_the_name(domain, "Kestrel Outdoor LLC") is bears


def form(**facts: Any) -> Form:
    given: dict[str, Any] = {
        "grantor": "Kestrel Outdoor LLC",
        "kind": GrantorKind.LLC,
        "address": "1200 Harbor Way, Reno, NV",
        "number": None,
        "state": None,
        "signer": "Renee Voss",
        "title": "Managing member",
        "broker": "Harbor & Pine",
        "filer_code": "QZ7",
        "made_on": "2026-11-21",
        "reference": "poa-1-1-aaaa",
    }
    return Form(**{**given, **facts})


def words(data: bytes, *, pages: int = 1) -> str:
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(data)
    said = "".join(page.get_textpage().get_text_range() for page in document)
    there = len(document)
    document.close()
    assert there == pages
    return " ".join(said.split())


def test_the_form_says_what_is_known_and_where_to_sign() -> None:
    made = poa_form.pdf(form())
    said = words(made)
    for fact in (
        "Kestrel Outdoor LLC",
        "1200 Harbor Way",
        "Harbor & Pine",
        "QZ7",
        "Managing member",
    ):
        assert fact in said
    assert "in all customs districts and at all ports, without limit" in said
    assert "\\s1\\" in said
    assert "\\d1\\" in said
    assert poa_form.pdf(form()) == made


def test_what_people_wrote_is_text_on_the_form_and_never_markup() -> None:
    nasty = '#panic("x") $x^2$ *b* \\ [/etc/passwd] ' + "W" * 500
    said = words(
        poa_form.pdf(form(grantor=nasty, address=nasty, partners=(nasty,), title=nasty)), pages=2
    )
    assert '#panic("x") $x^2$ *b*' in said


def test_a_partnership_and_a_nonresident_have_their_sentences() -> None:
    made = form(
        kind=GrantorKind.PARTNERSHIP,
        partners=("A. Smith", "B. Lee"),
        nonresident=True,
        resident_agent="Harbor & Pine",
        expires="2028-11-20",
        scope=Scope(ports=("Long Beach, CA",)),
    )
    said = words(poa_form.pdf(made))
    for sentence in (
        "A. Smith; B. Lee",
        "ends on 2028-11-20",
        "accept service of process",
        "at Long Beach, CA only",
    ):
        assert sentence in said
