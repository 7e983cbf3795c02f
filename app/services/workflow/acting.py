"""`act`: the one way in which a file changes its state."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.ui.i18n import _
from app.services.workflow import calendar, clocks, people, telling
from app.services.workflow.models import WorkflowFile, WorkflowStep
from app.services.workflow.people import Duty
from app.services.workflow.process import BACK, Order, Process, Refusal, Refused, Transition, process_of
from app.services.workflow.settings import Rules, rules_on
from app.tenancy.context import current
from app.tenancy.database import db

SUBJECT = "workflow_file"
NO_ORDER = Order()


@dataclass
class Acting:
    """An act that is allowed and under way: the caller changes the subject, then the file moves."""

    file: WorkflowFile
    subject: Any
    transition: Transition
    duty: Duty
    order: Order


@dataclass(frozen=True)
class _Done:
    """What a step of the timeline records beside the order: the act, whence, in which duty, and the days it took."""

    action: str
    before: str
    duty: Duty
    days_used: int


def open_file(process: Process, subject: Any, order: Order = NO_ORDER) -> WorkflowFile:
    """Open a file for a new subject in the first state of the table; the caller commits (or goes on to `act`)."""
    return open_files(process, [subject], order)[0]


def open_files(process: Process, subjects: Iterable[Any], order: Order = NO_ORDER) -> list[WorkflowFile]:
    """Open a file for each of many new subjects (all findings of a scan), calendar and settings read once."""
    day, region = calendar.today(), calendar.region_calendar()
    rules, files = rules_on(process, day), []
    for subject in subjects:
        number, title = process.words(subject)
        file = WorkflowFile(
            id=uuid7(), process=process.code, version=process.version, subject=subject.id, state=process.initial,
            nomor=number, judul=title, owner_id=process.owner(subject), opened_on=day, entered_on=day,
        )  # fmt: skip
        setattr(subject, process.state_column, file.state)
        clocks.enter(file, rules, region, day, 0)
        files.append(file)
    db.session.add_all(files)
    db.session.flush()
    for file in files:
        _write_step(file, order, _Done("buka", "", Duty("", ""), 0))
    return files


def file_of(process: Process, subject: UUID, *, lock: bool = False) -> WorkflowFile | None:
    """The file of a subject in a process."""
    statement = select(WorkflowFile).where(WorkflowFile.process == process.code, WorkflowFile.subject == subject)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(statement).one_or_none()


@contextmanager
def act(process: Process, subject: UUID, action: str, order: Order = NO_ORDER) -> Iterator[Acting]:
    """Do one act: everything inside, the change of state, timeline and audit are one transaction, committed at the end.

    The file is locked first, so of many who press the same button one acts and the others are refused.

    Raises:
        Refused: not in this state, not by this person, or a guard says no; nothing was changed.
        LookupError: there is no such file.
    """
    try:
        acting = _begin(process, subject, action, order)
        yield acting
        _move(acting)
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def _begin(process: Process, subject: UUID, action: str, order: Order) -> Acting:
    file = file_of(process, subject, lock=True)
    if file is None:
        raise LookupError(subject)
    process = process_of(file.process, file.version)
    if order.key and _done_before(file, order.key):
        raise Refused(Refusal("sudah-dilakukan", _("Tindakan ini sudah tercatat; tidak diulang.")))
    transition = process.find(file.state, action)
    if transition is None:
        state = str(process.state(file.state).label)
        raise Refused(
            Refusal("sudah-berubah", _("Berkas ini sudah berpindah ke “%(state)s”. Muat ulang halaman.", state=state))
        )
    held = _locked_subject(process, subject)
    duty = people.duty_for(file, transition)
    refusals = [*_order_problems(transition, order, file), *guard_refusals(transition, held, order)]
    if refusals:
        raise Refused(*refusals)
    return Acting(file, held, transition, duty, order)


def _locked_subject(process: Process, subject: UUID) -> Any:
    statement = select(process.model).where(process.model.id == subject).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


def _done_before(file: WorkflowFile, key: str) -> bool:
    statement = select(WorkflowStep.id).where(WorkflowStep.file_id == file.id, WorkflowStep.key == key)
    return db.session.scalars(statement).first() is not None


def _order_problems(transition: Transition, order: Order, file: WorkflowFile) -> Iterable[Refusal]:
    if transition.reason == "wajib" and not order.reason.strip():
        yield Refusal("reason", _("Tulis alasannya; pemohon dan publik membacanya."))
    if transition.codes and order.reason_code not in transition.codes:
        yield Refusal("reason_code", _("Pilih kode alasan."))
    if order.happened_on is not None and order.happened_on > calendar.today():
        yield Refusal("happened_on", _("Tanggal kejadian belum tiba."))
    if order.happened_on is not None and order.happened_on < file.opened_on:
        yield Refusal("happened_on", _("Tanggal kejadian lebih awal daripada berkas ini dibuka."))


def guard_refusals(transition: Transition, subject: Any, order: Order) -> list[Refusal]:
    """Everything that the guards of a transition say against it."""
    return [refusal for guard in transition.guards if (refusal := guard(subject, order)) is not None]


def _move(acting: Acting) -> None:
    file, transition, day = acting.file, acting.transition, calendar.today()
    process, region = process_of(file.process, file.version), calendar.region_calendar()
    rules, before = rules_on(process, file.opened_on), file.state
    used = file.days_before + clocks.leave(file, process, region, day)
    file.state = _landing(file, transition, rules)
    file.returned_by = before if transition.returns else "" if transition.to == BACK else file.returned_by
    if transition.starts:
        _start_clocks(file, transition.starts, day)
    _write_step(file, acting.order, _Done(transition.action, before, acting.duty, used))
    if file.state == before:
        file.days_before, file.entered_on = used, day
    else:
        clocks.enter(file, rules, region, day, _days_held(file, file.state))
    setattr(acting.subject, process.state_column, file.state)
    file.nomor, file.judul = process.words(acting.subject)
    process.on_move(acting.subject, file.state, acting.order.happened_on or day)
    db.session.flush()
    telling.moved(file, acting.order.reason)
    audit.note(
        f"{file.process}.{transition.action}", process.code, file.subject, before={"state": before},
        after={"state": file.state}, reason=acting.order.reason or acting.order.reason_code,
        acting_for=acting.duty.acting_for,
    )  # fmt: skip


def _landing(file: WorkflowFile, transition: Transition, rules: Rules) -> str:
    return file.returned_by if transition.to == BACK else rules.landing(transition.to)


def _start_clocks(file: WorkflowFile, which: str, day: date) -> None:
    file.public_since = file.public_since or day
    if which == "hukum":
        file.legal_since = file.legal_since or day


def _days_held(file: WorkflowFile, state: str) -> int:
    """Working days that earlier visits of a state took, as the steps recorded them."""
    latest = select(func.max(WorkflowStep.number)).where(
        WorkflowStep.file_id == file.id, WorkflowStep.state_before == state
    )
    statement = select(WorkflowStep.days_used).where(
        WorkflowStep.file_id == file.id, WorkflowStep.number == latest.scalar_subquery()
    )
    return db.session.scalars(statement).one_or_none() or 0


def _write_step(file: WorkflowFile, order: Order, done: _Done) -> None:
    today = calendar.today()
    happened = order.happened_on or today
    file.last_step = (file.last_step or 0) + 1
    db.session.add(
        WorkflowStep(
            id=uuid7(), file_id=file.id, number=file.last_step, action=done.action, state_before=done.before,
            state_after=file.state, actor=current().actor, duty=done.duty.role, acting_for=done.duty.acting_for,
            channel=order.channel, reason_code=order.reason_code, reason=order.reason.strip(), happened_on=happened,
            recorded_later=happened < today, days_used=done.days_used, days_allowed=file.days_allowed,
            key=order.key or None,
        )
    )  # fmt: skip
