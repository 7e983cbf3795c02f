"""Proposals of region A that a rule sees, and their findings; everything that a test made is taken away."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from app.kernel.identifiers import uuid7
from app.sabilulungan.models import Hibah
from app.services.integrity import scanning
from app.services.integrity.models import Finding
from app.services.integrity.rules import RedFlag, flag_of
from app.services.integrity.scanning import ScanReport
from app.services.integrity.workflow import FINDING, apply
from app.services.workflow.acting import act
from app.services.workflow.process import Order
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from tests.conftest import A
from tests.services.identity.conftest import browser, people

__all__ = ["browser", "people"]
As = Callable[[str], AbstractContextManager[None]]
Propose = Callable[..., UUID]
Scan = Callable[..., list[Finding]]
TABLES = (
    "integrity_clarifications", "integrity_subjects", "integrity_settings", "integrity_pauses", "integrity_scan_rules",
    "integrity_scans",
)  # fmt: skip


@pytest.fixture
def region(worker_app: Flask, admin: Engine) -> Iterator[Flask]:
    """Region A as the tests of findings leave it behind: without any."""
    yield worker_app
    with worker_app.app_context():
        db.session.remove()
    with admin.begin() as connection:
        forget(connection, A)


def forget(connection, region: int) -> None:  # noqa: ANN001 (SQLAlchemy's connection, as the administrator)
    """Take findings, their files and the proposals of tests away."""
    for table in TABLES:
        connection.execute(text(f"DELETE FROM {table} WHERE region_id = {region}"))
    ours = f"SELECT id FROM workflow_files WHERE region_id = {region} AND process = 'temuan'"
    for table in ("workflow_escalations", "workflow_assignments", "workflow_conflicts", "workflow_steps"):
        connection.execute(text(f"DELETE FROM {table} WHERE region_id = {region} AND file_id IN ({ours})"))
    connection.execute(text(f"DELETE FROM workflow_files WHERE region_id = {region} AND process = 'temuan'"))
    connection.execute(text(f"DELETE FROM integrity_findings WHERE region_id = {region}"))
    connection.execute(text(f"DELETE FROM hibah WHERE region_id = {region} AND legacy_id LIKE 'UJI-%'"))
    for table in ("message_sends", "inbox_messages", "outbox"):
        connection.execute(text(f"DELETE FROM {table} WHERE region_id = {region}"))
    passwordless = f"SELECT id FROM accounts WHERE region_id = {region} AND password_hash = ''"
    connection.execute(text(f"DELETE FROM account_roles WHERE region_id = {region} AND account_id IN ({passwordless})"))
    connection.execute(text(f"DELETE FROM accounts WHERE region_id = {region} AND password_hash = ''"))
    connection.execute(text("DELETE FROM tenancy.match_consents"))
    connection.execute(text("DELETE FROM tenancy.national_matches"))


@pytest.fixture
def acting_as(region: Flask) -> As:
    """Act as the account of a role (`sistem` for a timer), in a session of its own."""

    @contextmanager
    def entered(role: str) -> Iterator[None]:
        with region.app_context():
            actor = "sistem:uji"
            if role != "sistem":
                with acting_for(Context(A, "sistem:uji", "worker")):
                    actor = str(account_of(role))
                    db.session.rollback()
            with acting_for(Context(A, actor, "worker")):
                yield
            db.session.remove()

    return entered


def account_of(role: str) -> UUID:
    """The account of a role (`role:name` is another one of it); made, without a password, when there is none."""
    code, _colon, name = role.partition(":")
    email = f"{name or code}@contoh.go.id"
    found = region_sql("SELECT id FROM accounts WHERE region_id = :region_id AND email = :email", email=email).scalar()
    if found is None:
        found = uuid7()
        region_sql(
            "INSERT INTO accounts (region_id, id, email, nama, state)"
            " VALUES (:region_id, :id, :email, :email, 'AKTIF')",
            id=found, email=email,
        )  # fmt: skip
        region_sql(
            "INSERT INTO account_roles (region_id, id, account_id, role) VALUES (:region_id, :id, :account, :role)",
            id=uuid7(), account=found, role=code,
        )  # fmt: skip
        db.session.commit()
    return UUID(str(found))


@pytest.fixture
def propose(acting_as: As) -> Propose:
    """Write a proposal into A; honest unless a test says otherwise."""

    def written(reference: str, **given: object) -> UUID:
        values = {
            "id": uuid7(), "nomor": f"UJI-{reference}", "legacy_id": f"UJI-{reference}", "jenis": "hibah",
            "tahun": 2024, "judul": f"Usulan {reference}", "penerima": f"Penerima {reference}", "stage": 7,
            "amount_requested": 50_000_000, "amount_recommended": 40_000_000, "amount_tapd": 40_000_000,
            "amount_approved": 40_000_000, "status": "DITETAPKAN", "kelurahan_kode": "32.73.01.1001",
        }  # fmt: skip
        with acting_as("sistem"):
            row = Hibah(**{**values, **given})
            number = row.id
            db.session.add(row)
            db.session.commit()
        return number

    return written


@pytest.fixture
def scan(acting_as: As) -> Scan:
    """Scan A with one rule (or given flags) and return its findings on the proposals of tests, oldest first."""

    def scanned(*rules: str | RedFlag) -> list[Finding]:
        flags = [flag_of(rule) if isinstance(rule, str) else rule for rule in rules]
        run(acting_as, flags)
        return findings(acting_as, *(flag.code for flag in flags if flag))

    return scanned


def run(acting_as: As, flags: list[RedFlag | None]) -> ScanReport:
    with acting_as("sistem"):
        report = scanning.scan("perintah", [flag for flag in flags if flag is not None])
        db.session.commit()
    return report


def findings(acting_as: As, *rules: str) -> list[Finding]:
    with acting_as("sistem"):
        ours = "SELECT finding_id FROM integrity_subjects WHERE region_id = :region_id AND ref LIKE 'UJI-%'"
        numbers = set(region_sql(ours).scalars())
        rows = db.session.scalars(select(Finding).where(Finding.rule.in_(rules)).order_by(Finding.id)).all()
        found = [row for row in rows if row.id in numbers]
        db.session.expunge_all()
    return found


Do = Callable[..., str]


@pytest.fixture
def do(acting_as: As) -> Do:
    """Do one act of the due process as a role; returns the state after it."""

    def done(finding: Finding, action: str, role: str = "inspektorat", **order: object) -> str:
        asked = Order(**{"reason": "alasan uji", **order})  # type: ignore[arg-type]
        with acting_as(role):
            with act(FINDING, finding.id, action, asked) as acting:
                apply(acting.subject, action, asked)
            state = region_sql("SELECT state FROM integrity_findings WHERE region_id = :region_id AND id = :id",
                               id=finding.id).scalar_one()  # fmt: skip
        return str(state)

    return done
