"""The relay: from the outbox of each region into the line in Redis, in turns, and again whatever Redis lost."""

import logging
import re
import select
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import psycopg2
from redis import RedisError
from sqlalchemy.exc import OperationalError

from app.services.jobs import outbox
from app.services.jobs.line import Line
from app.services.jobs.recovery import recover
from app.services.jobs.stopping import Stop
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from app.tenancy.site import working_sites

log = logging.getLogger(__name__)
BATCH = 20
#: Every region is looked through so often: a notice is lost when nobody listens.
SWEEP_SECONDS = 30.0
#: Regions with work of late are looked through, and Redis is asked for its life, so often.
LOOK_SECONDS = 2.0
BUSY_SECONDS = 900.0
PAUSE_SECONDS = 1.0
#: After a notice the relay waits so long for more: a batch costs hardly more than one job.
GATHER_SECONDS = 0.1
REGION = re.compile(r"\d{1,4}", re.ASCII)
Send = Callable[[int, list[UUID]], None]


def regions_heard(payloads: Iterable[str]) -> list[int]:
    """The regions that notices name, each once. Any session may notify: what is no region's number is not heard."""
    return [int(payload) for payload in dict.fromkeys(payloads) if REGION.fullmatch(payload)]


def acting(region_id: int) -> Context:
    """The relay's context in one region."""
    return Context(region_id, "sistem:relay", "worker")


def relay_region(region_id: int, send: Send, life: str = "") -> int:
    """Send one batch of one region's due jobs; returns how many, so that the caller may come back for more.

    Raises:
        redis.RedisError: Redis did not take them; they are due again.
    """
    with acting_for(acting(region_id)):
        numbers = outbox.take_due(BATCH, life)
        db.session.commit()
        try:
            if numbers:
                send(region_id, numbers)
        except RedisError:
            outbox.put_back(numbers)
            db.session.commit()
            raise
    return len(numbers)


def relay_all(regions: deque[int], send: Send, life: str = "") -> None:
    """Round robin: a region with a thousand jobs waits behind each other region after every batch."""
    while regions:
        region_id = regions.popleft()
        if relay_region(region_id, send, life) == BATCH:
            regions.append(region_id)


class Relay:
    """One relay process. Several may run: rows are taken with SKIP LOCKED."""

    def __init__(self, line: Line, dsn: str, stop: Stop) -> None:
        self._line, self._dsn, self._stop = line, dsn, stop
        self._busy: dict[int, float] = {}
        self._missing: dict[int, frozenset[UUID]] = {}
        self._life = ""
        self._swept = self._looked = 0.0

    def run(self) -> None:
        """Until asked to stop. A dead Redis or database is waited for, and everything is looked through after it."""
        while not self._stop.asked:
            try:
                self._listen()
            except (RedisError, OperationalError, psycopg2.OperationalError) as error:
                log.warning("relay terputus (%s); dicoba lagi", type(error).__name__)
                db.session.rollback()
                self._swept = self._looked = 0.0
                self._stop.wait(PAUSE_SECONDS)

    def _listen(self) -> None:
        listener = psycopg2.connect(self._dsn)
        listener.autocommit = True
        try:
            sources: list[Any] = [listener, self._stop]
            listener.cursor().execute(f"LISTEN {outbox.CHANNEL}")
            while not self._stop.asked:
                if time.monotonic() - self._looked >= LOOK_SECONDS:
                    self.look()
                if select.select(sources, [], [], LOOK_SECONDS)[0]:
                    self._stop.wait(GATHER_SECONDS)
                listener.poll()
                heard = regions_heard(notice.payload for notice in listener.notifies)
                listener.notifies.clear()
                self._send(heard)
        finally:
            listener.close()

    def look(self) -> None:
        """All regions when it is time or Redis began a new life, else those with work of late."""
        now = self._looked = time.monotonic()
        life = self._line.life()
        if life != self._life and self._life:
            log.warning("Redis mulai dari kosong; pekerjaan yang terkirim dikirim ulang")
        if life != self._life or now - self._swept >= SWEEP_SECONDS or not self._swept:
            self._life, self._swept = life, now
            regions: Iterable[int] = [site.region_id for site in working_sites()]
        else:
            self._busy = {region: at for region, at in self._busy.items() if now - at < BUSY_SECONDS}
            regions = list(self._busy)
        for region_id in regions:
            self._recover(region_id)
        self._send(regions)

    def _recover(self, region_id: int) -> None:
        with acting_for(acting(region_id)):
            missing = self._missing.pop(region_id, frozenset())
            found = recover(self._life, lambda: self._line.known(region_id), missing)
        if found.missing:
            self._missing[region_id] = found.missing
        for number in (*found.abandoned, *found.lost):
            self._line.release(region_id, number)
        if found.abandoned or found.lost:
            log.warning("daerah %s: %s terbengkalai, %s hilang", region_id, len(found.abandoned), len(found.lost))

    def _send(self, regions: Iterable[int]) -> None:
        relay_all(deque(regions), self._sent, self._life)

    def _sent(self, region_id: int, numbers: list[UUID]) -> None:
        self._line.send(region_id, numbers)
        self._busy[region_id] = time.monotonic()
