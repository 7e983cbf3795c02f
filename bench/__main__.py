"""Run every figure, write results.json, print the table. `BENCH_SCALE=0.05` for a quick look, which writes nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bench import guard, memory, pages, provisioning, rows
from bench.figures import Figure, line, say, write
from bench.ground import TYPICAL, prepared

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("audit", "jobs", "documents", "integrity")


def measure(scale: float) -> list[Figure]:
    """All figures of one run: of the whole, then of the rooms, which are quicker and so are measured first."""
    of_rooms = []
    for room in ROOMS:
        say(f"room {room}")
        of_rooms += of_room(room)
    with prepared(scale) as ground:
        found = provisioning.figures(ground)
        wanted = rows.sizes(ground)
        say(f"{sum(wanted.values())} rows in {len(wanted)} regions")
        rows.fill(ground.everyone, wanted)
        rows.fill(ground.alone, {TYPICAL: wanted[TYPICAL]})
        found = [*guard.figures(ground), *found, provisioning.migration(ground)]
        found += pages.figures(ground)
        found += memory.many_requests(ground)
        found += memory.exports(ground)
        say("putting away")
    return found + of_rooms


def of_room(name: str) -> list[Figure]:
    """The figures of a module of its own, in a process of its own: they start what they need and count memory."""
    done = subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    lines = done.stdout.decode().splitlines()
    return [Figure(**json.loads(line)) for line in lines if line.startswith("{")]


def main() -> int:
    """Exit 0 when everything could be measured; whether the goals are met stands in the figures."""
    # A stop from outside unwinds as well, so that servers and folders go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    scale = float(os.environ.get("BENCH_SCALE") or 1)
    found = measure(scale)
    if scale == 1:
        # The goals are about this size; a smaller run must not stand where they are looked up.
        write(found)
    for figure in found:
        sys.stdout.write(line(figure) + "\n")
    missed = sum(figure.ok is False for figure in found)
    say(f"{len(found)} figures at scale {scale:g}, {missed} missed, {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
