"""What the workflow holds of one account, for its owner: files, acts, standing in, declared interests."""

from uuid import UUID

from app.services.privacy.own_data import Row, register_subject_data, rows_of
from app.services.ui.i18n import lazy


def files(account_id: UUID) -> list[Row]:
    """Files that the account opened."""
    return rows_of(
        "SELECT process AS proses, nomor, judul, state AS keadaan, opened_on AS dibuka, ended_on AS selesai"
        " FROM workflow_files WHERE region_id = :region_id AND owner_id = :account ORDER BY opened_on, nomor",
        account_id,
    )


def acts(account_id: UUID) -> list[Row]:
    """Steps that the account took, or that were taken in its place."""
    return rows_of(
        "SELECT f.nomor, s.action AS tindakan, s.duty AS tugas, s.happened_on AS terjadi, s.recorded_at AS dicatat,"
        " s.reason AS alasan FROM workflow_steps s JOIN workflow_files f ON f.region_id = :region_id"
        " AND f.id = s.file_id WHERE s.region_id = :region_id"
        " AND (s.actor = CAST(:account AS text) OR s.acting_for = CAST(:account AS text)) ORDER BY s.recorded_at",
        account_id,
    )


def delegations(account_id: UUID) -> list[Row]:
    """When it lent its duty, or stood in."""
    return rows_of(
        "SELECT kind AS jenis, role AS peran, starts_on AS mulai, ends_on AS sampai, letter_no AS nomor_surat,"
        " CASE WHEN giver_id = :account THEN 'memberi' ELSE 'menerima' END AS sebagai FROM workflow_delegations"
        " WHERE region_id = :region_id AND :account IN (giver_id, taker_id) ORDER BY starts_on",
        account_id,
    )


def interests(account_id: UUID) -> list[Row]:
    """Conflicts of interest that it declared."""
    return rows_of(
        "SELECT f.nomor, c.reason AS alasan, c.declared_at AS dinyatakan FROM workflow_conflicts c"
        " JOIN workflow_files f ON f.region_id = :region_id AND f.id = c.file_id"
        " WHERE c.region_id = :region_id AND c.account_id = :account ORDER BY c.declared_at",
        account_id,
    )


def duties(account_id: UUID) -> list[Row]:
    """Files that were given to it."""
    return rows_of(
        "SELECT f.nomor, a.duty AS tugas, a.how AS cara, a.since AS sejak, a.ended_at AS selesai"
        " FROM workflow_assignments a JOIN workflow_files f ON f.region_id = :region_id AND f.id = a.file_id"
        " WHERE a.region_id = :region_id AND a.account_id = :account ORDER BY a.since",
        account_id,
    )


def rules(account_id: UUID) -> list[Row]:
    """Rules of processes that it proposed or approved."""
    return rows_of(
        "SELECT process AS proses, name AS nama, value AS nilai, valid_from AS berlaku,"
        " CASE WHEN proposed_by_id = :account THEN 'mengusulkan' ELSE 'menyetujui' END AS sebagai"
        " FROM workflow_settings WHERE region_id = :region_id AND :account IN (proposed_by_id, approved_by_id)"
        " ORDER BY valid_from, name",
        account_id,
    )


HELD = (
    ("berkas", lazy("Berkas yang Anda ajukan"), files),
    ("tindakan", lazy("Tindakan Anda pada berkas"), acts),
    ("pelimpahan", lazy("Pelimpahan tugas"), delegations),
    ("benturan", lazy("Benturan kepentingan yang Anda nyatakan"), interests),
    ("penugasan", lazy("Berkas yang ditugaskan kepada Anda"), duties),
    ("aturan", lazy("Aturan proses yang Anda usulkan atau setujui"), rules),
)


def register() -> None:
    """Tell each account's owner."""
    for name, title, rows in HELD:
        register_subject_data(name, title, rows)
