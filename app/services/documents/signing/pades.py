"""Validates the signatures of a PDF that a stranger sent. A program of its own, as the inspector is, and why.

Input (standard input): JSON {path, roots: [PEM files]}. Output: JSON {signatures: [{intact, valid, trusted, whole,
signer, organisation, at}]}, or {refused: code}. `whole`: it covers every byte, or what came after is harmless by
pyHanko's rules. Nothing is fetched from the network.
"""

import json
import logging
import resource
import sys
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext

CPU_SECONDS = 20
MEMORY = 1024 * 1024 * 1024
MOST_SIGNATURES = 10
BROKEN = (
    PdfError, SigningError, SignatureValidationError, ValueError, KeyError, TypeError, IndexError, AttributeError,
    RecursionError, OverflowError, NotImplementedError,
)  # fmt: skip
HARMLESS = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)


def signatures(path: Path, roots: list[x509.Certificate]) -> list[dict[str, Any]]:
    """What can be said of each signature, in the order in which they were added."""
    with path.open("rb") as file:
        embedded = PdfFileReader(file, strict=False).embedded_regular_signatures
        return [_judged(signature, roots) for signature in embedded[:MOST_SIGNATURES]]


def _judged(signature: EmbeddedPdfSignature, roots: list[x509.Certificate]) -> dict[str, Any]:
    certificate = signature.signer_cert
    subject = certificate.subject.native if certificate else {}
    told = {"signer": str(subject.get("common_name", "")), "organisation": str(subject.get("organization_name", ""))}
    try:
        context = ValidationContext(trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail")
        status = validate_pdf_signature(signature, context, ts_validation_context=context)
    except BROKEN:
        return {**told, "intact": False, "valid": False, "trusted": False, "whole": False, "at": ""}
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE or status.modification_level in HARMLESS
    at = status.timestamp_validity.timestamp if status.timestamp_validity else status.signer_reported_dt
    return {
        **told, "intact": status.intact, "valid": status.valid, "trusted": bool(status.trusted), "whole": bool(whole),
        "at": at.isoformat() if at else "",
    }  # fmt: skip


def certificates(path: Path) -> list[x509.Certificate]:
    """Every certificate of a PEM file."""
    return [
        x509.Certificate.load(content) for _kind, _headers, content in pem.unarmor(path.read_bytes(), multiple=True)
    ]


def main() -> None:
    """One file, one answer."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.disable()
    order = json.load(sys.stdin)
    roots = [certificate for root in order["roots"] for certificate in certificates(Path(root))]
    try:
        answer: dict[str, Any] = {"signatures": signatures(Path(order["path"]), roots)}
    except BROKEN:
        answer = {"refused": "pdf-rusak"}
    except MemoryError:
        answer = {"refused": "terlalu-berat"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
