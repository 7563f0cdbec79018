"""The gateway to the sandbox authority: HTTP on loopback, idempotent by key.

It is a stand-in for learning and tests; it never reaches a real authority.
"""

from __future__ import annotations

from workflows.gateways.http import HttpGateway


class SandboxGateway(HttpGateway):
    """Speaks to the sandbox authority under `base_url` (ending in /authority)."""

    def __init__(self, base_url: str, *, timeout: float = 10.0) -> None:
        super().__init__(base_url, name="sandbox", timeout=timeout)
