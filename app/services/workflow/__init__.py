"""Processes as tables: one act at a time, by whom the table says, within the days that it says."""

from flask import Flask

from app.services.identity.permissions import AKUN_KELOLA, PENGATURAN_LIHAT, TUGAS
from app.services.jobs.outbox import register_job
from app.services.jobs.processes import register_schedule
from app.services.personal.sealed import register_sealed
from app.services.ui.i18n import lazy
from app.services.ui.portal import OwnPage, register_own_page
from app.services.workflow import assigning, commands, escalation, own_data, routes, settings_routes, telling

ESCALATE_JOB, DRAW_JOB = "tugas.eskalasi", "tugas.undian"
PAGES = (
    OwnPage(lazy("Tugas saya"), lazy("Berkas yang menunggu keputusan Anda."), "/tugas", TUGAS, "kerja"),
    OwnPage(
        lazy("Alur dan batas waktu"), lazy("Hari kerja setiap tahap, dasar hukumnya."), "/pengaturan/alur",
        PENGATURAN_LIHAT,
    ),
    OwnPage(
        lazy("Kalender kerja"), lazy("Hari libur nasional dan daerah ini."), "/pengaturan/kalender", PENGATURAN_LIHAT
    ),
    OwnPage(
        lazy("Pelimpahan tugas"), lazy("Plh. dan Plt. menurut tanggal."), "/pengaturan/pelimpahan", AKUN_KELOLA
    ),
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Register the desk, the settings, the timers and the commands."""
    app.register_blueprint(routes.bp)
    app.register_blueprint(settings_routes.bp)
    app.cli.add_command(commands.group)
    register_sealed("workflow_draw_days", seed_sealed=assigning.COLUMN)
    own_data.register()
    for page in PAGES:
        register_own_page(page)
    telling.register()
    register_job(ESCALATE_JOB, escalation.escalate)
    register_schedule(ESCALATE_JOB, 3600)
    register_job(DRAW_JOB, assigning.prepare_day_job)
    register_schedule(DRAW_JOB, 3600)
