"""Asking for a signature: SIAP → DIMINTA → DITANDATANGANI | GAGAL | TIDAK_PASTI. Once; a person decides what is unsure.

The state is committed before the service is called and after it answered, never held open between. What breaks off in
between stays DIMINTA, and after a few minutes a person may treat it as TIDAK_PASTI.
"""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from app.kernel.clock import now
from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.documents import store
from app.services.documents.kinds import FileRefused
from app.services.documents.letters import register
from app.services.documents.letters.register import Letter
from app.services.documents.signing.checks import Unreadable, is_signed_form_of
from app.services.documents.signing.providers import Failed, Person, Provider, Uncertain
from app.services.documents.store import Place
from app.services.identity.refusals import Refused
from app.services.ui.i18n import Lazy, _, lazy
from app.tenancy.context import current
from app.tenancy.database import db, region_sql

SIGNABLE = frozenset({"SIAP", "GAGAL"})
ABANDONED = timedelta(minutes=5)
SIGNED_KIND = "surat"
HANDED_IN = "diserahkan"
REASONS: dict[str, Lazy] = {
    "tidak-terjangkau": lazy("Layanan tanda tangan tidak terjangkau; surat belum dikirim ke sana."),
    "akun-layanan-ditolak": lazy("Layanan menolak akun aplikasi daerah ini. Hubungi operator."),
    "tidak-terdaftar": lazy("NIK atau surel ini tidak terdaftar di BSrE."),
    "tanpa-sertifikat": lazy("Penanda tangan ini belum punya sertifikat yang berlaku di BSrE."),
    "sandi-salah": lazy("Frasa sandi salah. Surat belum ditandatangani."),
    "ditolak-layanan": lazy("Layanan menolak surat ini. Surat belum ditandatangani."),
    HANDED_IN: lazy("PDF bertanda tangan diserahkan petugas."),
    "dinyatakan-gagal": lazy("Dinyatakan tidak jadi ditandatangani."),
    "tanpa-jawaban": lazy("Permintaan terkirim, tetapi layanan tidak menjawab."),
    "terputus-di-perantara": lazy("Permintaan terkirim, tetapi jawabannya terputus di perantara."),
    "jawaban-asing": lazy("Layanan menjawab, tetapi jawabannya bukan surat ini dengan tanda tangan yang utuh."),
}


def undecided(letter: Letter) -> bool:
    """Whether a person must say what became of the request."""
    return letter.state == "TIDAK_PASTI" or (letter.state == "DIMINTA" and _abandoned(letter))


def _abandoned(letter: Letter) -> bool:
    asked = region_sql(
        "SELECT max(requested_at) FROM signature_requests WHERE region_id = :region_id AND letter_id = :id",
        id=letter.id,
    ).scalar_one()
    return asked is None or asked < now() - ABANDONED


def history(letter: Letter) -> list[dict[str, object]]:
    """Every request for this letter, newest first."""
    rows = region_sql(
        "SELECT provider, state, code, note, requested_at, answered_at FROM signature_requests"
        " WHERE region_id = :region_id AND letter_id = :id ORDER BY id DESC",
        id=letter.id,
    )
    return [dict(row) for row in rows.mappings()]


def sign(letter_id: UUID, provider: Provider, person: Person) -> str:
    """Ask `provider` once and commit; returns the letter's new state.

    Raises:
        Refused: it is being signed, is signed, or is unsure; or identity or passphrase are missing.
    """
    if provider.asks_person and not (person.identity.strip() and person.secret):
        raise Refused("frasa" if person.identity.strip() else "identitas",
                      _("Isi NIK atau surel BSrE dan frasa sandi Anda."))  # fmt: skip
    letter = register.find(letter_id, lock=True)
    if letter is None or letter.state not in SIGNABLE:
        db.session.rollback()
        raise Refused(
            "frasa", _("Surat ini sedang atau sudah ditandatangani. Muat ulang halaman untuk melihat keadaannya.")
        )
    request_id = uuid7()
    _set_state(letter.id, "DIMINTA")
    region_sql(
        "INSERT INTO signature_requests (region_id, id, letter_id, provider, actor)"
        " VALUES (:region_id, :id, :letter, :provider, :actor)",
        id=request_id, letter=letter.id, provider=provider.name, actor=current().actor,
    )  # fmt: skip
    sent = _unsigned(letter)
    audit.note("surat.minta-tandatangan", register.LETTER, letter.id, after={"layanan": provider.name})
    db.session.commit()
    state, code, signed = _ask(provider, sent, person)
    if signed is not None:
        _keep_signed(letter, signed)
    else:
        _set_state(letter.id, state)
    _answer(request_id, letter.id, state, code)
    db.session.commit()
    return state


def _ask(provider: Provider, sent: bytes, person: Person) -> tuple[str, str, bytes | None]:
    try:
        signed = provider.sign(sent, person)
    except Failed as failed:
        return "GAGAL", failed.code, None
    except Uncertain as uncertain:
        return "TIDAK_PASTI", uncertain.code, None
    if not _is_ours(signed, sent):
        return "TIDAK_PASTI", "jawaban-asing", None
    return "DITANDATANGANI", "", signed


def _is_ours(signed: bytes, sent: bytes) -> bool:
    try:
        return is_signed_form_of(signed, sent)
    except Unreadable:
        return False


def _unsigned(letter: Letter) -> bytes:
    document = register.printed(letter.id)
    assert document is not None
    return store.read(document)


def _keep_signed(letter: Letter, signed: bytes) -> None:
    name = f"{letter.kind}-{letter.tahun}-{letter.number:04d}-tte.pdf"
    document = store.add_made(signed, name, SIGNED_KIND, Place(register.SUBJECT, str(letter.id), "internal"))
    region_sql(
        "UPDATE letters SET state = 'DITANDATANGANI', signed_document_id = :document, signed_at = clock_timestamp()"
        " WHERE region_id = :region_id AND id = :id",
        id=letter.id, document=document.id,
    )  # fmt: skip


def _set_state(letter_id: UUID, state: str) -> None:
    region_sql("UPDATE letters SET state = :state WHERE region_id = :region_id AND id = :id", id=letter_id, state=state)


def _answer(request_id: UUID, letter_id: UUID, state: str, code: str, note: str = "") -> None:
    region_sql(
        "UPDATE signature_requests SET state = :state, code = :code, note = :note, answered_at = clock_timestamp()"
        " WHERE region_id = :region_id AND id = :id",
        id=request_id, state=state, code=code, note=note,
    )  # fmt: skip
    audit.note("surat.tandatangan", register.LETTER, letter_id, after={"keadaan": state, "kode": code}, reason=note)


def _undecided(letter_id: UUID) -> tuple[Letter, UUID]:
    letter = register.find(letter_id, lock=True)
    if letter is None or not undecided(letter):
        raise Refused("berkas", _("Surat ini tidak menunggu kepastian."))
    request_id: UUID = region_sql(
        "SELECT id FROM signature_requests WHERE region_id = :region_id AND letter_id = :id"
        " AND state IN ('DIMINTA', 'TIDAK_PASTI')",
        id=letter.id,
    ).scalar_one()
    return letter, request_id


def settle_signed(letter_id: UUID, path: Path) -> None:
    """A person found the signed PDF at the service: keep it, if it is this letter; the caller commits.

    Raises:
        FileRefused: it is not this letter with a good signature.
        Refused: nothing is undecided.
    """
    letter, request_id = _undecided(letter_id)
    signed = path.read_bytes()
    if not _is_ours(signed, _unsigned(letter)):
        raise FileRefused("jawaban-asing", _("PDF ini bukan surat ini dengan tanda tangan yang utuh."))
    _keep_signed(letter, signed)
    _answer(request_id, letter.id, "DITANDATANGANI", HANDED_IN)


def settle_failed(letter_id: UUID, note: str) -> None:
    """A person asked the service: it was not signed. The letter may be signed again; the caller commits.

    Raises:
        Refused: nothing is undecided, or it is not said how this is known.
    """
    if not 10 <= len(note.strip()) <= 500:
        raise Refused("catatan", _("Tulis bagaimana Anda memastikannya, 10 sampai 500 huruf."))
    letter, request_id = _undecided(letter_id)
    _set_state(letter.id, "GAGAL")
    _answer(request_id, letter.id, "GAGAL", "dinyatakan-gagal", note.strip())
