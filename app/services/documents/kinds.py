"""What may be uploaded, and who may read it: modules register their kinds of document and their subjects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from app.services.identity.accounts import Account
from app.services.identity.refusals import Refused
from app.services.ui.i18n import Lazy

Visibility = Literal["publik", "internal", "rahasia"]
MEGABYTE = 1024 * 1024


class FileRefused(Refused):
    """A file may not come in; `code` is stable, in Indonesian kebab case; the text is for the person."""

    def __init__(self, code: str, message: str, field: str = "berkas") -> None:
        super().__init__(field, message)
        self.code = code


@dataclass(frozen=True)
class FileType:
    """One type of file, told by its content.

    Attributes:
        media_type: what a download says; never one that a browser would run.
        begins: whether the first 1024 bytes can be of this type.
        check: reads the whole file and raises FileRefused; None: the inspector does it (PDF, pictures).
    """

    name: str
    media_type: str
    suffix: str
    begins: Callable[[bytes], bool]
    check: Callable[[Path], None] | None = None


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


# Told by the first bytes (ISO 32000, ISO 10918, PNG and WebP specifications); the real reader of each decides after.
_types: dict[str, FileType] = {
    kind.name: kind
    for kind in (
        FileType("pdf", "application/pdf", ".pdf", _starts(b"%PDF-")),
        FileType("jpeg", "image/jpeg", ".jpg", _starts(b"\xff\xd8\xff")),
        FileType("png", "image/png", ".png", _starts(b"\x89PNG\r\n\x1a\n")),
        FileType("webp", "image/webp", ".webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    )
}


def register_type(kind: FileType) -> None:
    """Let documents be of a further type."""
    _types[kind.name] = kind


def sniff(file: BinaryIO, allowed: tuple[str, ...]) -> FileType | None:
    """Which of the allowed types the content begins as; name and declared type are not asked."""
    head = file.read(1024)
    file.seek(0)
    return next((_types[name] for name in allowed if _types[name].begins(head)), None)


def accept_attribute(kind: "DocumentKind") -> str:
    """For `<input accept>`: `.pdf,.jpg`."""
    return ",".join(_types[name].suffix for name in kind.types)


def type_names(kind: "DocumentKind") -> str:
    """For people: PDF, JPEG."""
    return ", ".join("WebP" if name == "webp" else name.upper() for name in kind.types)


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document and its limits. Sizes in bytes, sides in pixels; sharpness 0: blur does not matter.

    Attributes:
        copy_pixels: longest side of the copy of a picture that others see.
    """

    name: str
    label: Lazy
    types: tuple[str, ...]
    max_bytes: int = 10 * MEGABYTE
    max_pages: int = 200
    min_pixels: int = 1
    max_pixels: int = 60_000_000
    min_sharpness: int = 0
    copy_pixels: int = 2048


@dataclass
class _Registry:
    kinds: dict[str, DocumentKind] = field(default_factory=dict)
    readers: dict[str, "MayRead"] = field(default_factory=dict)


#: (subject_ref, visibility, who asks or None) -> whether this person may read the subject's documents of this kind of
#: visibility.
MayRead = Callable[[str, Visibility, Account | None], bool]
_registry = _Registry()


def register_kind(kind: DocumentKind) -> None:
    """Make a kind of document known (by its name, once)."""
    _registry.kinds[kind.name] = kind


def kinds() -> Mapping[str, DocumentKind]:
    """Every registered kind by name."""
    return _registry.kinds


def register_subject(subject_type: str, may_read: MayRead) -> None:
    """Say who may read the documents of one type of subject; without this nobody may."""
    _registry.readers[subject_type] = may_read


def may_read(subject_type: str, subject_ref: str, visibility: Visibility, account: Account | None) -> bool:
    """Whether this person may read such a document; no by default."""
    reader = _registry.readers.get(subject_type)
    return reader is not None and reader(subject_ref, visibility, account)
