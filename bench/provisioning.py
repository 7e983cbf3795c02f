"""Bringing all regions up in one go, as an operator does, and changing the schema of all of them at once."""

import csv
import json
import statistics
import subprocess
import sys
import time
from html import escape
from pathlib import Path

from flask import Flask

from app import create_app
from bench.figures import Figure, at_most, compared, say
from bench.ground import TYPICAL, Database, Ground
from config.settings import ROOT
from tenants.registry import Region

FLASK = str(Path(sys.executable).with_name("flask"))
EDGE = 50
MIGRATIONS = 7


def figures(ground: Ground) -> list[Figure]:
    """Provision every region with its administrator's invitation, then ask each of them for its pages."""
    say(f"provisioning {len(ground.portals)} regions")
    everyone, alone = ground.everyone, ground.alone
    started = time.perf_counter()
    seconds = provision(everyone, ground.portals, ground.folder)
    smoke_test(create_app(everyone.settings), ground.portals)
    total = time.perf_counter() - started
    provision(alone, [region for region in ground.portals if region.id == TYPICAL], ground.folder)
    edge = min(EDGE, len(seconds) // 2)
    last_and_first = statistics.median(seconds[-edge:]), statistics.median(seconds[:edge])
    return [
        at_most("provision-all-with-smoke-test", total, "s", 60),
        Figure("provision-one-region", round(statistics.median(seconds), 4), "s"),
        compared("provision-last-against-first", [last_and_first], "s", most=1.2),
    ]


def provision(database: Database, regions: list[Region], folder: Path) -> list[float]:
    """Run `flask tenants provision --wave`; returns the seconds that each region took, in order."""
    wave = folder / "wave.csv"
    with wave.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["kode", "subdomain", "surel_admin"])
        writer.writerows([region.code, "", f"admin@{region.subdomain}.go.id"] for region in regions)
    command = [FLASK, "--app", "wsgi", "tenants", "provision", "--wave", str(wave), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=database.env, check=True, stdout=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(regions), done.stdout
    return [line["seconds"] for line in lines]


def smoke_test(app: Flask, regions: list[Region]) -> None:
    """Each region's front page and list answer on its own host with its own name.

    Raises:
        AssertionError: one does not.
    """
    visitor = app.test_client()
    for region in regions:
        for path in ("/", "/hibah"):
            answer = visitor.get(path, headers={"Host": f"{region.subdomain}.localhost"})
            assert answer.status_code == 200, (region.code, path, answer.status_code)
            assert str(escape(region.name)) in answer.get_data(as_text=True), (region.code, path)


def migration(ground: Ground) -> Figure:
    """How long one ADD COLUMN for all regions holds its lock, run as migrations are: as the owner, in a transaction."""
    say("one migration for all regions")
    connection = ground.everyone.connect()
    seconds = []
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE smartcity_owner")
        cursor.execute("SET lock_timeout = '5s'")
        connection.commit()
        for _turn in range(MIGRATIONS):
            started = time.perf_counter()
            cursor.execute("ALTER TABLE hibah ADD COLUMN bench_note text NOT NULL DEFAULT ''")
            connection.commit()
            seconds.append(time.perf_counter() - started)
            cursor.execute("ALTER TABLE hibah DROP COLUMN bench_note")
            connection.commit()
    connection.close()
    return at_most("migration-lock", max(seconds), "s", 1)
