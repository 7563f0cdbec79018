"""Who added the app by OAuth: the house's own workspace and those that it let in, tokens sealed.

Tokens are kept under a key that lies outside the database, so that a copy of the database is no way
into a workspace. A workspace that nobody let in is refused: it would be shown a firm's shipments.
Whose clients a further workspace serves is said by an operator, and held by `storage/apart.py`.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from itsdangerous import BadData, URLSafeTimedSerializer
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltError
from slack_sdk.oauth.installation_store import Bot, Installation, InstallationStore
from slack_sdk.oauth.state_store import OAuthStateStore
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, or_, select, update

from bot.logs import logger
from bot.slack.rotation import Refused as RotationRefused
from bot.slack.rotation import Rotation
from storage import audit
from storage.columns import now
from storage.db import Database
from storage.models import SeenEvent, SlackInstallation
from storage.values import SYSTEM
from workflows.ports import Transient

STATE_SECONDS = 600
EARLY = timedelta(hours=2)  #: before its end a token is renewed, as Bolt does
_RENEWING = timedelta(seconds=60)  #: one process renews, the others use what there is


class NotInstalled(Transient):
    """No workspace has added the app; what waits for Slack goes when one has."""


class NotKept(BoltError):
    """Why an installation was refused, in words for who installs."""


class Installations(InstallationStore):
    """The bot-only store of Bolt's SDK: the house's own workspace, and further ones."""

    def __init__(self, database: Database, key: str, rotation: Rotation | None = None) -> None:
        self._database = database
        self._rotation = rotation
        self._seal = Fernet(urlsafe_b64encode(hashlib.sha256(f"slack:{key}".encode()).digest()))

    def save(self, installation: Installation, *, further: bool = False) -> None:
        """Keep it, in place of an earlier one of the same workspace. Raises `NotKept`.

        `further`: the house has let in one workspace more by the link that was followed.
        """
        made = installation
        if made.is_enterprise_install or not made.team_id:
            raise NotKept("Tidewaiter is added to one workspace, not to an organization.")
        if not made.bot_token or not made.bot_id or not made.bot_user_id:
            raise NotKept("Slack gave no bot token: the app has no bot user.")
        if (made.bot_refresh_token is None) != (made.bot_token_expires_at is None):
            raise NotKept("Slack gave a token that ends and nothing to renew it with.")
        scopes = ",".join(sorted(made.bot_scopes or ()))
        try:
            with self._database.transaction() as session:
                before = _row(session, made.team_id)
                house = _house(session)
                if before is None and house is not None and not further:
                    raise NotKept(
                        f"This Tidewaiter belongs to the workspace {house.team_name}. Take the app "
                        "out of that workspace first, or let this one in beside it "
                        "(`tidewaiter slack-install --further`)."
                    )
                if before is None and house is None and further:
                    raise NotKept("The brokerage's own workspace adds the app first.")
                row = SlackInstallation(
                    team_id=made.team_id,
                    team_name=made.team_name or made.team_id,
                    enterprise_id=made.enterprise_id,
                    app_id=made.app_id or "",
                    bot_id=made.bot_id,
                    bot_user_id=made.bot_user_id,
                    sealed=self._sealed(made.bot_token),
                    sealed_refresh=self._sealed(made.bot_refresh_token),
                    expires_at=_moment(made.bot_token_expires_at),
                    scopes=scopes,
                    installed_by=made.user_id or "",
                    house=before.house if before else house is None,
                    review_channel=before.review_channel if before else None,
                )
                if before is not None:
                    session.delete(before)
                    session.flush()
                session.add(row)
                audit.record(
                    session,
                    "slack_installed",
                    actor=SYSTEM,
                    installed_by=made.user_id,
                    team=made.team_id,
                    name=made.team_name,
                    scopes=scopes,
                    further=not row.house,
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
        if team_id is None or is_enterprise_install:
            return None
        with self._database.snapshot() as session:
            row = _row(session, team_id)
        if row is None:
            return None
        return Bot(
            app_id=row.app_id,
            enterprise_id=row.enterprise_id,
            team_id=row.team_id,
            team_name=row.team_name,
            bot_token=self._opened(row.sealed),
            bot_id=row.bot_id,
            bot_user_id=row.bot_user_id,
            bot_scopes=row.scopes,
            installed_at=row.installed_at,
        )

    def delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:  # noqa: ARG002
        """Forget this workspace."""
        with self._database.transaction() as session:
            self.forget(session, team_id or "")

    def delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The same: there are no tokens of people."""
        self.delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    def forget(self, session: Session, team: str, *, before: datetime | None = None) -> bool:
        """Delete the installation of this workspace; not one made after `before` (aware).

        Of a further workspace the row stays without its token: whose clients it served, and
        that they are nobody else's, does not end with the app.
        """
        row = _row(session, team)
        if row is None or not row.sealed or (before and row.installed_at > before):
            return False
        if row.house:
            session.delete(row)
        else:
            row.sealed, row.sealed_refresh, row.expires_at = "", None, None
            session.add(row)
        return True

    def token(self, office: str = "") -> str:
        """The bot token in force, of the house's workspace or a further one; renewed in time.

        Raises `NotInstalled`.
        """
        with self._database.snapshot() as session:
            row = _row(session, office) if office else _house(session)
        if row is None or not row.sealed:
            raise NotInstalled(
                "No Slack workspace has added the app: nothing was sent. "
                "`tidewaiter slack-install` gives the link."
                if not office
                else f"The workspace {office} has not added the app, or took it out: nothing was "
                "sent. `tidewaiter slack-install --further` gives the link."
            )
        return self._in_time(row)

    def offices(self) -> dict[str, bool]:
        """Each workspace that was ever let in: whether it is the house's own."""
        with self._database.snapshot() as session:
            return {one.team_id: one.house for one in session.exec(select(SlackInstallation))}

    def authorize(self, context: Mapping[str, Any]) -> Any:
        """Bolt's question for each request: an `AuthorizeResult`, or None where nobody installed.

        The team in a request can be that of who clicked, and in a shared channel it may be a
        firm's that never added the app: the signature says that it is our app, so such a request
        is the house's. Which workspace it is about, and whose, is settled in `tenancy.py`.
        """
        with self._database.snapshot() as session:
            row = _row(session, str(context.get("team_id") or "")) or _house(session)
        if row is None or not row.sealed:
            return None
        try:
            token = self._in_time(row)
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

    # -- renewing

    def _in_time(self, row: SlackInstallation) -> str:
        if row.expires_at is None or row.sealed_refresh is None or self._rotation is None:
            return self._opened(row.sealed)
        left = row.expires_at - now()
        if left > EARLY or not self._mine_to_renew(row.team_id):
            return self._opened(row.sealed)
        try:
            fresh = self._rotation.renew(self._opened(row.sealed_refresh))
        except RotationRefused as exc:
            logger().error("slack_token_not_renewed", team=row.team_id, error=str(exc))
            return self._opened(row.sealed)  # good until its end; then Slack says so itself
        with self._database.transaction() as session:
            kept = _row(session, row.team_id)
            if kept is not None and kept.sealed:
                kept.sealed = self._sealed(fresh.token)
                kept.sealed_refresh = self._sealed(fresh.refresh)
                kept.expires_at = now() + timedelta(seconds=fresh.seconds)
                kept.renewing_until = None
                session.add(kept)
                audit.record(session, "slack_token_renewed", actor=SYSTEM, team=row.team_id)
        return fresh.token

    def _mine_to_renew(self, team: str) -> bool:
        """One of all processes: a refresh token serves once."""
        moment = now()
        with self._database.transaction() as session:
            done = session.execute(
                update(SlackInstallation)
                .where(
                    col(SlackInstallation.team_id) == team,
                    or_(
                        col(SlackInstallation.renewing_until).is_(None),
                        col(SlackInstallation.renewing_until) < moment,
                    ),
                )
                .values(renewing_until=moment + _RENEWING)
            )
        return bool(done.rowcount)  # type: ignore[attr-defined]

    def _sealed(self, token: str | None) -> str:
        return self._seal.encrypt(token.encode()).decode() if token else ""

    def _opened(self, sealed: str) -> str:
        try:
            return self._seal.decrypt(sealed.encode()).decode()
        except InvalidToken as exc:
            raise NotInstalled(
                "The Slack token was sealed with another key: nothing was sent. Bring back the "
                "key, or add the app again (`tidewaiter slack-install`)."
            ) from exc


def _row(session: Session, team: str) -> SlackInstallation | None:
    return session.exec(select(SlackInstallation).where(SlackInstallation.team_id == team)).first()


def _house(session: Session) -> SlackInstallation | None:
    return session.exec(select(SlackInstallation).where(col(SlackInstallation.house))).first()


def _moment(stamp: int | None) -> datetime | None:
    return datetime.fromtimestamp(stamp, UTC) if stamp else None


class States(OAuthStateStore):
    """States of the OAuth flow: signed, good for ten minutes and once."""

    def __init__(self, database: Database, signer: URLSafeTimedSerializer) -> None:
        self._database = database
        self._signer = signer

    def issue(self, *_args: Any, further: bool = False, **_named: Any) -> str:
        """A new state; `further`: of a link that lets in one workspace more."""
        told = {"state": secrets.token_urlsafe(16), "further": further}
        return str(self._signer.dumps(told))

    def further(self, state: str) -> bool:
        """Whether a state that was consumed was of such a link."""
        try:
            told = self._signer.loads(state, max_age=STATE_SECONDS)
        except BadData:
            return False
        return isinstance(told, dict) and told.get("further") is True

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
