"""The desk in the browser: queue, one file, many files, refusals beside the form, and the documents of the tables."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from app.services.workflow.commands import documents
from tests.conftest import A
from tests.services.identity.conftest import HOSTS, Browser, post
from tests.services.workflow.conftest import Do

Walk = Callable[[str], str]


@pytest.fixture
def address(admin: Engine, proposal: UUID) -> str:
    with admin.connect() as connection:
        file = connection.scalar(text("SELECT id FROM workflow_files WHERE subject = :id"), {"id": proposal})
    return f"/tugas/{file}"


def test_a_file_shows_on_the_desk_of_who_must_act_and_nowhere_else(do: Do, browser: Browser) -> None:
    do("pemohon", "ajukan")
    assert "Renovasi balai" in browser("tu").get("/tugas").get_data(as_text=True)
    assert "Renovasi balai" not in browser("tapd").get("/tugas").get_data(as_text=True)
    assert "Tidak ada berkas yang menunggu" in browser("tapd").get("/tugas").get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "there"), [("q=balai", True), ("q=tidakada", False), ("keadaan=DIAJUKAN", True), ("lewat=1", False),
                         ("halaman=99", True), ("halaman=x", True), ("proses=lain", False)]
)  # fmt: skip
def test_the_queue_is_searched_and_filtered_by_its_address(
    do: Do, browser: Browser, query: str, *, there: bool
) -> None:
    do("pemohon", "ajukan")
    assert ("Renovasi balai" in browser("tu").get(f"/tugas?{query}").get_data(as_text=True)) == there


def test_the_page_of_a_file_offers_what_one_may_do(do: Do, browser: Browser, address: str) -> None:
    do("pemohon", "ajukan")
    clerk = browser("tu").get(address).get_data(as_text=True)
    assert "Terima: lengkap" in clerk
    assert "Tarik usulan" not in clerk
    owner = browser("pemohon").get(address).get_data(as_text=True)
    assert "Tarik usulan" in owner
    assert "Terima: lengkap" not in owner
    assert browser("pegawai").get(address).status_code == 404


def test_an_act_through_the_form_and_its_second_press(do: Do, browser: Browser, address: str) -> None:
    do("pemohon", "ajukan")
    clerk = browser("tu")
    assert post(clerk, f"{address}/terima_lengkap", key="k1").status_code == 303
    again = post(clerk, f"{address}/terima_lengkap", key="k1")
    assert again.status_code == 409
    assert "tidak diulang" in again.get_data(as_text=True)


def test_what_was_typed_stays_beside_the_error(do: Do, walk: Walk, browser: Browser, address: str) -> None:
    walk("tetapkan_opd")
    answer = post(browser("opd_kepala"), f"{address}/rekomendasikan", amount="75 juta", reason="perlu")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="75 juta"' in page
    assert ">perlu</textarea>" in page
    assert 'id="amount-galat"' in page


def test_many_files_at_once_tell_each_refusal(do: Do, browser: Browser, address: str) -> None:
    do("pemohon", "ajukan")
    number = address.rsplit("/", 1)[1]
    clerk = browser("tu")
    answer = post(clerk, "/tugas/sekaligus", action="terima_lengkap", berkas=[number, number])
    assert answer.status_code == 303
    page = clerk.get("/tugas").get_data(as_text=True)
    assert "1 berkas selesai, 1 ditolak" in page


def test_only_acts_meant_for_many_are_done_for_many(do: Do, browser: Browser, address: str) -> None:
    do("pemohon", "ajukan")
    answer = post(browser("tu"), "/tugas/sekaligus", action="tolak_admin", berkas=[address.rsplit("/", 1)[1]])
    assert answer.status_code == 422


def test_taking_the_oldest_leads_to_it(do: Do, browser: Browser, address: str) -> None:
    do("pemohon", "ajukan")
    clerk = browser("tu")
    assert post(clerk, "/tugas/ambil").headers["Location"].endswith(address)
    assert post(clerk, "/tugas/ambil").headers["Location"].endswith("/tugas")


@pytest.mark.usefixtures("desk")
def test_an_applicant_writes_files_and_follows(browser: Browser, admin: Engine) -> None:
    me = browser("pemohon")
    form = {
        "rincian_jenis": "hibah_uang", "judul": "Renovasi atap", "tujuan": "Atap bocor", "penerima": "DKM Al-Ikhlas",
        "kecamatan_kode": "32.73.01", "tahun": "2027", "amount": "Rp 25.000.000",
    }  # fmt: skip
    wrong = post(me, "/hibah/ajukan", **{**form, "amount": "-1", "tahun": "1999"})
    assert wrong.status_code == 422
    assert 'value="Renovasi atap"' in wrong.get_data(as_text=True)
    answer = post(me, "/hibah/ajukan", **form)
    assert answer.status_code == 303
    page = me.get("/hibah/saya").get_data(as_text=True)
    assert "Renovasi atap" in page
    assert "Renovasi atap" not in browser().get("/hibah").get_data(as_text=True)
    assert post(me, answer.headers["Location"] + "/ajukan").status_code == 303
    with admin.connect() as connection:
        number = connection.scalar(text(f"SELECT nomor FROM hibah WHERE region_id = {A} AND pemohon_id IS NOT NULL"))
    assert "Renovasi atap" in browser().get(f"/hibah/{number}").get_data(as_text=True)
    assert post(me, f"/hibah/ajukan/{number}", **form).status_code == 422


@pytest.mark.usefixtures("desk")
def test_the_settings_pages_answer_and_keep_their_rules(browser: Browser, admin: Engine) -> None:
    boss = browser("admin")
    day = {"day": "25-09-2027", "name": "Hari Jadi", "works": "0", "basis": "Perwal 1"}
    assert post(boss, "/pengaturan/kalender", **day).status_code == 303
    assert "Hari Jadi" in boss.get("/pengaturan/kalender?tahun=2027").get_data(as_text=True)
    assert post(boss, "/pengaturan/kalender", day="31-02-2027", name="", basis="").status_code == 422
    assert post(boss, "/pengaturan/kalender/hapus", day="2027-09-25").status_code == 303
    change = {"process": "hibah", "nama": "hari_kerja:DIAJUKAN", "nilai": "3", "dasar": "Perwal 2"}
    assert post(boss, "/pengaturan/alur", **change, berlaku="01-01-2027").status_code == 303
    with admin.connect() as connection:
        number = connection.scalar(text(f"SELECT id FROM workflow_settings WHERE region_id = {A}"))
    own = post(boss, "/pengaturan/alur/setujui", id=number)
    assert own.status_code == 422
    assert "orang lain" in own.get_data(as_text=True)
    assert boss.get("/pengaturan/pelimpahan").status_code == 200


@pytest.mark.usefixtures("desk")
def test_the_draws_are_public(browser: Browser) -> None:
    assert browser().get("/undian", base_url=HOSTS[A]).status_code == 200
    assert browser().get("/undian.json", base_url=HOSTS[A]).get_json() == []


def test_the_documents_of_the_processes_are_those_of_the_tables() -> None:
    for path, written in documents().items():
        assert path.read_text() == written, f"usang: {path.name}; jalankan flask workflow docs"
        assert "stateDiagram-v2" in written
