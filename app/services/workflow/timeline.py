"""The steps of a file as people read them: when it happened, when it was recorded, which role, days used of allowed."""

from dataclasses import dataclass
from datetime import date, datetime

from app.services.ui.i18n import Lazy, lazy
from app.services.workflow import people, queue
from app.services.workflow.models import WorkflowFile, WorkflowStep
from app.services.workflow.process import Process, process_of

OPENED = lazy("Berkas dibuka")
SYSTEM_WORDS = lazy("Pengingat waktu")


@dataclass(frozen=True)
class PublicStep:
    """One step: the role that acted, never the person."""

    title: str
    role: str
    stand_in: bool
    happened_on: date
    recorded_at: datetime
    recorded_later: bool
    reason: str
    days_used: int
    days_allowed: int | None


def public_steps(file: WorkflowFile) -> list[PublicStep]:
    """Every step of a file, in order."""
    process = process_of(file.process, file.version)
    return [_public(process, step) for step in queue.steps(file.id)]


def _public(process: Process, step: WorkflowStep) -> PublicStep:
    transition = process.find(step.state_before, step.action)
    title: Lazy | str = transition.title if transition else OPENED
    code = transition.codes.get(step.reason_code) if transition else None
    words = [str(code)] if code else []
    words += [step.reason] if step.reason else []
    roles = people.role_words((step.duty,)) if step.duty else []
    role = roles[0] if roles else str(SYSTEM_WORDS if step.duty else "")
    return PublicStep(
        str(title), role, bool(step.acting_for), step.happened_on, step.recorded_at, step.recorded_later,
        ". ".join(words), step.days_used, step.days_allowed,
    )  # fmt: skip
