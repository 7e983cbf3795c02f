"""Personal data of recipients, for whoever may open them: an organisation's, and those of one proposal."""

from uuid import UUID

from flask import Blueprint, abort, g

from app.sabilulungan import personal
from app.services.identity.permissions import PRIBADI_BUKA, requires
from app.services.privacy.unmask_pages import Page, covered, opened

bp = Blueprint("sabilulungan_officer", __name__)


@bp.before_request
def only_portals() -> None:
    """A province or the landing page has no recipients of its own."""
    if g.site.room != "portal":
        abort(404)


@bp.get("/organisasi/<uuid:organisasi_id>")
@requires(PRIBADI_BUKA)
def organisation(organisasi_id: UUID) -> Page:
    """An organisation's identifiers, covered."""
    return covered(personal.organisation(organisasi_id) or abort(404))


@bp.post("/organisasi/<uuid:organisasi_id>/buka")
@requires(PRIBADI_BUKA)
def open_organisation(organisasi_id: UUID) -> Page:
    """One of them in the clear."""
    return opened(personal.organisation(organisasi_id) or abort(404))


@bp.get("/hibah/<nomor>/pribadi")
@requires(PRIBADI_BUKA)
def recipient(nomor: str) -> Page:
    """The identifiers of whoever receives one proposal, covered."""
    return covered(personal.recipient(nomor) or abort(404))


@bp.post("/hibah/<nomor>/pribadi/buka")
@requires(PRIBADI_BUKA)
def open_recipient(nomor: str) -> Page:
    """One of them in the clear."""
    return opened(personal.recipient(nomor) or abort(404))
