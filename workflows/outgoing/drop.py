"""Files for consignees by SFTP, with our own key: no password of theirs is kept.

It is the hand-over of filings (`workflows.gateways.sftp`) with other names: the server's host key
is pinned, a file is written as NAME.part and renamed, and what is there already stays.
"""

from __future__ import annotations

from pathlib import Path

from storage.notices import Route
from workflows.gateways.sftp import SftpGateway
from workflows.ports import Permanent, Transient


class SftpDrop:
    """Puts files on the servers of routes, as the holder of `key_file`."""

    def __init__(
        self, key_file: Path | None, *, passphrase: str | None = None, timeout: float = 20.0
    ) -> None:
        self._key_file, self._passphrase, self._timeout = key_file, passphrase, timeout

    def place(self, route: Route, name: str, data: bytes) -> str:
        """Put a file of this name into the route's folder."""
        if self._key_file is None:
            raise Permanent(
                "Nothing was sent: set TIDEWAITER_RELEASE__SSH_KEY_FILE to the private key that "
                f"{route.host} knows, then try again."
            )
        assert route.host is not None
        assert route.user is not None
        assert route.host_key is not None
        server = SftpGateway(
            host=route.host,
            port=route.port,
            user=route.user,
            host_key=route.host_key,
            filer="",
            key_file=self._key_file,
            key_passphrase=self._passphrase,
            folder=route.folder,
            timeout=self._timeout,
        )
        try:
            server.put(name, data)
        except (Transient, Permanent) as exc:
            # The words are those of the filings' server.
            exc.args = (str(exc).replace("filer's server", "consignee's server"),)
            raise
        return name
