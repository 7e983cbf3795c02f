"""What a region may change of a process as data: limits and optional steps, each dated, with its law, by two people.

A file keeps the settings that were in force on the day on which it was opened.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.ui.i18n import _
from app.services.workflow import four_eyes
from app.services.workflow.process import Process, Refusal, Refused
from app.tenancy.context import current
from app.tenancy.database import region_sql

LIMIT, STEP = "hari_kerja", "tahap"
OFF, ON = "mati", "hidup"
MOST_DAYS = 365


@dataclass(frozen=True)
class Setting:
    """One proposed or approved change."""

    id: UUID
    process: str
    name: str
    value: str
    legal_basis: str
    valid_from: date
    proposed_by: UUID
    approved_at: datetime | None


@dataclass(frozen=True)
class Rules:
    """The settings in force for one process on one day, by name ("hari_kerja:EVALUASI", "tahap:KLASIFIKASI")."""

    process: Process
    values: dict[str, str]

    def limit(self, state: str) -> int | None:
        """Working days for the holder of `state`; None for no limit."""
        own = self.values.get(f"{LIMIT}:{state}")
        return int(own) if own is not None else self.process.limit(state)

    def landing(self, state: str) -> str:
        """Where a file goes that is sent to `state`: past steps that the region switched off."""
        seen = set()
        while self.values.get(f"{STEP}:{state}") == OFF and state not in seen:
            seen.add(state)
            state = self.process.state(state).skip_to or state
        return state


def rules_on(process: Process, day: date) -> Rules:
    """What was in force in this region on `day`."""
    rows = region_sql(
        "SELECT DISTINCT ON (name) name, value FROM workflow_settings WHERE region_id = :region_id"
        " AND process = :process AND approved_at IS NOT NULL AND valid_from <= :day ORDER BY name, valid_from DESC",
        process=process.code, day=day,
    )  # fmt: skip
    return Rules(process, {row.name: row.value for row in rows})


def names_of(process: Process) -> dict[str, str]:
    """Every setting that a region may change, with the value of the table."""
    limits = {
        f"{LIMIT}:{state.code}": str(days)
        for state in process.states
        if (days := process.limit(state.code)) is not None
    }
    steps = {f"{STEP}:{state.code}": ON for state in process.states if state.skip_to}
    return limits | steps


def everything(process: Process) -> list[Setting]:
    """Every change of a process that was proposed or approved, newest first."""
    rows = region_sql(
        "SELECT id, process, name, value, legal_basis, valid_from, proposed_by_id AS proposed_by, approved_at"
        " FROM workflow_settings WHERE region_id = :region_id AND process = :process ORDER BY proposed_at DESC",
        process=process.code,
    )
    return [Setting(**row) for row in rows.mappings()]


def propose(process: Process, name: str, value: str, legal_basis: str, valid_from: date) -> None:
    """Propose a change; it holds once another person approved it. The caller commits.

    Raises:
        Refused: no such setting, a bad value, no legal basis, or the same day has one already.
    """
    known = names_of(process)
    if name not in known:
        raise Refused(Refusal("nama", _("Pilih pengaturan dari daftar.")))
    if name.startswith(LIMIT) and not (value.isascii() and value.isdigit() and 1 <= int(value[:6]) <= MOST_DAYS):
        raise Refused(Refusal("nilai", _("Tulis hari kerja antara 1 dan %(most)s.", most=MOST_DAYS)))
    if name.startswith(STEP) and value not in {OFF, ON}:
        raise Refused(Refusal("nilai", _("Tahap hanya hidup atau mati.")))
    if not legal_basis.strip():
        raise Refused(Refusal("dasar", _("Tulis dasar hukumnya, misalnya Perwal 825/2013 pasal 13.")))
    made = four_eyes.added(region_sql(
        "INSERT INTO workflow_settings (region_id, id, process, name, value, legal_basis, valid_from, proposed_by_id)"
        " VALUES (:region_id, :id, :process, :name, :value, :basis, :day, :actor)"
        " ON CONFLICT (region_id, process, name, valid_from) DO NOTHING RETURNING id",
        id=uuid7(), process=process.code, name=name, value=value, basis=legal_basis.strip(), day=valid_from,
        actor=UUID(current().actor),
    ).scalar_one_or_none())  # fmt: skip
    audit.note("alur.usul", "workflow_setting", made, after={"name": name, "value": value}, reason=legal_basis)


def approve(number: UUID) -> None:
    """Approve what somebody else proposed; the caller commits.

    Raises:
        Refused: see `four_eyes.approve`.
    """
    row = four_eyes.approve("workflow_settings", number)
    audit.note("alur.setujui", "workflow_setting", number, after={"name": row["name"], "value": row["value"]})
