"""Checking a letter without signing in: by its QR code, or by the file."""

from flask import Blueprint, abort, g, render_template, request
from werkzeug.wrappers import Response

from app.services.documents import store
from app.services.documents.kinds import MEGABYTE, FileRefused
from app.services.documents.letters import register
from app.services.documents.verification import Result, sha256_of, verify
from app.services.identity.permissions import PUBLIK, requires
from app.services.ui.i18n import _

bp = Blueprint("verification", __name__, template_folder="templates")
Page = str | tuple[str, int] | Response
LARGEST = 40 * MEGABYTE


@bp.before_request
def only_sites_of_regions() -> None:
    """The landing page has no register."""
    if g.site.room == "landing":
        abort(404)


@bp.get("/v/<kode>")
@requires(PUBLIK)
def by_token(kode: str) -> Page:
    """What the region's register says of the letter with this code."""
    letter = register.with_token(kode)
    if letter is None:
        return render_template("documents/v_tidak_ada.html"), 404
    return render_template("documents/v.html", letter=letter, sha256=sha256_of(letter))


@bp.get("/verifikasi")
@requires(PUBLIK)
def ask_file() -> Page:
    """The form."""
    return _page(None, None)


@bp.post("/verifikasi")
@requires(PUBLIK)
def by_file() -> Page:
    """Compare an uploaded PDF with the register; it is not kept."""
    file = request.files.get("berkas")
    try:
        if file is None or not file.filename:
            raise FileRefused("tidak-ada", _("Pilih berkas dulu."))
        with store.workbench() as (path, _copy):
            file.save(path)
            if path.stat().st_size > LARGEST:
                raise FileRefused("terlalu-besar", _("Berkas terlalu besar; surat daerah tidak lebih dari 40 MB."))
            return _page(verify(path), None)
    except FileRefused as refused:
        return _page(None, refused), 422


def _page(result: Result | None, refused: FileRefused | None) -> str:
    errors = {refused.field: str(refused)} if refused else {}
    registered = sha256_of(result.letter) if result and result.letter else ""
    return render_template("documents/verifikasi.html", result=result, registered=registered, errors=errors)
