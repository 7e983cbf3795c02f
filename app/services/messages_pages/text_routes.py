"""The region's own words for each event, tried before they are kept."""

from dataclasses import dataclass

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.services.identity.permissions import PESAN_KELOLA, requires
from app.services.messages import texts
from app.services.messages.events import COMMON, BadText, Event, Text, check, events, fill
from app.services.ui.i18n import LANGUAGES, _
from app.services.ui.i18n import language as reading
from app.tenancy.database import db

bp = Blueprint("message_texts", __name__, template_folder="templates")
Page = str | tuple[str, int] | Response


@dataclass(frozen=True)
class Shown:
    """One event in the list, with the languages in which the region speaks for itself."""

    event: Event
    own: list[str]


@bp.before_request
def only_sites_with_accounts() -> None:
    """The landing page has no settings."""
    if g.site.room == "landing":
        abort(404)


@bp.get("/pengaturan/pesan")
@requires(PESAN_KELOLA)
def index() -> str:
    """Every event."""
    written = texts.written()
    rows = [Shown(e, [code for code in LANGUAGES if (e.code, code) in written]) for e in events().values()]
    return render_template("messages/bunyi.html", rows=rows)


def _event(code: str) -> tuple[Event, str]:
    """The event of the address, and the language that is edited."""
    event, language = events().get(code), request.values.get("dalam", reading())
    if event is None or language not in LANGUAGES:
        abort(404)
    return event, language


@bp.get("/pengaturan/pesan/<event>")
@requires(PESAN_KELOLA)
def edit(event: str) -> Page:
    """The words as they are sent now."""
    found, language = _event(event)
    return _page(found, language, texts.words(found, language), None)


def _page(event: Event, language: str, text: Text, bad: BadText | None) -> Page:
    """The form with what was typed, and below it how it will read."""
    preview = None if bad else fill(text, {**event.sample, **COMMON})
    shipped = event.texts[language]
    page = render_template(
        "messages/sunting.html", event=event, edited=language, text=text, shipped=shipped, preview=preview,
        errors={bad.field: str(bad)} if bad else {}, own=texts.own(event, language),
        placeholders=sorted(event.placeholders), examples={**event.sample, **COMMON},
    )  # fmt: skip
    return (page, 422) if bad else page


@bp.post("/pengaturan/pesan/<event>")
@requires(PESAN_KELOLA)
def save(event: str) -> Page:
    """Preview, keep, or go back to the shipped words, by the button that was pressed."""
    found, language = _event(event)
    if request.form.get("aksi") == "kembalikan":
        texts.forget(found, language)
        return _done(_("Kata-kata bawaan dipakai lagi."))
    # A browser sends line breaks of its own kind; a letter has one kind.
    body = request.form.get("isi", "").replace("\r\n", "\n")
    text = Text(request.form.get("subjek", "").strip(), body.strip())
    try:
        check(found, text)
        if request.form.get("aksi") != "simpan":
            return _page(found, language, text, None)
        texts.save(found, language, text)
    except BadText as bad:
        return _page(found, language, text, bad)
    return _done(_("Kata-kata daerah disimpan; pesan berikutnya memakainya."))


def _done(message: str) -> Response:
    db.session.commit()
    flash(message)
    return redirect(url_for("message_texts.index"), 303)
