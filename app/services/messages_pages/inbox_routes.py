"""One's own messages."""

from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.services.identity.permissions import MASUK, requires
from app.services.messages import inbox
from app.services.ui.i18n import ngettext_
from app.tenancy.database import db

bp = Blueprint("inbox", __name__, template_folder="templates")


@bp.before_request
def only_sites_with_accounts() -> None:
    """The landing page has no accounts."""
    if g.site.room == "landing":
        abort(404)


@bp.get("/pesan")
@requires(MASUK)
def index() -> str:
    """The inbox, newest first."""
    asked = request.args.get("halaman", "1")
    page = int(asked) if asked.isdigit() and len(asked) < 7 else 1
    only_unread = request.args.get("saring") == "belum"
    found = inbox.listing(current_user.id, page, only_unread=only_unread)
    return render_template("messages/pesan.html", listing=found, only_unread=only_unread)


@bp.post("/pesan/<uuid:message_id>/buka")
@requires(MASUK)
def open_message(message_id: UUID) -> Response:
    """Mark it read and go to what it is about."""
    url = inbox.mark(current_user.id, message_id, read=True)
    if url is None:
        abort(404)
    db.session.commit()
    return redirect(url or url_for("inbox.index"), 303)


@bp.post("/pesan/<uuid:message_id>/tandai")
@requires(MASUK)
def mark(message_id: UUID) -> Response:
    """Read, or unread again to come back to it."""
    if inbox.mark(current_user.id, message_id, read=request.form.get("dibaca") == "1") is None:
        abort(404)
    db.session.commit()
    return redirect(url_for("inbox.index"), 303)


@bp.post("/pesan/baca-semua")
@requires(MASUK)
def mark_all() -> Response:
    """All are read."""
    count = inbox.mark_all(current_user.id)
    db.session.commit()
    flash(ngettext_("%(n)s pesan ditandai sudah dibaca.", "%(n)s pesan ditandai sudah dibaca.", count))
    return redirect(url_for("inbox.index"), 303)
