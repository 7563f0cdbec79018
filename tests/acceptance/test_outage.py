"""The authority is away over real processes: told once, sent once, whatever dies meanwhile."""

from pathlib import Path

import pytest

from bot.sandbox.player import DANA
from tests.acceptance.processes import Installation
from tests.acceptance.test_kills import CODES, once_and_whole


@pytest.fixture
def house(tmp_path: Path):
    made = Installation(tmp_path, more={"GATEWAY__OUTAGE_MINUTES": 0.1})
    yield made
    made.close()


def test_an_outage_is_told_and_outlived_though_the_worker_and_the_clock_are_killed(
    house: Installation,
) -> None:
    hands = house.hands
    house.start()
    house.send("juniper")
    hands.wait("the card", lambda: hands.card("Juniper"))
    hands.decide_lines(DANA, "Juniper", CODES["juniper"])
    hands.wait("the button", lambda: "shipment_confirm" in str(hands.card("Juniper")["blocks"]))
    hands.outage(away=True)
    hands.press(DANA, hands.card("Juniper"), "shipment_confirm")

    def alerts() -> list[str]:
        thread = hands.thread(hands.card("Juniper"))
        return [one["text"] for one in thread if "does not get out" in one["text"]]

    hands.wait("the alert", alerts)
    house.kill("worker")  # between two attempts, or in one
    house.kill("clock")
    house.start("worker", "clock")
    assert hands.state()["authority"]["entries"] == []
    hands.outage(away=False)
    hands.wait("the entry", lambda: hands.state()["authority"]["entries"])
    hands.wait("the hold", lambda: "ON HOLD" in str(hands.card("Juniper")["blocks"]))
    hands.authority(hands.state()["authority"]["entries"][0]["key"], "release")
    hands.wait(
        "the sealed file", lambda: "the file is sealed" in str(hands.card("Juniper")["blocks"])
    )
    assert len(alerts()) == 1
    once_and_whole(house)
