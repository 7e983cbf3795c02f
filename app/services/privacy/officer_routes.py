"""What officers do: decide requests to be erased, and say how long what is kept."""

from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response

from app.services import audit
from app.services.audit.queries import ACCOUNT
from app.services.identity.permissions import PENGATURAN_LIHAT, PENGATURAN_UBAH, PRIBADI_PUTUSKAN, requires
from app.services.identity.refusals import Refused
from app.services.privacy import erasure, retention
from app.services.privacy.erasure import Request
from app.services.ui.i18n import _

bp = Blueprint("privacy_officer", __name__, template_folder="templates")
Page = str | tuple[str, int] | Response
REQUESTS = "/pengaturan/penghapusan"
RULES = "/pengaturan/retensi"


@bp.get(REQUESTS)
@requires(PRIBADI_PUTUSKAN)
def requests() -> Page:
    """Every request, the open ones first."""
    found = erasure.all_requests()
    audit.look("erasure_list", str(g.site.region_id), "nama dan surel peminta penghapusan")
    return render_template("privacy/penghapusan.html", requests=found)


@bp.get(f"{REQUESTS}/<uuid:request_id>")
@requires(PRIBADI_PUTUSKAN)
def request_page(request_id: UUID) -> Page:
    """One request, and the two ways to decide it."""
    found = erasure.one(request_id) or abort(404)
    audit.look(ACCOUNT, found.account_id, "permintaan penghapusan")
    return _decision(found, None)


def _decision(found: Request, refused: Refused | None) -> Page:
    errors = {refused.field: str(refused)} if refused else {}
    page = render_template("privacy/putusan.html", asked=found, errors=errors, typed=request.form)
    return (page, 422) if refused else page


@bp.post(f"{REQUESTS}/<uuid:request_id>")
@requires(PRIBADI_PUTUSKAN)
def decide(request_id: UUID) -> Page:
    """Grant or deny."""
    found = erasure.one(request_id) or abort(404)
    form = request.form
    try:
        if form.get("putusan") not in {"kabulkan", "tolak"}:
            raise Refused("putusan", _("Pilih salah satu putusan."))
        grant = form["putusan"] == "kabulkan"
        if grant and form.get("yakin") != "ya":
            raise Refused("yakin", _("Beri tanda bahwa penghapusan tidak dapat dibatalkan."))
        decided = erasure.decide(found, current_user, grant=grant, decision=form.get("alasan", ""))
    except Refused as refused:
        return _decision(found, refused)
    flash(_("Putusan disimpan dan diberitahukan.") if decided else _("Permintaan ini sudah diputuskan."))
    return redirect(REQUESTS, 303)


@bp.get(RULES)
@requires(PENGATURAN_LIHAT)
def rules() -> Page:
    """How long each kind of data stays here; with `?ubah=` the form of one."""
    return _rules(None)


def _rules(refused: Refused | None) -> Page:
    wanted = request.form.get("jenis", "") if refused else request.args.get("ubah", "")
    known = retention.rules()
    page = render_template(
        "privacy/retensi.html",
        rows=[(kind, known.get(name)) for name, kind in retention.kinds().items()],
        kind=retention.kinds().get(wanted),
        rule=known.get(wanted),
        errors={refused.field: str(refused)} if refused else {},
        typed=request.form,
    )
    return (page, 422) if refused else page


@bp.post(RULES)
@requires(PENGATURAN_UBAH)
def set_rule() -> Page:
    """Change one rule; its legal basis is demanded."""
    form = request.form
    days = form.get("hari", "").strip()
    try:
        number = int(days) if days.isascii() and days.isdigit() and len(days) <= 6 else 0
        retention.set_rule(form.get("jenis", ""), number, form.get("dasar", ""))
    except Refused as refused:
        return _rules(refused)
    flash(_("Masa simpan diubah; tugas malam berikutnya memakainya."))
    return redirect(RULES, 303)
