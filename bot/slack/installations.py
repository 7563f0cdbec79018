"""Who added the app by OAuth: the one workspace, its token sealed at rest.

The token is kept under a key that lies outside the database, so that a copy of the database is no
way into the workspace. Two workspaces in one installation would show one firm's shipments to the
other: a second one is refused.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from itsdangerous import BadData, URLSafeTimedSerializer
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltError
from slack_sdk.oauth.installation_store import Bot, Installation, InstallationStore
from slack_sdk.oauth.state_store import OAuthStateStore
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from bot.logs import logger
from storage import audit
from storage.db import Database
from storage.models import SeenEvent, SlackInstallation
from storage.values import SYSTEM
from workflows.ports import Transient

STATE_SECONDS = 600


class NotInstalled(Transient):
    """No workspace has added the app; what waits for Slack goes when one has."""


class NotKept(BoltError):
    """Why an installation was refused, in words for who installs."""


class Installations(InstallationStore):
    """The bot-only store of Bolt's SDK, for at most one workspace."""

    def __init__(self, database: Database, key: str) -> None:
        self._database = database
        self._seal = Fernet(urlsafe_b64encode(hashlib.sha256(f"slack:{key}".encode()).digest()))

    def save(self, installation: Installation) -> None:
        """Keep it, in place of an earlier one of the same workspace. Raises `NotKept`."""
        made = installation
        if made.is_enterprise_install or not made.team_id:
            raise NotKept("Tidewaiter is added to one workspace, not to an organization.")
        if not made.bot_token or not made.bot_id or not made.bot_user_id:
            raise NotKept("Slack gave no bot token: the app has no bot user.")
        if made.bot_refresh_token or made.bot_token_expires_at:
            raise NotKept(
                "This Slack app rotates its tokens, which Tidewaiter does not do. Make the app "
                "anew from slack-manifest.yaml, which leaves rotation off."
            )
        scopes = ",".join(sorted(made.bot_scopes or ()))
        try:
            with self._database.transaction() as session:
                row = session.get(SlackInstallation, 1)
                if row is not None and row.team_id != made.team_id:
                    raise NotKept(
                        f"This Tidewaiter belongs to the workspace {row.team_name}. Take the app "
                        "out of that workspace first."
                    )
                if row is not None:
                    session.delete(row)
                    session.flush()
                session.add(
                    SlackInstallation(
                        team_id=made.team_id,
                        team_name=made.team_name or made.team_id,
                        enterprise_id=made.enterprise_id,
                        app_id=made.app_id or "",
                        bot_id=made.bot_id,
                        bot_user_id=made.bot_user_id,
                        sealed=self._seal.encrypt(made.bot_token.encode()).decode(),
                        scopes=scopes,
                        installed_by=made.user_id or "",
                    )
                )
                audit.record(
                    session,
                    "slack_installed",
                    actor=SYSTEM,
                    installed_by=made.user_id,
                    team=made.team_id,
                    name=made.team_name,
                    scopes=scopes,
                )
        except IntegrityError as exc:
            raise NotKept("Somebody else added the app at the same moment. Look again.") from exc

    def find_bot(
        self,
        *,
        enterprise_id: str | None,  # noqa: ARG002 - the SDK's shape
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The bot of this workspace; None for any other. Raises `NotInstalled` if unreadable."""
        row = self._row()
        if row is None or row.team_id != team_id or is_enterprise_install:
            return None
        return Bot(
            app_id=row.app_id,
            enterprise_id=row.enterprise_id,
            team_id=row.team_id,
            team_name=row.team_name,
            bot_token=self._opened(row),
            bot_id=row.bot_id,
            bot_user_id=row.bot_user_id,
            bot_scopes=row.scopes,
            installed_at=row.installed_at,
        )

    def delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:  # noqa: ARG002
        """Forget the workspace, if it is this one."""
        with self._database.transaction() as session:
            self.forget(session, team_id or "")

    def delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The same: there are no tokens of people."""
        self.delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    def forget(self, session: Session, team: str, *, before: datetime | None = None) -> bool:
        """Delete the installation of this workspace; not one made after `before` (aware)."""
        row = session.get(SlackInstallation, 1)
        if row is None or row.team_id != team or (before and row.installed_at > before):
            return False
        session.delete(row)
        return True

    def token(self) -> str:
        """The bot token in force. Raises `NotInstalled`."""
        row = self._row()
        if row is None:
            raise NotInstalled(
                "No Slack workspace has added the app: nothing was sent. "
                "`tidewaiter slack-install` gives the link."
            )
        return self._opened(row)

    def authorize(self, context: Mapping[str, Any]) -> Any:
        """Bolt's question for each request: an `AuthorizeResult`, or None where nobody installed.

        The team in a request is that of who clicked, and in a shared channel it may be another
        firm's: the signature says that it is our app, and our app has one workspace.
        """
        row = self._row()
        if row is None:
            return None
        try:
            token = self._opened(row)
        except NotInstalled as exc:
            logger().error("slack_token_unreadable", error=str(exc))
            return None
        return AuthorizeResult(
            enterprise_id=row.enterprise_id,
            team_id=row.team_id,
            team=row.team_name,
            bot_id=row.bot_id,
            bot_user_id=row.bot_user_id,
            bot_token=token,
            bot_scopes=row.scopes,
            user_id=context.get("user_id"),
        )

    def _row(self) -> SlackInstallation | None:
        with self._database.snapshot() as session:
            return session.get(SlackInstallation, 1)

    def _opened(self, row: SlackInstallation) -> str:
        try:
            return self._seal.decrypt(row.sealed.encode()).decode()
        except InvalidToken as exc:
            raise NotInstalled(
                "The Slack token was sealed with another key: nothing was sent. Bring back the "
                "key, or add the app again (`tidewaiter slack-install`)."
            ) from exc


class States(OAuthStateStore):
    """States of the OAuth flow: signed, good for ten minutes and once."""

    def __init__(self, database: Database, signer: URLSafeTimedSerializer) -> None:
        self._database = database
        self._signer = signer

    def issue(self, *_args: Any, **_named: Any) -> str:
        """A new state."""
        return str(self._signer.dumps({"state": secrets.token_urlsafe(16)}))

    def consume(self, state: str) -> bool:
        """Whether we made it, lately, and it comes for the first time."""
        try:
            if not isinstance(self._signer.loads(state, max_age=STATE_SECONDS), dict):
                return False
            with self._database.transaction() as session:
                mark = hashlib.sha256(state.encode()).hexdigest()
                session.add(SeenEvent(event_id=f"oauth:{mark}"))
        except (BadData, IntegrityError):
            return False
        return True
