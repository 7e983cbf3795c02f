"""Every room tells, forgets and limits what it holds of an account; a new table is asked about until it is placed."""

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.kernel.identifiers import uuid7
from app.services.identity import erasing
from app.services.messages import contacts, inbox
from app.services.privacy import own_data
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from tests.conftest import A
from tests.services.identity.conftest import Browser, set_up_app
from tests.services.privacy.conftest import Ids

pytestmark = pytest.mark.usefixtures("people")
REFERS = """
SELECT c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND k.contype = 'f' AND k.confrelid = 'accounts'::regclass
"""
#: Table that refers to an account -> the kind of data under which its owner reads it.
TOLD_AS = {
    "account_passkeys": "cara-masuk",
    "account_recovery_codes": "cara-masuk",
    "account_roles": "akun",
    "account_sessions": "sesi",
    "account_tokens": "tautan",
    "account_totp": "cara-masuk",
    "erasure_requests": "permintaan-penghapusan",
    "hibah": "usulan",
    "inbox_messages": "pesan",
    "integrity_clarifications": "klarifikasi",
    "integrity_settings": "aturan-integritas",
    "message_choices": "pilihan-pesan",
    "message_contacts": "kontak",
    "message_sends": "pengiriman",
    "oidc_identities": "cara-masuk",
    "workflow_assignments": "penugasan",
    "workflow_conflicts": "benturan",
    "workflow_delegations": "pelimpahan",
    "workflow_files": "berkas",
    "workflow_settings": "aturan",
}


def test_every_table_that_names_an_account_is_told_to_its_owner(admin: Engine, web_app: Flask, ids: Ids) -> None:
    with admin.connect() as connection:
        assert set(connection.scalars(text(REFERS))) == TOLD_AS.keys()
    with web_app.app_context(), acting_for(Context(A)):
        told = {kind.name for kind, _rows in own_data.everything(ids("opd"))}
        db.session.rollback()
    assert told >= set(TOLD_AS.values())


def test_messages_and_phone_are_told_and_forgotten(worker_app: Flask, ids: Ids) -> None:
    number = ids("opd")
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        contacts.new_phone(number, "0812-3456-7890")
        message(number, "Usulan diterima", "1 day")
        told = {kind.name: rows for kind, rows in own_data.everything(number)}
        assert told["kontak"][0]["telepon"] == "6281234567890"
        assert [row["perihal"] for row in told["pesan"]] == ["Usulan diterima"]
        assert erasing.erase(number, "uji")
        assert contacts.of(number) == contacts.NOBODY
        assert inbox.unread(number) == 0
        db.session.rollback()


def test_ways_to_sign_in_and_sessions_are_told_without_a_secret(
    browser: Browser, web_app: Flask, admin: Engine, ids: Ids
) -> None:
    secret = set_up_app(browser("opd"))
    with web_app.app_context(), acting_for(Context(A)):
        told = {kind.name: rows for kind, rows in own_data.everything(ids("opd"))}
        db.session.rollback()
    assert [row["jenis"] for row in told["cara-masuk"]] == ["aplikasi kode"]
    assert [row["cara"] for row in told["sesi"]] == ["sandi", "sandi"]
    assert secret not in str(told)


def test_old_messages_go(worker_app: Flask, ids: Ids) -> None:
    number = ids("opd")
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        message(number, "Lama", "800 days")
        message(number, "Baru", "700 days")
        assert inbox.forget_old(730) == 1
        assert [entry.subject for entry in inbox.listing(number, 1).entries] == ["Baru"]
        db.session.rollback()


def message(account: str, subject: str, age: str) -> None:
    region_sql(
        "INSERT INTO inbox_messages (region_id, id, account_id, event, subject, body, created_at)"
        " VALUES (:region_id, :id, :account, 'uji', :subject, '', now() - CAST(:age AS interval))",
        id=uuid7(), account=account, subject=subject, age=age,
    )  # fmt: skip
