"""What a person wants to hear of, in which language, and the phone that he proves to be his."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.services.identity.permissions import MASUK, PUBLIK, requires
from app.services.messages import choices, codes, contacts
from app.services.messages.choices import OFF
from app.services.messages.contacts import BadContact
from app.services.messages.events import MAIL
from app.services.messages.unsubscribe import read_unsubscribe
from app.services.ui.i18n import LANGUAGES, _
from app.tenancy.database import db

bp = Blueprint("message_choices", __name__, template_folder="templates")
Page = str | tuple[str, int] | Response


@bp.before_request
def only_sites_with_accounts() -> None:
    """The landing page has no accounts."""
    if g.site.room == "landing":
        abort(404)


@bp.get("/akun/pesan")
@requires(MASUK)
def index() -> Page:
    """The choices."""
    return _page(None)


def _page(bad: BadContact | None) -> Page:
    channels = choices.open_channels()
    page = render_template(
        "messages/pilihan.html",
        errors={bad.field: str(bad)} if bad else {},
        typed=request.form,
        rows=choices.rows(current_user.id),
        channels=channels,
        words=choices.CHOICES,
        contact=contacts.of(current_user.id),
        phones=[(channel.code, channel.title) for channel in channels if channel.code != MAIL],
        languages_offered=[("", _("Bahasa portal ini")), *LANGUAGES.items()],
    )
    return (page, 422) if bad else page


@bp.post("/akun/pesan")
@requires(MASUK)
def save() -> Page:
    """Keep language and choices."""
    try:
        contacts.choose_language(current_user.id, request.form.get("bahasa", ""))
    except BadContact as bad:
        return _page(bad)
    for row in choices.rows(current_user.id):
        for channel in row.chosen:
            choices.choose(current_user.id, row.event, channel, request.form.get(f"{row.event.code}.{channel}", ""))
    return _done(_("Pilihan pesan disimpan."))


@bp.post("/akun/pesan/telepon")
@requires(MASUK)
def new_phone() -> Page:
    """Send a code to a new number."""
    form = request.form
    try:
        codes.ask_code(current_user.id, form.get("telepon", ""), form.get("saluran", ""))
    except BadContact as bad:
        db.session.rollback()
        return _page(bad)
    return _done(_("Kode dikirim. Masukkan kodenya dalam sepuluh menit."))


@bp.post("/akun/pesan/kode")
@requires(MASUK)
def prove_phone() -> Page:
    """The code that was sent."""
    good = contacts.prove(current_user.id, request.form.get("kode", ""))
    db.session.commit()
    if not good:
        return _page(BadContact("kode", _("Kode tidak cocok atau sudah lewat waktunya.")))
    return _done(_("Nomor ponsel terbukti milik Anda."))


@bp.post("/akun/pesan/telepon/hapus")
@requires(MASUK)
def forget_phone() -> Page:
    """No number any more."""
    contacts.forget_phone(current_user.id)
    return _done(_("Nomor ponsel dihapus."))


def _done(message: str) -> Response:
    db.session.commit()
    flash(message)
    return redirect(url_for("message_choices.index"), 303)


@bp.get("/pesan/berhenti/<tanda>")
@requires(PUBLIK)
def ask_stop(tanda: str) -> Page:
    """Behind the link of a letter: which kind, and a button. A mail scanner that follows links stops nothing."""
    found = read_unsubscribe(tanda)
    if found is None:
        abort(404)
    return render_template("messages/berhenti.html", event=found[1], stopped=False)


@bp.post("/pesan/berhenti/<tanda>")
@requires(PUBLIK)
def stop(tanda: str) -> Page:
    """No more e-mail of this kind; the inbox still gets it."""
    found = read_unsubscribe(tanda)
    if found is None:
        abort(404)
    choices.choose(found[0], found[1], MAIL, OFF)
    db.session.commit()
    return render_template("messages/berhenti.html", event=found[1], stopped=True)
