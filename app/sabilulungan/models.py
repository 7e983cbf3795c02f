"""Tables of the first slice: proposals, their budget lines and their steps."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.identifiers import uuid7
from app.tenancy.database import Base, RegionRow


class Hibah(RegionRow, Base):
    """One proposal for a grant (hibah) or social aid (bansos). Amounts in rupiah; None is "not known", 0 is zero."""

    __tablename__ = "hibah"
    nomor: Mapped[str] = mapped_column(Text)
    legacy_id: Mapped[str | None] = mapped_column(Text)
    jenis: Mapped[str] = mapped_column(Text, default="")
    tahun: Mapped[int | None]
    tanggal_masuk: Mapped[date | None]
    judul: Mapped[str] = mapped_column(Text)
    bidang: Mapped[str] = mapped_column(Text, default="")
    kecamatan_kode: Mapped[str] = mapped_column(Text, default="")
    kelurahan_kode: Mapped[str] = mapped_column(Text, default="")
    amount_requested: Mapped[int | None]
    amount_recommended: Mapped[int | None]
    amount_considered: Mapped[int | None]
    amount_tapd: Mapped[int | None]
    amount_disbursed: Mapped[int | None]
    stage: Mapped[int] = mapped_column(default=0)
    has_nphd: Mapped[bool] = mapped_column(default=False)
    lpj_media: Mapped[int] = mapped_column(default=0)
    lpj_date: Mapped[date | None]
    synthetic: Mapped[bool] = mapped_column(default=False)


class HibahRab(RegionRow, Base):
    """One line of a proposal's budget (RAB), in rupiah."""

    __tablename__ = "hibah_rab"
    __table_args__ = (ForeignKeyConstraint(["region_id", "hibah_id"], ["hibah.region_id", "hibah.id"]),)
    hibah_id: Mapped[UUID] = mapped_column(Uuid)
    nomor: Mapped[int]
    uraian: Mapped[str] = mapped_column(Text)
    amount_requested: Mapped[int]
    amount_corrected: Mapped[int | None]


class HibahStep(RegionRow, Base):
    """One stage passed: when it happened (if known) and when it was recorded, which is not the same."""

    __tablename__ = "hibah_steps"
    __table_args__ = (ForeignKeyConstraint(["region_id", "hibah_id"], ["hibah.region_id", "hibah.id"]),)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    hibah_id: Mapped[UUID] = mapped_column(Uuid)
    stage: Mapped[int]
    happened_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
