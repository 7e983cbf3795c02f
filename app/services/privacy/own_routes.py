"""What everybody who signed in may do with his own data: agree, take back, read, take away, ask to be forgotten."""

import json
from datetime import date, datetime

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask_login import current_user
from werkzeug.exceptions import UnprocessableEntity
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.canonical import plain
from app.kernel.clock import now
from app.services import audit
from app.services.audit.queries import ACCOUNT
from app.services.identity.accounts import Account
from app.services.identity.onward import path_here
from app.services.identity.permissions import MASUK, requires
from app.services.identity.refusals import Refused
from app.services.privacy import consent, erasure, own_data
from app.services.privacy.consent import Purpose
from app.services.ui.formats import FILTERS
from app.services.ui.i18n import _
from app.tenancy.database import db

bp = Blueprint("privacy", __name__, template_folder="templates")
Page = str | tuple[str, int] | BaseResponse
CONSENT_PATH = "/persetujuan"


def missing_consent(account: Account) -> str | None:
    """The page of consents, when the account has not agreed to the present text of one."""
    everything = (consent.is_given(ACCOUNT, account.id, code) for code in consent.purposes())
    return None if all(everything) else CONSENT_PATH


def _open_purpose() -> Purpose | None:
    wanting = (
        purpose
        for purpose in consent.purposes().values()
        if not consent.is_given(ACCOUNT, current_user.id, purpose.code)
    )
    return next(wanting, None)


def _notice(purpose: Purpose, next_path: str, error: str = "") -> str:
    return render_template("privacy/persetujuan.html", purpose=purpose, next_path=next_path, error=error)


@bp.get(CONSENT_PATH)
@requires(MASUK)
def notice() -> Page:
    """The present text of what is not agreed to yet."""
    next_path = path_here(request.args.get("lanjut", "/akun/data"))
    purpose = _open_purpose()
    return _notice(purpose, next_path) if purpose else redirect(next_path)


@bp.post(CONSENT_PATH)
@requires(MASUK)
def agree() -> Page:
    """Agree to it."""
    next_path = path_here(request.form.get("lanjut", "/akun/data"))
    purpose = _open_purpose()
    if purpose is None:
        return redirect(next_path, 303)
    if request.form.get("setuju") != purpose.code:
        return _notice(purpose, next_path, _("Beri tanda bila Anda setuju, atau pilih nanti saja.")), 422
    consent.give(ACCOUNT, current_user.id, purpose.code)
    db.session.commit()
    return redirect(next_path, 303)


@bp.post("/akun/data/tarik")
@requires(MASUK)
def withdraw() -> Page:
    """Take a consent back."""
    code = request.form.get("tujuan", "")
    if code not in consent.purposes():
        raise UnprocessableEntity(_("Persetujuan itu tidak dikenal."))
    if consent.withdraw(ACCOUNT, current_user.id, code):
        db.session.commit()
        flash(_("Persetujuan ditarik."))
    return redirect("/akun/data", 303)


@bp.get("/akun/data")
@requires(MASUK)
def own() -> Page:
    """Everything that is held about the account of whoever reads this."""
    held = [
        (kind.title, list(rows[0]) if rows else [], [[_cell(value) for value in row.values()] for row in rows[:SHOWN]],
         len(rows))
        for kind, rows in own_data.everything(current_user.id)
    ]  # fmt: skip
    given = {code: consent.current(ACCOUNT, current_user.id, code) for code in consent.purposes()}
    return render_template(
        "privacy/data.html", held=held, purposes=consent.purposes(), given=given, most=SHOWN,
        asked=erasure.open_of(current_user.id),
    )  # fmt: skip


#: Rows of a kind on the page; the file has them all.
SHOWN = 100


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return FILTERS["waktu"](value)
    if isinstance(value, date):
        return FILTERS["tanggal"](value)
    return "–" if value is None or value == "" else value


@bp.get("/akun/data.json")
@requires(MASUK)
def own_json() -> Response:
    """The same as a file; that it was taken is in the log before it leaves."""
    audit.note("data.unduh", ACCOUNT, current_user.id)
    db.session.commit()
    content = {
        "akun": str(current_user.id),
        "daerah": g.site.name,
        "dibuat": now().isoformat(),
        "data": {kind.name: rows for kind, rows in own_data.everything(current_user.id)},
    }
    response = Response(json.dumps(content, ensure_ascii=False, default=plain, indent=1), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{g.site.subdomain}-data-saya.json"'
    return response


@bp.get("/akun/data/hapus")
@requires(MASUK)
def ask_erasure() -> Page:
    """What follows, and the reason."""
    return _asking(None)


def _asking(refused: Refused | None) -> Page:
    error = str(refused) if refused else ""
    page = render_template("privacy/hapus.html", error=error, reason=request.form.get("alasan", ""))
    return (page, 422) if refused else page


@bp.post("/akun/data/hapus")
@requires(MASUK)
def ask_erasure_now() -> Page:
    """Ask for it."""
    try:
        erasure.ask(current_user, request.form.get("alasan", ""))
    except Refused as refused:
        return _asking(refused)
    flash(_("Permintaan diterima. Petugas memutuskannya, dan jawabannya dikirim ke surel Anda."))
    return redirect("/akun/data", 303)


@bp.post("/akun/data/hapus/tarik")
@requires(MASUK)
def take_erasure_back() -> Page:
    """Think again."""
    erasure.take_back(current_user)
    return redirect("/akun/data", 303)
