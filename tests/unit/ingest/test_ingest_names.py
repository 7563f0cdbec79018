"""Fields are called as a broker calls them."""

import pytest

from ingest.fields.names import spoken


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("parties.exporter.country", "the exporter's country"),
        ("parties.notifyParty.name", "the notify party's name"),
        ("parties.manufacturer.mid", "the manufacturer's identification (MID)"),
        ("transport.portOfDischarge", "the port of discharge"),
        ("transport.eta", "the arrival date"),
        ("lineItems[1].unitPrice", "line 2's unit price"),
        ("totals.grossWeight", "the gross weight"),
    ],
)
def test_a_path_becomes_words(path: str, words: str) -> None:
    assert spoken(path) == words
