"""The line of jobs in Redis: ids only, no data. Everything in it can be lost and is then sent again."""

from uuid import UUID

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from rq import Queue, RateLimit
from rq.rate_limit import RateLimitRegistry
from rq.serializers import JSONSerializer
from rq.utils import as_text

from app.kernel.identifiers import uuid7
from config.settings import Settings

#: What RQ imports and calls: `work(region_id, ids)`.
WORK = "app.services.jobs.worker.work"
#: Between the outbox ids in the id of one RQ job.
AND = "_"
MOST_IN_HAND = 5
JOB_SECONDS = 600
FAILURE_SECONDS = 3600
# The relay and the pages wait for a silent Redis no longer than this.
TIMEOUT_SECONDS = 5


class Line:
    """One deployment's RQ queue. At most `region_jobs` of one region stand in the queue or run at once (RQ's rate
    limit); the others of that region wait beside it, so that nobody stands behind a thousand jobs of a neighbour."""

    def __init__(self, settings: Settings) -> None:
        self.redis = Redis.from_url(
            settings.redis_url, socket_connect_timeout=TIMEOUT_SECONDS, health_check_interval=30,
            retry=Retry(ConstantBackoff(0.2), 2),
        )  # fmt: skip
        self.queue = Queue(settings.queue, connection=self.redis, serializer=JSONSerializer)
        self._marker = f"{settings.queue}:life"
        self._region_jobs = settings.region_jobs

    def life(self) -> str:
        """This life of this Redis: another after a restart (run id) and after it was emptied (marker).

        Raises:
            redis.RedisError: it does not answer.
        """
        marker = self.redis.get(self._marker)
        if marker is None:
            self.redis.set(self._marker, uuid7().hex, nx=True)
            marker = self.redis.get(self._marker)
        return f"{self.redis.info('server')['run_id']}:{as_text(marker or b'')}"

    def send(self, region_id: int, numbers: list[UUID]) -> None:
        """Put jobs in line; one that stands there already is worked on once all the same (`outbox.perform`).

        Few jobs go one by one, so that all of the region's places work at them. Of many, as many places as the region
        has share them: RQ costs as much for a handful as for one.
        """
        limit = RateLimit(self._key(region_id), self._region_jobs)
        handful = min(MOST_IN_HAND, -(-len(numbers) // self._region_jobs))
        for start in range(0, len(numbers), handful or 1):
            ids = AND.join(str(number) for number in numbers[start : start + handful])
            self.queue.enqueue(
                WORK, region_id, ids, job_id=ids, job_timeout=JOB_SECONDS, result_ttl=0,
                failure_ttl=FAILURE_SECONDS, rate_limit=limit,
            )  # fmt: skip

    def known(self, region_id: int) -> set[str]:
        """Ids that wait: in the queue (of any region) or beside it (of this one)."""
        handfuls = (*self.queue.job_ids, *self._registry(region_id).get_rate_limited_job_ids())
        return {number for ids in handfuls for number in ids.split(AND)}

    def release(self, region_id: int, number: UUID) -> None:
        """Give back the place of a job whose worker died; RQ itself would wait for its time-out."""
        registry = self._registry(region_id)
        for ids in registry.get_allowed_job_ids():
            if str(number) in ids.split(AND) and ids not in self.queue.job_ids:
                registry.release_and_enqueue(ids)

    def _key(self, region_id: int) -> str:
        return f"{self.queue.name}:{region_id}"

    def _registry(self, region_id: int) -> RateLimitRegistry:
        return RateLimitRegistry(self._key(region_id), self.redis)
