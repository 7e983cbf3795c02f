"""The worker: RQ's loop, made to outlive a dead Redis and to end only between two jobs."""

import logging
import time
from collections.abc import Callable
from uuid import UUID

from redis import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from app.services.jobs import outbox
from app.services.jobs.line import AND, Line
from app.services.jobs.outbox import Claim
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.logs import LogContext, log_context

log = logging.getLogger(__name__)
BEAT_SECONDS = 15.0
HANDFUL_SECONDS = 1.0
PAUSE_SECONDS = 1.0


def work(region_id: int, ids: str) -> None:
    """What RQ calls: a handful of jobs of one region, one after the other.

    When they take long, those not begun yet go back, so that other workers may have them.
    """
    started, waiting = time.monotonic(), [UUID(number) for number in ids.split(AND)]

    def following() -> UUID | None:
        return waiting.pop(0) if waiting and time.monotonic() - started < HANDFUL_SECONDS else None

    try:
        with acting_for(Context(region_id, "sistem:worker", "worker")):
            while (number := following()) is not None:
                begun = outbox.claim(number)
                while begun is not None:
                    begun = one(region_id, begun, following)
            if waiting:
                outbox.put_back(waiting)
                db.session.commit()
    finally:
        db.session.remove()


def one(region_id: int, begun: Claim, following: Callable[[], UUID | None]) -> Claim | None:
    """One job; returns the next if it was begun along. A failure is in the outbox; RQ need not keep it too."""
    token = log_context.set(LogContext(str(begun.id), region_id, "sistem:worker"))
    try:
        return outbox.run(begun, following).following
    except Exception:
        log.exception("pekerjaan gagal")
        db.session.rollback()
        return None
    finally:
        log_context.reset(token)


class Worker(SimpleWorker):
    """RQ's worker in this process: a fork for each job would cost more than most jobs."""

    max_connection_wait_time = 2
    _beat = 0.0
    stopping = False

    def heartbeat(self, timeout: int | None = None, pipeline: object = None) -> None:
        """RQ beats twice a job, three round trips each; a sign of life every quarter of a minute is enough."""
        if pipeline is not None or time.monotonic() - self._beat > BEAT_SECONDS:
            self._beat = time.monotonic()
            super().heartbeat(timeout, pipeline)  # type: ignore[arg-type]

    def handle_warm_shutdown_request(self) -> None:
        """SIGTERM or SIGINT: RQ ends the loop after the job in hand."""
        self.stopping = True
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]


def run(line: Line) -> None:
    """Work until a signal asks to stop; begin anew when Redis went away in the middle of something."""
    stopping = False
    while not stopping:
        try:
            worker = Worker([line.queue], connection=line.redis, serializer=JSONSerializer, maintenance_interval=60)
            worker.work(logging_level="WARNING")
            stopping = worker.stopping
            if not stopping:
                time.sleep(PAUSE_SECONDS)
        except RedisError as error:
            log.warning("Redis tidak menjawab (%s); dicoba lagi", type(error).__name__)
            time.sleep(PAUSE_SECONDS)
        except StopRequested:
            stopping = True
