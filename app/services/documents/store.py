"""The region's documents: taken in after every check, kept in storage, read by those who may."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from app.kernel.canonical import sha256_hex
from app.kernel.identifiers import uuid7
from app.services.documents.inspection import Facts
from app.services.documents.kinds import Visibility, may_read
from app.services.documents.storage import object_key, storage
from app.services.identity.accounts import Account
from app.tenancy.context import current
from app.tenancy.database import region_sql

#: The part number under which the public copy of a picture lies.
COPY = 0
COLUMNS = (
    "id, kind, subject_type, subject_ref, visibility, file_name, media_type, size, sha256, copy_size, phash, pages,"
    " width, height, taken_at, latitude, longitude, scanned"
)


@dataclass(frozen=True)
class Place:
    """Whose document it is and who may read it: kind of subject, its reference, visibility."""

    subject_type: str
    subject_ref: str
    visibility: Visibility


@dataclass(frozen=True)
class Document:
    """One stored document; sizes in bytes."""

    id: UUID
    kind: str
    subject_type: str
    subject_ref: str
    visibility: Visibility
    file_name: str
    media_type: str
    size: int
    sha256: str
    copy_size: int | None
    phash: str
    pages: int | None
    width: int | None
    height: int | None
    taken_at: str
    latitude: float | None
    longitude: float | None
    scanned: bool

    def shown_size(self, *, whole: bool) -> int:
        """The size of what a reader gets: the original, or the public copy of a picture."""
        return self.size if whole or self.copy_size is None else self.copy_size


@contextmanager
def workbench() -> Iterator[tuple[Path, Path]]:
    """Two paths, for a file to look at and for its public copy; both are gone at the end."""
    with TemporaryDirectory(prefix="smartcity-berkas-") as folder:
        yield Path(folder) / "berkas", Path(folder) / "salinan"


def keep(path: Path, copy: Path, facts: Facts) -> UUID:
    """Put the bytes into storage under a new number; `insert` or nothing makes it a document."""
    number = uuid7()
    with path.open("rb") as file:
        storage().put(object_key(number), file, facts.size)
    if facts.copy_size is not None:
        with copy.open("rb") as file:
            storage().put(object_key(number, COPY), file, facts.copy_size)
    return number


def insert(number: UUID, facts: Facts, kind: str, place: Place) -> Document:
    """Make what `keep` stored a document of `place`; the caller commits."""
    region_sql(
        "INSERT INTO documents (region_id, id, kind, subject_type, subject_ref, visibility, file_name, media_type,"
        " size, sha256, copy_size, phash, pages, width, height, taken_at, latitude, longitude, scanned, actor)"
        " VALUES (:region_id, :id, :kind, :subject_type, :subject_ref, :visibility, :file_name, :media_type, :size,"
        " :sha256, :copy_size, :phash, :pages, :width, :height, :taken_at, :latitude, :longitude, :scanned, :actor)",
        id=number, kind=kind, actor=current().actor, **vars(place), **vars(facts),
    )  # fmt: skip
    document = find(number)
    assert document is not None
    return document


def add_made(content: bytes, file_name: str, kind: str, place: Place) -> Document:
    """Store a PDF that this software made (it needs no checks); the caller commits."""
    with workbench() as (path, copy):
        path.write_bytes(content)
        facts = Facts(file_name, "pdf", "application/pdf", len(content), sha256_hex(content), scanned=False)
        return insert(keep(path, copy, facts), facts, kind, place)


def find(number: UUID) -> Document | None:
    """A document of the region, whoever asks."""
    return _one("id = :id", id=number)


def latest(kind: str) -> Document | None:
    """The newest document of a kind."""
    return _one("kind = :kind ORDER BY id DESC LIMIT 1", kind=kind)


def with_hash(sha256: str) -> list[Document]:
    """Every document whose bytes have this hash."""
    return _many("sha256 = :sha256", sha256=sha256)


def _one(where: str, **params: Any) -> Document | None:
    return next(iter(_many(where, **params)), None)


def _many(where: str, **params: Any) -> list[Document]:
    rows = region_sql(f"SELECT {COLUMNS} FROM documents WHERE region_id = :region_id AND {where}", **params)
    return [Document(**row) for row in rows.mappings()]


def readable(number: UUID, account: Account | None) -> Document | None:
    """The document, if this person may read it; None also when there is none: nobody learns which."""
    document = find(number)
    if document is None:
        return None
    allowed = may_read(document.subject_type, document.subject_ref, document.visibility, account)
    return document if allowed else None


def content(document: Document, *, whole: bool = True) -> Iterator[bytes]:
    """The bytes in chunks: the original, or (`whole=False`) the public copy of a picture.

    Raises:
        Missing: the storage lost it.
    """
    part = None if whole or document.copy_size is None else COPY
    return storage().get(object_key(document.id, part))


def read(document: Document) -> bytes:
    """The original as bytes, for what is small (letters, arms)."""
    return b"".join(content(document))
