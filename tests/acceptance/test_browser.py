"""The sandbox page in a real browser: look, choose who you are, click, fill, send."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.acceptance.processes import Installation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("browser"))
    made.start()
    made.send("northgate")
    made.hands.wait("the card", lambda: made.hands.card("Northgate"))
    yield made
    made.close()


@pytest.fixture
def page(house: Installation) -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        made = browser.new_page(viewport={"width": 1440, "height": 960})
        faults: list[str] = []
        made.on("pageerror", lambda error: faults.append(str(error)))
        made.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        made.goto(house.app.settings.sandbox_url)
        made.get_by_text("Northgate Retail Inc.").first.wait_for()
        yield made
        browser.close()
        assert faults == []


def card(page: Page):
    return page.locator("article", has_text="Northgate Retail Inc.").first


def test_an_entry_writer_is_told_that_only_a_broker_decides(page: Page) -> None:
    page.get_by_test_id("person-U02LUIS").click()
    card(page).locator("[data-action=line_pick_0]").first.click()
    expect(
        page.get_by_text("Only a licensed broker can confirm a tariff code.").first
    ).to_be_visible()
    expect(page.get_by_text("Only visible to you").first).to_be_visible()


def test_a_broker_decides_lines_by_click_and_by_search_and_the_thread_tells_it(page: Page) -> None:
    page.get_by_test_id("person-U01DANA").click()
    expect(card(page)).to_contain_text("0 confirmed")
    card(page).locator("[data-action=line_pick_0]").first.click()
    expect(card(page)).to_contain_text("1 confirmed", timeout=15_000)
    card(page).locator("[data-action=line_change]").first.click()
    expect(page.get_by_text("Why is none of the candidates right?")).to_be_visible()
    page.locator("[data-kind=external_select]").fill("coaxial connectors")
    page.locator(".options button", has_text="8536.69.40.10").click()
    page.locator("textarea[data-block=reason]").fill("The data sheet says BNC.")
    page.get_by_test_id("modal-submit").click()
    expect(page.get_by_test_id("modal")).to_be_hidden(timeout=15_000)
    expect(card(page)).to_contain_text("2 confirmed", timeout=15_000)
    page.locator("[data-testid^=thread-]").first.click(timeout=60_000)
    expect(page.locator("#replies")).to_contain_text("Dana Whitlock confirmed", timeout=40_000)


def test_a_broker_looks_at_the_duty_and_states_facts(page: Page, tmp_path: Path) -> None:
    page.get_by_test_id("person-U01DANA").click()
    expect(card(page)).to_contain_text("duty USD")
    page.screenshot(path=str(tmp_path / "card.png"))
    card(page).locator("[data-action=shipment_duty]").first.click()
    modal = page.get_by_test_id("modal")
    expect(modal).to_contain_text("HTSUS no.", timeout=15_000)
    expect(modal).to_contain_text("Section 301")
    page.screenshot(path=str(tmp_path / "duty.png"))
    page.locator("[data-block='facts:price']").fill("assists 0; related no")
    page.locator("[data-block='facts:1']").fill("claim civil_aircraft")
    page.get_by_test_id("modal-submit").click()
    expect(page.get_by_text("Stated for the duty: line 1, price.").first).to_be_visible(
        timeout=15_000
    )


def test_a_mail_written_on_the_page_becomes_a_card(page: Page) -> None:
    page.get_by_text("Write to the intake address").click()
    page.locator("input[name=subject]").fill("B/L No.: ZZZQ55550001")
    page.locator("textarea[name=text]").fill("Vessel: LOTUS STREAM\nETA: 2026-12-01")
    page.get_by_role("button", name="Send by SMTP").click()
    expect(page.get_by_text("ZZZQ55550001").first).to_be_visible(timeout=30_000)


def test_the_page_fits_a_narrow_window(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 420, "height": 900})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.screenshot(path=str(tmp_path / "narrow.png"))
    assert width <= 420
