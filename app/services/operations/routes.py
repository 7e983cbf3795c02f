"""The region's jobs for its administrator, and one job for who asked for it."""

from uuid import UUID

from flask import Blueprint, abort, flash, g, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.services.identity.permissions import MASUK, PEKERJAAN_KELOLA, requires
from app.services.jobs import desk
from app.services.operations import decisions
from app.services.ui.i18n import _, ngettext_

bp = Blueprint("operations", __name__, template_folder="templates")
REFRESH_SECONDS = 3


@bp.before_request
def only_sites_with_accounts() -> None:
    """The landing page has no jobs."""
    if g.site.room == "landing":
        abort(404)


@bp.get("/pengaturan/pekerjaan")
@requires(PEKERJAAN_KELOLA)
def index() -> str:
    """What waits, what runs, what failed for good and why."""
    return render_template("operations/pekerjaan.html", desk=desk.desk())


@bp.post("/pengaturan/pekerjaan/ulangi")
@requires(PEKERJAAN_KELOLA)
def repeat_all() -> Response:
    """Everything that failed, from the beginning."""
    return _repeated(decisions.repeat())


@bp.post("/pengaturan/pekerjaan/<uuid:job_id>/ulangi")
@requires(PEKERJAAN_KELOLA)
def repeat(job_id: UUID) -> Response:
    """One failed job, from the beginning; a second press changes nothing."""
    if desk.one(job_id) is None:
        abort(404)
    return _repeated(decisions.repeat([job_id]))


def _repeated(count: int) -> Response:
    flash(ngettext_("%(n)s pekerjaan diulang.", "%(n)s pekerjaan diulang.", count))
    return redirect(url_for("operations.index"), 303)


@bp.get("/pengaturan/pekerjaan/<uuid:job_id>/buang")
@requires(PEKERJAAN_KELOLA)
def ask_drop(job_id: UUID) -> str | Response:
    """Confirm."""
    found = desk.one(job_id)
    if found is None:
        abort(404)
    if found[0].state != "GAGAL":
        return _settled()
    return render_template("operations/buang.html", work=found[0])


@bp.post("/pengaturan/pekerjaan/<uuid:job_id>/buang")
@requires(PEKERJAAN_KELOLA)
def drop(job_id: UUID) -> Response:
    """Give one up for good; a second press changes nothing."""
    if desk.one(job_id) is None:
        abort(404)
    if not decisions.drop(job_id):
        return _settled()
    flash(_("Pekerjaan dibuang."))
    return redirect(url_for("operations.index"), 303)


def _settled() -> Response:
    flash(_("Pekerjaan ini tidak menunggu keputusan lagi."))
    return redirect(url_for("operations.index"), 303)


@bp.get("/pekerjaan/<uuid:job_id>")
@requires(MASUK)
def one(job_id: UUID) -> Response:
    """One job's progress; asks itself again every few seconds while it goes on, without a script."""
    found = desk.one(job_id)
    mine = found and found[0].actor == str(current_user.id)
    if found is None or not (mine or PEKERJAAN_KELOLA in current_user.permissions):
        abort(404)
    work, progress = found
    still = request.args.get("diam") == "1"
    page = make_response(render_template("operations/satu.html", work=work, progress=progress, still=still))
    if not work.ended and not still:
        page.headers["Refresh"] = str(REFRESH_SECONDS)
    return page
