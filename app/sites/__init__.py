"""Floor 5: which rooms a host shows, and the door that every request passes."""

from flask import Flask

from app.services.audit import register_events
from app.services.identity.permissions import PENGATURAN_UBAH
from app.services.ui.i18n import lazy
from app.services.ui.portal import OwnPage, register_own_page
from app.sites import compression, door, look, pages


def init_app(app: Flask) -> None:
    """Attach the door (site, context, headers) and the pages that belong to no module."""
    door.init_app(app)
    compression.init_app(app)
    app.register_blueprint(pages.bp)
    app.register_blueprint(look.bp)
    register_events({"daerah.tampilan": lazy("Tampilan portal diubah")})
    register_own_page(
        OwnPage(
            lazy("Tampilan portal"), lazy("Warna dan bahasa awal."), "/pengaturan/tampilan", PENGATURAN_UBAH
        )
    )
