"""Bandung's own 721 records: the rules find what sabilulungan.md section 3 counted there by hand."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.sabilulungan.imports.original import FILES, import_sabilulungan
from app.services.imports.datasets import ImportOrder
from app.services.integrity import scanning
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tenants.provision import Order, provision
from tests.isolation.planting import wipe

SOURCE = Path(__file__).resolve().parents[3] / "shared" / "data"
#: Kota Banjar stands in for Bandung; the wilayah codes are changed for its own.
REGION = 3279


@pytest.fixture(scope="module")
def found(
    worker_app: Flask, admin: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Findings by rule."""
    folder = tmp_path_factory.mktemp("sumber")
    for name in FILES:
        text = (SOURCE / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("32.73.", "32.79."))
    with worker_app.app_context():
        list(provision(Order(REGION, "banjar", "KOTA")))
        with acting_for(Context(REGION, "sistem:uji", "worker")):
            import_sabilulungan(ImportOrder(folder))
            report = scanning.scan("perintah")
            db.session.commit()
            rows = scanning.exported()
            db.session.rollback()
    assert report.failed == []
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_rule.setdefault(row["rule"], []).append(row)
    yield by_rule
    with admin.begin() as connection:
        wipe(connection, REGION)


def evidence(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for row in rows for line in row["evidence"]["rows"]]


def test_ten_or_more_amounts_of_tapd_above_the_request(found: dict[str, list[dict[str, Any]]]) -> None:
    above = [row for row in evidence(found["R10"]) if (row["tapd"] or 0) > (row["diajukan"] or 0)]
    assert len(above) == 12
    assert len([row for row in evidence(found["R10"]) if (row["direkomendasikan"] or 0) > row["diajukan"]]) == 18


def test_the_files_whose_stages_were_all_recorded_on_one_day_as_one_case_a_day(
    found: dict[str, list[dict[str, Any]]],
) -> None:
    rows = found["R47"]
    assert len({row["subject_ref"] for row in rows}) >= 657
    cases = {row["evidence"]["finding"] for row in rows}
    assert len(cases) <= 45
    seconds = sorted(row["detik"] for row in evidence(rows))
    assert seconds[len(seconds) // 2] < 120


def test_repeated_names_in_one_year_and_kelurahan(found: dict[str, list[dict[str, Any]]]) -> None:
    cases = Counter(row["evidence"]["finding"] for row in found["R02"])
    assert len(cases) >= 26
    assert {row["yang_sama"] for row in evidence(found["R02"])} == {"nama dan kelurahan"}


def test_round_awards_by_the_regions_own_distribution(found: dict[str, list[dict[str, Any]]]) -> None:
    (formula,) = [row for row in found["R26"] if row["subject_type"] == "daerah"]
    (told,) = formula["evidence"]["rows"]
    assert told["nilai"] == 70_000_000
    assert told["banyaknya"] >= 110
    # 69 % of all lines are round: a budget is only told where chance would not make it so round.
    assert len([row for row in found["R26"] if row["subject_type"] == "hibah"]) <= 20


def test_what_has_no_account_on_the_site_is_one_case_a_year(found: dict[str, list[dict[str, Any]]]) -> None:
    assert len(found["R19"]) >= 590
    assert len({row["evidence"]["finding"] for row in found["R19"]}) <= 5


def test_copied_budgets_and_offices_that_always_say_yes(found: dict[str, list[dict[str, Any]]]) -> None:
    assert 3 <= len({row["evidence"]["finding"] for row in found["R15"]}) <= 10
    assert {"1.05", "5.01"} <= {row["subject_ref"] for row in found["R44"]}


def test_budgeted_without_or_above_the_recommendation(found: dict[str, list[dict[str, Any]]]) -> None:
    assert len(found["R45"]) == 5
    assert {row["severity"] for row in found["R45"]} == {"C"}


def test_rules_without_data_here_say_nothing(found: dict[str, list[dict[str, Any]]]) -> None:
    assert not found.keys() & {"R04", "R05", "R06", "R07", "R12", "R34", "R35", "R36", "R37", "R46"}
