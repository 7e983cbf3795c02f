"""The load generator: reads its order as JSON from standard input, writes what happened as JSON.

Run by `bench.web.load` as `python -m bench.client`, so that it shares no interpreter with what it measures.
"""

import http.client
import itertools
import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Burst:
    """What all clients share: whose turn it is, until when, and what they counted."""

    order: dict[str, Any]
    started: float = field(default_factory=time.perf_counter)
    turn: Iterator[int] = field(default_factory=itertools.count)
    done: list[int] = field(default_factory=list)

    def next_page(self) -> tuple[str, str] | None:
        """The next (host, path), or None when the burst is over."""
        number = next(self.turn)
        if self.order["requests"]:
            over = number >= self.order["requests"]
        else:
            over = time.perf_counter() - self.started >= self.order["seconds"]
        pages = self.order["pages"]
        return None if over else tuple(pages[number % len(pages)])


def client(burst: Burst) -> None:
    """One browser: one kept connection, one request after the other. What gets no answer counts as status 0."""
    connection = http.client.HTTPConnection("127.0.0.1", burst.order["port"], timeout=60)
    while page := burst.next_page():
        host, path = page
        try:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            answer.read()
            burst.done.append(answer.status)
        except (OSError, http.client.HTTPException):
            connection.close()
            burst.done.append(0)
    connection.close()


def main() -> None:
    """Run one burst."""
    burst = Burst(json.load(sys.stdin))
    threads = [threading.Thread(target=client, args=(burst,)) for _number in range(burst.order["clients"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - burst.started
    failed = sum(status != 200 for status in burst.done)
    json.dump({"requests": len(burst.done), "seconds": seconds, "failed": failed}, sys.stdout)


if __name__ == "__main__":
    main()
