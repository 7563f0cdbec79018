"""What every way to the authority must do, asked of each adapter against a real server."""

import httpx
import pytest

from workflows.gateways.sandbox import SandboxGateway
from workflows.ports import Permanent, Transient

NUMBER = "QZ7-0204518-1"
FILING = {
    "lines": [{"number": 1, "hts": "6109.10.00.12"}],
    "importerOfRecord": "Northgate Retail Inc.",
}


class TestSandboxGateway:
    @pytest.fixture
    def gateway(self, town):
        made = SandboxGateway(f"{town.app.settings.sandbox_url}/authority", timeout=2)
        yield made
        made.close()

    def test_a_filing_gets_a_receipt_and_is_found_again(self, gateway) -> None:
        assert gateway.find("k1") is None
        receipt = gateway.submit("k1", NUMBER, FILING)
        assert gateway.find("k1") == receipt

    def test_the_same_filing_twice_is_one(self, gateway, town) -> None:
        assert gateway.submit("k1", NUMBER, FILING) == gateway.submit("k1", NUMBER, FILING)
        assert len(town.sandbox.authority.entries) == 1

    def test_another_filing_under_the_same_key_is_refused(self, gateway) -> None:
        gateway.submit("k1", NUMBER, FILING)
        with pytest.raises(Permanent, match="Another filing"):
            gateway.submit("k1", NUMBER, {**FILING, "importerOfRecord": "Somebody else"})

    def test_a_wrong_check_digit_is_refused_with_the_reason(self, gateway) -> None:
        with pytest.raises(Permanent, match="check digit"):
            gateway.submit("k1", "QZ7-0204518-2", FILING)

    def test_reports_come_in_order_with_their_times(self, gateway) -> None:
        gateway.submit("k1", NUMBER, FILING)
        gateway.status("k1")
        said = gateway.status("k1")
        assert [one.code for one in said] == ["accepted", "released"]
        assert said[0].at <= said[1].at

    def test_an_authority_that_is_away_is_a_reason_to_wait(self, gateway, town) -> None:
        town.hands.outage(away=True)
        with pytest.raises(Transient):
            gateway.find("k1")

    def test_nobody_listening_means_that_nothing_was_done(self) -> None:
        with pytest.raises(Transient) as told:
            SandboxGateway("http://127.0.0.1:9/authority", timeout=1).find("k1")
        assert told.value.outcome == "not_done"


def test_an_answer_that_is_garbage_is_no_receipt(town) -> None:
    # The workspace's page answers 200 with HTML: a proxy in the way would do the same.
    gateway = SandboxGateway(town.app.settings.sandbox_url, timeout=2)
    gateway._client.base_url = httpx.URL(f"{town.app.settings.sandbox_url}/page/app.js?")
    with pytest.raises((Permanent, Transient)):
        gateway.find("k1")
    gateway.close()
