"""Telling people in time: at 80 % of a holder's days the holder, at 100 % his superior, at 120 % the inspectorate."""

from datetime import timedelta

from sqlalchemy import select

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.workflow import calendar, clocks, telling
from app.services.workflow.models import WorkflowFile
from app.services.workflow.process import process_of
from app.tenancy.database import db, region_sql

#: Files whose day is farther away than this cannot have used 80 % of it: no limit of the law is longer than a year.
LOOK_AHEAD = timedelta(days=110)


def escalate(_payload: dict[str, object]) -> None:
    """The hourly job."""
    note_levels()


def note_levels() -> int:
    """Note each level that an open file has newly reached; returns how many. The caller commits."""
    region, day = calendar.region_calendar(), calendar.today()
    statement = select(WorkflowFile).where(
        WorkflowFile.ended_on.is_(None), WorkflowFile.due_on.is_not(None), WorkflowFile.due_on <= day + LOOK_AHEAD
    )
    noted = 0
    for file in db.session.scalars(statement):
        process = process_of(file.process, file.version)
        level = clocks.read(file, process, region, day).level
        for reached in (known for known in clocks.LEVELS if known <= level):
            noted += _note(file, reached)
    return noted


def _note(file: WorkflowFile, level: int) -> int:
    made = region_sql(
        "INSERT INTO workflow_escalations (region_id, id, file_id, step, level)"
        " VALUES (:region_id, :id, :file, :step, :level) ON CONFLICT (region_id, file_id, step, level) DO NOTHING"
        " RETURNING id",
        id=uuid7(), file=file.id, step=file.last_step, level=level,
    ).first()  # fmt: skip
    if made is None:
        return 0
    telling.late(file, level)
    audit.note("tugas.eskalasi", "workflow_file", file.id, after={"state": file.state, "level": level})
    return 1
