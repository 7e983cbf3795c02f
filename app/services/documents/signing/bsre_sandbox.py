"""A stand-in for BSrE's client service, for development and tests: the same wire format, real PAdES B-T signatures.

`flask documents bsre-sandbox` serves it. Its people, passphrases and authority are made up. Facts of the format:
shared/spec/hayu.md section 10.1; what is observed of the real one (401 as JSON, 500 on an empty PDF, codes 2011, 2021)
is imitated, so that the adapter meets it here first.
"""

import json
import logging
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyhanko.pdf_utils.misc import PdfError
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from app.kernel.clock import now
from app.kernel.identifiers import uuid7
from app.services.documents.signing import pades
from app.services.documents.signing.local import Authority, add_signature
from app.services.documents.signing.providers import Person

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)
USERNAME, PASSWORD = "kominfo", "sandi-layanan"
ORGANISATION = "Bak pasir BSrE (bukan produksi)"
URLS = Map(
    [
        Rule("/api/user/status/<nik>", endpoint="status_v1", methods=["GET"]),
        Rule("/api/v2/user/check/status", endpoint="status_v2", methods=["POST"]),
        Rule("/api/sign/pdf", endpoint="sign_v1", methods=["POST"]),
        Rule("/api/sign/download/<number>", endpoint="download_v1", methods=["GET"]),
        Rule("/api/v2/sign/pdf", endpoint="sign_v2", methods=["POST"]),
        Rule("/api/v2/verify/pdf", endpoint="verify_v2", methods=["POST"]),
    ]
)


@dataclass(frozen=True)
class Known:
    """One made-up person; `state`: ISSUE or NO_CERTIFICATE."""

    name: str
    nik: str
    email: str
    passphrase: str
    state: str = "ISSUE"


PEOPLE = (
    Known("Siti Contoh", "3273014101900001", "siti@contoh.go.id", "frasa sandi contoh"),
    Known("Tanpa Sertifikat", "3273014101900002", "tanpa@contoh.go.id", "frasa sandi contoh", "NO_CERTIFICATE"),
)


class Answer(Exception):
    """An answer that ends the request."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.response = _json({"status_code": code, "error": message}, status)


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content), status=status, mimetype="application/json")


@dataclass
class Sandbox:
    """The WSGI application.

    Attributes:
        folder: where its authority lies.
        before_answer: called after a signature was made and before the answer leaves: a test stalls or drops here.
        calls: how often each endpoint was asked.
    """

    folder: Path
    people: tuple[Known, ...] = PEOPLE
    before_answer: Callable[[], None] = lambda: None
    calls: Counter[str] = field(default_factory=Counter)
    signed: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.authority = Authority(self.folder, ORGANISATION)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """One request; nothing of its body is logged."""
        request = Request(environ)
        try:
            endpoint, values = URLS.bind_to_environ(environ).match()
            self.calls[endpoint] += 1
            if not self._may_enter(request):
                raise Answer(401, 401, "Unauthorized")
            response: Response = getattr(self, endpoint)(request, **values)
        except Answer as answer:
            response = answer.response
        except HTTPException as error:
            response = Response(error.get_body(), error.code)
        log.info("bsre-sandbox %s %s", request.method, response.status_code)
        return response(environ, start_response)

    def _may_enter(self, request: Request) -> bool:
        given = request.authorization
        return given is not None and (given.username, given.password) == (USERNAME, PASSWORD)

    def _person(self, said: Mapping[str, Any]) -> Known | None:
        return next((one for one in self.people if said.get("nik") == one.nik or said.get("email") == one.email), None)

    def _status(self, said: Mapping[str, Any]) -> Response:
        person = self._person(said)
        if person is None:
            return _json({"status_code": 2011, "status": "NOT_REGISTERED", "message": "User tidak terdaftar"})
        code = 1111 if person.state == "ISSUE" else 2021
        return _json({"status_code": code, "status": person.state, "message": person.name})

    def status_v1(self, _request: Request, nik: str) -> Response:
        """`GET /api/user/status/{nik}`."""
        return self._status({"nik": nik})

    def status_v2(self, request: Request) -> Response:
        """`POST /api/v2/user/check/status`."""
        return self._status(request.get_json(force=True))

    def _sign(self, said: Mapping[str, Any], pdf: bytes, reason: str) -> bytes:
        person = self._person(said)
        if person is None:
            raise Answer(400, 2011, "User tidak terdaftar")
        if person.state != "ISSUE":
            raise Answer(400, 2021, "User belum memiliki sertifikat")
        if said.get("passphrase") != person.passphrase:
            raise Answer(400, 2031, "Passphrase anda salah")
        signer = self.authority.signer(person.nik, person.name, ORGANISATION)
        try:
            content = add_signature(pdf, signer, Person(person.name, reason), self.authority.time_stamper())
        except (PdfError, ValueError) as error:
            raise Answer(500, 500, "Internal Server Error") from error
        self.signed[uuid7().hex] = content
        self.before_answer()
        return content

    def sign_v1(self, request: Request) -> Response:
        """`POST /api/sign/pdf`, multipart; the answer is the PDF, its number in a header."""
        file = request.files.get("file")
        content = self._sign(request.form, file.read() if file else b"", "")
        return Response(content, mimetype="application/pdf", headers={"id_dokumen": next(reversed(self.signed))})

    def download_v1(self, _request: Request, number: str) -> Response:
        """`GET /api/sign/download/{id}`."""
        if number not in self.signed:
            raise NotFound
        return Response(self.signed[number], mimetype="application/pdf")

    def sign_v2(self, request: Request) -> Response:
        """`POST /api/v2/sign/pdf`, JSON; the answer holds the PDFs in base64."""
        said = request.get_json(force=True)
        reason = next((str(one.get("reason", "")) for one in said.get("signatureProperties", ())), "")
        signed = self._sign(said, _first_file(said), reason)
        return _json({"time": now().isoformat(), "file": [b64encode(signed).decode()]})

    def verify_v2(self, request: Request) -> Response:
        """`POST /api/v2/verify/pdf`, with the real one's misspelt names."""
        path = self.folder / f"{uuid7()}.pdf"
        path.write_bytes(_first_file(request.get_json(force=True)))
        try:
            found = pades.signatures(path, pades.certificates(self.authority.root_file))
        except pades.BROKEN as error:
            raise Answer(500, 500, "Internal Server Error") from error
        finally:
            path.unlink()
        good = bool(found) and all(one["intact"] and one["valid"] and one["trusted"] for one in found)
        return _json({
            "conclusion": "VALID" if good else "INVALID" if found else "NO_SIGNATURE", "signatureCount": len(found),
            "description": "", "signatureInformations": [
                {"signerName": one["signer"], "integrityValid": one["intact"], "certificateTrusted": one["trusted"],
                 "timestampInfomation": {"signatureAlgoritm": "SHA256withRSA", "timestamp": one["at"]}} for one in found
            ],
        })  # fmt: skip


def _first_file(said: Mapping[str, Any]) -> bytes:
    try:
        file = said["file"]
        return b64decode(file[0] if isinstance(file, list) else file, validate=True)
    except (KeyError, IndexError, BadBase64, TypeError) as error:
        raise Answer(500, 500, "Internal Server Error") from error
