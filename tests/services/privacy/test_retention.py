"""What is past its time goes in the night, by the region's own rules, with the counts on the record."""

import os
import tomllib
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.messages import mail
from app.services.privacy import retention
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import Settings
from tenants.provision import TEMPLATES
from tests.conftest import A, B
from tests.services.identity.conftest import Browser, post
from tests.services.privacy.conftest import Entries, Ids

pytestmark = pytest.mark.usefixtures("people")
BASIS = "Peraturan Bupati 12/2026 pasal 4 ayat (2)"


@pytest.fixture
def night(worker_app: Flask, people: None) -> Iterator[None]:
    """The worker inside region A."""
    assert people is None
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        yield
        db.session.rollback()


@pytest.fixture
def rules_kept(admin: Engine) -> Iterator[None]:
    """The rules are as provisioned again afterwards."""
    with admin.connect() as connection:
        before = connection.execute(text("SELECT region_id, kind, days, legal_basis FROM retention_rules")).all()
    yield
    with admin.begin() as connection:
        for row in before:
            connection.execute(
                text("UPDATE retention_rules SET days = :days, legal_basis = :legal_basis, actor = 'sistem:uji'"
                     " WHERE region_id = :region_id AND kind = :kind"),
                dict(row._mapping),
            )  # fmt: skip


def attempts(admin: Engine, region: int) -> int:
    with admin.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM sign_in_attempts WHERE region_id = {region}"))


def attempt(admin: Engine, region: int, age: str) -> None:
    with admin.begin() as connection:
        connection.execute(text(
            "INSERT INTO sign_in_attempts (region_id, id, email_hash, address_hash, kind, at)"
            f" VALUES ({region}, gen_random_uuid(), 'x', 'y', 'masuk', now() - interval '{age}')"
        ))  # fmt: skip


def test_the_template_has_a_rule_for_every_kind_and_provisioning_writes_them(night: None) -> None:
    assert night is None
    for template in TEMPLATES.glob("*/template.toml"):
        rules = tomllib.loads(template.read_text(encoding="utf-8"))["retensi"]
        assert {rule["jenis"] for rule in rules} == retention.kinds().keys()
    written = retention.rules()
    assert written.keys() >= retention.kinds().keys()
    for name, kind in retention.kinds().items():
        assert kind.least <= written[name].days <= kind.most
        assert "27/2022" in written[name].legal_basis


def test_attempts_past_their_time_go_and_younger_ones_and_other_regions_stay(
    night: None, admin: Engine, entries: Entries
) -> None:
    assert night is None
    for region in (A, B):
        attempt(admin, region, "2 days")
        attempt(admin, region, "1 hour")
    retention.run({})
    db.session.commit()
    assert (attempts(admin, A), attempts(admin, B)) == (1, 2)
    assert [entry["after"] for entry in entries("retensi.jalankan")] == ['{"percobaan-masuk":1}']
    retention.run({})
    db.session.commit()
    assert len(entries("retensi.jalankan")) == 1


def test_closed_accounts_are_made_anonymous_when_their_time_is_over(night: None, admin: Engine, ids: Ids) -> None:
    assert night is None
    long_ago, lately = ids("opd"), ids("tapd")
    with admin.begin() as connection:
        close = "UPDATE accounts SET state = 'DITUTUP', closed_at = now() - make_interval(days => :days) WHERE id = :id"
        connection.execute(text(close), {"days": 800, "id": long_ago})
        connection.execute(text(close), {"days": 100, "id": lately})
    retention.run({})
    db.session.commit()
    with admin.connect() as connection:
        rows = connection.execute(text("SELECT id, email FROM accounts WHERE state = 'DITUTUP'")).all()
    emails = {str(row.id): row.email for row in rows}
    assert emails == {long_ago: f"{long_ago}@terhapus.invalid", lately: "tapd@contoh.go.id"}


def test_letters_of_the_demonstration_and_old_links_go(
    night: None, admin: Engine, ids: Ids, settings: Settings
) -> None:
    assert night is None
    folder = mail.mail_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    old, young = folder / "00000000-tua.eml", folder / "00000000-muda.eml"
    for file in (old, young):
        file.write_text("surat")
    os.utime(old, (1, 1))
    with admin.begin() as connection:
        connection.execute(text(
            "INSERT INTO account_tokens (region_id, id, account_id, purpose, token_hash, expires_at)"
            f" VALUES ({A}, gen_random_uuid(), '{ids('opd')}', 'sandi', 'tua', now() - interval '8 days'),"
            f" ({A}, gen_random_uuid(), '{ids('opd')}', 'sandi', 'muda', now() - interval '6 days')"
        ))  # fmt: skip
    retention.run({})
    db.session.commit()
    with admin.connect() as connection:
        assert list(connection.scalars(text("SELECT token_hash FROM account_tokens"))) == ["muda"]
    assert (old.exists(), young.exists()) == (False, True)
    young.unlink()


def test_a_kind_without_a_rule_is_left_alone_and_told(
    night: None, admin: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert night is None
    attempt(admin, A, "2 days")
    monkeypatch.setattr(retention, "rules", dict)
    retention.run({})
    assert attempts(admin, A) == 1
    assert "belum ada aturan untuk percobaan-masuk" in caplog.text


@pytest.mark.usefixtures("rules_kept")
def test_an_administrator_changes_a_rule_with_its_legal_basis(browser: Browser, entries: Entries) -> None:
    boss = browser("admin")
    assert "Dasar hukum" in boss.get("/pengaturan/retensi?ubah=tautan-akun").get_data(as_text=True)
    answer = post(boss, "/pengaturan/retensi", jenis="tautan-akun", hari="30", dasar=BASIS)
    assert answer.status_code == 303
    page = boss.get("/pengaturan/retensi").get_data(as_text=True)
    assert BASIS in page
    (entry,) = entries("retensi.ubah")
    assert '"hari":7' in entry["before"]
    assert entry["after"] == f'{{"dasar":"{BASIS}","hari":30,"jenis":"tautan-akun"}}'


@pytest.mark.parametrize(
    ("form", "field"),
    [({"jenis": "tautan-akun", "hari": "30", "dasar": ""}, "dasar"),
     ({"jenis": "tautan-akun", "hari": "0", "dasar": BASIS}, "hari"),
     ({"jenis": "tautan-akun", "hari": "366", "dasar": BASIS}, "hari"),
     ({"jenis": "tautan-akun", "hari": "tiga", "dasar": BASIS}, "hari"),
     ({"jenis": "lain", "hari": "3", "dasar": BASIS}, "jenis")],
)  # fmt: skip
def test_a_rule_without_a_basis_or_out_of_range_is_refused_and_kept_in_the_form(
    browser: Browser, entries: Entries, form: dict[str, str], field: str
) -> None:
    answer = post(browser("admin"), "/pengaturan/retensi", **form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{field}"' in page
    if field != "jenis":
        assert f'value="{form["hari"]}"' in page
    assert entries("retensi.ubah") == []


def test_others_read_the_rules_and_do_not_change_them(browser: Browser) -> None:
    reader = browser("inspektorat")
    page = reader.get("/pengaturan/retensi?ubah=tautan-akun").get_data(as_text=True)
    assert "Percobaan masuk" in page
    assert "<textarea" not in page
    assert post(reader, "/pengaturan/retensi", jenis="tautan-akun", hari="30", dasar=BASIS).status_code == 403
