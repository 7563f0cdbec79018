"""The workspaces that added the app by OAuth, with their sealed tokens."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.columns import moment, now


class SlackInstallation(SQLModel, table=True):
    """A workspace that added the app: the brokerage's own, or one more that it let in."""

    __tablename__ = "slack_installation"

    id: int | None = Field(default=None, primary_key=True)
    team_id: str = Field(unique=True, index=True)
    house: bool = True  #: the brokerage's own; at most one
    review_channel: str | None = None  #: of a further workspace; the house's is in the settings
    team_name: str
    enterprise_id: str | None = None
    app_id: str
    bot_id: str
    bot_user_id: str
    sealed: str  #: the bot token under the key that lies outside the database (Fernet)
    sealed_refresh: str | None = None  #: what renews a token that ends
    expires_at: datetime | None = Field(default=None, sa_column=moment())
    renewing_until: datetime | None = Field(default=None, sa_column=moment())
    scopes: str
    installed_by: str  #: Slack id of who pressed "Allow"
    installed_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
