"""Accounts, roles, permissions, sign-in, sessions."""

from flask import Flask

from app.services.audit import register_events
from app.services.identity import guard, routes
from app.services.identity.permissions import AKUN_KELOLA
from app.services.ui.i18n import lazy
from app.services.ui.portal import SettingsPage, register_settings_page

EVENTS = {
    "akun.masuk": lazy("Masuk"),
    "akun.keluar": lazy("Keluar"),
    "akun.undang": lazy("Akun diundang"),
    "akun.buat": lazy("Akun dibuat"),
    "akun.tautan-sandi": lazy("Tautan kata sandi diminta"),
    "akun.sandi": lazy("Kata sandi dibuat atau diganti"),
    "akun.tutup": lazy("Akun ditutup"),
    "akun.hapus": lazy("Akun dihapus: nama dan surel dilupakan"),
}


def init_app(app: Flask) -> None:
    """Register the guard and the pages."""
    guard.init_app(app)
    app.register_blueprint(routes.bp)
    register_events(EVENTS)
    register_settings_page(
        SettingsPage(lazy("Akun daerah"), lazy("Mengundang dan menutup akun."), "/pengaturan/akun", AKUN_KELOLA)
    )
