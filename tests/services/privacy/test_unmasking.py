"""A sealed value on a screen: covered, opened for a reason, on the record, not too often, and nowhere else."""

import logging
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.personal.sealing import Sealer
from app.services.privacy import unmasking
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A, B
from tests.services.identity.conftest import HOSTS, Browser, post
from tests.services.privacy.conftest import Entries, Ids

pytestmark = pytest.mark.usefixtures("people")
NIK, NPWP, ACCOUNT = "3273014107900001", "012345678901000", "0000012345678"
REASON = "Surat tugas 700/12/Itda, pemeriksaan rekening ganda"


@pytest.fixture
def organisation(worker_app: Flask, admin: Engine) -> Iterator[str]:
    """An organisation of A with NIK, NPWP and account; its proposal has a recipient and a payment."""
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        sealer = Sealer()
        sealed = {
            "organisasi": {"ketua_nik_sealed": sealer.seal(NIK, "ketua_nik"), "npwp_sealed": sealer.seal(NPWP, "npwp"),
                           "rekening_sealed": sealer.seal(ACCOUNT, "rekening")},
            "hibah": {"nik_sealed": sealer.seal(NIK, "nik")},
            "pencairan": {"rekening_sealed": sealer.seal(ACCOUNT, "rekening")},
        }  # fmt: skip
        db.session.commit()
    with admin.begin() as connection:
        paid = connection.execute(text(
            f"SELECT p.id, p.hibah_id, h.organisasi_id FROM pencairan p JOIN hibah h ON h.id = p.hibah_id"
            f" WHERE p.region_id = {A} ORDER BY p.id LIMIT 1"
        )).one()  # fmt: skip
        numbers = {"organisasi": paid.organisasi_id, "hibah": paid.hibah_id, "pencairan": paid.id}
        set_sealed(connection, sealed, numbers)
    yield str(paid.organisasi_id)
    with admin.begin() as connection:
        set_sealed(connection, {table: dict.fromkeys(columns) for table, columns in sealed.items()}, numbers)


def set_sealed(connection: object, values: dict[str, dict[str, bytes | None]], numbers: dict[str, object]) -> None:
    for table, columns in values.items():
        names = ", ".join(f"{name} = :{name}" for name in columns)
        statement = text(f"UPDATE {table} SET {names} WHERE region_id = {A} AND id = :id")
        connection.execute(statement, {**columns, "id": numbers[table]})


def test_the_page_covers_all_but_the_end_and_logs_the_look(
    browser: Browser, organisation: str, entries: Entries
) -> None:
    page = browser("inspektorat").get(f"/organisasi/{organisation}").get_data(as_text=True)
    assert NIK not in page
    assert NPWP not in page
    assert "0001" in page
    assert "Tampilkan (dicatat)" in page
    looked = [entry for entry in entries("data.lihat") if entry["subject_id"] == organisation]
    assert [entry["role"] for entry in looked] == ["inspektorat"]


def test_a_value_is_opened_with_a_reason_that_stands_in_the_log(
    browser: Browser, organisation: str, entries: Entries, ids: Ids, caplog: pytest.LogCaptureFixture
) -> None:
    officer = browser("inspektorat")
    with caplog.at_level(logging.DEBUG):
        answer = post(officer, f"/organisasi/{organisation}/buka", data="nik", alasan=REASON)
    assert answer.status_code == 200
    assert NIK in answer.get_data(as_text=True)
    assert NPWP not in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"
    assert NIK not in str(answer.headers)
    assert NIK not in caplog.text
    (entry,) = entries("pribadi.buka")
    assert entry["actor"] == ids("inspektorat")
    assert (entry["subject_type"], entry["subject_id"]) == ("organisasi", organisation)
    assert (entry["reason"], entry["after"]) == (REASON, '{"data":"nik"}')
    assert NIK not in str(entry)


@pytest.mark.parametrize(
    ("form", "field"),
    [({"data": "nik", "alasan": "  perlu  "}, "alasan"), ({"data": "nik", "alasan": ""}, "alasan"),
     ({"data": "telepon", "alasan": REASON}, "data"), ({"data": "", "alasan": REASON}, "data"),
     ({"data": "nama", "alasan": REASON}, "data")],
)  # fmt: skip
def test_without_a_reason_or_a_value_nothing_is_opened_or_lost(
    browser: Browser, organisation: str, entries: Entries, form: dict[str, str], field: str
) -> None:
    answer = post(browser("inspektorat"), f"/organisasi/{organisation}/buka", **form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-galat"' in page
    assert form["alasan"] in page
    assert NIK not in page
    assert entries("pribadi.buka") == []


def test_nobody_copies_a_register(
    browser: Browser, organisation: str, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmasking, "MOST_AN_HOUR", 2)
    officer = browser("inspektorat")
    path = f"/organisasi/{organisation}/buka"
    statuses = [post(officer, path, data=data, alasan=REASON).status_code for data in ("nik", "npwp", "rekening")]
    assert statuses == [200, 200, 429]
    assert len(entries("pribadi.buka")) == 2


def test_a_recipients_values_are_opened_from_his_proposal(
    browser: Browser, organisation: str, entries: Entries, admin: Engine
) -> None:
    with admin.connect() as connection:
        nomor = connection.scalar(text(f"SELECT nomor FROM hibah WHERE region_id = {A} AND nik_sealed IS NOT NULL"))
    officer = browser("inspektorat")
    assert NIK not in officer.get(f"/hibah/{nomor}/pribadi").get_data(as_text=True)
    opened = post(officer, f"/hibah/{nomor}/pribadi/buka", data="rekening-1", alasan=REASON)
    assert ACCOUNT in opened.get_data(as_text=True)
    assert [entry["subject_type"] for entry in entries("pribadi.buka")] == ["hibah"]


@pytest.mark.parametrize("role", ["admin", "opd", "pimpinan", "pemohon"])
def test_other_roles_see_neither_page_nor_link(browser: Browser, organisation: str, role: str) -> None:
    visitor = browser(role)
    assert visitor.get(f"/organisasi/{organisation}").status_code == 403
    assert post(visitor, f"/organisasi/{organisation}/buka", data="nik", alasan=REASON).status_code == 403
    assert "/organisasi/" not in visitor.get(f"/hibah/penerima/{organisation}").get_data(as_text=True)


def test_an_officer_of_another_region_finds_nothing(browser: Browser, organisation: str) -> None:
    visitor = browser("inspektorat", B)
    assert visitor.get(f"/organisasi/{organisation}", base_url=HOSTS[B]).status_code == 404
    assert post(visitor, f"/organisasi/{organisation}/buka", B, data="nik", alasan=REASON).status_code == 404
