"""The screens of the audit: a room of its own above identity, which itself writes into the log below."""

from flask import Flask

from app.services.audit import register_events
from app.services.audit_pages import routes
from app.services.identity.permissions import AUDIT_LIHAT, MASUK
from app.services.ui.i18n import lazy
from app.services.ui.portal import OwnPage, register_own_page

#: Events of commands: their rooms are not part of the web process.
EVENTS = {
    "daerah.langkah": lazy("Langkah penyediaan selesai"),
    "daerah.keadaan": lazy("Keadaan portal diubah"),
    "impor.selesai": lazy("Data diimpor"),
}

PAGES = (
    OwnPage(lazy("Log audit"), lazy("Setiap tindakan di daerah ini."), "/pengaturan/audit", AUDIT_LIHAT),
    OwnPage(lazy("Siapa yang melihat data saya"), lazy("Setiap pandangan petugas pada data Anda."), "/akun/riwayat",
            MASUK, "akun"),
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Register pages and names."""
    register_events(EVENTS)
    app.register_blueprint(routes.bp)
    for page in PAGES:
        register_own_page(page)
