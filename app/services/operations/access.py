"""One line in the log for each request, and its place in the metrics. The route's rule and never the path: paths carry
tokens and reference numbers."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flask import Flask, Response, g, request

from app.services.operations.traffic import Traffic
from config.logs import LogContext, log_context
from config.settings import Settings

log = logging.getLogger("akses")
NOWHERE = "-"


@dataclass
class Line:
    """What will be written when the last byte has left."""

    method: str
    rule: str
    status: int
    started: float
    who: LogContext
    size: int = 0

    def counted(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """The parts of a streamed answer, their bytes added up as they leave."""
        for part in parts:
            self.size += len(part)
            yield part

    def write(self) -> float:
        """Log it as the one who asked; returns the seconds it took."""
        seconds = time.perf_counter() - self.started
        token = log_context.set(self.who)
        try:
            fields = {
                "method": self.method, "rule": self.rule, "status": self.status,
                "ms": round(seconds * 1000, 1), "bytes": self.size,
            }  # fmt: skip
            text = " ".join(f"{value}" for value in fields.values())
            log.info(text, extra={"fields": fields})
        finally:
            log_context.reset(token)
        return seconds


def init_app(app: Flask) -> None:
    """Measure from before the door to after the last byte: this must be the first room to register."""
    settings: Settings = app.extensions["settings"]
    traffic = app.extensions["traffic"] = Traffic(settings)
    app.before_request(_start)
    app.after_request(_finisher(traffic))


def _start() -> None:
    g.started = time.perf_counter()


def _finisher(traffic: Traffic) -> Callable[[Response], Response]:
    def finish(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else NOWHERE
        line = Line(request.method, rule, response.status_code, g.started, log_context.get())
        region = str(g.site.region_id) if "site" in g else NOWHERE
        if response.content_length is not None:
            line.size = response.content_length
        elif response.is_streamed:
            response.response = line.counted(response.iter_encoded())
        response.call_on_close(lambda: traffic.count(region, line.status, line.write()))
        return response

    return finish
