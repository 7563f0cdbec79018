"""The migration that rebuilds the table of mails keeps what refers to it."""

from pathlib import Path

from alembic import command

from storage import migrate
from storage.db import Database
from storage.models import Disposition, Document, Message


def test_an_older_installation_keeps_its_mails_and_documents(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.engine.begin() as connection:
        command.upgrade(migrate._config(connection), "11b452106a47")
        connection.exec_driver_sql(
            "INSERT INTO message (id, spool_name, message_id, digest, raw_sha256, sender,"
            " sender_name, recipients, subject, text, received_at, disposition, problems) VALUES"
            " (1, 'a', '<a@b.example>', 'd', 'r', 'a@b.example', '', '[]', 's', 't',"
            " '2026-01-01', 'empty', '[\"The mail names several bills of lading: A, B.\"]')"
        )
        connection.exec_driver_sql(
            "INSERT INTO shipment (id, state, version, header, parties, transport, totals, confidence,"
            " evidence, flags, duty, duty_advisories, card_rev, card_shown_rev, search_text,"
            " created_at, updated_at) VALUES (1, 'booked', 1, '{}', '{}', '{}', '{}', '{}', '{}',"
            " '[]', '[]', '[]', 0, 0, '', '2026-01-01', '2026-01-01')"
        )
        connection.exec_driver_sql(
            "INSERT INTO document (id, shipment_id, message_id, filename, content_type, size, sha256,"
            " kind, state, received_at) VALUES (1, 1, 1, 'i.pdf', 'x/y', 1, 'z', 'other', 'waiting',"
            " '2026-01-01')"
        )
    migrate.upgrade(database)
    with database.transaction() as session:
        message, document = session.get(Message, 1), session.get(Document, 1)
        assert message is not None
        assert document is not None
        assert (message.disposition, message.verdict) == (Disposition.EMPTY, None)
        assert message.several
        assert (message.files, message.inner, message.part_of) == ([], [], None)
        message.disposition = Disposition.QUARANTINED
        session.add(message)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert migrate.drift(database) == []
    database.close()
