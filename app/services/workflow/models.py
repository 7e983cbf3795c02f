"""Tables of the workflow: see the migration for what each holds."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, FetchedValue, ForeignKeyConstraint, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.tenancy.database import Base, RegionRow


class WorkflowFile(RegionRow, Base):
    """One file in one process: its state, its clocks in working days, its place in queues."""

    __tablename__ = "workflow_files"
    process: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger)
    subject: Mapped[UUID] = mapped_column(Uuid)
    state: Mapped[str] = mapped_column(Text)
    returned_by: Mapped[str] = mapped_column(Text, default="")
    nomor: Mapped[str] = mapped_column(Text, default="")
    judul: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[UUID | None] = mapped_column(Uuid)
    opened_on: Mapped[date]
    public_since: Mapped[date | None]
    legal_since: Mapped[date | None]
    entered_on: Mapped[date]
    due_on: Mapped[date | None]
    days_allowed: Mapped[int | None] = mapped_column(BigInteger)
    days_before: Mapped[int] = mapped_column(BigInteger, default=0)
    paused_since: Mapped[date | None]
    days_paused: Mapped[int] = mapped_column(BigInteger, default=0)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    ended_on: Mapped[date | None]


class WorkflowStep(RegionRow, Base):
    """One act, as it was: never changed, never deleted."""

    __tablename__ = "workflow_steps"
    __table_args__ = (
        ForeignKeyConstraint(["region_id", "file_id"], ["workflow_files.region_id", "workflow_files.id"]),
    )
    file_id: Mapped[UUID] = mapped_column(Uuid)
    number: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(Text)
    state_before: Mapped[str] = mapped_column(Text)
    state_after: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    duty: Mapped[str] = mapped_column(Text)
    acting_for: Mapped[str] = mapped_column(Text, default="")
    channel: Mapped[str] = mapped_column(Text)
    reason_code: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), FetchedValue())
    recorded_later: Mapped[bool]
    days_used: Mapped[int] = mapped_column(BigInteger)
    days_allowed: Mapped[int | None] = mapped_column(BigInteger)
    key: Mapped[str | None] = mapped_column(Text)
