"""The region's letters: the register, one letter, signing, deciding what is unsure, revoking."""

from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from app.services.documents import store
from app.services.documents.kinds import FileRefused
from app.services.documents.letters import register
from app.services.documents.letters.register import Letter
from app.services.documents.signing import requests
from app.services.documents.signing.providers import Person
from app.services.documents.signing.services import provider_of
from app.services.documents.verification import sha256_of
from app.services.identity.permissions import SURAT_KELOLA, SURAT_LIHAT, SURAT_TANDATANGAN, requires
from app.services.identity.refusals import Refused
from app.services.ui.i18n import _
from app.tenancy.database import db

bp = Blueprint("letters", __name__, template_folder="templates", url_prefix="/pengaturan/surat")
Page = str | tuple[str, int] | Response


@bp.before_request
def only_sites_of_regions() -> None:
    """The landing page issues no letters."""
    if g.site.room == "landing":
        abort(404)


def government() -> str:
    """The name under which the region signs, in Indonesian whoever reads."""
    return f"Pemerintah {g.site.name}"


def _letter(letter_id: UUID) -> Letter:
    return register.find(letter_id) or abort(404)


@bp.get("/")
@requires(SURAT_LIHAT)
def letters() -> Page:
    """The newest letters."""
    return render_template("documents/surat.html", letters=register.latest())


@bp.get("/<uuid:letter_id>")
@requires(SURAT_LIHAT)
def letter(letter_id: UUID) -> Page:
    """One letter and what may be done with it."""
    return _page(_letter(letter_id), None)


def _page(letter: Letter, refused: Refused | None) -> Page:
    page = render_template(
        "documents/surat_satu.html", letter=letter, sha256=sha256_of(letter), history=requests.history(letter),
        reasons=requests.REASONS, provider=provider_of(government()), undecided=requests.undecided(letter),
        signable=letter.state in requests.SIGNABLE, errors={refused.field: str(refused)} if refused else {},
        typed=request.form,
    )  # fmt: skip
    return (page, 422) if refused else page


def _back(letter_id: UUID) -> Response:
    return redirect(f"/pengaturan/surat/{letter_id}", 303)


@bp.post("/<uuid:letter_id>/tandatangani")
@requires(SURAT_TANDATANGAN)
def sign(letter_id: UUID) -> Page:
    """One request to the region's signing service; the passphrase lives in this request alone."""
    letter = _letter(letter_id)
    provider = provider_of(government())
    if provider is None:
        return _page(letter, Refused("frasa", _("Daerah ini belum punya layanan tanda tangan. Hubungi operator.")))
    person = Person(*letter.person, request.form.get("identitas", ""), request.form.get("frasa", ""))
    try:
        state = requests.sign(letter_id, provider, person)
    except Refused as refused:
        return _page(_letter(letter_id), refused)
    if state == "DITANDATANGANI":
        flash(_("Surat ditandatangani."), "baik")
    return _back(letter_id)


@bp.post("/<uuid:letter_id>/pastikan")
@requires(SURAT_TANDATANGAN)
def settle_signed(letter_id: UUID) -> Page:
    """The signed PDF was found at the service."""
    letter, file = _letter(letter_id), request.files.get("berkas")
    try:
        if file is None or not file.filename:
            raise FileRefused("tidak-ada", _("Pilih berkas dulu."))
        with store.workbench() as (path, _copy):
            file.save(path)
            requests.settle_signed(letter_id, path)
    except Refused as refused:
        db.session.rollback()
        return _page(letter, refused)
    db.session.commit()
    flash(_("Surat bertanda tangan diterima."), "baik")
    return _back(letter_id)


@bp.post("/<uuid:letter_id>/batal-tandatangan")
@requires(SURAT_TANDATANGAN)
def settle_failed(letter_id: UUID) -> Page:
    """The service says that it signed nothing."""
    letter = _letter(letter_id)
    try:
        requests.settle_failed(letter_id, request.form.get("catatan", ""))
    except Refused as refused:
        db.session.rollback()
        return _page(letter, refused)
    db.session.commit()
    flash(_("Dicatat: surat belum ditandatangani, dan boleh ditandatangani lagi."))
    return _back(letter_id)


@bp.get("/<uuid:letter_id>/cabut")
@requires(SURAT_KELOLA)
def ask_revoke(letter_id: UUID) -> Page:
    """Name the letter and say what follows."""
    return render_template("documents/surat_cabut.html", letter=_letter(letter_id), errors={}, typed={})


@bp.post("/<uuid:letter_id>/cabut")
@requires(SURAT_KELOLA)
def revoke(letter_id: UUID) -> Page:
    """Revoke it for good."""
    letter = _letter(letter_id)
    try:
        register.revoke(letter_id, request.form.get("alasan", ""))
    except Refused as refused:
        db.session.rollback()
        errors = {refused.field: str(refused)}
        return render_template("documents/surat_cabut.html", letter=letter, errors=errors, typed=request.form), 422
    db.session.commit()
    flash(_("Surat %(nomor)s dicabut.", nomor=letter.nomor))
    return _back(letter_id)
