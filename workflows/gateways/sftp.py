"""Hand-over by secure file transfer: one archive per filing, whole or not there at all.

Our folder on the filer's server, and the names in it (N is `FILER_KEY`):

    N.zip.part     being written; never to be read
    .N.sent        written before the rename: what the archive holds (sha256 of the packet)
    N.zip          the filing; may be taken away at any time
    N.ack          the filer's answer: {"status": "received" | "rejected", "reason", "time",
                   "reference"}
    N.*.status     later statuses, one event each: {"code", "rawCode", "reason", "at"}
    N.answer-*.zip documents that were sent after it

The rename is atomic, so a lost connection leaves no doubt: with the mark and without the part,
the archive stood there, even if it has been taken away since. The host key is pinned: another
server gets nothing, not even the password.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import json
import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import paramiko
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from storage.values import Reported
from workflows.gateways import bundle
from workflows.gateways.http import Told, reported
from workflows.ports import Parcel, ParcelFile, Permanent, Receipt, Transient

_MOST_BYTES = 64_000  # of an answer
_MOST_FILES = 200
_CHUNK = 32_768
_RSA = ("rsa-sha2-512", "rsa-sha2-256")


class _Ack(BaseModel):
    model_config = ConfigDict(extra="ignore")

    status: Literal["received", "rejected"]
    reason: str = ""
    time: AwareDatetime
    reference: str | None = Field(default=None, max_length=200)


class SftpGateway:
    """One folder on one server. `host_key` is its line of known_hosts without the name."""

    name = "sftp"
    can_be_asked = True

    def __init__(
        self,
        *,
        host: str,
        user: str,
        host_key: str,
        filer: str,
        port: int = 22,
        password: str | None = None,
        key_file: Path | None = None,
        key_passphrase: str | None = None,
        folder: str = ".",
        timeout: float = 20.0,
    ) -> None:
        self._address, self._user, self._filer = (host, port), user, filer
        self._password, self._key_file, self._passphrase = password, key_file, key_passphrase
        self._folder, self._timeout = folder.rstrip("/") or "/", timeout
        kind, _, rest = host_key.strip().partition(" ")
        self._pin = (kind, rest.split()[0] if rest else "")

    def close(self) -> None:
        """Nothing is kept open."""

    def find(self, key: str) -> Receipt | None:
        with self._connected() as server:
            return self._known(server, key)

    def submit(self, parcel: Parcel) -> Receipt:
        name = self._name(parcel.key)
        data = bundle.zipped(parcel)
        with self._connected() as server:
            if known := self._known(server, parcel.key):
                if server.text(f".{name}.sent") not in (None, parcel.sha256):
                    raise Permanent("Another filing was made under this key.")
                return known
            server.place(name, data, mark=parcel.sha256)
        return Receipt(reference=f"{name}.zip")

    def status(self, key: str) -> list[Reported]:
        name = self._name(key)
        found: list[Reported] = []
        with self._connected() as server:
            names = server.names()
            if f"{name}.ack" in names:
                found.append(_acknowledged(server, f"{name}.ack"))
            later = sorted(
                one for one in names if one.startswith(f"{name}.") and one.endswith(".status")
            )
            found += [_status(server, one) for one in later[:_MOST_FILES]]
        return found

    def status_files(self) -> list[tuple[str, str]]:
        mine = f"{bundle.safe(self._filer)}_"
        with self._connected() as server:
            names = sorted(one for one in server.names() if one.endswith((".ack", ".status")))
        return [
            (one, one.removeprefix(mine).split(".")[0] if one.startswith(mine) else "")
            for one in names
        ]

    def status_file(self, name: str) -> tuple[bytes, Reported]:
        with self._connected() as server:
            read = _acknowledged if name.endswith(".ack") else _status
            return (server.text(name) or "").encode(), read(server, name)

    def respond(self, key: str, text: str, documents: Sequence[ParcelFile]) -> None:
        data = bundle.answer(text, list(documents))
        name = f"{self._name(key)}.answer-{hashlib.sha256(data).hexdigest()[:12]}"
        with self._connected() as server:
            if not server.stood(name):
                server.place(name, data, mark="sent")

    def put(self, name: str, data: bytes) -> None:
        """A file under a name of its own; one that is there whole already stays."""
        with self._connected() as server:
            if server.size(name) == len(data):
                return
            server.write(f"{name}.part", data)
            server.rename(f"{name}.part", name)

    def check(self) -> str:
        """Whether the server lets us in and lets us write there, for `doctor`."""
        with self._connected() as server:
            server.write(".tidewaiter-doctor", b"may be removed")
            server.remove(".tidewaiter-doctor")
        return f"{self._user}@{self._address[0]}:{self._address[1]} {self._folder} can be written"

    def _name(self, key: str) -> str:
        return f"{bundle.safe(self._filer)}_{bundle.safe(key)}"

    def _known(self, server: _Server, key: str) -> Receipt | None:
        name = self._name(key)
        if server.size(f"{name}.ack") is not None or server.stood(name):
            return Receipt(reference=f"{name}.zip")
        return None

    @contextlib.contextmanager
    def _connected(self) -> Iterator[_Server]:
        try:
            line = socket.create_connection(self._address, timeout=min(self._timeout, 10.0))
        except OSError as exc:
            raise Transient("The filer's server cannot be reached.") from exc
        transport = paramiko.Transport(line)
        try:
            self._open(transport)
            channel = paramiko.SFTPClient.from_transport(transport)
            if channel is None:
                raise Transient("The filer's server opened no channel.")
            inner = channel.get_channel()
            if inner is not None:
                inner.settimeout(self._timeout)
            yield _Server(channel, self._folder)
        except paramiko.AuthenticationException as exc:
            raise Permanent("The filer's server does not let us in: check user and key.") from exc
        except FileNotFoundError as exc:
            raise Permanent(f"The folder {self._folder} is not on the filer's server.") from exc
        except PermissionError as exc:
            raise Permanent(f"The filer's server does not let us write to {self._folder}.") from exc
        except (paramiko.SSHException, OSError, EOFError) as exc:
            # What is there is asked before anything is repeated, so it does not matter where.
            told = f"The connection to the filer's server broke: {type(exc).__name__}."
            raise Transient(told, outcome="unknown") from exc
        finally:
            transport.close()

    def _open(self, transport: paramiko.Transport) -> None:
        kind, expected = self._pin
        transport.banner_timeout = transport.auth_timeout = self._timeout
        offered = _RSA if kind == "ssh-rsa" else (kind,)
        try:
            transport.get_security_options().key_types = offered
        except ValueError as exc:
            raise Permanent(f"The pinned host key is of no known kind: {kind[:40]}.") from exc
        try:
            transport.start_client(timeout=self._timeout)
        except paramiko.SSHException as exc:
            if "host key" in str(exc).casefold() or "incompatible" in str(exc).casefold():
                raise Permanent(_OTHER_HOST) from exc
            raise Transient("The filer's server does not speak SSH with us.") from exc
        shown = transport.get_remote_server_key()
        if shown.get_base64() != expected:
            raise Permanent(_OTHER_HOST)
        if self._key_file is not None:
            try:
                secret = self._passphrase.encode() if self._passphrase else None
                # It is handed on to `cryptography`, which wants bytes, whatever its type says.
                key = paramiko.PKey.from_path(self._key_file, secret)  # type: ignore[arg-type]
            except (OSError, ValueError, TypeError, paramiko.SSHException) as exc:
                raise Permanent(f"The key {self._key_file.name} cannot be read.") from exc
            transport.auth_publickey(self._user, key)
        else:
            transport.auth_password(self._user, self._password or "")


_OTHER_HOST = (
    "The filer's server shows another host key than the pinned one. Nothing was sent. Ask the "
    "filer whether the key was changed before you pin another."
)


class _Server:
    """The few things that are done in the folder."""

    def __init__(self, client: paramiko.SFTPClient, folder: str) -> None:
        self._client, self._folder = client, folder

    def names(self) -> set[str]:
        return set(self._client.listdir(self._folder))

    def size(self, name: str) -> int | None:
        try:
            return self._client.stat(self._at(name)).st_size or 0
        except FileNotFoundError:
            return None

    def changed(self, name: str) -> datetime:
        return datetime.fromtimestamp(self._client.stat(self._at(name)).st_mtime or 0, UTC)

    def text(self, name: str) -> str | None:
        """What a small file says; None when there is none."""
        try:
            with self._client.open(self._at(name), "rb") as file:
                data: bytes = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return None
        return data.decode("utf-8", "replace") if len(data) <= _MOST_BYTES else ""

    def stood(self, name: str) -> bool:
        """Whether the archive is there or was there: taken away, it leaves its mark."""
        if self.size(f"{name}.zip") is not None:
            return True
        marked = self.size(f".{name}.sent") is not None
        return marked and self.size(f"{name}.zip.part") is None

    def place(self, name: str, data: bytes, *, mark: str) -> None:
        self.write(f"{name}.zip.part", data)
        self.write(f".{name}.sent", mark.encode())
        self.rename(f"{name}.zip.part", f"{name}.zip")

    def write(self, name: str, data: bytes) -> None:
        with self._client.open(self._at(name), "wb") as file:
            file.set_pipelined(True)
            for at in range(0, len(data), _CHUNK):
                file.write(data[at : at + _CHUNK])
        if self.size(name) != len(data):
            raise OSError(errno.EIO, "the file is not whole")

    def rename(self, old: str, new: str) -> None:
        self._client.rename(self._at(old), self._at(new))  # refuses to replace a file

    def remove(self, name: str) -> None:
        self._client.remove(self._at(name))

    def _at(self, name: str) -> str:
        return f"{self._folder}/{name}"


def fingerprint(host_key: str) -> str:
    """The fingerprint of a pinned key, as ssh-keygen shows it."""
    raw = base64.b64decode(host_key.split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")


def _acknowledged(server: _Server, name: str) -> Reported:
    try:
        ack = _Ack.model_validate(_parsed(server, name))
    except (ValidationError, ValueError):
        return _garbage(server, name)
    refused = ack.status == "rejected"
    return Reported(
        code="rejected" if refused else "received",
        raw_code="NAK" if refused else "ACK",
        reason=ack.reason[:1000],
        at=ack.time,
        reference=ack.reference,
    )


def _status(server: _Server, name: str) -> Reported:
    try:
        return reported(Told.model_validate(_parsed(server, name)))
    except (ValidationError, ValueError):
        return _garbage(server, name)


def _parsed(server: _Server, name: str) -> Any:
    try:
        return json.loads(server.text(name) or "")
    except RecursionError:
        raise ValueError(name) from None


def _garbage(server: _Server, name: str) -> Reported:
    return Reported(
        code="unknown",
        raw_code="unreadable",
        reason=f"The file {name} cannot be read as an answer.",
        at=server.changed(name),
    )
