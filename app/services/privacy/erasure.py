"""Asking to be forgotten: the owner asks, an officer (PPID) decides, both on the record.

Source: UU 27/2022 (PDP) article 8; PPID decides because the region is the controller (articles 43 and 44).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.audit.queries import ACCOUNT
from app.services.identity import erasing
from app.services.identity.accounts import Account
from app.services.identity.refusals import Refused
from app.services.messages.mail import send_mail
from app.services.ui.i18n import _
from app.tenancy.database import db, region_sql

ASKED, GRANTED, DENIED, TAKEN_BACK = "DIMINTA", "DIKABULKAN", "DITOLAK", "DITARIK"
SHORTEST, LONGEST = 10, 2_000
COLUMNS = """
SELECT r.id, r.account_id, a.nama, a.email, r.reason, r.state, r.asked_at, r.decided_at, r.decision
FROM erasure_requests r JOIN accounts a ON a.region_id = :region_id AND a.id = r.account_id
WHERE r.region_id = :region_id
"""


@dataclass(frozen=True)
class Request:
    """One request, with whose account it is about; of an erased account nothing but its number is left."""

    id: UUID
    account_id: UUID
    nama: str
    email: str
    reason: str
    state: str
    asked_at: datetime
    decided_at: datetime | None
    decision: str


def all_requests() -> list[Request]:
    """Every request of the region, the open ones first, the oldest of them on top."""
    rows = region_sql(COLUMNS + " ORDER BY r.state <> 'DIMINTA', r.asked_at LIMIT 500")
    return [Request(**row) for row in rows.mappings()]


def one(request_id: UUID) -> Request | None:
    """The request of this number in this region."""
    return _found(" AND r.id = :id", request_id)


def open_of(account_id: UUID) -> Request | None:
    """The account's open request."""
    return _found(" AND r.account_id = :id AND r.state = 'DIMINTA'", account_id)


def _found(where: str, number: UUID) -> Request | None:
    row = region_sql(COLUMNS + where, id=number).mappings().one_or_none()
    return Request(**row) if row else None


def _words(field: str, text: str) -> str:
    words = text.strip()
    if not SHORTEST <= len(words) <= LONGEST:
        raise Refused(field, _("Tulis alasannya, %(least)s sampai %(most)s huruf.", least=SHORTEST, most=LONGEST))
    return words


def ask(account: Account, reason: str) -> None:
    """Ask for one's own account to be erased; asking twice is asking once. Commits.

    Raises:
        Refused: no reason was given.
    """
    words = _words("alasan", reason)
    asked = region_sql(
        "INSERT INTO erasure_requests (region_id, id, account_id, reason) VALUES (:region_id, :id, :account, :reason)"
        " ON CONFLICT (region_id, account_id) WHERE state = 'DIMINTA' DO NOTHING",
        id=uuid7(), account=account.id, reason=words,
    )  # fmt: skip
    if asked.rowcount:
        audit.note("hapus-akun.minta", ACCOUNT, account.id)
    db.session.commit()


def take_back(account: Account) -> None:
    """Take one's own open request back; commits."""
    gone = region_sql(
        "UPDATE erasure_requests SET state = :state, decided_at = clock_timestamp(), decided_by = :actor"
        " WHERE region_id = :region_id AND account_id = :account AND state = 'DIMINTA'",
        state=TAKEN_BACK, actor=str(account.id), account=account.id,
    )  # fmt: skip
    if gone.rowcount:
        audit.note("hapus-akun.tarik", ACCOUNT, account.id)
    db.session.commit()


def decide(request: Request, by: Account, *, grant: bool, decision: str) -> bool:
    """Decide an open request, erase the account if it is granted, and tell its owner; commits. Whether it was open.

    Raises:
        Refused: no reason was given, it is one's own, or the account must not be erased now.
    """
    words = _words("alasan", decision)
    if grant:
        erasing.check(request.account_id, by)
    if request.account_id == by.id:
        raise Refused("akun", _("Permintaan Anda sendiri diputuskan petugas lain."))
    state = GRANTED if grant else DENIED
    decided = region_sql(
        "UPDATE erasure_requests SET state = :state, decided_at = clock_timestamp(), decided_by = :actor,"
        " decision = :decision WHERE region_id = :region_id AND id = :id AND state = 'DIMINTA'",
        state=state, actor=str(by.id), decision=words, id=request.id,
    )  # fmt: skip
    if not decided.rowcount:
        db.session.rollback()
        return False
    audit.note("hapus-akun.putus", ACCOUNT, request.account_id, after={"keputusan": state}, reason=words)
    # The letter is asked for while the address is still known.
    _tell(request, words, grant=grant)
    if grant:
        erasing.erase(request.account_id, words)
    db.session.commit()
    return True


def _tell(request: Request, words: str, *, grant: bool) -> None:
    said = _("dikabulkan: nama, surel dan kata sandi Anda sudah dihapus") if grant else _("ditolak")
    send_mail(
        request.email,
        _("Permintaan penghapusan akun"),
        _("Halo %(nama)s,\n\nPermintaan Anda untuk menghapus akun %(said)s.\nAlasan petugas: %(words)s\n",
          nama=request.nama, said=said, words=words),
    )  # fmt: skip
