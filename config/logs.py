"""Structured logs: one JSON object a line in production, one readable line elsewhere."""

import json
import logging
import re
import sys
import time
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class LogContext:
    """Who a log line belongs to: ids only, never a name, address or other personal datum."""

    request_id: str = "-"
    region: int | None = None
    actor: str | None = None


NOBODY = LogContext()
log_context: ContextVar[LogContext] = ContextVar("log_context", default=NOBODY)

# A last net under the rule "no personal identifier or secret in a log line": what looks like one is masked.
SENSITIVE = re.compile(
    r"\b\d{16}\b"
    r"|(?:\+?62|\b0)8\d{8,11}\b"
    r"|[\w.+-]+@[\w-]+\.[\w.]+"
    r"|(?i:(?:password|sandi|token|secret|kunci)=)\S+"
    r"|(?<=://)[^\s:/@]+:[^\s/@]+(?=@)"
)


def masked(message: str) -> str:
    """The message with identity numbers, phones, e-mails, secrets and URL passwords masked."""
    return SENSITIVE.sub("[disamarkan]", message)


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, request_id, region, actor."""

    def format(self, record: logging.LogRecord) -> str:
        context = log_context.get()
        entry = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
            "request_id": context.request_id,
            "region": context.region,
            "actor": context.actor,
        }
        entry.update(getattr(record, "fields", {}))
        if record.exc_info:
            entry["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


class PlainFormatter(logging.Formatter):
    """For a developer's terminal; masks like the JSON one."""

    def format(self, record: logging.LogRecord) -> str:
        context = log_context.get()
        who = f"{context.request_id[:8]:8} {context.region or '-':>5}"
        line = f"{record.levelname.lower():7} {who} {masked(record.getMessage())}"
        if record.exc_info:
            line += "\n" + masked(self.formatException(record.exc_info))
        return line


def configure(*, production: bool) -> None:
    """Send every logger of the process to standard error in the one format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if production else PlainFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("sqlalchemy.engine", "rq.worker", "alembic.runtime.migration", "fontTools", "fpdf", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
