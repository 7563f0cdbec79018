"""Addresses of mailboxes, the place in one, and settings that give no password away."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot.compose import App
from bot.logs import configure
from bot.office import Office
from bot.settings import Settings
from bot.up import wanted
from ingest.mailbox.address import Mailbox, read_addresses
from ingest.mailbox.cursor import Cursor, CursorFile
from ingest.mailbox.tokens import RefreshedTokens
from ingest.mailbox.trouble import NeedsAPerson
from tests.town import free_port


def test_an_address_is_read_with_its_special_characters() -> None:
    (box,) = read_addresses(
        "imaps://docs%40broker.example:p%40ss%2Cw%2Frd%23@mail.example/Docs%2FIn"
    )
    assert box == Mailbox(
        host="mail.example",
        port=993,
        user="docs@broker.example",
        password=SecretStr("p@ss,w/rd#"),
        folder="Docs/In",
    )
    assert "p@ss" not in repr(box)


def test_what_is_left_out_has_its_usual_value() -> None:
    one, two = read_addresses("imap://a:b@h.example, imaps://c@h.example:1993/")
    assert (one.port, one.folder, one.tls) == (143, "INBOX", False)
    assert (two.port, two.folder, two.tls, two.password) == (1993, "INBOX", True, None)
    assert one.key != two.key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pop3://u:hunter2@h.example", "does not begin with imaps"),
        ("imaps://u:hun,ter2@h.example", "address 1 cannot be read.*%2C"),
        ("imaps://h.example,ter2@h.example", "names no user"),
        ("imaps://u:hunter2#x@h.example/INBOX", "cannot be read.*%23"),
        ("imaps://u:p@h.example/INBOX?hunter2", "has a . or a # in it"),
        ("imaps://u:hun/ter2@h.example/INBOX", "cannot be read"),
        ("imaps://h.example/INBOX", "names no user"),
        ("imaps://u:hunter2@/INBOX", "names no host"),
        ("imaps://u:hunter2@h.example, imaps://u:other@h.example/INBOX", "named twice"),
        (" , ", "no address"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_its_password(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        read_addresses(text)
    assert "hun" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("10.0.0.1", False)],
)
def test_only_this_machine_is_here(host: str, here: bool) -> None:
    assert Mailbox(host=host, port=143, user="u").is_here is here


def place(**more) -> Cursor:
    return Cursor(mailbox="docs", uidvalidity=7, begun=date(2026, 11, 2), **more)


def test_a_place_survives_a_restart(tmp_path: Path) -> None:
    CursorFile(tmp_path, "k").write(place(uid=41, marking=(40, 41)))
    assert CursorFile(tmp_path, "k").read() == place(uid=41, marking=(40, 41))


def test_a_damaged_place_asks_a_person_and_is_not_taken_for_a_new_mailbox(tmp_path: Path) -> None:
    (tmp_path / "k.json").write_text('{"mailbox":')
    with pytest.raises(NeedsAPerson, match="damaged"):
        CursorFile(tmp_path, "k").read()


def test_one_watch_at_a_time(tmp_path: Path) -> None:
    with CursorFile(tmp_path, "k").alone() as first, CursorFile(tmp_path, "k").alone() as second:
        assert (first, second) == (True, False)
    with CursorFile(tmp_path, "k").alone() as again:
        assert again


def test_an_endpoint_that_does_not_answer_is_no_refusal(tmp_path: Path) -> None:
    tokens = RefreshedTokens(
        f"http://127.0.0.1:{free_port()}/token",
        client_id="c",
        client_secret=None,
        refresh_token=SecretStr("r3fresh"),
        scope=None,
        keep=tmp_path / "k.json",
    )
    with pytest.raises(ConnectionError, match="did not answer") as away:
        tokens.access(fresh=False)
    assert "r3fresh" not in str(away.value)


def settings(folder: Path, **imap) -> Settings:
    return Settings(_env_file=None, data_dir=folder, imap=imap)


@pytest.mark.parametrize(
    ("imap", "said"),
    [
        ({"url": "imaps://u:hunter2@h.example:x/INBOX"}, "cannot be read"),
        ({"after": "delete"}, "is seen, or move:FOLDER"),
        ({"after": "move: "}, "is seen, or move:FOLDER"),
        ({"oauth_token_url": "https://id.example/token"}, "also needs oauth_client_id"),
        (
            {
                "oauth_token_url": "http://id.example/token",
                "oauth_client_id": "c",
                "oauth_refresh_token": "hunter2",
            },
            "begins with https",
        ),
        ({"oauth_token_url": "https://id.example", "oauth_token_file": "t"}, "not both"),
        ({"password": "hunter2"}, "Extra inputs"),
    ],
)
def test_a_setting_that_is_wrong_is_named_without_its_value(
    tmp_path: Path, imap: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said) as refused:
        settings(tmp_path, **imap)
    assert "hunter2" not in str(refused.value)


def test_the_watch_runs_only_where_there_is_a_mailbox(tmp_path: Path) -> None:
    without = App(settings(tmp_path))
    having = App(settings(tmp_path, url="imaps://u:p@h.example,imap://v:p@h.example"))
    assert ("imap" in wanted(without), without.watchers) == (False, [])
    assert "imap" in wanted(having)
    assert [one.mailbox.user for one in having.watchers] == ["u", "v"]


def test_the_doctor_tells_of_a_mailbox_that_cannot_be_reached(tmp_path: Path) -> None:
    port = free_port()
    office = Office(settings(tmp_path, url=f"imap://docs:hunter2@127.0.0.1:{port}/INBOX"))
    rows, healthy = office.doctor()
    assert not healthy
    assert any(row.startswith("FAILS") and "mailbox: docs at 127.0.0.1" in row for row in rows)
    assert "hunter2" not in "\n".join(rows)


def test_the_library_does_not_log_conversations_even_at_debug() -> None:
    import logging

    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        configure("DEBUG", process="test")
        assert not logging.getLogger("imapclient.imaplib").isEnabledFor(logging.DEBUG)
    finally:
        root.handlers, root.level = handlers, level
        logging.getLogger("imapclient").setLevel(logging.NOTSET)
