"""The applicant's pages."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.sabilulungan.models import JENIS_RINCI, Hibah
from app.sabilulungan.usulan import actions, forms
from app.sabilulungan.workflow import PROPOSAL
from app.services.identity.permissions import MASUK, USULAN_AJUKAN, requires
from app.services.ui.i18n import _
from app.services.workflow import calendar, offers, queue
from app.services.workflow.acting import file_of
from app.services.workflow.process import Refused, process_of
from app.tenancy.places import district_names

bp = Blueprint("usulan", __name__, template_folder="../templates")
Page = str | tuple[str, int] | Response


@bp.before_request
def only_portals() -> None:
    """Proposals are filed with a kota or kabupaten."""
    if g.site.room != "portal":
        abort(404)


@bp.get("/hibah/saya")
@requires(MASUK)
def mine() -> str:
    """My proposals and what I must do next."""
    files = [file for file in queue.of_owner(current_user.id) if file.process == PROPOSAL.code]
    rows = [(file, process_of(file.process, file.version).state(file.state), offers.next_word(file)) for file in files]
    return render_template("sabilulungan/saya.html", rows=rows)


@bp.get("/hibah/ajukan")
@requires(USULAN_AJUKAN)
def new() -> str:
    """The empty form."""
    return _form(None, MultiDict({"tahun": str(calendar.today().year + 1)}), None)


@bp.post("/hibah/ajukan")
@requires(USULAN_AJUKAN)
def save_new() -> Page:
    """Keep a draft; it gets its number at once."""
    try:
        proposal = actions.start(forms.read_draft(request.form, calendar.today()))
    except Refused as refused:
        return _form(None, request.form, refused), 422
    flash(_("Draf %(number)s tersimpan. Periksa, lalu ajukan.", number=proposal.nomor))
    return _to_file(proposal)


@bp.get("/hibah/ajukan/<nomor>")
@requires(USULAN_AJUKAN)
def edit(nomor: str) -> str:
    """The form of a proposal that waits for me."""
    proposal = _own(nomor)
    typed = MultiDict({name: str(getattr(proposal, name) or "") for name in FIELDS})
    typed["amount"] = str(proposal.amount_requested or "")
    return _form(proposal, typed, None)


@bp.post("/hibah/ajukan/<nomor>")
@requires(USULAN_AJUKAN)
def save(nomor: str) -> Page:
    """Keep the changes."""
    proposal = _own(nomor)
    try:
        proposal = actions.change(nomor, forms.read_draft(request.form, calendar.today()))
    except Refused as refused:
        return _form(proposal, request.form, refused), 422
    flash(_("Perubahan tersimpan."))
    return _to_file(proposal)


FIELDS = ("rincian_jenis", "judul", "tujuan", "penerima", "kecamatan_kode", "tahun")


def _own(nomor: str) -> Hibah:
    try:
        return actions.mine(nomor)
    except LookupError:
        abort(404)


def _to_file(proposal: Hibah) -> Response:
    file = file_of(PROPOSAL, proposal.id)
    assert file is not None
    return redirect(url_for("workflow.file", file_id=file.id), 303)


def _form(proposal: Hibah | None, typed: MultiDict[str, str], refused: Refused | None) -> str:
    errors = {refusal.code: refusal.message for refusal in refused.refusals} if refused else {}
    return render_template(
        "sabilulungan/ajukan.html", proposal=proposal, typed=typed, errors=errors, kinds=JENIS_RINCI,
        districts=district_names(), years=forms.budget_years(calendar.today()),
    )  # fmt: skip
