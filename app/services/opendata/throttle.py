"""How many requests of the API one address, and all addresses together, may send a region: token buckets in Redis.

All web processes share them. Without Redis everybody is let in, and the log says so once a minute: an open door serves
people better than a closed one.
"""

import hashlib
import hmac
import ipaddress
import logging
import math
import time
from dataclasses import dataclass

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from config.settings import Settings

log = logging.getLogger(__name__)
#: Where the application keeps its own, in `app.extensions`.
THROTTLE = "api_throttle"
WINDOW_SECONDS = 60
PATIENCE_SECONDS = 0.2
#: After a failure Redis is left alone for so long: a dead server must not slow every request.
PAUSE_SECONDS = 5.0
TELL_SECONDS = 60.0
#: An IPv6 subscriber holds a whole /64.
SUBSCRIBER_BITS = {4: 32, 6: 64}
# KEYS: the buckets; ARGV: capacity of each, then seconds in which an empty one fills. A token is taken from all or from
# none. Answers whether it was taken, then for each bucket its tokens and the milliseconds until there is one.
TAKE = """
local clock = redis.call('TIME')
local now, window, tokens, free = clock[1] + clock[2] / 1000000, tonumber(ARGV[#ARGV]), {}, 1
for i, key in ipairs(KEYS) do
    local most, kept = tonumber(ARGV[i]), redis.call('HMGET', key, 'n', 't')
    local passed = math.max(0, now - (tonumber(kept[2]) or now))
    tokens[i] = math.min(most, (tonumber(kept[1]) or most) + passed * most / window)
    if tokens[i] < 1 then free = 0 end
end
local answer = {free}
for i, key in ipairs(KEYS) do
    local most = tonumber(ARGV[i])
    if free == 1 then
        tokens[i] = tokens[i] - 1
        redis.call('HSET', key, 'n', tostring(tokens[i]), 't', tostring(now))
        redis.call('EXPIRE', key, math.ceil(window * 2))
    end
    answer[#answer + 1] = math.floor(tokens[i])
    answer[#answer + 1] = math.ceil(math.max(0, 1 - tokens[i]) * window / most * 1000)
end
return answer
"""


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass; of the bucket that is nearest to empty: its size, what is left, seconds to wait."""

    allowed: bool
    limit: int
    remaining: int
    wait_seconds: int

    def headers(self) -> dict[str, str]:
        """What the client is told (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": f"{self.limit};w={WINDOW_SECONDS}",
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(math.ceil((self.limit - self.remaining) * WINDOW_SECONDS / self.limit)),
        }


class Throttle:
    """The buckets of one deployment, as one process sees them."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.derive("api-address")
        self._limits = (settings.api_per_minute, settings.api_region_per_minute)
        self._quiet_until = self._told_at = -math.inf
        self._redis = (
            Redis.from_url(
                settings.redis_url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
            if settings.redis_url
            else None
        )  # fmt: skip
        self._take = self._redis.register_script(TAKE) if self._redis else None

    def take(self, address: str, region_id: int) -> Verdict | None:
        """Take a token for a request of `address` to `region_id`; None when nobody is counting."""
        if self._take is None or time.monotonic() < self._quiet_until:
            return None
        # One slot of a Redis cluster for the buckets of a region; no address in the clear.
        keys = [f"laju:{{{region_id}}}:{self._hashed(address)}", f"laju:{{{region_id}}}"]
        try:
            allowed, *found = self._take(keys=keys, args=[*self._limits, WINDOW_SECONDS])
        except RedisError as error:
            self._leave_alone(error)
            return None
        buckets = zip(self._limits, found[::2], found[1::2], strict=True)
        limit, left, wait = min(buckets, key=lambda bucket: (bucket[1], -bucket[2]))
        return Verdict(bool(allowed), limit, left, math.ceil(wait / 1000))

    def _leave_alone(self, error: RedisError) -> None:
        now = time.monotonic()
        self._quiet_until = now + PAUSE_SECONDS
        if now - self._told_at >= TELL_SECONDS:
            self._told_at = now
            log.warning("pembatas laju tanpa Redis, semua permintaan diterima: %s", type(error).__name__)

    def _hashed(self, address: str) -> str:
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
            subscriber = str(ipaddress.ip_network((parsed, SUBSCRIBER_BITS[parsed.version]), strict=False))
        except ValueError:
            subscriber = address
        return hmac.digest(self._key, subscriber.encode(), hashlib.sha256)[:16].hex()
