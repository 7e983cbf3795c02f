"""gunicorn as the deployment runs it, and who asks it for pages: a client in a process of its own."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.settings import ROOT

GUNICORN = str(Path(sys.executable).with_name("gunicorn"))
CLIENTS = 4
START_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """One running gunicorn."""

    port: int
    pid: int
    log: Path

    def told(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-2_000:]

    @property
    def workers(self) -> list[int]:
        """The process numbers of its workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(number) for number in children.split()]

    def get(self, host: str, path: str) -> bytes:
        """One page's body.

        Raises:
            AssertionError: it does not answer 200.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status == 200, (host, path, answer.status)
        return body


@dataclass(frozen=True)
class Load:
    """What a burst of requests did."""

    requests: int
    seconds: float
    failed: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


@contextmanager
def gunicorn(application: str, env: dict[str, str], *options: str) -> Iterator[Server]:
    """Serve `application` with the deployment's own configuration until the block ends."""
    port = _free_port()
    log = Path(env["VAR_DIR"]) / f"gunicorn-{port}.log"
    command = [GUNICORN, "-c", "config/gunicorn.py", *options, application]
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=ROOT, env={**env, "PORT": str(port)}, stdout=file, stderr=file)
    try:
        server = Server(port, process.pid, log)
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Until a worker answers, whatever it answers: the port is open before there is a worker."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=START_SECONDS)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError(f"gunicorn does not answer:\n{server.told()}")


def load(server: Server, pages: Sequence[tuple[str, str]], *, seconds: float = 0, requests: int = 0) -> Load:
    """Ask for (host, path) in turn with four clients, for so many seconds or so many requests in all."""
    order = {"port": server.port, "pages": pages, "clients": CLIENTS, "seconds": seconds, "requests": requests}
    command = [sys.executable, "-m", "bench.client"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(order), check=True, stdout=subprocess.PIPE, text=True)
    found = Load(**json.loads(done.stdout))
    if found.failed or not found.requests:
        raise RuntimeError(f"{found.failed} of {found.requests} requests failed: {pages[0]} …\n{server.told()}")
    return found
