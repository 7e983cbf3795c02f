"""What a citizen reads: list, search, detail, files."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from sqlalchemy import event, text

from app.sabilulungan import queries
from app.sabilulungan.overview import overview
from app.sabilulungan.queries import Filter
from app.sabilulungan.search import meanings
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import PROPOSALS, A

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "data" / "360giving"


def rows_of(answer: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.decode("utf-8-sig"))))


def test_the_list_shows_totals_facets_and_proposals(client: FlaskClient) -> None:
    page = client.get("/hibah").get_data(as_text=True)
    assert "CONTOH-" in page
    assert "Data contoh" in page
    assert page.count('class="daftar"') == 1


def test_the_list_in_english(client: FlaskClient) -> None:
    page = client.get("/hibah?bahasa=en").get_data(as_text=True)
    assert "Grants and social aid" in page
    assert "Hibah dan bantuan sosial" not in page


def test_totals_follow_the_filter(web_app: Flask) -> None:
    with web_app.app_context(), acting_for(Context(A)):
        everything = queries.totals(queries.Filter())
        parts = [queries.totals(queries.Filter(jenis=jenis)) for jenis in ("hibah", "bansos")]
    assert everything.count == PROPOSALS
    assert sum(part.count for part in parts) == everything.count
    assert sum(part.tapd for part in parts) == everything.tapd


@pytest.mark.parametrize("wanted", ["posyandu", "posy", "posyadu", "posyanud", "POSYANDU"])
def test_search_by_word_prefix_and_with_a_typing_error(web_app: Flask, wanted: str) -> None:
    with web_app.app_context(), acting_for(Context(A)):
        found = list(queries.stream(queries.Filter(q=wanted)))
        exact = [row for row in queries.stream(queries.Filter()) if "Posyandu" in row.judul]
    assert exact
    assert {row.nomor for row in found} == {row.nomor for row in exact}


def test_search_by_stem(web_app: Flask) -> None:
    with web_app.app_context(), acting_for(Context(A)):
        assert meanings("pendidikannya") == ["didik"]


@pytest.fixture
def statements(web_app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """What the next pages ask of the tables of this region: each statement with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(*call: Any) -> None:
        if "hibah" in call[2]:
            seen.append((call[2], call[3]))

    with web_app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("address", "most"), [("/hibah", 2), ("/hibah?jenis=hibah&status=BERJALAN", 4)])
def test_a_page_of_the_list_reads_with_few_statements(
    client: FlaskClient, statements: list[tuple[str, Any]], address: str, most: int
) -> None:
    client.get(address)
    assert 0 < len(statements) <= most
    assert all("region_id = " in statement for statement, _values in statements)


@pytest.mark.parametrize("order", ["terbaru", "terbesar"])
def test_the_first_page_is_read_in_order_and_not_sorted(
    client: FlaskClient, web_app: Flask, statements: list[tuple[str, Any]], order: str
) -> None:
    client.get(f"/hibah?urut={order}")
    statement, values = next(seen for seen in statements if "LIMIT" in seen[0])
    with web_app.app_context(), acting_for(Context(A)), db.engine.connect() as connection:
        # So few rows are sorted sooner than read by an index: it is asked whether the index could.
        connection.execute(text("SET LOCAL enable_sort = off"))
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    assert "Sort" not in plan, plan


@pytest.mark.parametrize("address", ["/hibah", "/hibah?q=posyandu", "/hibah?tahun=2025", "/hibah/CONTOH-0001"])
def test_the_policy_keeps_no_page_from_the_index(
    client: FlaskClient, web_app: Flask, statements: list[tuple[str, Any]], address: str
) -> None:
    """What the ORM adds meets the index as a constant, and the policy costs one comparison before the first row."""
    assert client.get(address).status_code == 200
    plans = []
    with web_app.app_context(), acting_for(Context(A)), db.engine.connect() as connection:
        # So few rows are read whole sooner: it is asked whether an index could.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, values in list(statements):
            if "region_id" in statement:
                plans.append("\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars()))
    assert plans
    for plan in plans:
        assert f"Index Cond: ((region_id = {A})" in plan or f"Index Cond: (region_id = {A})" in plan, plan
        assert f"One-Time Filter: (tenancy.region_id() = {A})" in plan, plan
        assert "Seq Scan" not in plan, plan


FILTERS = (
    Filter(),
    Filter(jenis="hibah"),
    Filter(jenis="bansos", status="BERJALAN"),
    Filter(tahun=2025, jenis="hibah", bidang="Pendidikan", kecamatan="32.73.01", status="BERJALAN"),
    Filter(q="posyandu"),
    Filter(bidang="tidak ada"),
)


@pytest.mark.parametrize("wanted", FILTERS)
def test_the_overview_counts_what_the_list_holds(web_app: Flask, wanted: Filter) -> None:
    with web_app.app_context(), acting_for(Context(A)):
        seen, rows = overview(wanted), list(queries.stream(wanted))
        assert seen.totals == queries.totals(wanted)
        assert seen.totals.count == len(rows)
        assert dict(seen.by_bidang) == {
            name: sum(row.amount_granted or 0 for row in rows if row.bidang == name)
            for name in {row.bidang for row in rows}
        }
        for name, attribute in (("tahun", "tahun"), ("jenis", "jenis"), ("bidang", "bidang"), ("status", "state")):
            others = queries.stream(replace(wanted, **{name: None}))
            assert dict(seen.facets[name]) == Counter(getattr(row, attribute) for row in others), name
        elsewhere = list(queries.stream(replace(wanted, kecamatan=None)))
        assert {code: count for code, (count, _money) in seen.by_kecamatan.items()} == Counter(
            row.kecamatan_kode for row in elsewhere
        )


def test_files_hold_what_the_filter_shows(client: FlaskClient) -> None:
    rows = rows_of(client.get("/hibah.csv?jenis=hibah").data)
    assert rows
    assert {row["jenis"] for row in rows} == {"hibah"}
    book = openpyxl.load_workbook(io.BytesIO(client.get("/hibah.xlsx?jenis=hibah").data), read_only=True)
    assert len(list(book.active.iter_rows())) == len(rows) + 1
    steps = rows_of(client.get("/hibah/proses.csv").data)
    assert {row["tahap"] for row in steps} <= {str(number) for number in range(1, 12)}


def test_the_json_is_valid_360giving(client: FlaskClient) -> None:
    package = json.loads(client.get("/hibah.json").data)
    registry: Registry = Registry()
    for name in ("360-giving-schema", "360-giving-package-schema"):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        for version in ("1.4.2", "1.4.3"):
            uri = schema["$id"].replace("1.4.3", version).replace("1.4.2", version)
            registry = registry.with_resource(uri, DRAFT202012.create_resource(schema))
    package_schema = json.loads((SCHEMAS / "360-giving-package-schema.json").read_text())
    package_schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    validator = jsonschema.Draft202012Validator(
        package_schema, registry=registry, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    assert [error.message for error in validator.iter_errors(package)] == []
    assert all("recipientIndividual" not in grant for grant in package["grants"])
    del package["grants"][0]["awardDate"]
    assert list(validator.iter_errors(package))


@pytest.mark.parametrize(
    "address",
    ["?tahun=abc", "?tahun=99999", "?status=LAIN", "?urut=acak", "?jenis=x", "?halaman=-1", "?halaman=1e9", "?q=%00",
     "?q=" + "a" * 300],
)  # fmt: skip
def test_a_bad_filter_gets_a_helpful_refusal(client: FlaskClient, address: str) -> None:
    answer = client.get("/hibah" + address)
    assert answer.status_code == 422
    assert "Traceback" not in answer.get_data(as_text=True)
    if "halaman" not in address:
        assert client.get("/hibah.csv" + address).status_code == 422


@pytest.mark.parametrize(
    "address", ["?q='", "?q=%25%25", "?bidang=%27%3B--", "?kecamatan=zz", "?halaman=999", "?q=..."]
)
def test_odd_but_lawful_filters_answer(client: FlaskClient, address: str) -> None:
    assert client.get("/hibah" + address).status_code == 200


def test_a_proposal_is_found_by_its_number(client: FlaskClient) -> None:
    page = client.get("/hibah?q=CONTOH-0006").get_data(as_text=True)
    assert "/hibah/CONTOH-0006" in page
    assert "/hibah/CONTOH-0001" not in page


def test_an_unknown_number_is_not_found(client: FlaskClient) -> None:
    assert client.get("/hibah/TIDAK-ADA").status_code == 404


def test_each_proposal_page_shows_ladder_timeline_and_lines(client: FlaskClient) -> None:
    page = client.get("/hibah/CONTOH-0001").get_data(as_text=True)
    assert "Pertimbangan TAPD" in page
    assert "Pemeriksaan kelengkapan" in page
    assert "Bahan bangunan" in page
