"""The register of letters: issue (number last, no gaps), make again, revoke, find by token."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.engine import RowMapping

from app.kernel.canonical import canonical_json, sha256_hex
from app.kernel.clock import now, today
from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.documents import arms, store
from app.services.documents.kinds import Visibility
from app.services.documents.letters.layouts import letter_kinds, provided
from app.services.documents.store import Document, Place
from app.services.identity.accounts import Account
from app.services.identity.permissions import SURAT_LIHAT
from app.services.identity.refusals import Refused
from app.services.jobs.outbox import enqueue
from app.services.ui.i18n import _
from app.tenancy.context import current
from app.tenancy.database import region_sql
from app.tenancy.site import Site

SUBJECT, PRINT_JOB, LETTER = "surat", "surat.cetak", "letter"
COLUMNS = (
    "id, kind, version, tahun, number, nomor, tanggal, subject_type, subject_ref, token, data, data_hash, signer,"
    " state, document_id, signed_document_id, signed_at, revoked_at, revoked_reason, created_at"
)
SHOWN = 200


@dataclass(frozen=True)
class Letter:
    """One letter of the register. `data`: all that its PDF is made of; states as in `signature_requests`."""

    id: UUID
    kind: str
    version: int
    tahun: int
    number: int
    nomor: str
    tanggal: date
    subject_type: str
    subject_ref: str
    token: str
    data: str
    data_hash: str
    signer: str
    state: str
    document_id: UUID | None
    signed_document_id: UUID | None
    signed_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str
    created_at: datetime

    @property
    def label(self) -> str:
        """What people call this kind of letter."""
        kind = letter_kinds().get(self.kind)
        return str(kind.label) if kind else self.kind

    @property
    def person(self) -> tuple[str, str]:
        """Name and office of who signs; a name may hold commas, so `signer` is for people only."""
        name, office = json.loads(self.data)["penandatangan"]
        return name, office

    @property
    def valid(self) -> bool:
        """Whether it holds today: signed and not revoked."""
        return self.state == "DITANDATANGANI" and self.revoked_at is None


@dataclass(frozen=True)
class Order:
    """A letter that is asked for.

    Attributes:
        signer: name and office of who will sign.
        fields, tables: exactly what the kind's newest layout prints beside the provided fields; ready texts.
        subject_type, subject_ref: what the letter is about.
    """

    kind: str
    subject_type: str
    subject_ref: str
    signer: tuple[str, str]
    fields: Mapping[str, str]
    tables: Mapping[str, list[list[str]]] = field(default_factory=dict)


def may_read(_ref: str, _visibility: Visibility, account: Account | None) -> bool:
    """Letters are read by those whose role looks after them; the public checks a letter by its token."""
    return account is not None and SURAT_LIHAT in account.permissions


def issue(order: Order, site: Site, base_url: str) -> Letter:
    """Take the next number and write the letter down; state SIAP. The caller commits, then calls `printed`.

    The counter's row is locked by the last step that can wait for somebody else, and nothing slow follows it in the
    transaction: the PDF is made from `data` afterwards, by the caller or by the job that is asked for here. What rolls
    back gives its number back.

    Raises:
        LayoutError: fields and layout do not match.
        Refused: the signer's name or office is missing.
    """
    layout = letter_kinds()[order.kind].layout()
    layout.check(order.fields, order.tables)
    _check_signer(order.signer)
    day, token, letter_id = today(site.time_zone), secrets.token_urlsafe(16), uuid7()
    picture = arms.current()
    data: dict[str, Any] = {
        "daerah": site.name,
        "kop": [f"PEMERINTAH {site.name.upper()}"],
        "lambang": str(picture.id) if picture else "",
        "tanggal": day.isoformat(),
        "dibuat": now().replace(microsecond=0).isoformat(),
        "penandatangan": list(order.signer),
        "alamat": f"{base_url}v/{token}",
        "isian": dict(order.fields),
        "tabel": dict(order.tables),
    }
    enqueue(PRINT_JOB, {"letter_id": str(letter_id)})
    number = _next_number(order.kind, day.year)
    data["nomor"] = layout.number(number, day)
    packed = canonical_json(data)
    region_sql(
        "INSERT INTO letters (region_id, id, kind, version, tahun, number, nomor, tanggal, subject_type, subject_ref,"
        " token, data, data_hash, signer, actor) VALUES (:region_id, :id, :kind, :version, :tahun, :number, :nomor,"
        " :tanggal, :subject_type, :subject_ref, :token, :data, :data_hash, :signer, :actor)",
        id=letter_id, kind=order.kind, version=layout.version, tahun=day.year, number=number, nomor=data["nomor"],
        tanggal=day, subject_type=order.subject_type, subject_ref=order.subject_ref, token=token, data=packed.decode(),
        data_hash=sha256_hex(packed), signer=", ".join(order.signer), actor=current().actor,
    )  # fmt: skip
    audit.note("surat.terbit", LETTER, letter_id, after={"jenis": order.kind, "nomor": data["nomor"]})
    letter = find(letter_id)
    assert letter is not None
    return letter


def printed(letter_id: UUID) -> Document | None:
    """The letter's unsigned PDF, made now if it was not made yet; the caller commits. None: no such letter."""
    letter = find(letter_id, lock=True)
    if letter is None:
        return None
    if letter.document_id is not None:
        return store.find(letter.document_id)
    name, place = f"{letter.kind}-{letter.tahun}-{letter.number:04d}.pdf", Place(SUBJECT, str(letter.id), "internal")
    document = store.add_made(make_again(letter), name, SUBJECT, place)
    region_sql(
        "UPDATE letters SET document_id = :document WHERE region_id = :region_id AND id = :id",
        id=letter.id, document=document.id,
    )  # fmt: skip
    return document


def print_job(payload: dict[str, Any]) -> None:
    """Print a letter whose maker did not come to it; printed already is fine."""
    printed(UUID(payload["letter_id"]))


def _check_signer(signer: tuple[str, str]) -> None:
    for name, value in zip(("nama", "jabatan"), signer, strict=True):
        if not value.strip() or len(value) > 120 or not value.isprintable():
            raise Refused(name, _("Tulis nama dan jabatan penanda tangan, masing-masing paling banyak 120 huruf."))


def _next_number(kind: str, year: int) -> int:
    """The next number of the kind in the year; the row stays locked until the transaction ends."""
    number: int = region_sql(
        "INSERT INTO letter_numbers (region_id, id, kind, tahun, last) VALUES (:region_id, :id, :kind, :year, 1)"
        " ON CONFLICT (region_id, kind, tahun) DO UPDATE SET last = letter_numbers.last + 1 RETURNING last",
        id=uuid7(), kind=kind, year=year,
    ).scalar_one()  # fmt: skip
    return number


def _print(kind: str, version: int, data: Mapping[str, Any]) -> bytes:
    # 27 MB of fonts and tables that only a process which draws letters needs.
    from app.services.documents.letters.paper import Sheet, render

    layout = letter_kinds()[kind].layout(version)
    day, signer = date.fromisoformat(data["tanggal"]), (data["penandatangan"][0], data["penandatangan"][1])
    picture = store.find(UUID(data["lambang"])) if data["lambang"] else None
    sheet = Sheet(
        head=tuple(data["kop"]),
        values={**provided(data["nomor"], day, data["daerah"], signer), **data["isian"]},
        tables=data["tabel"],
        verify_url=data["alamat"],
        issued_at=datetime.fromisoformat(data["dibuat"]),
        arms=store.read(picture) if picture else b"",
    )
    return render(layout, sheet)


def make_again(letter: Letter) -> bytes:
    """The unsigned PDF, from the register's data alone: the same bytes as on the day it was issued."""
    return _print(letter.kind, letter.version, json.loads(letter.data))


def find(number: UUID, *, lock: bool = False) -> Letter | None:
    """A letter by its number."""
    return _one("id = :id" + (" FOR UPDATE" if lock else ""), id=number)


def with_token(token: str) -> Letter | None:
    """The letter that a QR code means."""
    return _one("token = :token", token=token)


def with_document(document: Document) -> Letter | None:
    """The letter whose PDF this is, signed or not yet."""
    return _one("(document_id = :id OR signed_document_id = :id)", id=document.id)


def latest() -> list[Letter]:
    """The newest 200 letters."""
    return _many("true ORDER BY id DESC LIMIT :most", most=SHOWN)


def about(subject_type: str, subject_ref: str) -> list[Letter]:
    """Letters about one subject, oldest first."""
    return _many("subject_type = :type AND subject_ref = :ref ORDER BY id", type=subject_type, ref=subject_ref)


def _one(where: str, **params: Any) -> Letter | None:
    return next(iter(_many(where, **params)), None)


def _many(where: str, **params: Any) -> list[Letter]:
    rows = region_sql(f"SELECT {COLUMNS} FROM letters WHERE region_id = :region_id AND {where}", **params).mappings()
    return [_letter(row) for row in rows]


def _letter(row: RowMapping) -> Letter:
    return Letter(**row)


def revoke(letter_id: UUID, reason: str) -> None:
    """Take a signed letter's force away, for good; the caller commits.

    Raises:
        Refused: it has none, or the reason is missing.
    """
    letter = find(letter_id, lock=True)
    if letter is None or not letter.valid:
        raise Refused("alasan", _("Hanya surat yang berlaku dapat dicabut."))
    if not 10 <= len(reason.strip()) <= 500:
        raise Refused("alasan", _("Tulis alasan pencabutan, 10 sampai 500 huruf."))
    region_sql(
        "UPDATE letters SET revoked_at = clock_timestamp(), revoked_reason = :reason"
        " WHERE region_id = :region_id AND id = :id",
        id=letter_id, reason=reason.strip(),
    )  # fmt: skip
    audit.note("surat.cabut", LETTER, letter_id, after={"nomor": letter.nomor}, reason=reason.strip())
