"""How alembic reaches our database: always through a connection that `storage.migrate` opened."""

from typing import Any

from alembic import context
from sqlmodel import SQLModel

import storage.models  # noqa: F401 - registers the tables
from storage import columns, migrate


def plain(kind: str, column_type: Any, _context: Any) -> Any:
    """A migration names database types only: it must still run when our classes have changed."""
    if kind != "type":
        return False
    if isinstance(column_type, columns.Moment):
        return "sa.DateTime(timezone=True)"
    if isinstance(column_type, columns.Typed):
        return "sa.JSON()"
    if isinstance(column_type, columns.ExactDecimal):
        return "sa.String(length=40)"
    if type(column_type).__name__ == "AutoString":
        return "sa.String()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=plain,
    compare_type=False,
    include_name=migrate.ours,
)
with context.begin_transaction():
    context.run_migrations()
