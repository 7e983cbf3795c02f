"""Every change that an applicant makes to a draft; filing and later acts go through the workflow."""

from uuid import UUID

from sqlalchemy import select

from app.kernel.identifiers import uuid7
from app.sabilulungan.models import Hibah
from app.sabilulungan.usulan.forms import Draft
from app.sabilulungan.workflow import PROPOSAL
from app.services import audit
from app.services.ui.i18n import _
from app.services.workflow import calendar
from app.services.workflow.acting import file_of, open_file
from app.services.workflow.process import Refusal, Refused
from app.tenancy.context import current
from app.tenancy.counters import next_number
from app.tenancy.database import db


def start(draft: Draft) -> Hibah:
    """A new proposal of the signed-in applicant, with its number; commits."""
    proposal = Hibah(id=uuid7(), pemohon_id=UUID(current().actor), tanggal_masuk=calendar.today(), nomor="")
    _fill(proposal, draft)
    proposal.nomor = f"{draft.tahun}-{next_number(f'hibah:{draft.tahun}'):05d}"
    db.session.add(proposal)
    db.session.flush()
    open_file(PROPOSAL, proposal)
    audit.note("hibah.buka", "hibah", proposal.id, after={"nomor": proposal.nomor, "amount": draft.amount})
    db.session.commit()
    return proposal


def change(number: str, draft: Draft) -> Hibah:
    """Change a proposal that waits for its applicant; commits.

    Raises:
        Refused: it is with somebody else now.
        LookupError: there is none of this number of his.
    """
    proposal = mine(number)
    file = file_of(PROPOSAL, proposal.id, lock=True)
    if file is None or file.state not in {"DRAFT", "DIKEMBALIKAN"}:
        db.session.rollback()
        raise Refused(Refusal("sudah-berubah", _("Usulan ini sedang diperiksa; isinya tidak dapat diubah lagi.")))
    before = {"judul": proposal.judul, "amount": proposal.amount_requested}
    _fill(proposal, draft)
    file.judul = draft.judul
    audit.note("hibah.ubah", "hibah", proposal.id, before=before, after={"judul": draft.judul, "amount": draft.amount})
    db.session.commit()
    return proposal


def mine(number: str) -> Hibah:
    """The applicant's own proposal of this number; LookupError when there is none."""
    statement = select(Hibah).where(Hibah.nomor == number, Hibah.pemohon_id == UUID(current().actor))
    found = db.session.scalars(statement).one_or_none()
    if found is None:
        raise LookupError(number)
    return found


def _fill(proposal: Hibah, draft: Draft) -> None:
    proposal.rincian_jenis, proposal.jenis = draft.rincian_jenis, draft.rincian_jenis.partition("_")[0]
    proposal.judul, proposal.tujuan, proposal.penerima = draft.judul, draft.tujuan, draft.penerima
    proposal.kecamatan_kode, proposal.tahun, proposal.amount_requested = draft.kecamatan_kode, draft.tahun, draft.amount
    proposal.sumber, proposal.siklus = "langsung", "murni" if draft.tahun > calendar.today().year else "perubahan"
