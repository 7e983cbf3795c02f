"""Tables of the grants: who asks, what was asked and given at each step, what was paid and accounted for."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, FetchedValue, ForeignKeyConstraint, LargeBinary, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.tenancy.database import Base, RegionRow

#: Kinds of organisations that may receive hibah: sabilulungan-process.md section 2.2.
LEGAL_CLASSES = ("A1", "A2", "A3", "A4", "B", "C", "D", "E", "F", "G")
JENIS_RINCI = (
    "hibah_uang", "hibah_barang", "hibah_jasa", "bansos_terencana_individu", "bansos_terencana_kelompok",
    "bansos_terencana_lembaga", "bansos_tak_terencana",
)  # fmt: skip
#: Step of the ladder that budget lines detail -> the proposal's amount that they sum to.
TAHAP_RAB = {
    "diajukan": "amount_requested",
    "direkomendasikan": "amount_recommended",
    "ditimbang": "amount_considered",
    "dipertimbangkan": "amount_tapd",
    "disetujui": "amount_approved",
}
KATEGORI_RAB = ("honor", "barang", "jasa", "konstruksi", "transport", "konsumsi", "modal", "lain")
KEADAAN_LPJ = ("belum", "diajukan", "diterima", "terlambat")


class Organisasi(RegionRow, Base):
    """One organisation or group. `*_sealed` holds a personal identifier, `*_hash` finds it again."""

    __tablename__ = "organisasi"
    legacy_id: Mapped[str | None] = mapped_column(Text)
    nama: Mapped[str] = mapped_column(Text)
    nama_norm: Mapped[str] = mapped_column(Text)
    legal_class: Mapped[str] = mapped_column(Text, default="")
    no_ahu: Mapped[str] = mapped_column(Text, default="")
    no_skt: Mapped[str] = mapped_column(Text, default="")
    tgl_terdaftar: Mapped[date | None]
    alamat: Mapped[str] = mapped_column(Text, default="")
    kecamatan_kode: Mapped[str] = mapped_column(Text, default="")
    kelurahan_kode: Mapped[str] = mapped_column(Text, default="")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    ketua: Mapped[str] = mapped_column(Text, default="")
    ketua_nik_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    ketua_nik_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    bendahara: Mapped[str] = mapped_column(Text, default="")
    npwp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    npwp_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    telepon_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    telepon_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    bank_kode: Mapped[str] = mapped_column(Text, default="")
    rekening_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    rekening_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    atas_nama: Mapped[str] = mapped_column(Text, default="")


class Hibah(RegionRow, Base):
    """One proposal for a grant (hibah) or social aid (bansos). Amounts in rupiah; None is "not known", 0 is zero.

    `stage` is how many of the public stages it has passed; `status` the state of the file, '' where the source of an
    import knows stages only.
    """

    __tablename__ = "hibah"
    __table_args__ = (ForeignKeyConstraint(["region_id", "organisasi_id"], ["organisasi.region_id", "organisasi.id"]),)
    nomor: Mapped[str] = mapped_column(Text)
    legacy_id: Mapped[str | None] = mapped_column(Text)
    organisasi_id: Mapped[UUID | None] = mapped_column(Uuid)
    pemohon_id: Mapped[UUID | None] = mapped_column(Uuid)
    penerima: Mapped[str] = mapped_column(Text, default="")
    nik_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    nik_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    jenis: Mapped[str] = mapped_column(Text, default="")
    rincian_jenis: Mapped[str] = mapped_column(Text, default="")
    tahun: Mapped[int | None] = mapped_column(BigInteger)
    siklus: Mapped[str] = mapped_column(Text, default="")
    tanggal_masuk: Mapped[date | None]
    judul: Mapped[str] = mapped_column(Text)
    tujuan: Mapped[str] = mapped_column(Text, default="")
    alamat: Mapped[str] = mapped_column(Text, default="")
    bidang: Mapped[str] = mapped_column(Text, default="")
    sumber: Mapped[str] = mapped_column(Text, default="")
    pokir_anggota: Mapped[str] = mapped_column(Text, default="")
    kecamatan_kode: Mapped[str] = mapped_column(Text, default="")
    kelurahan_kode: Mapped[str] = mapped_column(Text, default="")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    mulai: Mapped[date | None]
    selesai: Mapped[date | None]
    amount_requested: Mapped[int | None] = mapped_column(BigInteger)
    amount_recommended: Mapped[int | None] = mapped_column(BigInteger)
    amount_considered: Mapped[int | None] = mapped_column(BigInteger)
    amount_tapd: Mapped[int | None] = mapped_column(BigInteger)
    amount_approved: Mapped[int | None] = mapped_column(BigInteger)
    amount_granted: Mapped[int | None] = mapped_column(BigInteger, FetchedValue())
    amount_disbursed: Mapped[int | None] = mapped_column(BigInteger)
    amount_accounted: Mapped[int | None] = mapped_column(BigInteger)
    amount_returned: Mapped[int | None] = mapped_column(BigInteger)
    stage: Mapped[int] = mapped_column(BigInteger, default=0)
    status: Mapped[str] = mapped_column(Text, default="")
    sk_no: Mapped[str] = mapped_column(Text, default="")
    sk_tgl: Mapped[date | None]
    nphd_no: Mapped[str] = mapped_column(Text, default="")
    nphd_tgl: Mapped[date | None]
    has_nphd: Mapped[bool] = mapped_column(default=False)
    lpj_media: Mapped[int] = mapped_column(BigInteger, default=0)
    lpj_date: Mapped[date | None]
    synthetic: Mapped[bool] = mapped_column(default=False)


class _OfHibah(RegionRow):
    """A row that belongs to one proposal of the same region."""

    hibah_id: Mapped[UUID] = mapped_column(Uuid)


def _of_hibah() -> tuple[ForeignKeyConstraint]:
    return (ForeignKeyConstraint(["region_id", "hibah_id"], ["hibah.region_id", "hibah.id"]),)


class HibahRab(_OfHibah, Base):
    """One line of a budget (RAB) as one step of the ladder had it. Volume in thousandths, money in rupiah."""

    __tablename__ = "hibah_rab"
    __table_args__ = _of_hibah()
    tahap: Mapped[str] = mapped_column(Text, default="diajukan")
    nomor: Mapped[int] = mapped_column(BigInteger)
    uraian: Mapped[str] = mapped_column(Text)
    kategori: Mapped[str] = mapped_column(Text, default="")
    volume_permil: Mapped[int] = mapped_column(BigInteger, default=1000)
    satuan: Mapped[str] = mapped_column(Text, default="paket")
    harga_satuan: Mapped[int] = mapped_column(BigInteger, default=0)
    jumlah: Mapped[int] = mapped_column(BigInteger)


class HibahStep(_OfHibah, Base):
    """One stage passed: when it happened (if known) and when it was recorded, which is not the same."""

    __tablename__ = "hibah_steps"
    __table_args__ = _of_hibah()
    stage: Mapped[int] = mapped_column(BigInteger)
    happened_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Pencairan(_OfHibah, Base):
    """One payment order (SP2D), in rupiah; of the account only the last three digits are in the clear."""

    __tablename__ = "pencairan"
    __table_args__ = _of_hibah()
    tahap: Mapped[int] = mapped_column(BigInteger)
    spm_no: Mapped[str] = mapped_column(Text, default="")
    sp2d_no: Mapped[str] = mapped_column(Text)
    sp2d_tgl: Mapped[date]
    jumlah: Mapped[int] = mapped_column(BigInteger)
    bank_kode: Mapped[str] = mapped_column(Text, default="")
    rekening_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    rekening_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    rekening_akhir: Mapped[str] = mapped_column(Text, default="")
    atas_nama: Mapped[str] = mapped_column(Text, default="")


class Lpj(_OfHibah, Base):
    """What a recipient accounted for and gave back, in rupiah."""

    __tablename__ = "lpj"
    __table_args__ = _of_hibah()
    tgl_lpj: Mapped[date | None]
    keadaan: Mapped[str] = mapped_column(Text)
    jumlah_dipakai: Mapped[int | None] = mapped_column(BigInteger)
    pengembalian: Mapped[int | None] = mapped_column(BigInteger)
    sts_no: Mapped[str] = mapped_column(Text, default="")
