"""The pages that people outside Slack see, in a real browser."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from playwright.sync_api import expect, sync_playwright

from storage.columns import now
from storage.models import Entry, Pickup, Shipment, State
from tests.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_figures_and_the_carriers_page(town: Town) -> None:
    with town.app.database.transaction() as session:
        shipment = Shipment(state=State.CLOSED, ref="SHP-2026-000001")
        session.add(shipment)
        session.flush()
        entry = Entry(
            shipment_id=shipment.id, key="k", gateway="sandbox", confirmed_by="d", confirmed_name="D",
            confirmed_at=now(), submitted_at=now(),
        )  # fmt: skip
        session.add(entry)
        session.flush()
        session.add(Pickup(shipment_id=shipment.id, entry_id=entry.id))
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(town.app.figure_link({"split": "2026-06-01"}))
        page.get_by_role("link", name="Dana Whitlock").click()  # the page asks who you are
        expect(page.get_by_role("heading", name="Figures")).to_be_visible()
        expect(page.get_by_text("too few to conclude anything from")).to_be_visible()
        expect(page.get_by_role("img", name="Hold rate (percent)")).to_be_visible()
        expect(page.get_by_role("heading", name="Before and after 2026-06-01")).to_be_visible()
        with page.expect_download() as begun:
            page.get_by_role("link", name="CSV").click()
        assert begun.value.path().read_text().startswith("scope,figure,value,unit")
        # Nobody was asked to collect it, so nobody may say when they do.
        page.goto(town.app.pickup_link(1, None))
        tomorrow = now() + timedelta(days=1)
        page.get_by_label("Appointment").fill(f"{tomorrow:%Y-%m-%d}")
        page.get_by_label("time at the port").fill("09:00")
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("status")).to_contain_text("no longer yours")
        ours = (town.app.settings.public_url, town.app.settings.sandbox_url)
        assert {url.split("/")[2] for url in asked} == {one.split("/")[2] for one in ours}
        browser.close()
