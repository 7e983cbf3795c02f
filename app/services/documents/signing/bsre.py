"""BSrE's "Esign Client Service" as real applications call it: HTTP Basic, v1 multipart, v2 JSON with base64.

Facts: shared/spec/hayu.md section 10.1. One PDF a request; never sent again by itself; fails closed.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from dataclasses import dataclass
from typing import Any

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError
from urllib3.response import BaseHTTPResponse
from urllib3.util import make_headers

from app.services.documents.signing.providers import Failed, Person, Uncertain

CONNECT_SECONDS = 5
LARGEST_ANSWER = 40 * 1024 * 1024
#: Nothing was sent yet: the service did not sign.
NOT_SENT = (NewConnectionError, ConnectTimeoutError, NameResolutionError)
#: Answers of something in between (a proxy): the service may have signed all the same.
IN_BETWEEN = frozenset({502, 503, 504, 520, 522, 524})
CODES = {2011: "tidak-terdaftar", 2021: "tanpa-sertifikat", 2031: "sandi-salah"}


@dataclass(frozen=True)
class Service:
    """Where a region's service is and how to enter; `seconds`: how long an answer is waited for."""

    url: str
    username: str
    password: str
    seconds: int

    def __repr__(self) -> str:
        return f"Service({self.url})"

    def post(self, path: str, **what: Any) -> BaseHTTPResponse:
        """One request, no second one, no redirect.

        Raises:
            Failed: it never left.
            Uncertain: it left, and no whole answer came.
        """
        headers = make_headers(basic_auth=f"{self.username}:{self.password}")
        try:
            with PoolManager(num_pools=1) as pool:
                return pool.request(
                    "POST", self.url.rstrip("/") + path, headers=headers | what.pop("headers", {}), retries=False,
                    redirect=False, timeout=Timeout(connect=CONNECT_SECONDS, read=self.seconds), **what,
                )  # fmt: skip
        except NOT_SENT as error:
            raise Failed("tidak-terjangkau") from error
        except HTTPError as error:
            raise Uncertain("tanpa-jawaban") from error


def _hold(answer: BaseHTTPResponse) -> None:
    """Raise what an answer that is no success means."""
    if answer.status == 200:
        return
    if answer.status in IN_BETWEEN:
        raise Uncertain("terputus-di-perantara")
    if answer.status == 401:
        raise Failed("akun-layanan-ditolak")
    raise Failed(CODES.get(_status_code(answer.data), "ditolak-layanan"))


def _status_code(body: bytes) -> int:
    try:
        told = json.loads(body)
        return int(told.get("status_code") or told.get("status") or 0)
    except (ValueError, AttributeError, TypeError):
        return 0


def _pdf(content: bytes) -> bytes:
    if not content.startswith(b"%PDF-") or len(content) > LARGEST_ANSWER:
        raise Uncertain("jawaban-asing")
    return content


class BsreV1:
    """`POST /api/sign/pdf`, multipart; the answer is the PDF."""

    name, asks_person = "BSRE_V1", True

    def __init__(self, service: Service) -> None:
        self._service = service

    def sign(self, pdf: bytes, person: Person) -> bytes:
        """One request; v1 knows people by NIK only."""
        fields = {
            "file": ("surat.pdf", pdf, "application/pdf"), "nik": person.identity, "passphrase": person.secret,
            "tampilan": "invisible", "image": "false",
        }  # fmt: skip
        answer = self._service.post("/api/sign/pdf", fields=fields)
        _hold(answer)
        return _pdf(answer.data)


class BsreV2:
    """`POST /api/v2/sign/pdf`, JSON; the answer holds the PDF in base64."""

    name, asks_person = "BSRE_V2", True

    def __init__(self, service: Service) -> None:
        self._service = service

    def sign(self, pdf: bytes, person: Person) -> bytes:
        """One request, by NIK or e-mail."""
        who = {"email" if "@" in person.identity else "nik": person.identity}
        body = {
            **who, "passphrase": person.secret,
            "signatureProperties": [
                {"tampilan": "INVISIBLE", "reason": person.office, "location": "", "contactInfo": ""}
            ],
            "file": [b64encode(pdf).decode()],
        }  # fmt: skip
        answer = self._service.post(
            "/api/v2/sign/pdf", body=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
        )
        _hold(answer)
        try:
            return _pdf(b64decode(json.loads(answer.data)["file"][0], validate=True))
        except (ValueError, KeyError, IndexError, TypeError, BadBase64) as error:
            raise Uncertain("jawaban-asing") from error
