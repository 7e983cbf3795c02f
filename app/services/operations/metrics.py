"""`/metrics` in Prometheus' text format, put together from what every process and region left in Redis."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import RedisError

from app.services.operations.measures import latest, measures
from app.services.operations.traffic import EDGES, Traffic
from config.settings import Settings

PREFIX = "smartcity"


class _Everything(Collector):
    def __init__(self, settings: Settings, traffic: Traffic) -> None:
        self._settings, self._traffic = settings, traffic

    def collect(self) -> Iterator[Metric]:
        try:
            traffic, regional = self._traffic.totals(), latest(self._settings)
        except RedisError:
            yield GaugeMetricFamily(f"{PREFIX}_redis_up", "Redis menjawab", 0)
            return
        yield GaugeMetricFamily(f"{PREFIX}_redis_up", "Redis menjawab", 1)
        yield _requests(traffic)
        yield _latencies(traffic)
        for measure in measures():
            family = GaugeMetricFamily(f"{PREFIX}_{measure.code}", measure.help, labels=["region"])
            for region, value in regional.get(measure.code, {}).items():
                family.add_metric([region], value)
            yield family


def _requests(traffic: dict[str, int]) -> Metric:
    family = CounterMetricFamily(f"{PREFIX}_requests", "Permintaan yang dijawab", labels=["region", "status"])
    for field, number in sorted(traffic.items()):
        kind, _bar, rest = field.partition("|")
        if kind == "n":
            family.add_metric(rest.split("|"), number)
    return family


def _latencies(traffic: dict[str, int]) -> Metric:
    buckets: dict[str, list[int]] = defaultdict(lambda: [0] * (len(EDGES) + 1))
    for field, number in traffic.items():
        kind, _bar, rest = field.partition("|")
        if kind == "b":
            region, _bar, place = rest.partition("|")
            buckets[region][int(place)] = number
    edges = [*(str(edge) for edge in EDGES), "+Inf"]
    family = HistogramMetricFamily(f"{PREFIX}_request_seconds", "Lama menjawab", labels=["region"])
    for region, counts in sorted(buckets.items()):
        seconds = traffic.get(f"s|{region}", 0) / 1_000_000
        family.add_metric([region], list(zip(edges, accumulate(counts), strict=True)), seconds)
    return family


def exposition(settings: Settings, traffic: Traffic) -> bytes:
    """Every metric as text. Without Redis only that it is away."""
    registry = CollectorRegistry()
    registry.register(_Everything(settings, traffic))
    return bytes(generate_latest(registry))
