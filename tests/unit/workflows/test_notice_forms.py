"""The forms of a notice say the same, whatever stands in the facts."""

import json
from datetime import UTC, datetime

from storage.models import ConsigneeNotice
from storage.notices import Route
from workflows import notice_forms

AT = datetime(2026, 12, 3, 10, tzinfo=UTC)
FACTS = {
    "ref": "SHP-2026-000007", "entry": "QZ7-0204546-2", "importer": "O'Hara + Sons: Müller?", "bill": "ZZZQ1",
    "containers": ["ZZZU1188601"], "vessel": "LOTUS", "port": "Long Beach, CA", "terminal": "Pier T",
    "requirements": ["TWIC card"], "deliver_by": "2026-12-05", "last_free_day": "2026-12-08", "order": None,
    "documents": [{"file": "bl.pdf", "kind": "bill_of_lading", "sha256": "ab", "id": 4}], "firm": "Harbor & Pine",
}  # fmt: skip


def notice(number: int = 1, **more: object) -> ConsigneeNotice:
    route = Route(name="erp", by="webhook", url="https://erp.example/in")
    return ConsigneeNotice(
        id=number, shipment_id=1, entry_id=9, route_name="erp", route=route, number=number, facts=FACTS,
        made_at=AT, sent_at=AT, **more,
    )  # fmt: skip


def test_a_file_has_its_service_characters_released_and_counts_its_segments() -> None:
    text = notice_forms.edi(notice(), None).decode("ascii")
    assert "NAD+IM+++O?'Hara ?+ Sons?: M ller??'" in text
    segments = [one for one in text.splitlines() if one][1:]
    inside = segments[1:-1]
    assert inside[0].startswith("UNH+1+IFTSTA:D:99B:UN")
    assert inside[-1] == f"UNT+{len(inside)}+1'"
    assert "DTM+218:20261208:102'" in text
    assert "DOC+998+bl.pdf:::ab'" in text
    assert "BGM+44+SHP-2026-000007-QZ7-0204546-2-1+9'" in text


def test_a_correction_names_the_notice_that_it_corrects_in_each_form() -> None:
    first, second = notice(), notice(2, changes=["last_free_day"], reason="The line moved it")
    told = json.loads(notice_forms.message(second, first, lambda number: f"https://x/{number}"))
    assert (told["type"], told["corrects"], told["id"]) == (
        "release.correction", "entry-9-release-erp-1", "entry-9-release-erp-2",
    )  # fmt: skip
    assert told["release"]["documents"][0]["url"] == "https://x/4"
    text = notice_forms.edi(second, first).decode("ascii")
    assert "BGM+44+SHP-2026-000007-QZ7-0204546-2-2+5'" in text
    assert "RFF+ACW:SHP-2026-000007-QZ7-0204546-2-1'" in text


def test_the_same_notice_gives_the_same_bytes() -> None:
    assert notice_forms.edi(notice(), None) == notice_forms.edi(notice(), None)
