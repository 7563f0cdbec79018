"""What a person's correction taught about a layout: labels and places, never values."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.columns import moment, now, typed


class ReadingLesson(SQLModel, table=True):
    """Where one field stands on the documents that a sender sends for an importer."""

    __tablename__ = "reading_lesson"

    id: int | None = Field(default=None, primary_key=True)
    sender: str = Field(index=True)  #: the firm's domain, or the address at a public mail service
    importer_id: int | None = Field(default=None, foreign_key="importer.id", index=True)
    path: str
    label: str
    place: str
    layout: list[str] = Field(default=[], sa_column=typed(list[str]))
    taught_by: str
    at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
