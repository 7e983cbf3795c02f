"""What a person reads and takes of his own data, and being forgotten."""

import json

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.identity import erasing
from app.services.messages import mail
from app.tenancy.context import Context, acting_for
from config.settings import Settings
from tests.conftest import A, B
from tests.services.identity.conftest import HOSTS, PASSWORD, Browser, post
from tests.services.identity.test_accounts import deliver_letters
from tests.services.privacy.conftest import Entries, Ids

pytestmark = pytest.mark.usefixtures("people")
REASON = "Saya pindah tugas ke provinsi lain"
DECISION = "Tidak ada berkas berjalan atas nama ini"
KINDS = {
    "akun", "tautan", "persetujuan", "permintaan-penghapusan", "catatan", "berkas", "tindakan", "pelimpahan",
    "benturan",
}  # fmt: skip


def row_of(admin: Engine, number: str) -> dict[str, object]:
    with admin.connect() as connection:
        found = connection.execute(text("SELECT * FROM accounts WHERE id = :id"), {"id": number})
        return dict(found.mappings().one())


def open_request(admin: Engine) -> str:
    with admin.connect() as connection:
        where = f"region_id = {A} AND state = 'DIMINTA'"
        return str(connection.scalar(text(f"SELECT id FROM erasure_requests WHERE {where}")))


def test_everything_held_is_shown_and_can_be_taken_away(browser: Browser, entries: Entries, ids: Ids) -> None:
    visitor = browser("opd")
    page = visitor.get("/akun/data").get_data(as_text=True)
    assert "opd@contoh.go.id" in page
    assert "Unduh semuanya" in page
    answer = visitor.get("/akun/data.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    taken = json.loads(answer.data)
    assert taken["data"].keys() >= KINDS
    assert taken["akun"] == ids("opd")
    (account,) = taken["data"]["akun"]
    assert (account["surel"], account["peran"]) == ("opd@contoh.go.id", "opd")
    assert "Masuk" in [row["kejadian"] for row in taken["data"]["catatan"]]
    assert len(entries("data.unduh")) == 1


def test_nobody_elses_data_are_in_it(browser: Browser) -> None:
    everything = browser("opd").get("/akun/data.json").get_data(as_text=True)
    for other in ("admin@contoh.go.id", "tapd@contoh.go.id"):
        assert other not in everything
    assert "password" not in everything
    assert "$argon2" not in everything


def test_asking_twice_is_asking_once_and_can_be_taken_back(browser: Browser, admin: Engine, entries: Entries) -> None:
    visitor = browser("tapd")
    assert visitor.get("/akun/data/hapus").status_code == 200
    short = post(visitor, "/akun/data/hapus", alasan="ya")
    assert short.status_code == 422
    assert ">ya</textarea>" in short.get_data(as_text=True)
    for _press in range(2):
        assert post(visitor, "/akun/data/hapus", alasan=REASON).status_code == 303
    assert len(entries("hapus-akun.minta")) == 1
    assert "menunggu putusan" in visitor.get("/akun/data").get_data(as_text=True)
    assert post(visitor, "/akun/data/hapus/tarik").status_code == 303
    with admin.connect() as connection:
        assert list(connection.scalars(text("SELECT state FROM erasure_requests"))) == ["DITARIK"]


@pytest.fixture
def granted(browser: Browser, admin: Engine, ids: Ids) -> str:
    """The account of a person who asked to be forgotten, and was."""
    number = ids("tapd")
    post(browser("tapd"), "/akun/data/hapus", alasan=REASON)
    path = f"/pengaturan/penghapusan/{open_request(admin)}"
    answer = post(browser("ppid"), path, putusan="kabulkan", alasan=DECISION, yakin="ya")
    assert answer.status_code == 303
    return number


def test_granting_wants_a_reason_and_a_second_thought(browser: Browser, admin: Engine, ids: Ids) -> None:
    post(browser("tapd"), "/akun/data/hapus", alasan=REASON)
    path = f"/pengaturan/penghapusan/{open_request(admin)}"
    officer = browser("ppid")
    assert REASON in officer.get(path).get_data(as_text=True)
    assert path in officer.get("/pengaturan/penghapusan").get_data(as_text=True)
    unsure = post(officer, path, putusan="kabulkan", alasan=DECISION)
    assert unsure.status_code == 422
    assert DECISION in unsure.get_data(as_text=True)
    assert post(officer, path, putusan="kabulkan", alasan="ya", yakin="ya").status_code == 422
    assert post(officer, path, alasan=DECISION, yakin="ya").status_code == 422
    assert row_of(admin, ids("tapd"))["erased_at"] is None


def test_a_granted_request_forgets_the_person(browser: Browser, admin: Engine, granted: str) -> None:
    row = row_of(admin, granted)
    assert (row["state"], row["nama"], row["password_hash"]) == ("DITUTUP", "(akun dihapus)", "")
    assert row["email"] == f"{granted}@{erasing.NOBODY_AT}"
    with admin.connect() as connection:
        for table in ("account_roles", "account_tokens"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table} WHERE account_id = :id"), {"id": granted}) == 0
        live = "SELECT count(*) FROM consents WHERE subject_ref = :id AND withdrawn_at IS NULL"
        assert connection.scalar(text(live), {"id": granted}) == 0
    assert post(browser(), "/masuk", email="tapd@contoh.go.id", sandi=PASSWORD).status_code == 422


def test_a_session_ends_with_its_account(browser: Browser, admin: Engine) -> None:
    visitor = browser("tapd")
    post(visitor, "/akun/data/hapus", alasan=REASON)
    path = f"/pengaturan/penghapusan/{open_request(admin)}"
    post(browser("ppid"), path, putusan="kabulkan", alasan=DECISION, yakin="ya")
    assert visitor.get("/akun").status_code == 302


def test_the_log_keeps_the_acts_and_who_decided(entries: Entries, ids: Ids, granted: str) -> None:
    (entry,) = entries("akun.hapus")
    assert (entry["actor"], entry["subject_id"], entry["reason"]) == (ids("ppid"), granted, DECISION)
    assert granted in [entry["actor"] for entry in entries("akun.masuk")]


def test_a_decision_is_made_once(browser: Browser, admin: Engine, granted: str) -> None:
    with admin.connect() as connection:
        request = connection.scalar(text("SELECT id FROM erasure_requests WHERE state = 'DIKABULKAN'"))
    before = row_of(admin, granted)
    again = post(browser("ppid"), f"/pengaturan/penghapusan/{request}", putusan="tolak", alasan=DECISION)
    assert again.status_code == 303
    assert row_of(admin, granted) == before


@pytest.mark.usefixtures("granted")
def test_the_answer_reaches_the_address_that_is_forgotten(worker_app: Flask, settings: Settings) -> None:
    deliver_letters(worker_app)
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        letter = mail.letters(settings)[0]
    assert letter.to == "tapd@contoh.go.id"
    assert "dikabulkan" in letter.text


def test_an_officer_denies_and_nothing_is_lost(browser: Browser, admin: Engine, ids: Ids, entries: Entries) -> None:
    post(browser("opd"), "/akun/data/hapus", alasan=REASON)
    path = f"/pengaturan/penghapusan/{open_request(admin)}"
    assert post(browser("ppid"), path, putusan="tolak", alasan="Pemeriksaan masih berjalan").status_code == 303
    assert row_of(admin, ids("opd"))["email"] == "opd@contoh.go.id"
    assert [entry["after"] for entry in entries("hapus-akun.putus")] == ['{"keputusan":"DITOLAK"}']


def test_nobody_decides_about_himself_or_without_the_duty(browser: Browser, admin: Engine) -> None:
    officer = browser("ppid")
    post(officer, "/akun/data/hapus", alasan=REASON)
    path = f"/pengaturan/penghapusan/{open_request(admin)}"
    for decision in ({"putusan": "kabulkan", "yakin": "ya"}, {"putusan": "tolak"}):
        assert post(officer, path, alasan=REASON, **decision).status_code == 422
    assert browser("admin").get(path).status_code == 403
    stranger = browser("ppid", B)
    assert stranger.get(path, base_url=HOSTS[B]).status_code == 404
    assert post(stranger, path, B, alasan=REASON, putusan="tolak").status_code == 404


def test_the_last_administrator_is_not_erased(browser: Browser, admin: Engine, ids: Ids) -> None:
    post(browser("admin"), "/akun/data/hapus", alasan=REASON)
    path = f"/pengaturan/penghapusan/{open_request(admin)}"
    answer = post(browser("ppid"), path, alasan=REASON, putusan="kabulkan", yakin="ya")
    assert answer.status_code == 422
    assert "satu-satunya administrator" in answer.get_data(as_text=True)
    assert row_of(admin, ids("admin"))["state"] == "AKTIF"
