"""The workspace that added the app by OAuth, with its sealed token."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from storage.columns import moment, now


class SlackInstallation(SQLModel, table=True):
    """At most one row: an installation of ours talks to one workspace."""

    __tablename__ = "slack_installation"
    __table_args__ = (CheckConstraint("id = 1", name="one_workspace"),)

    id: int = Field(default=1, primary_key=True)
    team_id: str
    team_name: str
    enterprise_id: str | None = None
    app_id: str
    bot_id: str
    bot_user_id: str
    sealed: str  #: the bot token under the key that lies outside the database (Fernet)
    scopes: str
    installed_by: str  #: Slack id of who pressed "Allow"
    installed_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
