"""What a web worker holds: after many requests over all hosts, and while it streams large files."""

import io
import zipfile
from pathlib import Path

from bench.figures import Figure, at_most, rounded, say
from bench.ground import AWARDED, LARGE_ROWS, Ground
from bench.rows import NUMBER, YEAR
from bench.web import Server, gunicorn, load

MEGABYTE = 1_000_000
REQUESTS = 10_000
MOST_MB, MOST_GROWTH, MOST_MORE_MB = 150, 0.02, 20
PATHS = ("/", "/hibah", f"/hibah/{NUMBER}", "/hibah?status=BERJALAN&urut=terbesar", "/anggaran")
#: Each file with what stands once in each of its rows.
FILES = {"csv": b"\r\nB-", "json": b'"awardDate"', "xlsx": b"<row "}


def many_requests(ground: Ground) -> list[Figure]:
    """One worker takes all requests; its memory halfway and at the end."""
    requests = ground.scaled(REQUESTS)
    say(f"memory of one worker: {requests} requests over {len(ground.portals)} hosts")
    hosts = [f"{region.subdomain}.localhost" for region in ground.portals]
    pages = [(host, PATHS[number % len(PATHS)]) for number, host in enumerate(hosts * len(PATHS))]
    with gunicorn("wsgi:app", ground.everyone.env, "--workers", "1") as server:
        (worker,) = server.workers
        load(server, pages, requests=requests // 2)
        halfway = memory(worker, "VmRSS")
        load(server, pages, requests=requests - requests // 2)
        end, peak = memory(worker, "VmRSS"), memory(worker, "VmHWM")
        assert server.workers == [worker], "the worker was replaced on the way"
    growth = end / halfway - 1
    return [
        at_most("worker-memory-peak", peak, "MB", MOST_MB),
        Figure("worker-memory-second-half", rounded(end), "MB", rounded(halfway), round(end / halfway, 4),
               f"ratio <= {1 + MOST_GROWTH:g}", growth < MOST_GROWTH),
    ]  # fmt: skip


def exports(ground: Ground) -> list[Figure]:
    """A worker's peak while it streams 100,000 rows against its peak while it streams a tenth of them."""
    region = next(region for region in ground.portals if region.id == AWARDED)
    host, found = f"{region.subdomain}.localhost", []
    rows = ground.scaled(LARGE_ROWS)
    with gunicorn("wsgi:app", ground.everyone.env, "--workers", "1") as server:
        for kind in FILES:
            say(f"memory of one worker: {rows} rows of hibah.{kind}")
            server.get(host, f"/hibah.{kind}?tahun={YEAR}")
            few = _peak(server, host, f"/hibah.{kind}?tahun={YEAR}", rows // 10)
            many = _peak(server, host, f"/hibah.{kind}", rows)
            found.append(
                Figure(f"export-memory-{kind}", rounded(many), "MB", rounded(few), round(many / few, 4),
                       f"value - against <= {MOST_MORE_MB}", many - few <= MOST_MORE_MB)
            )  # fmt: skip
    return found


def _peak(server: Server, host: str, path: str, rows: int) -> float:
    """The worker's highest resident memory (MB) while it sends the file; the file must hold all the rows."""
    (worker,) = server.workers
    # 5: forget the peak so far (Linux, proc(5)).
    Path(f"/proc/{worker}/clear_refs").write_text("5")
    body = server.get(host, path)
    peak = memory(worker, "VmHWM")
    assert _rows(path, body) == rows, (path, _rows(path, body), rows)
    return peak


def _rows(path: str, body: bytes) -> int:
    kind = path.partition("?")[0].rpartition(".")[2]
    if kind == "xlsx":
        sheet = zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml")
        return sheet.count(FILES[kind]) - 1
    return body.count(FILES[kind])


def memory(pid: int, what: str) -> float:
    """A line of /proc/<pid>/status in MB: VmRSS is what lies in memory now, VmHWM the most that ever did."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1_024 / MEGABYTE
    raise LookupError(what)
