"""The queue `/tugas`: every open file that waits for one of my duties, over all processes, the reddest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from app.services.workflow import calendar, clocks, people
from app.services.workflow.clocks import Clocks
from app.services.workflow.models import WorkflowFile, WorkflowStep
from app.services.workflow.process import OWNER, SYSTEM, State, all_versions, process_of
from app.tenancy.database import db

Statement = Select[*tuple[Any, ...]]
PAGE_SIZE = 25
LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Filter:
    """What the officer asked for, as it stands in the address. `lewat`: only what is past its day."""

    q: str = ""
    proses: str = ""
    keadaan: str = ""
    lewat: bool = False


@dataclass(frozen=True)
class Waiting:
    """One file in a queue; `bulk`: (action, words) of what may be done for many at once."""

    id: UUID
    process: str
    state: State
    nomor: str
    judul: str
    due_on: date | None
    clocks: Clocks
    bulk: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listing:
    """One page of a queue; counts follow the filter. `states`: (process, state, label, how many)."""

    rows: list[Waiting]
    count: int
    late: int
    states: list[tuple[str, str, str, int]]
    page: int
    pages: int


def my_states(roles: Iterable[str]) -> list[tuple[str, int, str]]:
    """(process, version, state) in which one of these roles can act."""
    wanted = set(roles) - {SYSTEM, OWNER}
    return [
        (process.code, process.version, state.code)
        for process in all_versions()
        for state in process.states
        if any(wanted & set(transition.who) for transition in process.from_state(state.code))
    ]


def _mine(roles: list[str]) -> ColumnElement[bool]:
    key = tuple_(WorkflowFile.process, WorkflowFile.version, WorkflowFile.state)
    return and_(key.in_(my_states(roles)), WorkflowFile.ended_on.is_(None))


def _filtered(statement: Statement, wanted: Filter, roles: list[str]) -> Statement:
    statement = statement.where(_mine(roles))
    if wanted.proses:
        statement = statement.where(WorkflowFile.process == wanted.proses)
    if wanted.keadaan:
        statement = statement.where(WorkflowFile.state == wanted.keadaan)
    if wanted.lewat:
        statement = statement.where(WorkflowFile.due_on < calendar.today())
    if wanted.q:
        words = func.lower(wanted.q)
        places = (func.strpos(func.lower(column), words) > 0 for column in (WorkflowFile.judul, WorkflowFile.nomor))
        statement = statement.where(or_(*places))
    return statement


def listing(wanted: Filter, page: int) -> Listing:
    """One page of the actor's queue: nearest due day first, then the oldest (FIFO)."""
    roles = [duty.role for duty in people.duties()]
    late = func.count().filter(WorkflowFile.due_on < calendar.today())
    figures: Statement = select(func.count(), late).select_from(WorkflowFile)
    count, overdue = db.session.execute(_filtered(figures, wanted, roles)).one()
    pages = max(1, -(-count // PAGE_SIZE))
    page = min(max(page, 1), pages)
    rows = _filtered(select(WorkflowFile), wanted, roles).order_by(
        WorkflowFile.due_on.asc().nulls_last(), WorkflowFile.id
    )
    shown = db.session.scalars(rows.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).all()
    return Listing(_waiting(shown, roles), count, overdue, _states(wanted, roles), page, pages)


def _waiting(files: Iterable[WorkflowFile], roles: list[str]) -> list[Waiting]:
    region, day = calendar.region_calendar(), calendar.today()
    made = []
    for file in files:
        process = process_of(file.process, file.version)
        able = (t for t in process.from_state(file.state) if t.bulk and set(t.who) & set(roles))
        bulk = tuple((t.action, str(t.title)) for t in able)
        made.append(
            Waiting(
                file.id, str(process.title), process.state(file.state), file.nomor, file.judul, file.due_on,
                clocks.read(file, process, region, day), bulk,
            )
        )  # fmt: skip
    return made


def _states(wanted: Filter, roles: list[str]) -> list[tuple[str, str, str, int]]:
    counted: Statement = select(WorkflowFile.process, WorkflowFile.version, WorkflowFile.state, func.count())
    grouped = _filtered(counted, Filter(q=wanted.q, lewat=wanted.lewat), roles).group_by(
        WorkflowFile.process, WorkflowFile.version, WorkflowFile.state
    )
    rows = db.session.execute(grouped).all()
    return [(code, state, str(process_of(code, version).state(state).label), n) for code, version, state, n in rows]


def one(file_id: UUID) -> WorkflowFile | None:
    """A file of this region by its id."""
    return db.session.scalars(select(WorkflowFile).where(WorkflowFile.id == file_id)).one_or_none()


def steps(file_id: UUID) -> list[WorkflowStep]:
    """What was done to a file, in order."""
    statement = select(WorkflowStep).where(WorkflowStep.file_id == file_id).order_by(WorkflowStep.number)
    return list(db.session.scalars(statement))


def of_owner(account: UUID) -> list[WorkflowFile]:
    """Files of an applicant, newest first."""
    statement = select(WorkflowFile).where(WorkflowFile.owner_id == account).order_by(WorkflowFile.id.desc())
    return list(db.session.scalars(statement))
