"""A word to who may decide about jobs that were given up: they wait for a person, so a person must hear of them."""

from typing import Any

from app.services import messages
from app.services.identity.permissions import PEKERJAAN_KELOLA, ROLES
from app.services.jobs import desk
from app.services.jobs.outbox import register_job
from app.services.jobs.schedules import register_schedule
from app.services.ui.i18n import lazy
from app.tenancy.database import region_sql

JOB, RULE = "pekerjaan.laporkan", "0 7 * * *"
EVENT = messages.Event(
    "pekerjaan.gagal",
    lazy("Pekerjaan yang gagal"),
    {
        "id": messages.Text(
            "{jumlah} pekerjaan gagal menunggu keputusan Anda",
            "Halo {nama},\n\n{jumlah} pekerjaan di belakang layar {daerah} gagal berkali-kali dan tidak diulang lagi."
            " Lihat sebabnya, lalu ulangi atau buang.",
        ),
        "en": messages.Text(
            "{jumlah} failed jobs wait for your decision",
            "Hello {nama},\n\n{jumlah} background jobs of {daerah} failed repeatedly and are not tried again."
            " See why, then repeat or drop them.",
        ),
    },
    {"jumlah": "2"},
)


def report(_payload: dict[str, Any]) -> None:
    """The daily job: nothing when nothing waits."""
    failed = desk.counts()["GAGAL"]
    if failed:
        messages.notify(EVENT.code, _deciders(), {"jumlah": str(failed)}, "/pengaturan/pekerjaan")


def _deciders() -> list[Any]:
    roles = [role for role, (_title, permissions) in ROLES.items() if PEKERJAAN_KELOLA in permissions]
    rows = region_sql(
        "SELECT DISTINCT account_id FROM account_roles WHERE region_id = :region_id AND role = ANY(:roles)", roles=roles
    )
    return list(rows.scalars())


def register() -> None:
    """The event, the job, and when it runs."""
    messages.register_event(EVENT)
    register_job(JOB, report, lazy("Melaporkan pekerjaan yang gagal"))
    register_schedule(JOB, RULE)
