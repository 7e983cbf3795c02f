"""The sealed values of the grants: whose they are, what they are called, where they lie."""

from urllib.parse import quote
from uuid import UUID

from sqlalchemy import select

from app.sabilulungan.models import Hibah, Organisasi, Pencairan
from app.services.personal.sealed import register_sealed
from app.services.privacy.own_data import Row, register_subject_data, rows_of
from app.services.privacy.unmasking import Secret, Subject
from app.services.ui.i18n import lazy
from app.tenancy.database import db

#: What each sealed column was sealed as, and so registered for rotation, by table.
SEALED = {
    "organisasi": {
        "ketua_nik_sealed": "ketua_nik", "npwp_sealed": "npwp", "telepon_sealed": "telepon", "email_sealed": "email",
        "rekening_sealed": "rekening",
    },
    "hibah": {"nik_sealed": "nik"},
    "pencairan": {"rekening_sealed": "rekening"},
}  # fmt: skip


def organisation(organisasi_id: UUID) -> Subject | None:
    """An organisation of this region with the identifiers of its people."""
    row = db.session.scalars(select(Organisasi).where(Organisasi.id == organisasi_id)).first()
    if row is None:
        return None
    secrets = (
        Secret("nik", lazy("NIK ketua"), row.ketua_nik_sealed, "ketua_nik"),
        Secret("npwp", lazy("NPWP"), row.npwp_sealed, "npwp"),
        Secret("rekening", lazy("Nomor rekening"), row.rekening_sealed, "rekening"),
        Secret("telepon", lazy("Telepon"), row.telepon_sealed, "telepon"),
        Secret("email", lazy("Surel"), row.email_sealed, "email"),
    )
    return Subject("organisasi", str(row.id), row.nama, f"/organisasi/{row.id}", secrets)


def recipient(nomor: str) -> Subject | None:
    """Whoever receives one proposal of this region: the NIK of a person, and the account of each payment."""
    row = db.session.scalars(select(Hibah).where(Hibah.nomor == nomor)).first()
    if row is None:
        return None
    payments = db.session.scalars(select(Pencairan).where(Pencairan.hibah_id == row.id).order_by(Pencairan.tahap))
    accounts = [
        Secret(f"rekening-{paid.tahap}", lazy("Nomor rekening pencairan"), paid.rekening_sealed, "rekening")
        for paid in payments
    ]
    secrets = (Secret("nik", lazy("NIK penerima"), row.nik_sealed, "nik"), *accounts)
    return Subject("hibah", str(row.id), row.nomor, f"/hibah/{quote(nomor, safe='')}/pribadi", secrets)


def proposals_of(account_id: UUID) -> list[Row]:
    """What an account proposed, drafts too, for its owner."""
    return rows_of(
        "SELECT nomor, judul, jenis, tahun, tanggal_masuk, status, amount_requested AS diajukan FROM hibah"
        " WHERE region_id = :region_id AND pemohon_id = :account ORDER BY nomor",
        account_id,
    )


def register() -> None:
    """Tell the rooms below of what is sealed here, and what is held of an account."""
    for table, columns in SEALED.items():
        register_sealed(table, **columns)
    register_subject_data("usulan", lazy("Usulan hibah dan bansos Anda"), proposals_of)
