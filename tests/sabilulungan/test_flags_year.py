"""A made year of 5,000 grants with three per cent of planted frauds, imported from its files: what the rules find,
and that they leave the look-alikes alone. The figures of each rule are printed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.sabilulungan.flags import FLAGS
from app.sabilulungan.imports import DATASETS
from app.services.imports.datasets import ImportOrder
from app.services.integrity import scanning
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tenants.provision import Order, provision
from tests.isolation.planting import wipe
from tests.sabilulungan.planted.frauds import FRAUDS
from tests.sabilulungan.planted.lookalikes import LOOKALIKES
from tests.sabilulungan.planted.year import Year, honest

REGION, SIZE, SEED = 3278, 5_000, 20_131_223
Found = set[tuple[str, str]]
#: Importing 5,000 grants with their lines takes its time on a busy machine.
pytestmark = pytest.mark.timeout(600)
#: Rules that no published file feeds: they read what happens in the system itself (test_flags_steps).
NOT_IN_FILES = {"R28", "R29", "R43", "R47"}


@dataclass(frozen=True)
class Scanned:
    """The year, what the scan found in it, and how long it took."""

    year: Year
    found: Found
    seconds: float


@pytest.fixture(scope="module")
def scanned(worker_app: Flask, admin: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scanned]:
    year = honest(SEED, SIZE)
    for change in (*FRAUDS, *LOOKALIKES):
        change(year)
    files = year.write(tmp_path_factory.mktemp("tahun"))
    with worker_app.app_context():
        list(provision(Order(REGION, "tasikmalaya", "KOTA")))
        with acting_for(Context(REGION, "sistem:uji", "worker")):
            bring_in(files)
            found, seconds = scan()
    yield Scanned(year, found, seconds)
    with admin.begin() as connection:
        wipe(connection, REGION)


def bring_in(files: dict[str, Path]) -> None:
    known = {dataset.name: dataset for dataset in DATASETS}
    for name, file in files.items():
        known[name].run(ImportOrder(file))


def scan() -> tuple[Found, float]:
    started = time.perf_counter()
    report = scanning.scan("perintah")
    db.session.commit()
    assert report.failed == []
    return {(row["rule"], row["subject_ref"]) for row in scanning.exported()}, time.perf_counter() - started


def shares(found: Found, planted: Found) -> tuple[float, float]:
    """(recall, precision); 1 where there is nothing."""
    hit = len(found & planted)
    return hit / len(planted) if planted else 1.0, hit / len(found) if found else 1.0


def by_rule(scanned: Scanned) -> dict[str, tuple[Found, Found]]:
    """Rule -> (found, planted)."""
    rules = sorted({rule for rule, _ref in scanned.found | scanned.year.labels})
    return {
        rule: ({x for x in scanned.found if x[0] == rule}, {x for x in scanned.year.labels if x[0] == rule})
        for rule in rules
    }


def test_recall_and_precision_in_all(scanned: Scanned, capsys: pytest.CaptureFixture[str]) -> None:
    recall, precision = shares(scanned.found, scanned.year.labels)
    lines = ["aturan  ditanam  ditemukan  recall  ketepatan"]
    for rule, (found, planted) in by_rule(scanned).items():
        one = shares(found, planted)
        lines.append(f"{rule:6} {len(planted):8} {len(found):10}  {one[0]:6.0%}  {one[1]:9.0%}")
    lines.append(f"semua  {len(scanned.year.labels):8} {len(scanned.found):10}  {recall:6.1%}  {precision:9.1%}")
    with capsys.disabled():
        print("\n" + "\n".join(lines), f"\n{len(scanned.year.grants)} hibah, {scanned.seconds:.1f} s")  # noqa: T201
    assert recall >= 0.95, sorted(scanned.year.labels - scanned.found)
    assert precision >= 0.85, sorted(scanned.found - scanned.year.labels)


def test_about_three_per_cent_were_planted_and_every_rule_among_them(scanned: Scanned) -> None:
    grants = {ref for _rule, ref in scanned.year.labels if ref in scanned.year.grants}
    assert 0.025 <= len(grants) / len(scanned.year.grants) <= 0.04
    running = {flag.code for flag in FLAGS if flag.find is not None and not flag.national}
    assert {rule for rule, _ref in scanned.year.labels} == running - NOT_IN_FILES


@pytest.mark.parametrize(
    "rule", sorted(flag.code for flag in FLAGS if flag.find and not flag.national and flag.code not in NOT_IN_FILES)
)
def test_each_rule_finds_what_was_planted_for_it_and_no_look_alike(scanned: Scanned, rule: str) -> None:
    found, planted = by_rule(scanned)[rule]
    recall, precision = shares(found, planted)
    assert recall >= 0.95, sorted(planted - found)
    assert precision >= 0.85, sorted(found - planted)


def test_the_scan_of_a_year_takes_no_minute(scanned: Scanned) -> None:
    assert scanned.seconds <= 60


@pytest.mark.parametrize("seed", [7])
def test_another_honest_year_is_the_same_for_the_same_seed(seed: int, tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        files = honest(seed, 50).write(folder)
        written.append({dataset: file.read_bytes() for dataset, file in files.items()})
    assert written[0] == written[1]


def test_evidence_of_the_year_names_the_others_in_its_case(scanned: Scanned, worker_app: Flask) -> None:
    with worker_app.app_context(), acting_for(Context(REGION, "sistem:uji", "worker")):
        row = next(row for row in scanning.exported(["R04"]))
        count = db.session.execute(text("SELECT count(*) FROM workflow_files WHERE process = 'temuan'")).scalar_one()
        db.session.rollback()
    assert row["severity"] == "C"
    assert row["evidence"]["related"]
    assert count >= 100
