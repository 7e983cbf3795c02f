"""A proposal of region A and the people who handle it; everything that a test did is taken away."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.kernel import clock
from app.sabilulungan.models import Hibah
from app.sabilulungan.usulan import actions
from app.sabilulungan.usulan.forms import Draft
from app.sabilulungan.workflow import PROPOSAL, apply
from app.services.workflow.acting import act, file_of
from app.services.workflow.models import WorkflowFile
from app.services.workflow.process import Order
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from tests.conftest import A
from tests.services.identity.conftest import browser, people

__all__ = ["browser", "people"]
As = Callable[[str], AbstractContextManager[None]]
Do = Callable[..., str]
FIELDS: dict[str, dict[str, object]] = {
    "tetapkan_opd": {"bidang": "Pendidikan"},
    "rekomendasikan": {"amount": 40_000_000},
    "pertimbangkan": {"amount": 30_000_000},
    "masuk_apbd": {"perkada": "12/2026"},
    "tetapkan_sk": {"amount": 30_000_000, "sk_no": "978/Kep.1", "sk_tgl": date(2027, 2, 1)},
}
#: The straight way, with who does each act.
WAY = (
    ("pemohon", "ajukan"), ("tu", "terima_lengkap"), ("pimpinan", "disposisi"), ("timbang", "tetapkan_opd"),
    ("opd_kepala", "rekomendasikan"), ("timbang", "setuju_tim"), ("tapd", "pertimbangkan"),
    ("bendahara", "masuk_apbd"), ("pimpinan", "tetapkan_sk"),
)  # fmt: skip
TABLES = (
    "message_sends", "inbox_messages",
    "workflow_escalations", "workflow_assignments", "workflow_draw_days", "workflow_conflicts", "workflow_steps",
    "workflow_files", "workflow_delegations", "workflow_settings", "calendar_days", "hibah_steps",
)  # fmt: skip


@pytest.fixture
def desk(worker_app: Flask, people: None, admin: Engine) -> Iterator[Flask]:
    """Region A with one account for each role, and none of its files left behind."""
    yield worker_app
    with worker_app.app_context():
        db.session.remove()
    with admin.begin() as connection:
        known = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
        own = "hibah_id IN (SELECT id FROM hibah WHERE pemohon_id IS NOT NULL)"
        for table in (table for table in TABLES if table in known):
            where = f"WHERE region_id = {A}" + (f" AND {own}" if table == "hibah_steps" else "")
            connection.execute(text(f"DELETE FROM {table} {where}"))
        connection.execute(text(f"DELETE FROM hibah WHERE region_id = {A} AND pemohon_id IS NOT NULL"))


@pytest.fixture
def acting_as(desk: Flask) -> As:
    """Act as the account of a role, in a session of its own."""

    @contextmanager
    def entered(role: str) -> Iterator[None]:
        with desk.app_context():
            with acting_for(Context(A, "sistem:uji", "worker")):
                actor = account_of(role)
                db.session.rollback()
            with acting_for(Context(A, str(actor) if role != "sistem" else "sistem:uji", "worker")):
                yield
            db.session.remove()

    return entered


def account_of(role: str) -> UUID:
    sql = "SELECT id FROM accounts WHERE region_id = :region_id AND email = :email"
    found = region_sql(sql, email=f"{role}@contoh.go.id").scalar_one_or_none()
    return found or UUID(int=0)


@pytest.fixture
def proposal(acting_as: As) -> UUID:
    """A draft of the applicant's."""
    with acting_as("pemohon"):
        year = clock.today().year + 1
        draft = Draft("hibah_uang", "Renovasi balai", "Balai warga", "PKK Melati", "32.73.01", year, 50_000_000)
        return actions.start(draft).id


@pytest.fixture
def do(acting_as: As, proposal: UUID) -> Do:
    """Do one act as a role; returns the state after it."""

    def done(role: str, action: str, **order: object) -> str:
        with acting_as(role):
            asked = Order(**{"reason": "alasan uji", "values": FIELDS.get(action, {}), **order})  # type: ignore[arg-type]
            with act(PROPOSAL, proposal, action, asked) as acting:
                apply(acting.subject, action, asked)
            return the_file(proposal).state

    return done


def the_file(proposal: UUID) -> WorkflowFile:
    file = file_of(PROPOSAL, proposal)
    assert file is not None
    return file


def the_proposal(proposal: UUID) -> Hibah:
    found = db.session.get(Hibah, (A, proposal))
    assert found is not None
    return found


@pytest.fixture
def walk(do: Do) -> Callable[[str], str]:
    """Go the straight way up to and with an act."""

    def walked(until: str) -> str:
        state = ""
        for role, action in WAY:
            state = do(role, action)
            if action == until:
                break
        return state

    return walked
