"""mail both ways: marks of importers, digests, parts of a mail, what it was made of

Only new columns with a default that the database itself gives: a process of the version before
may go on writing. What an older mail said of several bills stood in a sentence; it is a column now.
"""

import json

import sqlalchemy as sa
from alembic import op


revision = "7d1e54c0a9b3"
down_revision = "2d950ff12138"
branch_labels = None
depends_on = None

_SEVERAL = "The mail names several bills of lading:"


def upgrade() -> None:
    op.add_column("importer", sa.Column("mark", sa.String(), nullable=True))
    op.add_column("importer", sa.Column("digest_to", sa.JSON(), nullable=True))
    op.create_index("ix_importer_mark", "importer", ["mark"], unique=True)
    op.add_column("person", sa.Column("digest_to", sa.String(), nullable=True))
    op.add_column("shipment", sa.Column("addressed_id", sa.Integer(), nullable=True))
    op.add_column("shipment", sa.Column("joined_into", sa.String(), nullable=True))
    op.add_column(
        "message",
        sa.Column("several", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("message", sa.Column("part_of", sa.Integer(), nullable=True))
    op.create_index("ix_message_part_of", "message", ["part_of"], unique=False)
    for name in ("files", "inner"):
        op.add_column(
            "message", sa.Column(name, sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
        )
    _mark_several()


def _mark_several() -> None:
    bind = op.get_bind()
    table = sa.table(
        "message",
        sa.column("id", sa.Integer()),
        sa.column("problems", sa.String()),
        sa.column("several", sa.Boolean()),
    )
    said = sa.cast(table.c.problems, sa.String()).like(f"%{_SEVERAL}%")
    rows = bind.execute(sa.select(table.c.id, table.c.problems).where(said)).all()
    for number, problems in rows:
        listed = json.loads(problems) if isinstance(problems, str) else problems
        if any(str(one).startswith(_SEVERAL) for one in listed):
            bind.execute(table.update().where(table.c.id == number).values(several=True))
