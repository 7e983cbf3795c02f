"""What the integrity room holds of one account, for its owner: what he was asked, and rules that he changed.

A finding itself is not told here: whom it concerns hears of it by its clarification, which is the due process.
"""

from uuid import UUID

from app.services.privacy.own_data import Row, register_subject_data, rows_of
from app.services.ui.i18n import lazy


def clarifications(account_id: UUID) -> list[Row]:
    """What it was asked, and what it answered."""
    return rows_of(
        "SELECT question AS pertanyaan, asked_on AS ditanyakan, due_on AS tenggat, answer AS jawaban,"
        " answered_on AS dijawab FROM integrity_clarifications WHERE region_id = :region_id AND account_id = :account"
        " ORDER BY asked_on",
        account_id,
    )


def settings(account_id: UUID) -> list[Row]:
    """Parameters of rules that it proposed or approved."""
    return rows_of(
        "SELECT rule AS aturan, name AS nama, value AS nilai, reason AS alasan, valid_from AS berlaku,"
        " CASE WHEN proposed_by_id = :account THEN 'mengusulkan' ELSE 'menyetujui' END AS sebagai"
        " FROM integrity_settings WHERE region_id = :region_id AND :account IN (proposed_by_id, approved_by_id)"
        " ORDER BY valid_from, rule, name",
        account_id,
    )


def register() -> None:
    """Tell each account's owner."""
    register_subject_data("klarifikasi", lazy("Klarifikasi yang diminta dari Anda"), clarifications)
    register_subject_data("aturan-integritas", lazy("Aturan integritas yang Anda usulkan atau setujui"), settings)
