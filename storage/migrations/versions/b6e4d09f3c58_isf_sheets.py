"""a kind of document more: ISF sheets"""

import sqlalchemy as sa
from alembic import op

revision = "b6e4d09f3c58"
down_revision = "a3d95c1e7b42"
branch_labels = None
depends_on = None

_BEFORE = (
    "commercial_invoice",
    "proforma_invoice",
    "packing_list",
    "bill_of_lading",
    "air_waybill",
    "arrival_notice",
    "certificate_of_origin",
    "mill_certificate",
    "power_of_attorney",
    "booking",
    "email",
    "other",
    "product_certificate",
)


def _kind(*names: str) -> sa.Enum:
    return sa.Enum(
        *names, name="document_kind", native_enum=False, create_constraint=True, length=32
    )


def upgrade() -> None:
    _change(_kind(*_BEFORE), _kind(*_BEFORE, "isf_sheet"))


def downgrade() -> None:
    op.execute("UPDATE document SET kind = 'other' WHERE kind = 'isf_sheet'")
    _change(_kind(*_BEFORE, "isf_sheet"), _kind(*_BEFORE))


def _change(before: sa.Enum, after: sa.Enum) -> None:
    with op.batch_alter_table("document") as batch_op:
        batch_op.alter_column("kind", existing_nullable=False, existing_type=before, type_=after)
