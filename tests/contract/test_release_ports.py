"""Signed webhooks and files by SFTP, against real servers that refuse, break and come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from storage.notices import Route
from tests.filers import SftpFiler
from tests.servers.partner import Partner
from tests.town import free_port
from workflows.outgoing.drop import SftpDrop
from workflows.outgoing.webhook import SignedWebhook, secret_for
from workflows.ports import Permanent, Transient


@pytest.fixture
def partner() -> Iterator[Partner]:
    made = Partner(busy=1)
    made.secret = secret_for("ours", made.url)
    yield made
    made.close()


@pytest.fixture
def webhook() -> Iterator[SignedWebhook]:
    made = SignedWebhook("ours", timeout=5)
    yield made
    made.close()


def test_a_repeat_after_an_unknown_outcome_is_one_message(
    partner: Partner, webhook: SignedWebhook
) -> None:
    with pytest.raises(Transient) as first:
        webhook.deliver(partner.url, b'{"a":1}', key="k")
    assert first.value.outcome == "unknown"
    for _ in range(2):
        assert webhook.deliver(partner.url, b'{"a":1}', key="k") == "200 from 127.0.0.1"
    assert partner.taken == {"k": {"a": 1}}


def test_who_cannot_believe_the_signature_refuses_for_good(
    partner: Partner, webhook: SignedWebhook
) -> None:
    partner.secret = secret_for("ours", "https://somebody.else/in")
    with pytest.raises(Permanent, match=r"refused the message \(401\): bad signature"):
        webhook.deliver(partner.url, b"{}", key="k")
    with pytest.raises(Transient, match="cannot be reached"):
        webhook.deliver(f"http://127.0.0.1:{free_port()}/", b"{}", key="k")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpFiler]:
    made = SftpFiler(tmp_path / "dc", user="dc")
    made.client_key.write_private_key(str(tmp_path / "key"))
    yield made
    made.stop()


def route(server: SftpFiler, **more: object) -> Route:
    facts = {
        "name": "dc", "by": "sftp", "host": "127.0.0.1", "port": server.port, "user": "dc",
        "host_key": server.host_key, "folder": "in",
    }  # fmt: skip
    return Route.model_validate(facts | more)


def test_a_file_is_there_whole_or_not_at_all(server: SftpFiler, tmp_path: Path) -> None:
    drop = SftpDrop(tmp_path / "key")
    server.break_after = 40_000
    with pytest.raises(Transient):
        drop.place(route(server), "n.edi", b"x" * 100_000)
    assert "n.edi" not in server.names()
    for _ in range(2):
        assert drop.place(route(server), "n.edi", b"x" * 100_000) == "n.edi"
    assert (server.inbox / "n.edi").read_bytes() == b"x" * 100_000
    assert server.names() == ["n.edi"]


def test_another_server_or_another_key_gets_nothing(server: SftpFiler, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    pinned = " ".join(other.export_public_key().decode().split()[:2])
    with pytest.raises(Permanent, match="another host key"):
        SftpDrop(tmp_path / "key").place(route(server, host_key=pinned), "n", b"x")
    other.write_private_key(str(tmp_path / "other"))
    with pytest.raises(Permanent, match="consignee's server does not let us in"):
        SftpDrop(tmp_path / "other").place(route(server), "n", b"x")
    with pytest.raises(Permanent, match="SSH_KEY_FILE"):
        SftpDrop(None).place(route(server), "n", b"x")
    assert server.names() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "email", "to": "nobody"},
        {"by": "webhook", "url": "http://erp.example/in"},
        {"by": "sftp", "host": "h", "user": "u", "host_key": "short"},
        {"by": "webhook", "url": "https://erp.example/in", "name": "Not Plain"},
    ],
)
def test_a_route_that_cannot_work_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="needs|begins|name"):
        Route.model_validate({"name": "x", **wrong})
