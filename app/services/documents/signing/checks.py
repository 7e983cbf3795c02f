"""What a PDF's signatures are worth, and whether a signed PDF is the letter that we sent."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from flask import current_app

from app.services.documents import store
from app.services.documents.inspection import run_alone
from config.settings import Settings

PADES = Path(__file__).with_name("pades.py")


@dataclass(frozen=True)
class Signature:
    """One signature. `intact`: not a signed byte changed; `whole`: and nothing of weight was added after it.

    Attributes:
        trusted: by an authority that this deployment trusts.
        at: ISO moment, from the time stamp or, without one, as the signer says.
    """

    signer: str
    organisation: str
    at: str
    intact: bool
    valid: bool
    trusted: bool
    whole: bool

    @property
    def good(self) -> bool:
        """Whether the file is as it was signed, whoever signed it."""
        return self.intact and self.valid and self.whole


class Unreadable(ValueError):
    """The file is no PDF that can be read."""


def roots() -> list[str]:
    """PEM files of the authorities that this deployment trusts: what lies in `VAR_DIR/tanda-tangan/akar/`, and the
    local one where it may sign."""
    # This one, and pypdf below, are libraries that only a process which judges a PDF needs.
    from app.services.documents.signing.local import local_authority

    settings: Settings = current_app.extensions["settings"]
    folder = settings.var_dir / "tanda-tangan" / "akar"
    local = [local_authority(settings.var_dir).root_file] if settings.local_signer else []
    return [str(path) for path in (*sorted(folder.glob("*.pem")), *local)]


def signatures_of(path: Path) -> list[Signature]:
    """Every signature of a foreign PDF, judged in a process of its own.

    Raises:
        Unreadable: it cannot be read.
    """
    answer = run_alone(PADES, {"path": str(path), "roots": roots()})
    if "refused" in answer:
        raise Unreadable(answer["refused"])
    return [Signature(**told) for told in answer["signatures"]]


def is_signed_form_of(signed: bytes, sent: bytes) -> bool:
    """Whether `signed` is the PDF that we sent with a good signature on it, and nothing else.

    A signer that appends leaves our bytes in front. One that writes the file anew must show the same text on the same
    number of pages; what the signature then covers is that text.
    """
    with store.workbench() as (path, _copy):
        path.write_bytes(signed)
        try:
            found = signatures_of(path)
        except Unreadable:
            return False
    if not found or not found[-1].good:
        return False
    return signed.startswith(sent) or _texts(signed) == _texts(sent)


def _texts(pdf: bytes) -> list[str]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    except (PyPdfError, ValueError, KeyError) as error:
        raise Unreadable("pdf-rusak") from error
