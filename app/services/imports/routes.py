"""The history of imports, and the minutes that an administrator issues about one."""

from uuid import UUID

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response

from app.services.documents.letters import register
from app.services.identity.permissions import PENGATURAN_LIHAT, SURAT_KELOLA, requires
from app.services.identity.refusals import Refused
from app.services.imports import minutes
from app.services.imports.minutes import ImportRun
from app.services.ui.i18n import _
from app.tenancy.database import db
from app.tenancy.site import site_url

bp = Blueprint("imports", __name__, template_folder="templates", url_prefix="/pengaturan/impor")
Page = str | tuple[str, int] | Response


@bp.before_request
def only_sites_of_regions() -> None:
    """The landing page imports nothing."""
    if g.site.room == "landing":
        abort(404)


@bp.get("")
@requires(PENGATURAN_LIHAT)
def runs() -> Page:
    """The newest imports."""
    return render_template("imports/riwayat.html", runs=minutes.runs())


def _run(run_id: UUID) -> ImportRun:
    return minutes.find(run_id) or abort(404)


@bp.get("/<uuid:run_id>")
@requires(SURAT_KELOLA)
def ask_minutes(run_id: UUID) -> Page:
    """One import, the letters about it, and the form for another."""
    return _page(_run(run_id), None)


@bp.post("/<uuid:run_id>")
@requires(SURAT_KELOLA)
def issue_minutes(run_id: UUID) -> Page:
    """Issue the letter; it is signed on its own page."""
    run = _run(run_id)
    try:
        signer = (request.form.get("nama", "").strip(), request.form.get("jabatan", "").strip())
        order = minutes.order(run, signer, g.site.time_zone)
        letter = register.issue(order, g.site, site_url(g.site, current_app.extensions["settings"]))
    except Refused as refused:
        db.session.rollback()
        return _page(run, refused), 422
    db.session.commit()
    register.printed(letter.id)
    db.session.commit()
    flash(_("Surat %(nomor)s dibuat. Periksa, lalu tanda tangani.", nomor=letter.nomor), "baik")
    return redirect(f"/pengaturan/surat/{letter.id}", 303)


def _page(run: ImportRun, refused: Refused | None) -> str:
    typed = request.form or {"nama": current_user.nama, "jabatan": _("Administrator daerah")}
    return render_template(
        "imports/berita_acara.html", run=run, letters=register.about(minutes.SUBJECT, str(run.id)), typed=typed,
        errors={refused.field: str(refused)} if refused else {},
    )  # fmt: skip
