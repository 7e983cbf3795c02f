"""Is this paper real? By the token of its QR code, or by the file itself; both without signing in.

What is told is public: kind, number, date, who signed in which office, state, SHA-256. Never what the letter says.
"""

import re
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from app.services.documents import store
from app.services.documents.letters import register
from app.services.documents.letters.register import Letter
from app.services.documents.signing.checks import Signature, Unreadable, signatures_of

#: The address that every page of a letter carries as a link.
CLAIM = re.compile(rb"/v/([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])")


@dataclass(frozen=True)
class Result:
    """What was found of an uploaded PDF.

    Attributes:
        code: asli | dicabut | belum-ditandatangani | berubah | asing-utuh | asing-rusak | tidak-dikenal | bukan-pdf.
        letter: the registered letter, when the file is one; for `berubah` the one that it claims to be.
        sha256: of the uploaded file.
    """

    code: str
    sha256: str
    letter: Letter | None = None
    signatures: tuple[Signature, ...] = ()


def sha256_of(letter: Letter) -> str:
    """The registered SHA-256 of a letter's valid form; empty while it is not printed."""
    number = letter.signed_document_id or letter.document_id
    document = store.find(number) if number else None
    return document.sha256 if document else ""


def verify(path: Path) -> Result:
    """Compare a file with the register, and judge its signatures."""
    with path.open("rb") as file:
        is_pdf = file.read(5) == b"%PDF-"
        file.seek(0)
        digest = file_digest(file, "sha256").hexdigest()
    if not is_pdf:
        return Result("bukan-pdf", digest)
    try:
        signatures = tuple(signatures_of(path))
    except Unreadable:
        signatures = ()
    letter = next(
        (letter for document in store.with_hash(digest) if (letter := register.with_document(document))), None
    )
    if letter is not None:
        return Result(_registered(letter, digest), digest, letter, signatures)
    claimed = _claimed(path)
    if claimed is not None:
        return Result("berubah", digest, claimed, signatures)
    if not signatures:
        return Result("tidak-dikenal", digest)
    return Result(
        "asing-utuh" if all(signature.good for signature in signatures) else "asing-rusak", digest, None, signatures
    )


def _registered(letter: Letter, digest: str) -> str:
    if letter.revoked_at is not None:
        return "dicabut"
    return "asli" if letter.valid and digest == sha256_of(letter) else "belum-ditandatangani"


def _claimed(path: Path) -> Letter | None:
    found = CLAIM.search(path.read_bytes())
    return register.with_token(found[1].decode()) if found else None
