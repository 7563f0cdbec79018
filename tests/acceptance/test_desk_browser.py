"""The desk of a broker in a real browser, with the real tariff model; the pictures of the docs.

With TIDEWAITER_SHOTS=docs the pictures are taken into that folder.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

from tests.acceptance.processes import Installation
from tests.factories import mail

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SHOTS = os.environ.get("TIDEWAITER_SHOTS")
PATIENCE = 20_000
WIDE: ViewportSize = {"width": 1480, "height": 1000}
GOODS = (
    ("Backpacks of polyester textile, 22 liters", 1200, "PCS", "9.50"),
    ("Travel bags of nylon with wheels", 300, "PCS", "21.00"),
    ("Tents of synthetic fibers, for two persons", 240, "PCS", "38.40"),
    ("Sleeping bags filled with polyester", 400, "PCS", "17.25"),
    ("Camping stoves of steel, for gas", 500, "PCS", "11.80"),
    ("Vacuum flasks of stainless steel, 0.75 liter", 900, "PCS", "6.10"),
    ("Headlamps with LED, battery operated", 1000, "PCS", "4.35"),
    ("Folding chairs with aluminum frame", 350, "PCS", "14.90"),
    ("Trekking poles of aluminum, pairs", 600, "PRS", "12.00"),
    ("Men's rain jackets, woven, polyester", 450, "PCS", "19.75"),
    ("Women's T-shirts, knitted, cotton", 100, "DOZ", "36.00"),
    ("Socks, knitted, of wool", 80, "DOZ PRS", "28.50"),
    ("Gloves, knitted, of synthetic fibers", 60, "DOZ PRS", "31.00"),
    ("Hiking boots with rubber soles and leather uppers", 380, "PRS", "33.60"),
    ("Umbrellas with telescopic shaft", 700, "PCS", "3.20"),
    ("Pocket knives with folding blades", 800, "PCS", "5.40"),
    ("Compasses, magnetic", 500, "PCS", "2.75"),
    ("Binoculars, 8x25", 200, "PCS", "24.00"),
    ("Sunglasses", 1500, "PCS", "2.10"),
    ("Cookware sets of aluminum, three pieces", 260, "SETS", "15.30"),
    ("Inflatable mattresses of PVC", 320, "PCS", "13.45"),
    ("Ropes of polyamide, 10 mm", 900, "KG", "4.80"),
    ("Power banks with lithium-ion cells, 10,000 mAh", 650, "PCS", "8.90"),
    ("Waterproof bags of plastic sheeting", 1100, "PCS", "1.95"),
)


def invoice(number: str, bill: str, goods: tuple[tuple[str, int, str, str], ...]) -> bytes:
    """A commercial invoice that adds up."""
    rows = []
    total = 0.0
    for at, (words, count, unit, price) in enumerate(goods, start=1):
        amount = count * float(price)
        total += amount
        quoted = f'"{words}"'
        rows.append(f"{at},HL-{at:03},{quoted},VN,{count},{unit},{price},{amount:.2f}")
    return "\n".join(
        [
            "COMMERCIAL INVOICE",
            "",
            f"Exporter:,Hanoi Lotus Bags JSC,,Invoice No.:,{number}",
            "Importer:,Kestrel Outdoor LLC,,Invoice Date:,2026-10-28",
            f"Currency:,USD,,B/L No.:,{bill}",
            "",
            "No.,SKU,Description,Origin,Quantity,Unit,Unit Price,Amount",
            *rows,
            f"Total,,,,,,,{total:.2f}",
        ]
    ).encode()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("desk"))
    made.start()
    made.send("northgate")
    sender, to = "Ha Nguyen <ha@lotusbags.example>", made.app.settings.smtp.recipients[0]
    packing = b"PACKING LIST\nInvoice No.: HLB-2026-0501\nPackages: 24 cartons\nGross weight: 640 kg\n"
    made.hands.mail(
        mail(("HLB-2026-0500.csv", invoice("HLB-2026-0500", "ZZZQ26110500", GOODS)), ("packing list.txt", packing), sender=sender, to=to, subject="Invoice HLB-2026-0500 for Kestrel", message_id="<d1@lotusbags.example>")
    )
    made.hands.mail(
        mail(("HLB-2026-0501.csv", invoice("HLB-2026-0501", "ZZZQ26110501", GOODS[:3])), sender=sender, to=to, subject="Invoice HLB-2026-0501 for Kestrel", message_id="<d2@lotusbags.example>")
    )
    for words in ("Northgate", "HLB-2026-0500", "HLB-2026-0501"):
        made.hands.wait(f"the card of {words}", lambda words=words: made.hands.card(words))
    yield made
    made.close()


@pytest.fixture(scope="module")
def page(house: Installation) -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        made = browser.new_page(viewport=WIDE)
        faults: list[str] = []
        made.on("pageerror", lambda error: faults.append(str(error)))
        made.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        made.goto(house.app.settings.sandbox_url)
        made.get_by_text("HLB-2026-0501").first.wait_for()
        yield made
        browser.close()
        assert faults == []


def shot(page: Page, folder: Path, name: str) -> None:
    place = Path(SHOTS or folder) / f"{name}.png"
    page.screenshot(path=str(place))
    assert place.stat().st_size > 10_000


def card(page: Page, words: str) -> Locator:
    return page.locator("article", has_text=words).first


def window(page: Page, words: str) -> Locator:
    found = page.get_by_test_id("modal")
    expect(found).to_contain_text(words, timeout=PATIENCE)
    return found


def menu(page: Page, words: str, action: str, choice: str) -> None:
    card(page, words).locator(f"[data-action={action}]").first.select_option(label=choice)


def test_the_place_on_the_page_comes_into_the_window_and_typing_stays(page: Page, tmp_path: Path) -> None:
    card(page, "Northgate").evaluate("one => one.scrollIntoView({ block: 'start' })")
    shot(page, tmp_path, "sandbox")
    card(page, "Northgate").locator("[data-action=shipment_edit]").first.click()
    modal = window(page, "What the documents say is kept")
    total = modal.locator("[data-block='totals.total']")
    total.fill("74290.01")
    modal.locator(".block", has_text="74,290.00").get_by_role("button", name="Show the place").click()
    picture = modal.locator("img")
    expect(picture).to_have_count(1, timeout=PATIENCE)
    assert "Invoice total on page 1" in (picture.get_attribute("alt") or "")
    picture.evaluate("one => one.scrollIntoView({ block: 'center' })")
    page.wait_for_function("[...document.images].every((one) => one.complete && one.naturalWidth > 0)")
    expect(total).to_have_value("74290.01")
    shot(page, tmp_path, "slack-place")
    page.keyboard.press("Escape")
    expect(modal).to_be_hidden()


def test_another_code_is_searched_by_keys_and_says_the_unit(page: Page, tmp_path: Path) -> None:
    card(page, "Northgate").locator("[data-action=line_change]").first.click()
    modal = window(page, "Why is none of the candidates right?")
    search = modal.locator("[data-kind=external_select]")
    search.press_sequentially("power supplies")
    expect(modal.locator(".options button").first).to_be_visible(timeout=PATIENCE)
    search.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(modal).to_contain_text("Reported in", timeout=PATIENCE)
    modal.locator("textarea").fill("The data sheet says a rectifier.")
    shot(page, tmp_path, "slack-code")
    page.keyboard.press("Escape")
    expect(modal).to_be_hidden()


def test_a_line_is_split_and_the_rest_goes_to_the_last_part(page: Page, tmp_path: Path) -> None:
    menu(page, "HLB-2026-0501", "shipment_more", "Split a line…")
    modal = window(page, "Which line shall become several?")
    modal.locator("[data-action=line_search]").focus()
    expect(modal.locator(".options button")).to_have_count(3, timeout=PATIENCE)
    modal.locator(".options button", has_text="Backpacks").click()
    modal = window(page, "The parts come to exactly this")
    quantity, amount = modal.locator("[data-block^='quantity:1']"), modal.locator("[data-block^='amount:1']")
    quantity.fill("400")
    amount.fill("3800.00")
    modal.get_by_role("button", name="One more part").click()
    expect(modal.locator("[data-block^='quantity:3']")).to_be_visible(timeout=PATIENCE)
    expect(quantity).to_have_value("400")
    modal.locator("[data-block^='quantity:2']").fill("500")
    modal.locator("[data-block^='amount:2']").fill("9000.00")
    modal.get_by_test_id("modal-submit").click()
    expect(modal).to_contain_text("The amount of every part must be more than nothing", timeout=PATIENCE)
    modal.locator("[data-block^='amount:2']").fill("4750.00")
    shot(page, tmp_path, "slack-split")
    modal.get_by_test_id("modal-submit").click()
    expect(modal).to_be_hidden(timeout=PATIENCE)
    expect(card(page, "HLB-2026-0501")).to_contain_text("5 lines", timeout=PATIENCE)
    # And together again, chosen by typing; one that was chosen is taken out.
    menu(page, "HLB-2026-0501", "shipment_more", "Merge lines…")
    modal = window(page, "Quantities and amounts are added up")
    search = modal.get_by_role("combobox")
    for words, at in (("Backpacks", 0), ("Backpacks", 1), ("Backpacks", 2), ("Travel", 0)):
        search.fill(words)
        expect(modal.locator(".options button")).to_have_count(3 if words == "Backpacks" else 1, timeout=PATIENCE)
        modal.locator(".options button").nth(at).click()
    expect(modal.locator(".chip")).to_have_count(4)
    modal.get_by_role("button", name="Take out 2. Travel", exact=False).click()
    modal.get_by_test_id("modal-submit").click()
    expect(modal).to_be_hidden(timeout=PATIENCE)
    expect(card(page, "HLB-2026-0501")).to_contain_text("3 lines", timeout=PATIENCE)


def test_a_document_moves_to_the_shipment_it_is_about(page: Page) -> None:
    menu(page, "HLB-2026-0500", "shipment_more", "Move a document…")
    modal = window(page, "Both threads are told")
    modal.locator("select").select_option(label="packing list.txt")
    modal.locator("[data-kind=external_select]").focus()
    expect(modal.locator(".options button")).to_have_count(1, timeout=PATIENCE)  # no other client's
    modal.locator(".options button").click()
    modal.get_by_test_id("modal-submit").click()
    expect(modal).to_be_hidden(timeout=PATIENCE)
    expect(card(page, "HLB-2026-0501")).to_contain_text("packing list.txt", timeout=PATIENCE)


def test_all_lines_stand_in_the_thread_and_in_a_window(page: Page, tmp_path: Path) -> None:
    card(page, "HLB-2026-0500").locator("[data-testid^=thread-]").first.click()
    expect(page.locator("#replies")).to_contain_text("All 24 lines", timeout=PATIENCE)
    page.locator("#replies table").evaluate("one => one.scrollIntoView({ block: 'center' })")
    shot(page, tmp_path, "slack-thread")
    card(page, "HLB-2026-0500").locator("[data-action=review_all]").first.click()
    modal = window(page, "page 1 of 2")
    modal.locator("[data-action=review_pick]").first.select_option(index=1)
    expect(modal).to_contain_text("confirmed.", timeout=PATIENCE)
    shot(page, tmp_path, "slack-review")
    page.keyboard.press("Escape")
    expect(modal).to_be_hidden()


def test_the_home_and_a_narrow_window(page: Page, tmp_path: Path) -> None:
    page.get_by_test_id("app-home").focus()
    page.keyboard.press("Enter")
    home = page.get_by_test_id("home")
    expect(home).to_contain_text("Dana Whitlock's desk", timeout=PATIENCE)
    page.locator("[data-action=home_filter]").select_option("everyone")
    expect(home).to_contain_text("SHP-2026-000003", timeout=PATIENCE)
    shot(page, tmp_path, "slack-home")
    page.set_viewport_size({"width": 420, "height": 900})
    page.locator("#channels button").first.click()
    card(page, "Northgate").locator("[data-action=line_change]").first.click()
    modal = window(page, "Tariff line")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    shot(page, tmp_path, "slack-narrow")
    page.keyboard.press("Escape")
    expect(modal).to_be_hidden()
    page.set_viewport_size(WIDE)
