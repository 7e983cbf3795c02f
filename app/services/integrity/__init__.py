"""Integrity: rules that modules register, findings with due process, matching across regions that discloses nothing.

A finding is an indication, not a verdict: each says what an innocent explanation would be, and whom it concerns is
heard first.
"""

from flask import Flask

from app.services import messages
from app.services.audit import register_events
from app.services.identity.permissions import MASUK, TEMUAN_ATUR, TEMUAN_LIHAT
from app.services.integrity import national, own_data, queries, routes, rules_routes, scanning
from app.services.integrity.clarifications import ASKED
from app.services.integrity.subjects import ACCOUNT, register_subject_kind
from app.services.integrity.workflow import FINDING
from app.services.jobs.outbox import register_job
from app.services.jobs.schedules import register_schedule
from app.services.operations.measures import Measure, register_measure
from app.services.ui.i18n import lazy
from app.services.ui.portal import OwnPage, register_footer_link, register_own_page
from app.services.workflow.process import register_process

#: In the region's own night, when its pages are idle; first every region puts its hashes and looks, then it scans.
NATIONAL_NIGHT, NIGHT = "15 1 * * *", "45 1 * * *"
EVENTS = {
    "integritas.pindai": lazy("Aturan integritas dijalankan"),
    "integritas.usul": lazy("Perubahan aturan integritas diusulkan"),
    "integritas.setujui": lazy("Perubahan aturan integritas disetujui"),
    "integritas.jeda": lazy("Aturan integritas berhenti sendiri"),
    "integritas.lanjut": lazy("Aturan integritas dijalankan lagi"),
    "integritas.jawab": lazy("Klarifikasi dijawab"),
    "integritas.sidik-nasional": lazy("Sidik penerima dikirim untuk pencocokan antardaerah"),
    "integritas.unduh": lazy("Daftar temuan diunduh"),
    "integritas.setuju-buka": lazy("Pembukaan kepada daerah lain disetujui"),
}


PAGES = (
    OwnPage(
        lazy("Temuan integritas"), lazy("Indikasi yang menunggu tindak lanjut inspektorat."), "/temuan", TEMUAN_LIHAT,
        "kerja",
    ),
    OwnPage(lazy("Klarifikasi"), lazy("Pertanyaan inspektorat yang menunggu jawaban Anda."), "/klarifikasi", MASUK,
            "kerja"),
    OwnPage(
        lazy("Aturan integritas"), lazy("Parameter, ketepatan, dan aturan yang berhenti sendiri."), "/temuan/aturan",
        TEMUAN_ATUR,
    ),
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Register the pages, the process, the jobs, what things are called."""
    app.register_blueprint(routes.bp)
    app.register_blueprint(rules_routes.bp)
    register_footer_link(lazy("Integritas: temuan menurut aturan"), "/integritas")
    for page in PAGES:
        register_own_page(page)
    register_process(FINDING)
    register_events(EVENTS)
    messages.register_event(ASKED)
    register_subject_kind(ACCOUNT)
    register_measure(Measure("findings_open", "Open integrity findings of the region.", queries.open_count))
    own_data.register()
    register_job(scanning.JOB, scanning.scan_job, lazy("Aturan integritas dijalankan"))
    register_schedule(scanning.JOB, NIGHT)
    register_job(national.JOB, national.national_job, lazy("Penerima dicocokkan dengan daerah lain"))
    register_schedule(national.JOB, NATIONAL_NIGHT)
