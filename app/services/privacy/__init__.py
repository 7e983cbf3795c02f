"""Rights of the people whose data are kept: consent, unmasking on the record, one's own data, erasure, retention.

A room above identity and audit; `personal` below them holds the keys and seals.
"""

from typing import Any

from flask import Flask

from app.services import audit
from app.services.audit import register_events
from app.services.audit.queries import ACCOUNT
from app.services.identity import accounts, erasing
from app.services.identity.onward import register_stop
from app.services.identity.permissions import MASUK, PENGATURAN_LIHAT, PRIBADI_PUTUSKAN
from app.services.jobs.outbox import register_job
from app.services.jobs.schedules import register_schedule
from app.services.messages.mail import forget_letters
from app.services.personal import rotation
from app.services.privacy import consent, erasure, officer_routes, own_data, own_routes, retention
from app.services.privacy.consent import Purpose
from app.services.privacy.own_data import register_subject_data
from app.services.privacy.retention import Kind
from app.services.privacy.unmasking import EVENT
from app.services.ui import register_states
from app.services.ui.i18n import lazy
from app.services.ui.portal import OwnPage, register_own_page
from app.tenancy.context import current

RETIRE_JOB = "kunci.pensiunkan"
#: What an account's owner agrees to.
OF_ACCOUNT = Purpose("akun", lazy("Pengolahan data akun"), "1")
EVENTS = {
    EVENT: lazy("Data pribadi dibuka"),
    "data.unduh": lazy("Data sendiri diunduh"),
    "persetujuan.beri": lazy("Persetujuan diberikan"),
    "persetujuan.tarik": lazy("Persetujuan ditarik"),
    "hapus-akun.minta": lazy("Penghapusan akun diminta"),
    "hapus-akun.tarik": lazy("Permintaan penghapusan ditarik"),
    "hapus-akun.putus": lazy("Penghapusan akun diputuskan"),
    "retensi.ubah": lazy("Masa simpan diubah"),
    "retensi.jalankan": lazy("Data yang lewat masa simpannya dihapus"),
    "kunci.ganti": lazy("Kunci data daerah diganti"),
    "kunci.bungkus": lazy("Kunci daerah dibungkus ulang"),
    "kunci.pensiun": lazy("Kunci data lama dipensiunkan"),
}
STATES = {
    erasure.ASKED: (lazy("Menunggu putusan"), "info"),
    erasure.GRANTED: (lazy("Dikabulkan"), "baik"),
}
KINDS = (
    Kind("percobaan-masuk", lazy("Percobaan masuk yang gagal"), lazy("Sidik surel dan alamatnya dihapus."), 1, 90,
         accounts.forget_old_attempts),
    Kind("tautan-akun", lazy("Tautan undangan dan kata sandi"), lazy("Catatan tautan yang sudah berakhir dihapus."),
         1, 365, accounts.forget_old_links),
    Kind("akun-ditutup", lazy("Akun yang sudah ditutup"),
         lazy("Nama dan surel pemiliknya dilupakan; tindakannya tetap tercatat."), 30, 3_650, erasing.erase_closed),
    Kind("surat-contoh", lazy("Surat peragaan"), lazy("Surat dalam folder peragaan dihapus."), 1, 365, forget_letters),
)  # fmt: skip
HELD = (
    ("akun", lazy("Akun"), own_data.account),
    ("tautan", lazy("Tautan yang pernah dikirim"), own_data.links),
    ("cara-masuk", lazy("Cara masuk selain kata sandi"), own_data.ways_in),
    ("sesi", lazy("Sesi sehari terakhir"), own_data.sessions),
    ("persetujuan", lazy("Persetujuan"), own_data.consents),
    ("permintaan-penghapusan", lazy("Permintaan penghapusan"), own_data.requests),
    ("catatan", lazy("Catatan audit tentang akun ini"), own_data.log),
)


def _withdraw_all(account_id: object) -> None:
    for code in consent.purposes():
        consent.withdraw(ACCOUNT, str(account_id), code)


def _retire_keys(_payload: dict[str, Any]) -> None:
    """The daily job: data keys that nothing needs any more are emptied."""
    if gone := rotation.retire():
        audit.note("kunci.pensiun", "region", str(current().region_id), after={"kunci": gone})


def init_app(app: Flask) -> None:
    """Register pages, purposes, kinds, jobs."""
    app.register_blueprint(own_routes.bp)
    app.register_blueprint(officer_routes.bp)
    register_events(EVENTS)
    register_states(STATES)
    consent.register_purpose(OF_ACCOUNT)
    register_stop("persetujuan", own_routes.missing_consent)
    erasing.register_eraser("persetujuan", _withdraw_all)
    for name, title, rows in HELD:
        register_subject_data(name, title, rows)
    for kind in KINDS:
        retention.register_kind(kind)
    register_job(retention.JOB, retention.run, lazy("Menghapus data yang lewat masa simpannya"))
    register_schedule(retention.JOB, 24 * 3600)
    register_job(RETIRE_JOB, _retire_keys, lazy("Memensiunkan kunci data lama"))
    register_schedule(RETIRE_JOB, 24 * 3600)
    for page in (
        OwnPage(lazy("Masa simpan data"), lazy("Berapa lama apa disimpan, dan dasar hukumnya."),
                officer_routes.RULES, PENGATURAN_LIHAT),
        OwnPage(lazy("Permintaan penghapusan akun"), lazy("Memutuskan permintaan pemilik akun."),
                officer_routes.REQUESTS, PRIBADI_PUTUSKAN, "kerja"),
        OwnPage(lazy("Data saya"), lazy("Semua yang tersimpan tentang akun ini, dan hak Anda."), "/akun/data", MASUK,
                "akun"),
    ):  # fmt: skip
        register_own_page(page)
