"""The sandbox's customs authority, its mail, and who may reach it."""

import json
import smtplib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.sandbox_running import Running, wait

NUMBER = "QZ7-0204518-1"
FILING = {"lines": [{"hts": "6109.10.00.12"}], "importerOfRecord": "Northgate Retail Inc."}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(
        tmp_path, scenarios=(("HOLD", "hold"), ("REJECT", "reject"), ("QUIET", "silent"))
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """For tests after which nothing has changed."""
    made = Running(tmp_path_factory.mktemp("calm"))
    yield made
    made.close()


def put(
    running: Running, *, key: str = "k1", number: str = NUMBER, idem: str = "k1", **more: Any
) -> httpx.Response:
    return running.http.put(
        f"/authority/entries/{key}",
        json={"entryNumber": number, "filing": {**FILING, **more}},
        headers={"Idempotency-Key": idem},
    )


def codes(running: Running, key: str = "k1") -> list[str]:
    answer: httpx.Response = running.http.get(f"/authority/entries/{key}/status")
    return [one["code"] for one in answer.json()["events"]]


def story(running: Running, bill: str) -> list[str]:
    put(running, transport={"masterBill": bill})
    codes(running)
    return codes(running)


# -- customs


def test_a_filing_is_taken_once_and_repeated_safely(running: Running) -> None:
    first, second = put(running), put(running)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_another_filing_under_the_key_is_a_conflict(running: Running) -> None:
    put(running)
    assert put(running, importerOfRecord="Somebody else").status_code == 409
    assert put(running, number="QZ7-0204522-3").status_code == 409


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"number": "QZ7-0204518-2"}, "check digit"),
        ({"number": ""}, "looks like"),
        ({"idem": "k2"}, "Idempotency-Key"),
        ({"lines": []}, "lines"),
        ({"importerOfRecord": ""}, "importer"),
        ({"transport": "by sea"}, "transport"),
    ],
)
def test_a_filing_that_is_not_valid_is_refused_with_the_reason(
    calm: Running, given: dict[str, Any], reason: str
) -> None:
    answer = put(calm, **given)
    assert (answer.status_code, reason in answer.json()["error"]) == (400, True)
    assert calm.http.get("/authority/entries/k1").status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b'{"entryNumber": 7, "filing": 7}', b"\xff"]
)
def test_garbage_is_no_filing(calm: Running, body: bytes) -> None:
    headers = {"Idempotency-Key": "k1"}
    assert calm.http.put("/authority/entries/k1", content=body, headers=headers).is_client_error


@pytest.mark.parametrize(
    ("bill", "said"),
    [
        ("MAEU1", ["accepted", "released"]),
        ("HOLD1", ["accepted", "held"]),
        ("REJECT1", ["accepted", "rejected"]),
        ("QUIET1", []),
    ],
)
def test_the_bill_of_lading_decides_how_the_story_goes(
    running: Running, bill: str, said: list[str]
) -> None:
    assert story(running, bill) == said


def test_a_hold_takes_an_answer_and_is_released_by_hand(running: Running) -> None:
    story(running, "HOLD1")
    answer = {"text": "attached", "documents": ["packing list"]}
    assert running.http.post("/authority/entries/k1/respond", json=answer).status_code == 200
    assert running.do("authority", key="k1", event="release", reason="Documents satisfied")["ok"]
    told = running.http.get("/authority/entries/k1/status").json()["events"]
    assert [one["code"] for one in told] == ["accepted", "held", "released"]
    assert told[-1]["reason"] == "Documents satisfied"
    assert running.sandbox.authority.entries["k1"]["answers"] == [answer]


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_an_answer_that_is_garbage_is_refused(running: Running, body: bytes) -> None:
    put(running)
    assert running.http.post("/authority/entries/k1/respond", content=body).status_code == 400


def test_an_event_for_an_unknown_entry_is_refused(running: Running) -> None:
    assert running.do("authority", key="k9", event="release")["ok"] is False
    put(running)
    assert running.do("authority", key="k1", event="explode")["ok"] is False


def test_nothing_is_answered_while_the_authority_is_away(running: Running) -> None:
    put(running)
    running.do("outage", away=True)
    http = running.http
    answers = [
        put(running),
        http.get("/authority/entries/k1"),
        http.get("/authority/entries/k1/status"),
        http.post("/authority/entries/k1/respond", json={}),
    ]
    assert [one.status_code for one in answers] == [503] * 4
    running.do("outage", away=False)
    assert http.get("/authority/entries/k1").status_code == 200


def test_entries_outlive_a_restart(running: Running) -> None:
    reference = put(running).json()["reference"]
    running.again()
    assert put(running).json()["reference"] == reference
    assert put(running, key="k2", idem="k2").json()["reference"] != reference


def test_asking_from_all_sides_at_once_does_not_lock_up(running: Running) -> None:
    put(running)
    with ThreadPoolExecutor(1) as pool:
        told = pool.map(lambda _: running.sandbox.authority.tell("k1", "hold"), range(200))
        states = [running.state()["version"] for _ in range(30)]
    assert len(list(told)) == 200
    assert states == sorted(states)


# -- mail


def test_a_mail_of_the_product_is_shown(running: Running) -> None:
    with smtplib.SMTP("127.0.0.1", running.sink, timeout=5) as server:
        server.sendmail(
            "desk@harborpine.test",
            ["dock@northgate.example"],
            "From: desk@harborpine.test\nSubject: Released =?utf-8?q?=E2=9C=93?=\n\nYour goods.",
        )
    mail = wait(lambda: running.state()["mails"])[0]
    assert (mail["way"], mail["subject"], mail["to"]) == (
        "out",
        "Released ✓",
        ["dock@northgate.example"],
    )
    running.again()
    assert running.state()["mails"] == [mail]


def test_a_broken_mail_is_taken_all_the_same(running: Running) -> None:
    with smtplib.SMTP("127.0.0.1", running.sink, timeout=5) as server:
        refused = server.sendmail(
            "a@b.test", ["c@d.test"], b"Content-Type: text/plain; charset=x-none\n\n\xff\xfe"
        )
    assert refused == {}
    assert wait(lambda: running.state()["mails"])[0]["text"] == "(this text cannot be shown)"


LETTER = {"from": "amy@shipper.example", "to": "docs@x.test", "subject": "Docs", "text": "Hello"}


@pytest.mark.parametrize(
    "letter", [LETTER, {**LETTER, "subject": "a\nBcc: x@y.test"}, {"from": "x"}]
)
def test_a_letter_that_cannot_be_sent_is_said_on_the_page(
    calm: Running, letter: dict[str, str]
) -> None:
    answer = calm.do("mail", **letter)
    assert (answer["ok"], bool(answer["said"])) == (False, True)
    assert calm.state()["mails"] == []


# -- who may reach it


def test_another_sites_page_cannot_change_anything(running: Running) -> None:
    for_all = json.dumps({"away": True})
    answers = [
        running.http.post("/sandbox/outage", content=for_all, headers={"Origin": origin})
        for origin in ("https://evil.example", "null", f"{running.url}.evil.example")
    ]
    assert [one.status_code for one in answers] == [403] * 3
    own = {"Origin": running.url}
    assert running.http.post("/sandbox/outage", content=for_all, headers=own).status_code == 200


@pytest.mark.parametrize("path", ["/", "/sandbox/state", "/authority/entries/k1", "/api/api.test"])
def test_another_host_name_is_not_answered(calm: Running, path: str) -> None:
    assert calm.http.get(path, headers={"Host": "evil.example"}).status_code == 400


def test_the_page_forbids_what_it_does_not_need(calm: Running) -> None:
    page = calm.http.get("/")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    assert "style=" not in page.text


@pytest.mark.parametrize("name", ["app.js", "blocks.js", "style.css"])
def test_the_pages_parts_are_served_and_write_no_markup(calm: Running, name: str) -> None:
    part = calm.http.get(f"/page/{name}")
    assert part.status_code == 200
    assert "innerHTML" not in part.text
    assert "insertAdjacentHTML" not in part.text


@pytest.mark.parametrize("name", ["index.py", "..%2Fserver.py", "app.js%00", "%2e%2e/server.py"])
def test_no_other_file_is_served(calm: Running, name: str) -> None:
    assert calm.http.get(f"/page/{name}").status_code == 404


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("click", b"{}"),
        ("click", b"[]"),
        ("click", b""),
        ("submit", b'{"user": "U01DANA", "view_id": "V1"}'),
        ("suggest", b'{"user": "U01DANA", "view_id": "V1"}'),
        ("command", b'{"user": "U9", "channel": "C01REVIEW", "command": "/x"}'),
        ("faults", b'{"method": "x"}'),
        ("explode", b"{}"),
    ],
)
def test_a_request_of_the_page_that_makes_no_sense_is_refused(
    calm: Running, what: str, body: bytes
) -> None:
    answer = calm.http.post(f"/sandbox/{what}", content=body)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
