"""The same recipient in two regions: both learn that there is one, neither learns which, until both agree."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.kernel.identifiers import uuid7
from app.sabilulungan.models import Hibah
from app.services.integrity import national, scanning
from app.services.integrity.national import Match
from app.services.personal.sealing import Sealer
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from tenants import commands
from tests.conftest import A, B
from tests.services.identity.conftest import HOSTS, Browser, browser, people, post
from tests.services.integrity.conftest import forget

__all__ = ["browser", "people"]
NIK, OTHER_NIK = "3273014107900001", "3273014107900002"
Given = Callable[..., UUID]


@pytest.fixture
def regions(worker_app: Flask, admin: Engine) -> Iterator[Flask]:
    """Regions A and B, without anything of these tests afterwards."""
    yield worker_app
    with worker_app.app_context():
        db.session.remove()
    with admin.begin() as connection:
        for region in (A, B):
            forget(connection, region)


@pytest.fixture
def given(regions: Flask) -> Given:
    """A person's aid in a region, under his NIK."""

    def written(region: int, reference: str, nik: str = NIK, **columns: object) -> UUID:
        with regions.app_context(), acting_for(Context(region, "sistem:uji", "worker")):
            sealer, number = Sealer(), uuid7()
            values = {
                "nik_sealed": sealer.seal(nik, "nik"), "nik_hash": sealer.match("nik", nik), "tahun": 2024,
                "judul": "Bantuan", "jenis": "bansos", "status": "DITETAPKAN", "stage": 7, **columns,
            }  # fmt: skip
            db.session.add(Hibah(id=number, nomor=f"UJI-{reference}", legacy_id=f"UJI-{reference}", **values))
            db.session.commit()
        return number

    return written


def scan_all(app: Flask, tmp_path: Path) -> list[dict[str, object]]:
    """`flask integrity scan --national --json FILE`, as an operator runs it."""
    commands.init_app(app)
    file = tmp_path / "nasional.json"
    result = app.test_cli_runner().invoke(args=["integrity", "scan", "--national", "--json", str(file)])
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(file.read_text())
    return [row for row in found if str(row["subject_ref"]).startswith("UJI-")]


def test_both_regions_learn_that_another_knows_the_recipient_and_nothing_more(
    regions: Flask, given: Given, tmp_path: Path
) -> None:
    given(A, "A1")
    given(B, "B1")
    given(A, "A2", OTHER_NIK)
    found = scan_all(regions, tmp_path)
    told = sorted((row["rule"], row["region"], row["subject_ref"]) for row in found)
    assert told == [("R03", "32.04", "UJI-B1"), ("R03", "32.73", "UJI-A1")]
    for row in found:
        assert row["evidence"]["rows"] == [{"yang_sama": "nik", "daerah_lain": 1, "diajukan": None}]  # type: ignore[index]
    everything = json.dumps(found)
    assert NIK not in everything
    assert "UJI-B1" not in json.dumps([row for row in found if row["region"] == "32.73"])


@pytest.mark.parametrize(
    "columns",
    [{"tahun": 2023}, {"status": "DITOLAK"}, {"synthetic": True}],
    ids=["another year", "rejected", "made up"],
)
def test_another_year_a_refusal_and_a_made_row_match_nothing(
    regions: Flask, given: Given, tmp_path: Path, columns: dict[str, object]
) -> None:
    given(A, "A1")
    given(B, "B1", **columns)
    assert scan_all(regions, tmp_path) == []


def test_what_a_region_no_longer_holds_leaves_the_national_table(
    regions: Flask, given: Given, admin: Engine, tmp_path: Path
) -> None:
    given(A, "A1")
    number = given(B, "B1")
    assert len(scan_all(regions, tmp_path)) == 2
    with admin.begin() as connection:
        connection.execute(text(f"UPDATE hibah SET status = 'DITARIK' WHERE region_id = {B} AND id = '{number}'"))
    assert scan_all(regions, tmp_path) == []
    with admin.connect() as connection:
        left = connection.execute(text("SELECT region_id, reference FROM tenancy.national_matches")).all()
    assert [tuple(row) for row in left if row.reference.startswith("UJI-")] == [(A, "UJI-A1")]


MATCH = {A: Match("nik", 2024, "UJI-A1", 1), B: Match("nik", 2024, "UJI-B1", 1)}


def test_the_counterpart_is_told_only_after_both_agreed(regions: Flask, given: Given, tmp_path: Path) -> None:
    given(A, "A1")
    given(B, "B1")
    scan_all(regions, tmp_path)

    def told(region: int) -> tuple[bool, list[tuple[str, str]]]:
        agreed, others = national.disclosed(MATCH[region])
        return agreed, [(other.region, other.reference) for other in others]

    with regions.app_context():
        with acting_for(Context(A, "sistem:uji", "worker")):
            assert told(A) == (False, [])
            assert national.agree(MATCH[A])
            assert not national.agree(MATCH[A])
            db.session.commit()
            assert told(A) == (True, [])
            db.session.rollback()
        with acting_for(Context(B, "sistem:uji", "worker")):
            assert told(B) == (False, [])
            assert national.agree(MATCH[B])
            db.session.commit()
            assert told(B) == (True, [("Kota Bandung", "UJI-A1")])
            db.session.rollback()
        with acting_for(Context(A, "sistem:uji", "worker")):
            assert told(A) == (True, [("Kabupaten Bandung", "UJI-B1")])
            events = "SELECT count(*) FROM audit_log WHERE region_id = :region_id AND event = 'integritas.setuju-buka'"
            assert region_sql(events).scalar_one() >= 1
            db.session.rollback()


def test_nobody_agrees_to_a_match_that_is_not_his(regions: Flask, given: Given, tmp_path: Path) -> None:
    given(A, "A1")
    given(B, "B1")
    scan_all(regions, tmp_path)
    with regions.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        assert not national.agree(MATCH[B])
        assert national.disclosed(MATCH[B]) == (False, [])
        db.session.rollback()


def test_no_role_reads_the_table_itself(regions: Flask) -> None:
    for table in ("national_matches", "match_consents"):
        with regions.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
            with pytest.raises(DBAPIError, match="permission denied"):
                db.session.execute(text(f"SELECT * FROM tenancy.{table}"))
            db.session.rollback()


def test_without_a_context_nothing_is_put_and_nothing_met(regions: Flask) -> None:
    empty = {"hashes": [], "kinds": [], "periods": [], "refs": []}
    with regions.app_context():
        with pytest.raises(DBAPIError, match="tanpa konteks"):
            db.session.execute(text(national.PUT), empty)
        db.session.rollback()
        assert db.session.execute(text("SELECT * FROM tenancy.met_elsewhere()")).all() == []
        db.session.rollback()


@pytest.mark.usefixtures("people")
def test_the_page_tells_a_number_then_after_both_agreed_the_counterpart(
    regions: Flask, given: Given, tmp_path: Path, browser: Browser
) -> None:
    given(A, "A1")
    given(B, "B1")
    scan_all(regions, tmp_path)
    pages = {}
    for region in (A, B):
        with regions.app_context(), acting_for(Context(region, "sistem:uji", "worker")):
            found = region_sql("SELECT id FROM integrity_findings WHERE region_id = :region_id AND rule = 'R03'")
            pages[region] = f"/temuan/{found.scalar_one()}"
            db.session.rollback()
    inspectors = {region: browser("inspektorat", region) for region in (A, B)}
    before = inspectors[A].get(pages[A], base_url=HOSTS[A]).get_data(as_text=True)
    assert "dikenal oleh 1 daerah lain" in before
    assert "Kabupaten Bandung" not in before
    assert "UJI-B1" not in before
    for region in (A, B):
        assert post(inspectors[region], f"{pages[region]}/buka", region).status_code == 303
    after = inspectors[A].get(pages[A], base_url=HOSTS[A]).get_data(as_text=True)
    assert "Kabupaten Bandung" in after
    assert "UJI-B1" in after


def test_the_nightly_job_puts_and_looks(regions: Flask, given: Given) -> None:
    given(A, "A1")
    given(B, "B1")
    with regions.app_context():
        for region in (A, B):
            with acting_for(Context(region, "sistem:uji", "worker")):
                national.national_job({})
                db.session.commit()
                told = [row["subject_ref"] for row in scanning.exported(["R03"])]
                db.session.rollback()
        assert told == ["UJI-B1"]
