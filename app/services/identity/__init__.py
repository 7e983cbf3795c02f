"""Accounts, roles, permissions, sign-in, second factors, single sign-on, sessions."""

from flask import Flask

from app.services.audit import register_events
from app.services.identity import guard, routes, security_routes, upkeep, vault
from app.services.identity.factors import proving_routes, setup_routes, totp
from app.services.identity.pages import bp
from app.services.identity.permissions import AKUN_KELOLA, KEAMANAN_KELOLA, MASUK, PENGATURAN_LIHAT
from app.services.identity.sso import provider
from app.services.identity.sso import routes as sso_routes
from app.services.jobs.outbox import register_job
from app.services.jobs.schedules import register_schedule
from app.services.personal.keys import register_held
from app.services.personal.sealed import register_sealed
from app.services.ui.i18n import lazy
from app.services.ui.portal import OwnPage, register_own_page

#: Each puts its pages on the blueprint when it is imported.
PAGES = (routes, security_routes, proving_routes, setup_routes, sso_routes)
FORGET_JOB = "akun.bersihkan"
OWN_PAGES = (
    OwnPage(lazy("Akun daerah"), lazy("Mengundang dan menutup akun."), "/pengaturan/akun", AKUN_KELOLA),
    OwnPage(lazy("Keamanan daerah"), lazy("Peran mana yang wajib memakai faktor kedua."),
            "/pengaturan/keamanan", KEAMANAN_KELOLA),
    OwnPage(lazy("Masuk lewat SSO"), lazy("Penyedia identitas daerah sendiri (OpenID Connect)."),
            "/pengaturan/sso", KEAMANAN_KELOLA),
    OwnPage(lazy("Keamanan akun"), lazy("Faktor kedua, passkey, dan sesi yang terbuka."), "/akun/keamanan", MASUK,
            "akun"),
    OwnPage(lazy("Pengaturan daerah"), lazy("Portal, akun, alur, kalender, audit."), "/pengaturan", PENGATURAN_LIHAT,
            "kerja"),
)  # fmt: skip
EVENTS = {
    "akun.masuk": lazy("Masuk"),
    "akun.keluar": lazy("Keluar"),
    "akun.undang": lazy("Akun diundang"),
    "akun.buat": lazy("Akun dibuat"),
    "akun.tautan-sandi": lazy("Tautan kata sandi diminta"),
    "akun.sandi": lazy("Kata sandi dibuat atau diganti"),
    "akun.tutup": lazy("Akun ditutup"),
    "akun.hapus": lazy("Akun dihapus: nama dan surel dilupakan"),
    "faktor-kedua.pasang": lazy("Faktor kedua dipasang"),
    "faktor-kedua.hapus": lazy("Cara masuk dihapus"),
    "faktor-kedua.atur-ulang": lazy("Faktor kedua diatur ulang administrator"),
    "faktor-kedua.kewajiban": lazy("Kewajiban faktor kedua diubah"),
    "faktor-kedua.terkunci": lazy("Langkah kedua ditahan sesudah lima kali salah"),
    "faktor-kedua.kode-dibuat": lazy("Kode pemulihan dibuat"),
    "faktor-kedua.kode-dipakai": lazy("Kode pemulihan dipakai"),
    "sesi.akhiri": lazy("Sesi lain diakhiri"),
    "sso.atur": lazy("Pengaturan SSO diubah"),
    "sso.sambung": lazy("Akun disambungkan dengan SSO"),
}


def init_app(app: Flask) -> None:
    """Register the guard, the pages, what is sealed, and the daily clean-up."""
    guard.init_app(app)
    app.register_blueprint(bp)
    register_events(EVENTS)
    register_held(vault.KEY)
    register_sealed("account_totp", secret_sealed=totp.PURPOSE)
    register_sealed("oidc_providers", client_secret_sealed=provider.PURPOSE)
    register_job(FORGET_JOB, upkeep.forget_old, lazy("Menghapus sesi dan permintaan masuk yang sudah berakhir"))
    register_schedule(FORGET_JOB, 24 * 3600)
    for page in OWN_PAGES:
        register_own_page(page)
