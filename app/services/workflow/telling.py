"""Who is told what: the applicant of each step, somebody of a file given to him, those in charge of one that is late.

Told in the act's transaction; by mail and the like only once it is committed.
"""

from collections.abc import Iterable
from uuid import UUID

from app.services import messages
from app.services.messages import Event, Text
from app.services.messages.events import MAIL, SMS, WHATSAPP
from app.services.ui.i18n import lazy
from app.services.workflow.models import WorkflowFile
from app.services.workflow.process import OWNER, process_of
from app.tenancy.context import current
from app.tenancy.database import region_sql

MOVED = Event(
    "berkas.berpindah",
    lazy("Usulan atau berkas saya berpindah tahap"),
    {
        "id": Text(
            "{nomor}: {keadaan}",
            "Halo {nama},\n\n“{judul}” ({nomor}) sekarang: {keadaan}.\n{alasan}\n\nLihat langkahnya: {tautan}",
        ),
        "en": Text(
            "{nomor}: {keadaan}",
            "Dear {nama},\n\n“{judul}” ({nomor}) is now: {keadaan}.\n{alasan}\n\nSee its steps: {tautan}",
        ),
    },
    {"nomor": "2027-00001", "judul": "Renovasi balai", "keadaan": "Pemeriksaan kelengkapan", "alasan": "Lengkap."},
    channels=(MAIL, WHATSAPP, SMS),
    # A refusal must reach the applicant in writing: Perwal Bandung 825/2013 ps. 13(7).
    required=True,
)
ASSIGNED = Event(
    "berkas.ditugaskan",
    lazy("Berkas ditugaskan kepada saya"),
    {
        "id": Text(
            "Ditugaskan: {nomor}", "Halo {nama},\n\nBerkas “{judul}” ({nomor}) ditugaskan kepada Anda.\n{tautan}"
        ),
        "en": Text("Assigned: {nomor}", "Dear {nama},\n\nThe file “{judul}” ({nomor}) is assigned to you.\n{tautan}"),
    },
    {"nomor": "2027-00001", "judul": "Renovasi balai"},
)
LATE = Event(
    "berkas.mendekati-batas",
    lazy("Berkas mendekati atau melewati batas waktunya"),
    {
        "id": Text(
            "{nomor}: {persen} % waktu terpakai",
            "Halo {nama},\n\n“{judul}” ({nomor}) sudah memakai {persen} % waktunya di tahap {keadaan}.\n{tautan}",
        ),
        "en": Text(
            "{nomor}: {persen} % of the time used",
            "Dear {nama},\n\nThe file “{judul}” ({nomor}) has used {persen} % of its time in {keadaan}.\n{tautan}",
        ),
    },
    {"nomor": "2027-00001", "judul": "Renovasi balai", "keadaan": "Evaluasi OPD", "persen": "80"},
)
EVENTS = (MOVED, ASSIGNED, LATE)
#: Level of a late file -> roles beside its holder who are told.
SUPERIORS = {80: (), 100: ("pimpinan",), 120: ("pimpinan", "inspektorat")}


def address(file: WorkflowFile) -> str:
    """The page of a file."""
    return f"/tugas/{file.id}"


def moved(file: WorkflowFile, reason: str) -> None:
    """Tell the applicant of a step that somebody else made."""
    if file.owner_id is None or str(file.owner_id) == current().actor:
        return
    state = str(process_of(file.process, file.version).state(file.state).label)
    values = {"nomor": file.nomor, "judul": file.judul, "keadaan": state, "alasan": reason}
    messages.notify(MOVED.code, [file.owner_id], values, address(file))


def assigned(file: WorkflowFile, account: UUID) -> None:
    """Tell somebody of a file that was given to him."""
    if str(account) != current().actor:
        messages.notify(ASSIGNED.code, [account], {"nomor": file.nomor, "judul": file.judul}, address(file))


def late(file: WorkflowFile, level: int) -> None:
    """Tell the holders of a file, and those above them by the level, that its time runs out."""
    state = process_of(file.process, file.version).state(file.state)
    values = {
        "nomor": file.nomor, "judul": file.judul, "keadaan": str(state.label), "persen": str(level),
    }  # fmt: skip
    messages.notify(LATE.code, _people(file, (state.holder, *SUPERIORS[level])), values, address(file))


def _people(file: WorkflowFile, roles: Iterable[str]) -> set[UUID]:
    """Who holds the roles; of a role to which the file is assigned only those persons."""
    found = region_sql(
        "SELECT r.role, r.account_id, a.id IS NOT NULL AS own FROM account_roles r LEFT JOIN workflow_assignments a"
        " ON a.region_id = :region_id AND a.file_id = :file AND a.duty = r.role AND a.account_id = r.account_id"
        " AND a.ended_at IS NULL WHERE r.region_id = :region_id AND r.role = ANY(:roles)",
        file=file.id, roles=[role for role in roles if role not in {"", OWNER}],
    ).all()  # fmt: skip
    taken = {row.role for row in found if row.own}
    people = {row.account_id for row in found if row.own or row.role not in taken}
    return people | ({file.owner_id} if OWNER in roles and file.owner_id else set())


def register() -> None:
    """Make the events of this room known."""
    for event in EVENTS:
        messages.register_event(event)
