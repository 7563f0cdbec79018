"""How the sandbox is set up."""

from __future__ import annotations

from pathlib import Path

from storage.values import Value


class SandboxUser(Value):
    """A person of the invented brokerage; the role is only shown, the product has its own list."""

    id: str
    name: str
    email: str
    role: str
    licence: str | None = None


class SandboxChannel(Value):
    """A channel of the workspace."""

    id: str
    name: str


USERS = (
    SandboxUser(
        id="U01DANA",
        name="Dana Whitlock",
        email="dana@harborpine.test",
        role="licensed_broker",
        licence="99001",
    ),
    SandboxUser(
        id="U02LUIS", name="Luis Ortega", email="luis@harborpine.test", role="entry_writer"
    ),
    SandboxUser(
        id="U03PRIYA", name="Priya Raman", email="priya@harborpine.test", role="compliance"
    ),
    SandboxUser(id="U04VERA", name="Vera Lindqvist", email="vera@harborpine.test", role="viewer"),
)
COMPLIANCE = "C03COMPLIANCE"
CHANNELS = (
    SandboxChannel(id="C01REVIEW", name="customs-review"),
    SandboxChannel(id="C02OPS", name="customs-ops"),
    SandboxChannel(id=COMPLIANCE, name="compliance"),
)
BOT_USER = "U00TIDE"
TEAM = "T00SANDBOX"


class SandboxConfig(Value):
    """Everything that the sandbox needs to know."""

    host: str
    port: int
    state_dir: Path
    bot_token: str
    app_token: str
    signing_secret: str
    events_url: str
    intake_host: str
    intake_port: int
    sink_host: str
    sink_port: int
    users: tuple[SandboxUser, ...] = USERS
    channels: tuple[SandboxChannel, ...] = CHANNELS
    scenarios: tuple[tuple[str, str], ...] = (("HOLD", "hold"), ("REJECT", "reject"))
    """(part of a bill of lading, what happens to its entry: hold, reject, or silent).

    Everything else is released.
    """

    accept_after: float = 1.0  #: seconds until the authority accepts an entry
    release_after: float = 3.0
    client_id: str = "1.sandbox"  #: of Sign in with Slack
    client_secret: str = ""
    desk_url: str = ""  #: where a browser that signed in goes back to
