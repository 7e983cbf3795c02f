"""Tables of the findings: see the migration for what each holds."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, FetchedValue, ForeignKeyConstraint, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.tenancy.database import Base, RegionRow


class Finding(RegionRow, Base):
    """One case: what one rule saw, and where its due process stands. Amounts in rupiah.

    `evidence_key` binds what the rule sees again at the next scan; `fingerprint` is the evidence itself.
    """

    __tablename__ = "integrity_findings"
    nomor: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    year: Mapped[int | None] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger, default=0)
    subjects: Mapped[int] = mapped_column(BigInteger)
    evidence_key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(Text)
    context: Mapped[str] = mapped_column(Text, default="[]")
    params: Mapped[str] = mapped_column(Text, default="{}")
    first_seen: Mapped[datetime] = mapped_column(DateTime(timezone=True), FetchedValue())
    last_seen: Mapped[datetime] = mapped_column(DateTime(timezone=True), FetchedValue())
    gone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_code: Mapped[str] = mapped_column(Text, default="")


class FindingSubject(RegionRow, Base):
    """One thing that a case is about, with its rows of evidence as JSON; `present` False once it left the case."""

    __tablename__ = "integrity_subjects"
    __table_args__ = (
        ForeignKeyConstraint(["region_id", "finding_id"], ["integrity_findings.region_id", "integrity_findings.id"]),
    )
    finding_id: Mapped[UUID] = mapped_column(Uuid)
    subject_type: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    ref: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    present: Mapped[bool]


class Clarification(RegionRow, Base):
    """One question to one who is heard before anything is decided: an account, a role, or somebody by letter."""

    __tablename__ = "integrity_clarifications"
    __table_args__ = (
        ForeignKeyConstraint(["region_id", "finding_id"], ["integrity_findings.region_id", "integrity_findings.id"]),
    )
    finding_id: Mapped[UUID] = mapped_column(Uuid)
    account_id: Mapped[UUID | None] = mapped_column(Uuid)
    role: Mapped[str] = mapped_column(Text, default="")
    asked_of: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    asked_on: Mapped[date]
    due_on: Mapped[date]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_on: Mapped[date | None]
