"""Uploads in chunks that survive a lost line: create, send from where the server is, finish; then a form takes it.

Modelled on tus 1.0 (Upload-Length, Upload-Offset, 409 on a wrong offset). What arrived stays: as parts in storage, as
rows here. An upload belongs to the account that began it; one that nobody took is gone after a day.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from werkzeug.datastructures import FileStorage, ImmutableMultiDict

from app.kernel.identifiers import uuid7
from app.services.documents import store
from app.services.documents.inspection import Facts, clean_name, examine, hold_size
from app.services.documents.kinds import DocumentKind, FileRefused, kinds
from app.services.documents.storage import object_key, storage
from app.services.documents.store import Document, Place
from app.services.ui.i18n import _
from app.tenancy.context import current
from app.tenancy.database import db, region_sql

CHUNK_LIMIT = 8 * 1024 * 1024
OPEN_AT_ONCE = 20
LIFETIME_HOURS = 24
#: What a form's file field is called when the file came in chunks.
SUFFIX = "_unggahan"


class WrongOffset(ValueError):
    """The sender is not where the server is; `received` says where that is."""

    def __init__(self, received: int) -> None:
        super().__init__(str(received))
        self.received = received


@dataclass(frozen=True)
class Upload:
    """One upload of the person who acts; sizes in bytes. `facts` is empty until it was finished."""

    id: UUID
    kind: str
    file_name: str
    size: int
    received: int
    facts: str


def create(kind: DocumentKind, file_name: str, size: int) -> Upload:
    """Begin an upload; commits.

    Raises:
        FileRefused: too large for its kind (before a byte is sent), or too many were begun and left.
    """
    name = clean_name(file_name)
    hold_size(size, kind, name)
    begun = region_sql(
        "SELECT count(*) FROM uploads WHERE region_id = :region_id AND actor = :actor", actor=current().actor
    ).scalar_one()
    if begun >= OPEN_AT_ONCE:
        raise FileRefused(
            "terlalu-banyak", _("Terlalu banyak unggahan yang belum dikirim. Kirim dulu formulirnya, atau coba besok.")
        )
    number = uuid7()
    region_sql(
        "INSERT INTO uploads (region_id, id, kind, actor, file_name, size)"
        " VALUES (:region_id, :id, :kind, :actor, :name, :size)",
        id=number, kind=kind.name, actor=current().actor, name=name, size=size,
    )  # fmt: skip
    db.session.commit()
    return Upload(number, kind.name, name, size, 0, "")


def find(number: UUID, *, lock: bool = False) -> Upload | None:
    """An upload that this person began; of anybody else's there is none."""
    row = region_sql(
        "SELECT id, kind, file_name, size, received, facts FROM uploads WHERE region_id = :region_id AND id = :id"
        " AND actor = :actor" + (" FOR UPDATE" if lock else ""),
        id=number, actor=current().actor,
    ).mappings().one_or_none()  # fmt: skip
    return Upload(**row) if row else None


def append(number: UUID, start: int, chunk: IO[bytes], size: int) -> Upload | None:
    """Add `size` bytes that begin at `start`; commits. None: no such upload.

    The body is already here: no lock is held while a slow line is read.

    Raises:
        WrongOffset: the server has more or less than `start` bytes; nothing is changed.
    """
    upload = find(number, lock=True)
    if upload is None:
        return None
    if start != upload.received or start + size > upload.size or not size:
        db.session.rollback()
        raise WrongOffset(upload.received)
    storage().put(object_key(number, start), chunk, size)
    region_sql(
        "INSERT INTO upload_parts (region_id, id, upload_id, start, size)"
        " VALUES (:region_id, :id, :upload, :start, :size)",
        id=uuid7(), upload=number, start=start, size=size,
    )  # fmt: skip
    region_sql(
        "UPDATE uploads SET received = received + :size WHERE region_id = :region_id AND id = :id",
        id=number, size=size,
    )  # fmt: skip
    db.session.commit()
    return Upload(upload.id, upload.kind, upload.file_name, upload.size, start + size, "")


def finish(number: UUID) -> Upload | None:
    """Put the parts together and check the whole; commits. Doing it twice does it once. None: no such upload.

    Raises:
        WrongOffset: bytes are missing.
        FileRefused: the file may not come in; the upload is forgotten.
    """
    upload = find(number, lock=True)
    if upload is None or upload.facts:
        db.session.rollback()
        return upload
    if upload.received != upload.size:
        db.session.rollback()
        raise WrongOffset(upload.received)
    with store.workbench() as (path, copy):
        _assemble(number, path)
        try:
            facts = examine(path, copy, upload.file_name, kinds()[upload.kind])
        except FileRefused:
            _forget(number)
            db.session.commit()
            raise
        document_id = store.keep(path, copy, facts)
    _drop_parts(number)
    note = json.dumps({"document_id": str(document_id), "facts": json.loads(facts.as_json())}, ensure_ascii=False)
    region_sql("UPDATE uploads SET facts = :note WHERE region_id = :region_id AND id = :id", id=number, note=note)
    db.session.commit()
    return Upload(upload.id, upload.kind, upload.file_name, upload.size, upload.received, note)


def _parts(number: UUID) -> list[int]:
    rows = region_sql(
        "SELECT start FROM upload_parts WHERE region_id = :region_id AND upload_id = :id ORDER BY start", id=number
    )
    return list(rows.scalars())


def _assemble(number: UUID, path: Path) -> None:
    with path.open("wb") as file:
        for start in _parts(number):
            for chunk in storage().get(object_key(number, start)):
                file.write(chunk)


def _drop_parts(number: UUID) -> None:
    for start in _parts(number):
        storage().delete(object_key(number, start))
    region_sql("DELETE FROM upload_parts WHERE region_id = :region_id AND upload_id = :id", id=number)


def _forget(number: UUID) -> None:
    _drop_parts(number)
    region_sql("DELETE FROM uploads WHERE region_id = :region_id AND id = :id", id=number)


@contextmanager
def _received(file: FileStorage) -> Iterator[tuple[Path, Path]]:
    with store.workbench() as (path, copy):
        file.save(path)
        yield path, copy


def take(
    form: ImmutableMultiDict[str, str],
    files: ImmutableMultiDict[str, FileStorage],
    field: str,
    kind: DocumentKind,
    place: Place,
) -> Document:
    """The document of a form's file field, however it came: in the form itself, or before it in chunks.

    The caller commits; until then a second press of the button waits, and then finds nothing left to take.

    Raises:
        FileRefused: nothing was chosen, or it may not come in; `field` is the form's.
    """
    try:
        if form.get(field + SUFFIX):
            return _take_upload(form[field + SUFFIX], kind, place)
        file = files.get(field)
        if file is None or not file.filename:
            raise FileRefused("tidak-ada", _("Pilih berkas dulu."))
        with _received(file) as (path, copy):
            facts = examine(path, copy, file.filename, kind)
            return store.insert(store.keep(path, copy, facts), facts, kind.name, place)
    except FileRefused as refused:
        raise FileRefused(refused.code, str(refused), field) from refused


def _take_upload(number: str, kind: DocumentKind, place: Place) -> Document:
    upload = find(UUID(number), lock=True) if _is_uuid(number) else None
    if upload is None or not upload.facts or upload.kind != kind.name:
        raise FileRefused("tidak-lengkap", _("Unggahan belum lengkap atau sudah dikirim. Pilih berkasnya sekali lagi."))
    note: dict[str, Any] = json.loads(upload.facts)
    document = store.insert(UUID(note["document_id"]), Facts(**note["facts"]), kind.name, place)
    region_sql("DELETE FROM uploads WHERE region_id = :region_id AND id = :id", id=upload.id)
    return document


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def forget_old(_payload: dict[str, object]) -> None:
    """The hourly job: what nobody took within a day is deleted, bytes and rows."""
    rows = region_sql(
        "SELECT id, facts FROM uploads WHERE region_id = :region_id"
        " AND created_at < clock_timestamp() - make_interval(hours => :hours)",
        hours=LIFETIME_HOURS,
    ).all()
    for row in rows:
        if row.facts:
            number = UUID(json.loads(row.facts)["document_id"])
            for key in (object_key(number), object_key(number, store.COPY)):
                storage().delete(key)
        _forget(row.id)


def sent_by(account_id: UUID) -> list[dict[str, object]]:
    """Documents that an account sent, for its owner."""
    rows = region_sql(
        "SELECT kind AS jenis, file_name AS nama_berkas, size AS ukuran, sha256, visibility AS keterbukaan,"
        " created_at AS dikirim FROM documents WHERE region_id = :region_id AND actor = :actor ORDER BY created_at",
        actor=str(account_id),
    )
    return [dict(row) for row in rows.mappings()]
