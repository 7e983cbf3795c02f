"""Files that people send, letters that a region issues, signatures, and checking them in public."""

from flask import Flask

from app.services.audit import register_events
from app.services.documents import arms, commands, file_routes, letter_routes, public_routes, uploads
from app.services.documents.kinds import register_kind, register_subject
from app.services.documents.letters import register
from app.services.documents.signing import services
from app.services.identity.permissions import PENGATURAN_UBAH, SURAT_LIHAT
from app.services.jobs.outbox import register_job
from app.services.jobs.processes import register_schedule
from app.services.personal.sealed import register_sealed
from app.services.privacy.own_data import register_subject_data
from app.services.ui import register_states
from app.services.ui.i18n import lazy
from app.services.ui.portal import OwnPage, register_footer_link, register_own_page

FORGET_JOB = "unggahan.bersihkan"
STATES = {
    "SIAP": (lazy("Siap ditandatangani"), "info"),
    "DIMINTA": (lazy("Sedang ditandatangani"), "jalan"),
    "DITANDATANGANI": (lazy("Ditandatangani"), "baik"),
    "GAGAL": (lazy("Gagal ditandatangani"), "awas"),
    "TIDAK_PASTI": (lazy("Belum pasti"), "awas"),
}

EVENTS = {
    "surat.terbit": lazy("Surat diterbitkan"),
    "surat.minta-tandatangan": lazy("Tanda tangan diminta"),
    "surat.tandatangan": lazy("Jawaban permintaan tanda tangan"),
    "surat.cabut": lazy("Surat dicabut"),
    "lambang.ganti": lazy("Lambang diganti"),
    "layanan-tandatangan.pasang": lazy("Layanan tanda tangan dipasang"),
}
SETTINGS = (
    OwnPage(
        lazy("Lambang daerah"), lazy("Di kepala halaman dan kop surat."), "/pengaturan/lambang", PENGATURAN_UBAH
    ),
    OwnPage(lazy("Surat daerah"), lazy("Terbitkan, tanda tangani, cabut."), "/pengaturan/surat/", SURAT_LIHAT, "kerja"),
)


def init_app(app: Flask) -> None:
    """Register routes, kinds, readers, the hourly clean-up and the commands."""
    for blueprint in (file_routes.bp, letter_routes.bp, public_routes.bp):
        app.register_blueprint(blueprint)
    register_kind(arms.KIND)
    register_subject(arms.PLACE.subject_type, arms.may_read)
    register_subject(register.SUBJECT, register.may_read)
    register_states(STATES)
    register_sealed("signing_services", password_sealed=services.COLUMN)
    register_events(EVENTS)
    register_subject_data("berkas-kiriman", lazy("Berkas yang Anda kirim"), uploads.sent_by)
    register_job(FORGET_JOB, uploads.forget_old)
    register_job(register.PRINT_JOB, register.print_job)
    register_schedule(FORGET_JOB, 3600)
    register_footer_link(lazy("Periksa keaslian surat"), "/verifikasi")
    for page in SETTINGS:
        register_own_page(page)
    app.context_processor(lambda: {"arms_url": arms.url()})
    commands.init_app(app)
