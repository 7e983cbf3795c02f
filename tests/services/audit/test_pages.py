"""What people see of the log: the region's administrator and inspectorate, everybody for himself, the public."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services import audit
from app.services.audit import queries, roots
from app.services.audit.chain import KEY
from app.services.audit.queries import LogFilter
from app.services.audit.verify import verify
from app.services.imports.datasets import ImportOrder, ImportReport, record_run
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tenants.commands import tenants
from tests.conftest import A, B
from tests.services.audit.conftest import Act
from tests.services.identity.conftest import HOSTS, PASSWORD, Browser, browser, people, post

__all__ = ["browser", "people"]
Ids = Callable[[str], str]


@pytest.fixture
def ids(people: None, admin: Engine) -> Ids:
    """The account id of a role of region A."""
    assert people is None

    def found(role: str) -> str:
        with admin.connect() as connection:
            statement = text(f"SELECT id FROM accounts WHERE region_id = {A} AND email = :email")
            return str(connection.scalar(statement, {"email": f"{role}@contoh.go.id"}))

    return found


@pytest.fixture
def published(worker_app: Flask, admin: Engine) -> Iterator[None]:
    """The roots of A and B, as the hourly job publishes them."""
    with worker_app.app_context():
        for region in (A, B):
            with acting_for(Context(region, "sistem:uji", "worker")):
                roots.publish({})
                db.session.commit()
    yield
    with admin.begin() as connection:
        connection.execute(text(f"DELETE FROM tenancy.audit_roots WHERE region_id IN ({A}, {B})"))


def entries(admin: Engine, **values: str) -> list[dict[str, str]]:
    """Entries of region A with these values, oldest first."""
    where = " AND ".join(f"{name} = :{name}" for name in values)
    with admin.connect() as connection:
        statement = text(f"SELECT * FROM audit_log WHERE region_id = {A} AND {where} ORDER BY seq")
        return [dict(row) for row in connection.execute(statement, values).mappings()]


def test_signing_in_and_out_is_noted_with_actor_role_and_address(browser: Browser, ids: Ids, admin: Engine) -> None:
    visitor, number = browser("opd"), ids("opd")
    post(visitor, "/keluar")
    noted = [entry for entry in entries(admin, subject_id=number) if entry["event"] != "persetujuan.beri"]
    assert [entry["event"] for entry in noted] == ["akun.buat", "akun.masuk", "akun.keluar"]
    assert {(entry["actor"], entry["role"]) for entry in noted[1:]} == {(number, "opd")}
    assert {entry["address"] for entry in noted[1:]} == {"127.0.0.0/24"}
    assert all(len(entry["request_id"]) == 32 for entry in noted[1:])
    assert "opd@contoh.go.id" not in str(noted)


def test_inviting_changing_and_closing_an_account_is_noted(browser: Browser, ids: Ids, admin: Engine) -> None:
    boss, mine = browser("admin"), ids("admin")
    post(boss, "/pengaturan/akun", nama="Siti Aminah", email="siti@contoh.go.id", peran="opd")
    clerk, number = browser("tapd"), ids("tapd")
    post(clerk, "/akun/sandi", lama=PASSWORD, sandi="padi kuning di sawah", ulangi="padi kuning di sawah")
    post(boss, f"/pengaturan/akun/{number}/tutup")
    post(boss, f"/pengaturan/akun/{number}/tutup")
    invited = entries(admin, event="akun.undang", actor=mine)[-1]
    assert json.loads(invited["after"]) == {"peran": ["opd"]}
    assert set(json.loads(invited["personal"])) == {"email", "nama"}
    assert "Siti" not in str(invited)
    closed = [(entry["event"], entry["actor"]) for entry in entries(admin, subject_id=number)]
    assert closed[-2:] == [("akun.sandi", number), ("akun.tutup", mine)]


def test_a_look_at_the_accounts_shows_in_the_history_of_each_person(browser: Browser, ids: Ids) -> None:
    clerk = browser("opd")
    before = clerk.get("/akun/riwayat").get_data(as_text=True)
    browser("admin").get("/pengaturan/akun")
    page = clerk.get("/akun/riwayat").get_data(as_text=True)
    assert page.count("nama, surel dan peran semua akun") == before.count("nama, surel dan peran semua akun") + 1
    assert "Administrator daerah" in page
    assert "Kata sandi" not in page
    assert "Masuk" in clerk.get("/akun/riwayat?tampil=semua").get_data(as_text=True)
    assert ids("admin") not in page


def test_nobody_sees_the_history_of_another(browser: Browser, worker_app: Flask, ids: Ids) -> None:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        audit.look("account", ids("tapd"), "nomor rekening rahasia")
    assert "rekening rahasia" in browser("tapd").get("/akun/riwayat").get_data(as_text=True)
    assert "rekening rahasia" not in browser("opd").get("/akun/riwayat").get_data(as_text=True)


def test_the_log_is_filtered_by_event_actor_subject_request_and_day(browser: Browser, ids: Ids, admin: Engine) -> None:
    visitor, number = browser("inspektorat"), ids("inspektorat")
    request_id = entries(admin, subject_id=number, event="akun.masuk")[-1]["request_id"]
    for query in (f"q={number}&kejadian=akun.masuk", f"pelaku={number}", f"permintaan={request_id}"):
        page = visitor.get(f"/pengaturan/audit?{query}").get_data(as_text=True)
        assert re.search(r'role="status"><strong>1</strong>', page), query
        assert "Masuk" in page
        assert number in page
    assert "Tidak ada entri yang cocok" in visitor.get("/pengaturan/audit?sampai=2020-01-01").get_data(as_text=True)
    assert "Tidak ada entri yang cocok" in visitor.get("/pengaturan/audit?dari=2999-01-01").get_data(as_text=True)
    for bad in ("dari=kemarin", "sampai=9999-12-31", "q=" + "a" * 201, "halaman=x"):
        assert visitor.get(f"/pengaturan/audit?{bad}").status_code == 422, bad


def test_a_person_is_found_without_a_name_in_the_address(browser: Browser, ids: Ids, admin: Engine) -> None:
    visitor = browser("inspektorat")
    answer = post(visitor, "/pengaturan/audit/orang", orang="tapd@")
    assert f"/pengaturan/audit?pelaku={ids('tapd')}" in answer.get_data(as_text=True)
    looked = entries(admin, event="data.lihat", actor=ids("inspektorat"))
    assert json.loads(looked[-1]["after"]) == {"data": "nama akun yang dicari"}
    assert post(visitor, "/pengaturan/audit/orang", orang="ta").status_code == 422
    assert "Tidak ada akun" in post(visitor, "/pengaturan/audit/orang", orang="zzzz").get_data(as_text=True)


def test_the_download_holds_what_the_filter_shows_and_is_noted_first(
    browser: Browser, ids: Ids, admin: Engine
) -> None:
    visitor, number = browser("admin"), ids("admin")
    answer = visitor.get(f"/pengaturan/audit.csv?pelaku={number}")
    lines = answer.get_data(as_text=True).strip().splitlines()
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="bandung-audit.csv"')
    assert len(lines) == 3
    assert "audit.ekspor" in lines[1]
    assert "akun.masuk" in lines[2]
    noted = entries(admin, event="audit.ekspor", actor=number)
    assert json.loads(noted[-1]["after"]) == {"bentuk": "CSV", "saringan": {"actor": number}}
    visitor.get("/pengaturan/audit.csv?q=3273010101900001")
    assert "3273010101900001" not in str(entries(admin, event="audit.ekspor", actor=number))


def test_the_log_shows_only_its_own_region(browser: Browser, ids: Ids, admin: Engine) -> None:
    assert ids("admin")
    with admin.connect() as connection:
        foreign = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {B} AND email LIKE 'admin@%'"))
    visitor = browser("admin")
    found = visitor.get(f"/pengaturan/audit?q={foreign}").get_data(as_text=True)
    assert "Tidak ada entri yang cocok" in found
    assert str(foreign) not in visitor.get("/pengaturan/audit.csv").get_data(as_text=True)
    there = browser("admin", B).get(f"/pengaturan/audit?q={foreign}", base_url=HOSTS[B]).get_data(as_text=True)
    assert "Akun dibuat" in there


def test_pages_and_files_go_through_the_whole_log(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        act(number)
    monkeypatch.setattr(queries, "PAGE_SIZE", 3)
    monkeypatch.setattr(queries, "BATCH", 2)
    shown = [row.seq for page in (1, 2, 3) for row in queries.listing(LogFilter(), page).rows]
    assert shown == [7, 6, 5, 4, 3, 2, 1]
    assert [row.seq for row in queries.stream(LogFilter())] == shown
    assert [row.seq for row in queries.stream(LogFilter(subject="5"))] == [6]
    last = queries.listing(LogFilter(event="uji.ubah"), 99)
    assert (last.page, last.pages, last.count, last.capped) == (3, 3, 7, False)
    monkeypatch.setattr(queries, "MOST_COUNTED", 5)
    many = queries.listing(LogFilter(event="uji.ubah"), 1)
    assert (many.capped, many.pages) == (True, 2)


def test_the_public_page_shows_the_regions_roots(
    browser: Browser, published: None, worker_app: Flask
) -> None:
    assert published is None
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        head = verify()
    visitor = browser()
    shown = visitor.get("/audit.json").get_json()
    assert [(root["region"], root["seq"], root["hash"]) for root in shown["roots"]] == [(str(A), head.seq, head.hash)]
    page = visitor.get("/audit").get_data(as_text=True).replace("<wbr>", "")
    assert head.hash in page
    assert "Set-Cookie" not in visitor.get("/audit").headers


def test_the_bare_domain_shows_and_signs_every_regions_root(published: None, web_app: Flask) -> None:
    assert published is None
    visitor = web_app.test_client()
    answer = visitor.get("/audit.json", headers={"Host": "localhost"}).get_json()
    assert {root["region"] for root in answer["roots"]} >= {str(A), str(B)}
    assert json.loads(answer["statement"])["root"] == answer["root"]
    assert answer["public_key"].startswith("-----BEGIN PUBLIC KEY-----")
    page = visitor.get(f"/audit?hari={answer['day']}", headers={"Host": "localhost"}).get_data(as_text=True)
    assert "Kabupaten Bandung" in page
    assert answer["signature"] in page.replace("<wbr>", "")
    assert visitor.get("/audit?hari=2001-01-01", headers={"Host": "localhost"}).status_code == 404
    assert visitor.get("/audit?hari=x", headers={"Host": "localhost"}).status_code == 422


def test_before_anything_is_published_the_pages_say_so(browser: Browser, web_app: Flask) -> None:
    assert "Belum ada sidik" in browser().get("/audit").get_data(as_text=True)
    national = web_app.test_client().get("/audit", headers={"Host": "localhost"}).get_data(as_text=True)
    assert "Belum ada sidik" in national
    assert web_app.test_client().get("/audit.json", headers={"Host": "localhost"}).get_json()["roots"] == []


def test_each_step_of_provisioning_is_noted(admin: Engine) -> None:
    steps = [json.loads(entry["after"])["langkah"] for entry in entries(admin, event="daerah.langkah")]
    assert steps[:1] + steps[-1:] == ["daerah", "situs"]


def test_suspending_a_region_is_noted_with_its_reason(worker_app: Flask, admin: Engine) -> None:
    runner = worker_app.test_cli_runner()
    assert runner.invoke(tenants, ["suspend", "32.73", "--reason", "Pindah server."]).exit_code == 0
    assert runner.invoke(tenants, ["resume", "32.73"]).exit_code == 0
    noted = [(json.loads(entry["after"])["keadaan"], entry["reason"], entry["actor"])
             for entry in entries(admin, event="daerah.keadaan")]  # fmt: skip
    assert noted[-2:] == [("DITANGGUHKAN", "Pindah server.", "sistem:operator"), ("AKTIF", "", "sistem:operator")]


def test_an_import_is_noted_without_the_name_of_its_file(chain: None, tmp_path: Path) -> None:
    assert chain is None
    file = tmp_path / "usulan bu siti.csv"
    file.write_text("a\n1\n")
    record_run(ImportOrder(file, accept_reason="data lama"), ImportReport("hibah", rows=1, new=1))
    noted = db.session.info[KEY].entries[-1]
    db.session.rollback()
    assert (noted.event, noted.reason, json.loads(noted.after)["rows"]) == ("impor.selesai", "data lama", 1)
    assert "siti" not in str(noted)
