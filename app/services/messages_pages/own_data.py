"""What the messages hold of one account: told to its owner, forgotten with it, and not kept for ever."""

from uuid import UUID

from app.services.identity.erasing import register_eraser
from app.services.messages import contacts, inbox
from app.services.privacy.own_data import Row, register_subject_data, rows_of
from app.services.privacy.retention import Kind, register_kind
from app.services.ui.i18n import lazy
from app.tenancy.database import region_sql

#: Tables with rows of an account, children first.
TABLES = ("message_sends", "message_contacts", "message_choices")
MESSAGES = Kind(
    "pesan", lazy("Pesan di kotak masuk"), lazy("Pesan dan catatan pengirimannya dihapus."), 30, 3_650, inbox.forget_old
)


def messages(account_id: UUID) -> list[Row]:
    """Messages in its inbox."""
    return rows_of(
        "SELECT created_at AS waktu, subject AS perihal, body AS isi, read_at AS dibaca FROM inbox_messages"
        " WHERE region_id = :region_id AND account_id = :account ORDER BY created_at",
        account_id,
    )


def ways(account_id: UUID) -> list[Row]:
    """How it wants to be reached."""
    contact = contacts.of(account_id)
    if contact == contacts.NOBODY:
        return []
    return [{"bahasa": contact.language, "telepon": contact.phone, "terbukti": contact.verified}]


def choices(account_id: UUID) -> list[Row]:
    """What it wants to hear of, and how."""
    return rows_of(
        "SELECT event AS kejadian, channel AS saluran, choice AS pilihan FROM message_choices"
        " WHERE region_id = :region_id AND account_id = :account ORDER BY event, channel",
        account_id,
    )


def sends(account_id: UUID) -> list[Row]:
    """What was sent to it outside the portal; the words are in the inbox."""
    return rows_of(
        "SELECT at AS waktu, channel AS saluran, event AS kejadian, state AS keadaan FROM message_sends"
        " WHERE region_id = :region_id AND account_id = :account ORDER BY at",
        account_id,
    )


def forget(account_id: UUID) -> None:
    """Everything, when the account is erased."""
    inbox.forget_account(account_id)
    for table in TABLES:
        region_sql(f"DELETE FROM {table} WHERE region_id = :region_id AND account_id = :account", account=account_id)


def register() -> None:
    """Tell the room of privacy."""
    register_subject_data("pesan", lazy("Pesan"), messages)
    register_subject_data("kontak", lazy("Cara menghubungi Anda"), ways)
    register_subject_data("pilihan-pesan", lazy("Pilihan pesan"), choices)
    register_subject_data("pengiriman", lazy("Pesan yang dikirim keluar"), sends)
    register_eraser("pesan", forget)
    register_kind(MESSAGES)
