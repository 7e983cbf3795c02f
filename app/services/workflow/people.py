"""Who may act on a file: by role, by delegation, and never in two duties on one file."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.services.identity import accounts
from app.services.ui.i18n import _
from app.services.workflow import calendar
from app.services.workflow.models import WorkflowFile
from app.services.workflow.process import OWNER, SYSTEM, Refusal, Refused, Transition
from app.tenancy.context import current
from app.tenancy.database import region_sql


@dataclass(frozen=True)
class Duty:
    """In which role somebody acts, and for whom when he stands in (Plh./Plt.)."""

    role: str
    acting_for: str


def is_system() -> bool:
    """Whether a timer or a command acts, not a person."""
    return current().actor.startswith("sistem:")


def duties(day: date | None = None) -> list[Duty]:
    """Every duty of the current actor on a day: his own roles first, then those lent to him."""
    if is_system():
        return [Duty(SYSTEM, "")]
    account = UUID(current().actor)
    own = region_sql("SELECT role FROM account_roles WHERE region_id = :region_id AND account_id = :id", id=account)
    lent = region_sql(
        "SELECT role, giver_id FROM workflow_delegations WHERE region_id = :region_id AND taker_id = :id"
        " AND :day BETWEEN starts_on AND ends_on AND ended_at IS NULL",
        id=account, day=day or calendar.today(),
    )  # fmt: skip
    return [Duty(role, "") for role in own.scalars()] + [Duty(row.role, str(row.giver_id)) for row in lent]


def duty_for(file: WorkflowFile, transition: Transition) -> Duty:
    """The duty in which the current actor may do this on this file.

    Raises:
        Refused: he has none of the roles, has acted on the file in another duty, or declared a conflict of interest.
    """
    if OWNER in transition.who and not is_system() and str(file.owner_id) == current().actor:
        return Duty(OWNER, "")
    fitting = [duty for duty in duties() if duty.role in transition.who and duty.role != OWNER]
    if not fitting:
        raise Refused(
            Refusal("bukan-tugas", _("Tindakan ini tugas %(roles)s.", roles=", ".join(role_words(transition.who))))
        )
    for duty in fitting:
        if (problem := _standing(file, duty)) is None:
            return duty
    assert problem is not None
    raise Refused(problem)


def _standing(file: WorkflowFile, duty: Duty) -> Refusal | None:
    """Whether the actor (or the one for whom he acts) is free to act in this duty on this file."""
    if duty.role == SYSTEM:
        return None
    persons = [current().actor, *([duty.acting_for] if duty.acting_for else [])]
    if file.owner_id is not None and str(file.owner_id) in persons:
        return Refusal("berkas-sendiri", _("Berkas ini milik Anda sendiri; orang lain yang memeriksanya."))
    other = region_sql(
        "SELECT duty FROM workflow_steps WHERE region_id = :region_id AND file_id = :file AND duty NOT IN (:duty, '')"
        " AND (actor = ANY(:persons) OR acting_for = ANY(:persons)) LIMIT 1",
        file=file.id, duty=duty.role, persons=persons,
    ).scalar_one_or_none()  # fmt: skip
    if other is not None:
        said = _("Anda sudah bertindak sebagai %(role)s pada berkas ini.", role=", ".join(role_words((other,))))
        return Refusal("pemisahan-tugas", said + " " + _("Langkah ini harus orang lain."))
    assigned = region_sql(
        "SELECT account_id FROM workflow_assignments WHERE region_id = :region_id AND file_id = :file AND duty = :duty"
        " AND ended_at IS NULL",
        file=file.id, duty=duty.role,
    ).scalars().all()  # fmt: skip
    if assigned and not {str(account) for account in assigned} & set(persons):
        return Refusal("penugasan-orang-lain", _("Berkas ini ditugaskan kepada orang lain."))
    conflict = region_sql(
        "SELECT 1 FROM workflow_conflicts WHERE region_id = :region_id AND file_id = :file"
        " AND account_id = ANY(CAST(:persons AS uuid[]))",
        file=file.id, persons=persons,
    ).first()  # fmt: skip
    if conflict is not None:
        return Refusal("benturan-kepentingan", _("Anda menyatakan benturan kepentingan pada berkas ini."))
    return None


def role_words(roles: tuple[str, ...]) -> list[str]:
    """What roles are called in this region."""
    names = accounts.role_names()
    return [names.get(role, role) for role in roles if role != SYSTEM]
