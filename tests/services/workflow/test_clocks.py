"""Two clocks in the region's working days, pauses with a budget, levels at 80, 100 and 120 per cent."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from app.kernel import clock
from app.kernel.calendar import WorkingCalendar
from app.sabilulungan.workflow import PROPOSAL
from app.services.workflow import calendar, clocks, escalation, settings
from app.services.workflow.clocks import Clocks
from app.services.workflow.models import WorkflowFile
from app.services.workflow.process import Refused
from app.tenancy.database import db
from tests.conftest import A
from tests.services.workflow.conftest import As, Do, the_file

Walk = Callable[[str], str]
PLAIN = WorkingCalendar()
MONDAY = date(2026, 8, 3)


def a_file(**values: object) -> WorkflowFile:
    base = {"state": "DIAJUKAN", "entered_on": MONDAY, "days_before": 0, "days_paused": 0, "days_allowed": 5}
    return WorkflowFile(**{**base, **values})


def test_the_public_clock_runs_from_filing_and_the_legal_one_without_pauses() -> None:
    file = a_file(public_since=MONDAY, legal_since=date(2026, 8, 5), days_paused=3)
    seen = clocks.read(file, PROPOSAL, PLAIN, date(2026, 8, 17))
    assert (seen.public, seen.legal, seen.used) == (10, 8 - 3, 10)


def test_a_pause_ends_when_its_budget_is_used_up() -> None:
    file = a_file(legal_since=MONDAY, paused_since=MONDAY, public_since=MONDAY)
    far = date(2026, 10, 5)
    assert PLAIN.between(MONDAY, far) == 45
    assert clocks.read(file, PROPOSAL, PLAIN, far).legal == 45 - PROPOSAL.pause_budget


@pytest.mark.parametrize(("used", "level"), [(3, 0), (4, 80), (5, 100), (6, 120)])
def test_levels(used: int, level: int) -> None:
    assert Clocks(used, 5, None, None).level == level
    assert Clocks(used, None, None, None).level == 0


def move_back(admin: Engine, proposal: UUID, days: int) -> None:
    with admin.begin() as connection:
        connection.execute(
            text(
                "UPDATE workflow_files SET entered_on = entered_on - :d, due_on = due_on - :d,"
                " opened_on = opened_on - :d, public_since = public_since - :d,"
                " legal_since = legal_since - :d, paused_since = paused_since - :d"
                " WHERE subject = :id"
            ),
            {"d": days, "id": proposal},
        )


def test_sending_a_file_back_buys_nobody_time(do: Do, walk: Walk, acting_as: As, proposal: UUID, admin: Engine) -> None:
    walk("tetapkan_opd")
    move_back(admin, proposal, 14)
    do("opd_kepala", "kembalikan")
    with acting_as("sistem"):
        assert the_file(proposal).paused_since == calendar.today()
    do("pemohon", "ajukan_ulang")
    with acting_as("sistem"):
        file = the_file(proposal)
        held = calendar.region_calendar().between(file.entered_on.replace(), file.entered_on) + file.days_before
        assert file.state == "EVALUASI"
        assert held == file.days_before >= 8
        assert file.days_allowed == 14
        assert file.due_on == calendar.region_calendar().add(calendar.today(), max(0, 14 - file.days_before))


def test_each_level_is_noted_once(do: Do, acting_as: As, proposal: UUID, admin: Engine) -> None:
    do("pemohon", "ajukan")
    with acting_as("sistem"):
        assert escalation.note_levels() == 0
    move_back(admin, proposal, 21)
    with acting_as("sistem"):
        assert escalation.note_levels() == 3
        assert escalation.note_levels() == 0
        db.session.commit()


def test_the_regions_own_days_count(acting_as: As) -> None:
    with acting_as("admin"):
        day = date(2027, 3, 3)
        before = calendar.region_calendar()
        calendar.set_day(day, works=False, name="Hari jadi", legal_basis="Perwal 1/2027")
        calendar.set_day(date(2027, 3, 6), works=True, name="Pengganti", legal_basis="Perwal 1/2027")
        after = calendar.region_calendar()
        assert (before.is_working(day), after.is_working(day)) == (True, False)
        assert after.is_working(date(2027, 3, 6))
        assert [row.name for row in calendar.days_of(2027) if row.own] == ["Hari jadi", "Pengganti"]
        calendar.forget_day(day)
        assert calendar.region_calendar().is_working(day)
        db.session.rollback()


def test_national_holidays_and_joint_leave_are_known() -> None:
    known = calendar.national_holidays()
    assert known[date(2026, 8, 17)].startswith("Hari Kemerdekaan")
    assert date(2026, 3, 20) in known


def test_a_changed_limit_needs_two_people_and_leaves_open_files_alone(
    do: Do, acting_as: As, proposal: UUID, admin: Engine
) -> None:
    with acting_as("admin"):
        settings.propose(PROPOSAL, "hari_kerja:DIAJUKAN", "2", "Perwal 9/2026", clock.today("Asia/Jakarta"))
        db.session.commit()
        number = settings.everything(PROPOSAL)[0].id
        with pytest.raises(Refused, match="orang lain"):
            settings.approve(number)
        db.session.rollback()
        assert settings.rules_on(PROPOSAL, calendar.today()).limit("DIAJUKAN") == 5
    with admin.begin() as connection:
        connection.execute(text("UPDATE workflow_files SET opened_on = opened_on - 30 WHERE region_id = :r"), {"r": A})
    with acting_as("pimpinan"):
        settings.approve(number)
        db.session.commit()
        assert settings.rules_on(PROPOSAL, calendar.today()).limit("DIAJUKAN") == 2
    do("pemohon", "ajukan")
    with acting_as("sistem"):
        assert the_file(proposal).days_allowed == 5


def test_a_step_that_a_region_switched_off_is_passed_over(do: Do, acting_as: As, admin: Engine) -> None:
    with acting_as("admin"):
        settings.propose(PROPOSAL, "tahap:KLASIFIKASI", "mati", "Perbup 1/2026", clock.today("Asia/Jakarta"))
        db.session.commit()
        number = settings.everything(PROPOSAL)[0].id
    with acting_as("pimpinan"):
        settings.approve(number)
        db.session.commit()
    do("pemohon", "ajukan")
    do("tu", "terima_lengkap")
    assert do("pimpinan", "disposisi") == "EVALUASI"


@pytest.mark.parametrize(
    ("name", "value", "basis", "field"),
    [("hari_kerja:TIDAK", "3", "x", "nama"), ("hari_kerja:DIAJUKAN", "0", "x", "nilai"),
     ("hari_kerja:DIAJUKAN", "tiga", "x", "nilai"), ("tahap:KLASIFIKASI", "5", "x", "nilai"),
     ("tahap:DIAJUKAN", "mati", "x", "nama"), ("hari_kerja:DIAJUKAN", "3", " ", "dasar")],
)  # fmt: skip
def test_a_senseless_setting_is_refused(acting_as: As, name: str, value: str, basis: str, field: str) -> None:
    with acting_as("admin"), pytest.raises(Refused) as refused:
        settings.propose(PROPOSAL, name, value, basis, MONDAY)
    assert refused.value.code == field
