"""The pages of messages: the inbox, what a person wants to hear of, and the region's own words."""

from flask import Flask, g, has_request_context
from flask_login import current_user

from app.services.identity.permissions import MASUK, PESAN_KELOLA
from app.services.messages import inbox
from app.services.messages_pages import choice_routes, inbox_routes, own_data, text_routes
from app.services.ui.i18n import lazy
from app.services.ui.portal import OwnPage, register_own_page

PAGES = (
    OwnPage(lazy("Bunyi pesan"), lazy("Kata-kata daerah sendiri, dengan pratinjau."), "/pengaturan/pesan",
            PESAN_KELOLA),
    OwnPage(lazy("Pesan"), lazy("Yang perlu Anda ketahui tentang urusan Anda."), "/pesan", MASUK, "akun"),
    OwnPage(lazy("Pesan untuk saya"), lazy("Apa yang juga dikirim ke luar, dan lewat apa."), "/akun/pesan", MASUK,
            "akun"),
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Attach the pages, and the number of unread messages to the head of every page of who signed in."""
    for part in (inbox_routes, choice_routes, text_routes):
        app.register_blueprint(part.bp)
    own_data.register()
    for page in PAGES:
        register_own_page(page)
    app.context_processor(_unread)


def _unread() -> dict[str, int]:
    signed_in = has_request_context() and "site" in g and g.get("acting") and current_user.is_authenticated
    return {"unread_messages": inbox.unread(current_user.id)} if signed_in else {}
