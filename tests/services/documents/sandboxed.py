"""A sandbox of BSrE on a port of this machine, for the tests of signing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app.services.documents.signing.bsre import BsreV1, BsreV2, Service
from app.services.documents.signing.bsre_sandbox import PASSWORD, PEOPLE, USERNAME, Sandbox
from app.services.documents.signing.providers import Person, Provider

SECRET = PEOPLE[0].passphrase
SITI = Person("Siti Contoh", "Kepala Dinas", PEOPLE[0].email, SECRET)
Bsre = tuple[Provider, Person, str]
SITI_V1 = replace(SITI, identity=PEOPLE[0].nik)


class Quiet(WSGIRequestHandler):
    def log(self, *_args: object) -> None:
        """Nothing on the terminal of the tests."""


@contextmanager
def serving(application: object) -> Iterator[str]:
    server: BaseWSGIServer = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bsre")


@pytest.fixture
def sandbox(authority: Path) -> Sandbox:
    """A fresh one for each test: a request that a test left behind ends in its own."""
    return Sandbox(authority)


@pytest.fixture
def service(sandbox: Sandbox) -> Iterator[Service]:
    with serving(sandbox) as url:
        yield Service(url, USERNAME, PASSWORD, 5)


@pytest.fixture(params=["v1", "v2"])
def bsre(request: pytest.FixtureRequest, service: Service) -> Bsre:
    if request.param == "v1":
        return BsreV1(service), SITI_V1, "sign_v1"
    return BsreV2(service), SITI, "sign_v2"


def impatient(provider: Provider, seconds: float = 0.3) -> Provider:
    return type(provider)(replace(provider._service, seconds=seconds))
