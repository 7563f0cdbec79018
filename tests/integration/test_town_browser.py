"""The desk as a broker uses it, in a real browser: Home, notices, questions, files, all lines, keyboard."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from storage.models import Document, LineItem, LineState, Outbox, Shipment
from tests.factories import invoice_csv, mail
from tests.town import Town

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def page(town: Town) -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"), args=["--no-sandbox"]
        )
        made = browser.new_page(viewport={"width": 1500, "height": 1000})
        wrong: list[str] = []
        made.on("pageerror", lambda error: wrong.append(str(error)))
        made.goto(town.app.settings.sandbox_url)
        yield made
        assert wrong == []
        browser.close()


def shot(page: Page, folder: Path, name: str) -> None:
    place = folder / f"slack-{name}.png"
    page.screenshot(path=str(place))
    assert place.stat().st_size > 10_000


def test_a_broker_works_at_the_desk_with_mouse_and_keys(town: Town, page: Page, tmp_path: Path) -> None:
    town.send(mail(("i.csv", invoice_csv(lines=24))))
    town.send(mail(("j.csv", invoice_csv(number="T-2002", bill="ZZZQ22220002", goods="Electric kettles")), message_id="<m2@lotusbags.example>"))
    town.drain()
    with town.app.database.transaction() as session:
        for number, who in ((1, "U01DANA"), (2, None)):
            shipment = session.get(Shipment, number)
            assert shipment is not None
            shipment.assignee = who
            session.add(shipment)
    at_home(town, page, tmp_path)
    asking(town, page, tmp_path)
    in_the_thread(town, page, tmp_path)
    all_lines(town, page, tmp_path)
    notices_and_a_narrow_window(town, page, tmp_path)


def at_home(_town: Town, page: Page, tmp_path: Path) -> None:
    # The Home by keyboard, its filter, and taking what is nobody's.
    page.get_by_test_id("app-home").focus()
    page.keyboard.press("Enter")
    home = page.get_by_test_id("home")
    expect(home).to_contain_text("Dana Whitlock's desk")
    expect(home).to_contain_text("SHP-2026-000001")
    expect(home).not_to_contain_text("SHP-2026-000002")
    page.locator("[data-action=home_filter]").select_option("everyone")
    expect(home).to_contain_text("SHP-2026-000002")
    shot(page, tmp_path, "home")
    home.get_by_role("button", name="Take it").click()
    page.get_by_test_id("app-messages").click()
    expect(page.locator("#messages")).to_contain_text("is assigned to Dana Whitlock now")


def asking(_town: Town, page: Page, tmp_path: Path) -> None:
    # A question to the app alone.
    page.locator("#typed").fill("what is missing for ZZZQ11110001?")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("The packing list is missing.")
    shot(page, tmp_path, "question")


def in_the_thread(town: Town, page: Page, tmp_path: Path) -> None:
    # A link leads to the card's thread; a file there becomes a document.
    page.locator("#messages a", has_text="SHP-2026-000001").first.evaluate("link => { link.target = '_self'; link.click(); }")
    expect(page.locator("#replies")).to_contain_text("All 24 lines")
    packing = tmp_path / "packing.txt"
    packing.write_text("PACKING LIST\nInvoice No.: T-1001\nPackages: 4 cartons\nGross weight: 120 kg\n")
    page.locator("#enclosed").set_input_files(str(packing))
    page.locator("#reply button").click()
    town.hands.wait("the file", lambda: any(row.kind == "slack.file" for row in town.rows(Outbox)))
    town.drain()
    expect(page.locator("#replies")).to_contain_text("added packing.txt")
    shot(page, tmp_path, "thread")
    assert "packing.txt" in {one.filename for one in town.rows(Document)}


def all_lines(town: Town, page: Page, tmp_path: Path) -> None:
    # All lines in a window; one is decided there.
    page.locator("[data-action=review_all]").first.click()
    window = page.get_by_test_id("modal")
    expect(window).to_contain_text("page 1 of 2")
    choice = window.locator("[data-action=review_pick]").first
    choice.select_option(index=1)
    expect(window).to_contain_text("confirmed.")
    shot(page, tmp_path, "review")
    window.get_by_role("button", name="Next 20").click()
    expect(window).to_contain_text("page 2 of 2")
    page.keyboard.press("Escape")
    expect(window).to_be_hidden()
    assert sum(one.state is LineState.CONFIRMED for one in town.rows(LineItem)) == 1


def notices_and_a_narrow_window(_town: Town, page: Page, tmp_path: Path) -> None:
    # One's own notices; then a narrow window.
    page.get_by_test_id("app-home").click()
    page.locator("[data-action=home_wishes]").click()
    window = page.get_by_test_id("modal")
    expect(window).to_contain_text("My time zone")
    window.get_by_test_id("check-direct").check()
    shot(page, tmp_path, "notices")
    window.get_by_test_id("modal-submit").click()
    expect(window).to_be_hidden()
    page.set_viewport_size({"width": 420, "height": 900})
    expect(page.get_by_test_id("home")).to_contain_text("desk")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    shot(page, tmp_path, "narrow")
