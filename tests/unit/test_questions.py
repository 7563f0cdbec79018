"""A plain question is understood by what it says, or gets the closest three; it is never acted on."""

import pytest

from workflows.questions import understand


@pytest.mark.parametrize(
    ("text", "intent", "about"),
    [
        ("did MAEU123456789 clear?", "status", "MAEU123456789"),
        ("<@U00TIDE> has it been released?", "status", ""),
        ("what's the status of the Northgate shipment", "status", "Northgate"),
        ("what is missing for Acme?", "missing", "Acme"),
        ("what are we still waiting for from Kestrel Outdoor", "missing", "Kestrel Outdoor"),
        ("show prior entries of LED lamps", "prior", "LED lamps"),
        ("how did we enter ceramic mugs last time?", "prior", "ceramic mugs"),
        ("what is on hold?", "holds", ""),
        ("waht is on my dekc today", "mine", "waht dekc"),
        ("what can you do", "help", ""),
    ],
)
def test_a_question_is_understood(text: str, intent: str, about: str) -> None:
    said = understand(text)
    assert (said.intent, said.about) == (intent, about)


@pytest.mark.parametrize(
    ("text", "code", "about"),
    [
        ("why 8504.40.95?", "85044095", ""),
        ("why did you propose 9405.21.60 for 4417", "94052160", "4417"),
        ("explain the code 8516 79", "851679", ""),
    ],
)
def test_why_names_a_code_and_perhaps_a_shipment(text: str, code: str, about: str) -> None:
    said = understand(text)
    assert (said.intent, said.code, said.about) == ("why", code, about)


@pytest.mark.parametrize("text", ["", "confirm all lines", "please file it now", "🚢", "x" * 9000, "<!channel>"])
def test_what_is_no_question_of_ours_gets_the_closest_three(text: str) -> None:
    said = understand(text)
    assert said.intent is None
    assert len(set(said.nearest)) == 3
