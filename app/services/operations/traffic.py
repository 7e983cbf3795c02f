"""Requests and their latencies, for each region, over all web processes: counted in memory, added up in Redis.

Every process adds what it counted since the last time every few seconds; a request never waits for Redis. Labels are
regions of the registry only, so that no visitor can make new ones.
"""

import atexit
import logging
import threading
from bisect import bisect_left
from collections import Counter

from redis import Redis, RedisError

from app.services.operations.measures import REDIS_SECONDS, redis_of
from config.settings import Settings

log = logging.getLogger(__name__)
#: Upper edges in seconds; the last bucket is everything slower.
EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
FLUSH_SECONDS = 5.0


class Traffic:
    """One process's counts. Fields: `n|region|2xx` requests, `b|region|i` in bucket i, `s|region` microseconds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = f"{settings.queue}:lalu-lintas"
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._end = threading.Event()

    def count(self, region: str, status: int, seconds: float) -> None:
        """Note one answered request; the first starts the thread (after gunicorn's fork)."""
        with self._lock:
            self._counts[f"n|{region}|{status // 100}xx"] += 1
            self._counts[f"b|{region}|{bisect_left(EDGES, seconds)}"] += 1
            self._counts[f"s|{region}"] += int(seconds * 1_000_000)
            if self._thread is None and self._settings.redis_url:
                self._thread = threading.Thread(target=self._run, name="lalu-lintas", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def close(self) -> None:
        """Add what is left and end the thread."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(2 * REDIS_SECONDS)

    def flush(self, redis: Redis | None = None) -> None:
        """Add the counts to those in Redis; what it does not take is kept for the next time.

        Raises:
            redis.RedisError: it did not answer.
        """
        with self._lock:
            taken, self._counts = self._counts, Counter()
        try:
            with (redis or redis_of(self._settings)).pipeline() as pipe:
                for field, number in taken.items():
                    pipe.hincrby(self._key, field, number)
                pipe.execute()
        except RedisError:
            with self._lock:
                self._counts.update(taken)
            raise

    def totals(self) -> dict[str, int]:
        """Field -> count over all processes, with this one's latest.

        Raises:
            redis.RedisError: it does not answer.
        """
        self.flush()
        stored = redis_of(self._settings).hgetall(self._key)
        return {str(field): int(number) for field, number in dict(stored).items()}

    def _run(self) -> None:
        redis = redis_of(self._settings)
        while True:
            ended = self._end.wait(FLUSH_SECONDS)
            try:
                self.flush(redis)
            except RedisError as error:
                log.warning("hitungan lalu lintas ditahan: %s", type(error).__name__)
            if ended:
                return
