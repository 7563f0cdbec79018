"""kill -9 of any process at any moment: nothing is lost, nothing is done twice."""

import uuid
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bot.sandbox import samples
from bot.sandbox.player import DANA
from tests.acceptance.processes import ALL, Installation
from tests.databases import POSTGRES

CODES = {one.name: one.codes for one in samples.STORY}


@pytest.fixture
def house(tmp_path: Path):
    made = Installation(tmp_path)
    yield made
    made.close()


def cards(house: Installation, words: str) -> list[dict]:
    return [
        one
        for one in house.hands.state()["messages"]
        if not one["thread_ts"] and words in str(one["blocks"])
    ]


def finish(house: Installation) -> None:
    """Juniper's shipment from the card to the sealed file."""
    hands = house.hands
    hands.wait("the card", lambda: hands.card("Juniper"))
    hands.decide_lines(DANA, "Juniper", CODES["juniper"])
    hands.wait("the button", lambda: "shipment_confirm" in str(hands.card("Juniper")["blocks"]))
    hands.press(DANA, hands.card("Juniper"), "shipment_confirm")
    hands.wait("the hold", lambda: "ON HOLD" in str(hands.card("Juniper")["blocks"]))
    hands.authority(hands.state()["authority"]["entries"][0]["key"], "release")
    hands.wait(
        "the sealed file", lambda: "the file is sealed" in str(hands.card("Juniper")["blocks"])
    )


def once_and_whole(house: Installation) -> None:
    state = house.hands.state()
    assert len(cards(house, "Juniper")) == 1
    assert len(state["authority"]["entries"]) == 1
    assert len([one for one in state["mails"] if "Released by customs" in one["subject"]]) == 1
    notes = [one["text"] for one in house.hands.thread(house.hands.card("Juniper"))]
    assert len(notes) == len(set(notes))
    assert house.command("audit", "verify").returncode == 0


def test_a_mail_survives_the_death_of_everything_right_after_250(house: Installation) -> None:
    house.start("smtp")
    house.send("juniper")
    house.kill("smtp")
    house.start()
    house.hands.wait("the card", lambda: house.hands.card("Juniper"))


def test_every_process_is_killed_once_along_the_way_and_the_story_ends_well(
    house: Installation,
) -> None:
    hands = house.hands
    house.start()
    house.send("juniper")
    house.kill("worker")  # while the mail is taken in
    house.start("worker")
    house.kill("models")  # while the documents are read
    house.start("models")
    hands.wait("the card", lambda: hands.card("Juniper"))
    house.kill("redis")  # with everything that it knew
    house.kill("web")
    house.start("redis", "web")
    house.kill("clock")
    house.start("clock")
    hands.decide_lines(DANA, "Juniper", CODES["juniper"])
    hands.wait("the button", lambda: "shipment_confirm" in str(hands.card("Juniper")["blocks"]))
    hands.press(DANA, hands.card("Juniper"), "shipment_confirm")
    house.kill("worker")  # while the entry is filed
    house.kill("sandbox")  # Slack, customs and the mail sink are gone too
    house.start("sandbox", "worker")
    hands.wait("the hold", lambda: "ON HOLD" in str(hands.card("Juniper")["blocks"]))
    hands.authority(hands.state()["authority"]["entries"][0]["key"], "release")
    house.kill("clock")
    house.kill("worker")  # while the release is told
    house.start("clock", "worker")
    hands.wait(
        "the sealed file", lambda: "the file is sealed" in str(hands.card("Juniper")["blocks"])
    )
    once_and_whole(house)


def test_all_of_redis_is_lost_and_nothing_of_ours(house: Installation) -> None:
    house.start(*[one for one in ALL if one not in ("worker", "models")])
    house.send("juniper")
    house.kill("redis")
    for path in (house.folder / "data" / "redis").rglob("*"):
        if path.is_file():
            path.unlink()
    house.start("redis", "worker", "models")
    house.hands.patience = 150  # the clock hands over again after its own patience
    finish(house)
    once_and_whole(house)


@pytest.mark.postgres
@pytest.mark.redis
def test_the_same_story_on_postgresql_and_a_redis_of_ones_own(tmp_path: Path) -> None:
    schema = f"t_{uuid.uuid4().hex[:12]}"
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    house = Installation(
        tmp_path,
        database_url=f"{POSTGRES}?options=-csearch_path%3D{schema}",
        redis_url="redis://127.0.0.1:6379/9",
    )
    try:
        house.start()
        house.send("juniper")
        finish(house)
        once_and_whole(house)
        found = house.command("search", "porcelain ZZZU1188601", "--json")
        assert "SHP-2026-000001" in found.stdout.decode()
    finally:
        house.close()
        with admin.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        admin.dispose()
