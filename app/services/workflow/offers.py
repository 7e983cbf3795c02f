"""What the person who looks at a file may do with it now: each act, and why not where not."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.services.ui.i18n import _
from app.services.workflow import people
from app.services.workflow.acting import NO_ORDER, guard_refusals
from app.services.workflow.models import WorkflowFile
from app.services.workflow.process import Process, Refused, Transition, process_of
from app.tenancy.database import db


@dataclass(frozen=True)
class Offer:
    """One act on the page of a file; `reason` greys its button and says why."""

    transition: Transition
    reason: str = ""


def process_and_subject(file: WorkflowFile) -> tuple[Process, Any]:
    """The version that a file was opened under, and its subject."""
    process = process_of(file.process, file.version)
    return process, db.session.scalars(select(process.model).where(process.model.id == file.subject)).one()


def offers(file: WorkflowFile) -> list[Offer]:
    """Every act of the file's state that is somebody like me's: what others do is not shown.

    Guards that need what the form will bring are asked again when it is sent.
    """
    process, subject = process_and_subject(file)
    made = []
    for transition in process.from_state(file.state):
        try:
            people.duty_for(file, transition)
        except Refused as refused:
            if refused.code != "bukan-tugas":
                made.append(Offer(transition, str(refused)))
            continue
        refusals = [] if transition.fields else guard_refusals(transition, subject, NO_ORDER)
        made.append(Offer(transition, refusals[0].message if refusals else ""))
    return made


def next_word(file: WorkflowFile) -> str:
    """Who has the file now, for people: "Sedang diperiksa Bagian Tata Usaha"."""
    process = process_of(file.process, file.version)
    state = process.state(file.state)
    holder = ", ".join(people.role_words((state.holder,))) if state.holder else ""
    return _("%(state)s · %(holder)s", state=str(state.label), holder=holder) if holder else str(state.label)
