"""The API as programs use it: pages that do not move, answers that say "nothing new", everybody's scripts let in."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.services.opendata.registry import is_open_file
from tests.conftest import PROPOSALS, A

B_HOST = "http://kab-bandung.localhost"
PERSONAL = ("nik", "npwp", "telepon", "email", "rekening_sealed", "alamat_rumah")


def pages(client: FlaskClient, address: str) -> Iterator[list[dict[str, Any]]]:
    """Every page from `address` on, as a client follows them."""
    onward: str | None = address
    while onward:
        answer = client.get(onward.removeprefix("http://bandung.localhost:8000"))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        yield answer.get_json()["data"]
        onward = answer.get_json()["berikutnya"]


def test_following_the_pages_shows_every_row_once(client: FlaskClient) -> None:
    seen = [row["nomor"] for page in pages(client, "/api/v1/hibah?batas=7") for row in page]
    assert len(seen) == len(set(seen)) == PROPOSALS


@pytest.mark.usefixtures("budget")
@pytest.mark.parametrize(("name", "key"), [("penerima", "id"), ("tahap", None), ("anggaran", None)])
def test_each_list_pages_like_its_whole(client: FlaskClient, name: str, key: str | None) -> None:
    whole = [row for page in pages(client, f"/api/v1/{name}?batas=100") for row in page]
    parts = [row for page in pages(client, f"/api/v1/{name}?batas=3") for row in page]
    assert parts == whole
    assert len({row[key] if key else str(row) for row in whole}) == len(whole) > 3


@pytest.fixture
def undated(admin: Engine) -> Iterator[set[str]]:
    """The numbers of two proposals that for a while have no date."""
    numbers = {"CONTOH-0003", "CONTOH-0004"}
    where = f"WHERE region_id = {A} AND nomor = ANY(:numbers)"
    with admin.begin() as connection:
        rows = connection.execute(text(f"SELECT id, tanggal_masuk FROM hibah {where}"), {"numbers": [*numbers]}).all()
        connection.execute(text(f"UPDATE hibah SET tanggal_masuk = NULL {where}"), {"numbers": [*numbers]})
    yield numbers
    with admin.begin() as connection:
        for number, day in rows:
            statement = text("UPDATE hibah SET tanggal_masuk = :day WHERE id = :number")
            connection.execute(statement, {"day": day, "number": number})


def test_rows_without_a_date_come_last_and_once(client: FlaskClient, undated: set[str]) -> None:
    """The order has two parts; their border lies inside, at the end and at the beginning of a page."""
    for size in (PROPOSALS - 3, PROPOSALS - 2, PROPOSALS - 1):
        seen = [row["nomor"] for page in pages(client, f"/api/v1/hibah?batas={size}") for row in page]
        assert len(seen) == len(set(seen)) == PROPOSALS
        assert set(seen[-2:]) == undated


def test_what_is_added_meanwhile_moves_nothing(client: FlaskClient, admin: Engine) -> None:
    first = client.get("/api/v1/hibah?batas=5").get_json()
    second = first["berikutnya"].removeprefix("http://bandung.localhost:8000")
    before = client.get(second).get_json()["data"]
    with admin.begin() as connection:
        connection.execute(text(
            "INSERT INTO hibah (region_id, id, nomor, judul, tanggal_masuk)"
            f" VALUES ({A}, gen_random_uuid(), 'BARU-1', 'Usulan baru', '2099-01-01')"
        ))  # fmt: skip
    try:
        assert client.get("/api/v1/hibah?batas=1").get_json()["data"][0]["nomor"] == "BARU-1"
        assert client.get(second).get_json()["data"] == before
    finally:
        with admin.begin() as connection:
            connection.execute(text("DELETE FROM hibah WHERE nomor = 'BARU-1'"))


def test_a_cursor_is_good_for_its_list_and_region_only(client: FlaskClient) -> None:
    cursor = client.get("/api/v1/hibah?batas=5").get_json()["berikutnya"].partition("kursor=")[2]
    assert client.get(f"/api/v1/hibah?kursor={cursor}").status_code == 200
    changed = cursor[:-3] + ("AAA" if cursor[-3:] != "AAA" else "BBB")
    for path, base in (
        (f"/api/v1/penerima?kursor={cursor}", None),
        (f"/api/v1/hibah?kursor={changed}", None),
        ("/api/v1/hibah?kursor=WyIyMDI2LTAxLTAxIiwxXQ", None),
        ("/api/v1/hibah?kursor=%F0%9F%98%80", None),
        (f"/api/v1/hibah?kursor={cursor}", B_HOST),
    ):
        answer = client.get(path, **({"base_url": base} if base else {}))
        assert answer.status_code == 422, path
        assert answer.mimetype == "application/problem+json"


def test_a_filter_narrows_and_stays_on_the_next_page(client: FlaskClient) -> None:
    rows = [row for page in pages(client, "/api/v1/hibah?jenis=hibah&batas=4") for row in page]
    assert {row["jenis"] for row in rows} == {"hibah"}
    assert len(rows) > 4
    found = client.get("/api/v1/hibah?q=posyandu&batas=100").get_json()["data"]
    assert found
    assert all("Posyandu" in row["judul"] for row in found)
    states = {row["status_publik"] for page in pages(client, "/api/v1/hibah?status=SELESAI") for row in page}
    assert states == {"SELESAI"}


@pytest.mark.parametrize(
    ("query", "word"),
    [("tahn=2025", "tahn"), ("tahun=abc", "tahun"), ("tahun=", "tahun"), ("tahun=2025&tahun=2026", "tahun"),
     ("batas=0", "batas"), ("batas=101", "batas"), ("status=LAIN", "status"), ("kecamatan=32.73", "kecamatan"),
     ("q=" + "a" * 201, "q"), ("q=%00", "q"), ("tahun=000002020999999999999999999", "tahun"), ("bahasa=en", "bahasa")],
)  # fmt: skip
def test_a_bad_question_is_refused_with_its_reason(client: FlaskClient, query: str, word: str) -> None:
    answer = client.get(f"/api/v1/hibah?{query}")
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert word in answer.get_json()["detail"]
    assert "Set-Cookie" not in answer.headers


def test_a_number_with_too_many_digits_is_refused_on_pages_too(client: FlaskClient) -> None:
    assert client.get("/hibah?tahun=000002020999999999999999999").status_code == 422


def test_money_is_whole_and_nothing_personal_is_in_a_row(client: FlaskClient) -> None:
    grant = client.get("/api/v1/hibah/CONTOH-0001").get_json()
    amounts = [value for name, value in grant.items() if name.startswith("amount_") and value is not None]
    assert amounts
    assert all(type(amount) is int for amount in amounts)
    assert grant["rencana"]
    assert [step["tahap"] for step in grant["langkah"]] == list(range(1, grant["stage"] + 1))
    recipient = client.get(f"/api/v1/penerima/{grant['organisasi_id']}").get_json()
    assert grant["nomor"] in [row["nomor"] for row in recipient["usulan"]]
    assert not {name for name in recipient if any(word in name for word in PERSONAL)}
    assert "Jl. Contoh" not in str(recipient)


def test_a_draft_is_nobodys_business(client: FlaskClient, admin: Engine) -> None:
    def hide(status: str) -> str:
        with admin.begin() as connection:
            where = f"WHERE region_id = {A} AND nomor = 'CONTOH-0002'"
            old = connection.scalar(text(f"SELECT status FROM hibah {where}"))
            connection.execute(text(f"UPDATE hibah SET status = :status {where}"), {"status": status})
        return str(old)

    old = hide("DRAFT")
    try:
        assert client.get("/api/v1/hibah/CONTOH-0002").status_code == 404
        assert "CONTOH-0002" not in client.get("/api/v1/hibah?batas=100").get_data(as_text=True)
        assert client.get("/api/v1/tahap?nomor=CONTOH-0002").get_json()["data"] == []
    finally:
        hide(old)


def test_what_has_not_changed_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/api/v1/hibah?batas=5", headers={"Accept-Encoding": "gzip"})
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    again = client.get("/api/v1/hibah?batas=5", headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert client.get("/api/v1/hibah?batas=6", headers={"If-None-Match": tag}).status_code == 200
    assert client.head("/api/v1/hibah?batas=5").headers["ETag"] == tag


def test_every_site_may_read_open_data_and_nothing_else(client: FlaskClient) -> None:
    for path in ("/api/v1/hibah", "/api/openapi.json", "/api/v1/tidak-ada", "/hibah.csv", "/anggaran.json"):
        headers = client.get(path).headers
        assert headers["Access-Control-Allow-Origin"] == "*", path
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin", path
        assert "Access-Control-Allow-Credentials" not in headers
    for path in ("/hibah", "/masuk", "/api", "/pengaturan/audit.csv"):
        headers = client.get(path).headers
        assert "Access-Control-Allow-Origin" not in headers, path
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", path
    assert not is_open_file("/pengaturan/audit.csv")


def test_a_browser_that_asks_first_is_told_that_reading_is_free(client: FlaskClient) -> None:
    asked = {"Origin": "https://peneliti.example", "Access-Control-Request-Headers": "if-none-match"}
    answer = client.options("/api/v1/hibah", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "If-None-Match" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(client: FlaskClient, method: str) -> None:
    answer = client.open("/api/v1/hibah", method=method, headers={"Origin": "https://peneliti.example"})
    assert answer.status_code == 405
    assert {"GET", "HEAD", "OPTIONS"} == set(answer.headers["Allow"].split(", "))
    assert answer.mimetype == "application/problem+json"


def test_a_program_chooses_its_language_by_header(client: FlaskClient) -> None:
    client.set_cookie("bahasa", "en", domain="bandung.localhost")
    plain = client.get("/api/openapi.json")
    english = client.get("/api/openapi.json", headers={"Accept-Language": "en-GB,en;q=0.8"})
    assert plain.headers["Content-Language"] == "id"
    assert english.headers["Content-Language"] == "en"
    assert "Accept-Language" in english.headers["Vary"]
    texts = [answer.get_json()["paths"]["/hibah"]["get"]["summary"] for answer in (plain, english)]
    assert texts == ["Hibah dan bantuan sosial", "Grants and social aid"]
    refused = client.get("/api/v1/hibah?x=1", headers={"Accept-Language": "en"}).get_json()
    assert refused["detail"] == "Parameter x is unknown."


def test_each_kind_of_site_offers_what_it_has(web_app: Flask) -> None:
    visitor = web_app.test_client()

    def offered(host: str) -> set[str]:
        return set(visitor.get("/api/openapi.json", base_url=f"http://{host}").get_json()["paths"])

    assert "/hibah" in offered("bandung.localhost")
    assert offered("jabar.localhost") == {"/anggaran", "/daerah", "/dataset"}
    assert offered("localhost") == {"/daerah"}
    assert visitor.get("/api/v1/hibah", base_url="http://jabar.localhost").status_code == 404
    regions = visitor.get("/api/v1/daerah?batas=100", base_url="http://localhost").get_json()["data"]
    assert {"32.73", "32.04", "32"} <= {region["kode"] for region in regions}
    assert visitor.get("/api", base_url="http://kpk.localhost").status_code == 404


def test_the_data_sets_lead_to_files_that_are_there(client: FlaskClient) -> None:
    sets = client.get("/api/v1/dataset").get_json()["data"]
    assert [item["nama"] for item in sets] == ["anggaran", "hibah", "tahap"]
    for item in sets:
        for file in item["berkas"]:
            assert client.get(file["alamat"].removeprefix("http://bandung.localhost:8000")).status_code == 200


def test_the_page_for_people_names_every_list_and_filter(client: FlaskClient) -> None:
    page = client.get("/api").get_data(as_text=True)
    for words in ("/api/v1/hibah", "/api/v1/anggaran", "kursor", "golongan", "If-None-Match", "creativecommons.org"):
        assert words in page
    assert "Open data and API" in client.get("/api?bahasa=en").get_data(as_text=True)
