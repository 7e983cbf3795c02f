"""Rules that read what happens in the system itself: stages written down afterwards, decisions by the dozen or at
night, helpers who file by the dozen; and rules that tell a habit of the whole region as one case."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from app.kernel.identifiers import uuid7
from app.sabilulungan.models import HibahRab, HibahStep
from app.services.integrity import scanning
from app.services.workflow.models import WorkflowFile, WorkflowStep
from app.tenancy.database import db
from tests.conftest import A
from tests.services.integrity.conftest import As, Propose, Scan, account_of, acting_as, propose, region, scan

__all__ = ["acting_as", "propose", "region", "scan"]
#: Tuesday 4 March 2025, 10.00 WIB: an ordinary working hour.
OFFICE_HOUR = datetime(2025, 3, 4, 3, 0, tzinfo=UTC)
NIGHT = datetime(2025, 3, 4, 16, 0, tzinfo=UTC)
HOLIDAY = datetime(2025, 8, 17, 4, 0, tzinfo=UTC)


@pytest.fixture
def children(region: object, admin: Engine) -> object:
    """What hangs on the proposals of a test goes before they do."""
    yield region
    with admin.begin() as connection:
        ours = f"SELECT id FROM hibah WHERE region_id = {A} AND legacy_id LIKE 'UJI-%'"
        for table in ("hibah_steps", "hibah_rab"):
            connection.execute(text(f"DELETE FROM {table} WHERE region_id = {A} AND hibah_id IN ({ours})"))
        files = f"SELECT id FROM workflow_files WHERE region_id = {A} AND subject IN ({ours})"
        connection.execute(text(f"DELETE FROM workflow_steps WHERE region_id = {A} AND file_id IN ({files})"))
        connection.execute(text(f"DELETE FROM workflow_files WHERE region_id = {A} AND subject IN ({ours})"))


Record = Callable[..., None]


@pytest.fixture
def record(children: object, acting_as: As) -> Record:
    """Write stages 1 to n of a proposal as recorded at moments, each having happened on a day (or nobody knows)."""

    def written(number: UUID, recorded: list[datetime], happened: list[date | None] | None = None) -> None:
        days = happened or [None] * len(recorded)
        with acting_as("sistem"):
            for stage, (at, day) in enumerate(zip(recorded, days, strict=True), 1):
                db.session.add(HibahStep(hibah_id=number, stage=stage, recorded_at=at, happened_on=day))
            db.session.commit()

    return written


def test_stages_recorded_on_one_day_are_one_case_for_all_files_of_that_day(
    propose: Propose, record: Record, scan: Scan
) -> None:
    for reference in ("1", "2"):
        record(propose(reference), [OFFICE_HOUR + timedelta(seconds=20 * n) for n in range(5)])
    record(propose("3"), [OFFICE_HOUR + timedelta(days=9 * n) for n in range(5)])
    record(propose("4"), [OFFICE_HOUR + timedelta(seconds=n) for n in range(3)])
    (case,) = scan("R47")
    assert case.subjects == 2


def test_a_day_is_the_regions_own_not_utcs(propose: Propose, record: Record, scan: Scan) -> None:
    # 23.30 to 00.30 UTC is one morning in Bandung; 16.30 to 17.30 UTC is two days.
    morning, midnight = datetime(2025, 3, 4, 23, 30, tzinfo=UTC), datetime(2025, 3, 4, 16, 30, tzinfo=UTC)
    record(propose("1"), [morning + timedelta(minutes=15 * n) for n in range(5)])
    record(propose("2"), [midnight + timedelta(minutes=15 * n) for n in range(5)])
    (case,) = scan("R47")
    assert case.subjects == 1


def test_what_happened_long_before_it_was_recorded_is_told(propose: Propose, record: Record, scan: Scan) -> None:
    record(propose("1"), [OFFICE_HOUR], [OFFICE_HOUR.date() - timedelta(days=8)])
    record(propose("2"), [OFFICE_HOUR], [OFFICE_HOUR.date() - timedelta(days=7)])
    (case,) = scan("R47")
    assert case.subjects == 1


def test_a_stage_that_is_missing_or_before_its_predecessor_is_told(
    propose: Propose, record: Record, scan: Scan, admin: Engine
) -> None:
    record(propose("1"), [OFFICE_HOUR, OFFICE_HOUR - timedelta(days=3)])
    missing = propose("2")
    record(missing, [OFFICE_HOUR, OFFICE_HOUR + timedelta(days=9), OFFICE_HOUR + timedelta(days=20)])
    record(propose("3"), [OFFICE_HOUR, OFFICE_HOUR + timedelta(days=9)])
    with admin.begin() as connection:
        connection.execute(text(f"DELETE FROM hibah_steps WHERE hibah_id = '{missing}' AND stage = 2"))
    assert len(scan("R30")) == 2


Decide = Callable[..., None]


@pytest.fixture
def decide(children: object, acting_as: As) -> Decide:
    """Write decisions of an officer on a proposal's file at moments."""

    def written(number: UUID, moments: list[datetime], role: str = "tu") -> None:
        with acting_as("sistem"):
            actor, day = str(account_of(role)), moments[0].date()
            db.session.rollback()
            file = WorkflowFile(id=uuid7(), process="hibah", version=1, subject=number, state="DIAJUKAN", nomor="UJI",
                                opened_on=day, entered_on=day)  # fmt: skip
            db.session.add(file)
            db.session.flush()
            for order, at in enumerate(moments, 1):
                db.session.add(
                    WorkflowStep(
                        id=uuid7(), file_id=file.id, number=order, action="terima_lengkap", state_before="DIAJUKAN",
                        state_after="DISPOSISI", actor=actor, duty=role, channel="web", happened_on=at.date(),
                        recorded_at=at, recorded_later=False, days_used=0,
                    )
                )  # fmt: skip
            db.session.commit()

    return written


def officers(acting_as: As, rule: str) -> list[str]:
    with acting_as("sistem"):
        return [row["subject_type"] for row in scanning.exported([rule])]


@pytest.mark.parametrize(("count", "cases"), [(21, 1), (20, 0)])
def test_more_than_twenty_decisions_in_an_hour_are_told(
    propose: Propose, decide: Decide, scan: Scan, acting_as: As, *, count: int, cases: int
) -> None:
    decide(propose("1"), [OFFICE_HOUR + timedelta(minutes=2 * n) for n in range(count)])
    scan("R28")
    assert officers(acting_as, "R28") == ["akun"] * cases


@pytest.mark.parametrize(
    ("moments", "amount", "cases"),
    [
        ([NIGHT, NIGHT + timedelta(days=1), NIGHT + timedelta(days=2)], 10_000_000, 1),
        ([NIGHT, NIGHT + timedelta(days=1)], 10_000_000, 0),
        ([NIGHT], 250_000_000, 1),
        ([HOLIDAY], 250_000_000, 1),
        ([OFFICE_HOUR] * 5, 250_000_000, 0),
    ],
    ids=["three nights", "two nights", "much money", "a holiday", "office hours"],
)
def test_decisions_outside_office_hours_are_told(
    propose: Propose, decide: Decide, scan: Scan, acting_as: As, *, moments: list[datetime], amount: int, cases: int
) -> None:
    number = propose("1", amount_requested=amount, amount_recommended=None, amount_tapd=None, amount_approved=None)
    decide(number, moments)
    scan("R29")
    assert officers(acting_as, "R29") == ["akun"] * cases


def test_a_helper_who_files_by_the_dozen_and_always_wins_is_told(propose: Propose, scan: Scan, acting_as: As) -> None:
    with acting_as("sistem"):
        helper, citizen = account_of("pendamping"), account_of("pemohon")
    for n in range(31):
        propose(f"P{n}", pemohon_id=helper, tanggal_masuk=date(2024, 3, 5))
        propose(f"W{n}", pemohon_id=citizen, tanggal_masuk=date(2024, 3, 5), status="DITOLAK", stage=4,
                amount_tapd=None, amount_approved=None)  # fmt: skip
    scan("R43")
    assert officers(acting_as, "R43") == ["akun"]


def test_a_window_that_many_miss_is_the_wrong_window_and_one_case(
    propose: Propose, scan: Scan, acting_as: As
) -> None:
    for n in range(60):
        late = n < 40
        propose(str(n), tahun=2023, siklus="murni", tanggal_masuk=date(2022, 9 if late else 3, 5))
    assert scan("R33") == []
    with acting_as("sistem"):
        told = [row for row in scanning.exported(["R33"]) if row["subject_ref"] == "2023"]
    assert [row["subject_type"] for row in told] == ["daerah"]


def test_a_form_that_a_whole_region_uses_is_one_case(
    propose: Propose, scan: Scan, children: object, acting_as: As
) -> None:
    """Fifty budgets by two, each pair of its own lines: a fifth of all and more is a habit, not fifty crimes."""
    assert children
    numbers = [propose(str(n)) for n in range(220)]
    with acting_as("sistem"):
        for n, number in enumerate(numbers):
            pair = n // 2 if n < 100 else n
            db.session.add_all(
                HibahRab(hibah_id=number, nomor=k, uraian=f"Belanja {pair} {k}", harga_satuan=1_000 * (pair + 7) * k,
                         jumlah=1_000 * (pair + 7) * k)
                for k in range(1, 7)
            )  # fmt: skip
        db.session.commit()
    assert scan("R15") == []
    with acting_as("sistem"):
        (told,) = scanning.exported(["R15"])
    assert (told["subject_type"], told["evidence"]["rows"][0]["ukuran"]) == ("daerah", 100)
