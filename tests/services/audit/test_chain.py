"""The chain as acts write it: whole, in order, with the act or not at all."""

import json
import threading
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.audit.chain import KEY
from app.services.audit.entries import keyed_hash
from app.services.audit.verify import verify
from app.tenancy.context import Context, NoContext, acting_for
from app.tenancy.database import db, region_sql
from tests.conftest import B
from tests.services.audit.conftest import Act, R

WRITERS, EACH = 8, 25
EVENTS = "SELECT event || '/' || subject_id FROM audit_log WHERE region_id = :region_id ORDER BY seq"


def written() -> list[str]:
    found = list(region_sql(EVENTS).scalars())
    db.session.rollback()
    return found


def setting(key: str, value: str = "1") -> None:
    region_sql(
        "INSERT INTO region_settings (region_id, id, key, value) VALUES (:region_id, :id, :key, :value)",
        id=uuid7(), key=key, value=value,
    )  # fmt: skip


def settings_kept() -> int:
    count = region_sql("SELECT count(*) FROM region_settings WHERE region_id = :region_id").scalar_one()
    db.session.rollback()
    return int(count)


def fail_in_a_savepoint() -> None:
    with db.session.begin_nested():
        audit.note("uji.ubah", "uji", "gagal")
        setting("dobel")
        setting("dobel")


def test_the_first_act_of_a_region_begins_its_chain(act: Act) -> None:
    act(1)
    act(2)
    verdict = verify()
    assert (verdict.good, verdict.entries, verdict.seq) == (True, 2, 2)
    assert written() == ["uji.ubah/1", "uji.ubah/2"]


def test_an_empty_chain_is_good(chain: None) -> None:
    assert chain is None
    verdict = verify()
    assert (verdict.good, verdict.entries, verdict.hash) == (True, 0, "00" * 32)


def test_eight_writers_leave_no_gap_and_no_fork(worker_app: Flask, chain: None) -> None:
    assert chain is None
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            with worker_app.app_context(), acting_for(Context(R, f"sistem:uji-{writer}", "worker")):
                for number in range(EACH):
                    audit.note("uji.ubah", "uji", f"{writer}-{number}")
                    # Two entries of one act stay together.
                    audit.note("uji.ubah", "uji", f"{writer}-{number}b")
                    db.session.commit()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    verdict = verify()
    assert (verdict.good, verdict.problem, verdict.entries) == (True, "", WRITERS * EACH * 2)
    names = [name.removeprefix("uji.ubah/") for name in written()]
    assert [name + "b" for name in names[::2]] == names[1::2]
    for writer in range(WRITERS):
        mine = [int(name.partition("-")[2]) for name in names[::2] if name.startswith(f"{writer}-")]
        assert mine == list(range(EACH))
    moments = list(region_sql("SELECT at FROM audit_log WHERE region_id = :region_id ORDER BY seq").scalars())
    assert moments == sorted(moments)


def test_a_rolled_back_act_leaves_no_entry(act: Act) -> None:
    act(1)
    audit.note("uji.ubah", "uji", "batal")
    db.session.rollback()
    act(2)
    assert written() == ["uji.ubah/1", "uji.ubah/2"]
    assert verify().good


def test_a_session_that_is_closed_without_commit_forgets(act: Act) -> None:
    audit.note("uji.ubah", "uji", "ditutup")
    db.session.close()
    act(1)
    assert written() == ["uji.ubah/1"]


def test_a_failed_statement_takes_act_and_entry_with_it(act: Act) -> None:
    act(1)
    setting("dobel")
    audit.note("uji.ubah", "uji", "gagal")
    with pytest.raises(IntegrityError):
        setting("dobel")
    db.session.rollback()
    assert (settings_kept(), written()) == (0, ["uji.ubah/1"])


def test_a_released_savepoint_keeps_its_entries_for_the_commit(chain: None) -> None:
    assert chain is None
    audit.note("uji.ubah", "uji", "luar")
    with db.session.begin_nested():
        audit.note("uji.ubah", "uji", "dalam")
    assert len(db.session.info[KEY].entries) == 2
    db.session.commit()
    assert written() == ["uji.ubah/luar", "uji.ubah/dalam"]


def test_a_rolled_back_savepoint_takes_only_its_own_entries(chain: None) -> None:
    assert chain is None
    audit.note("uji.ubah", "uji", "sebelum")
    outer = db.session.begin_nested()
    audit.note("uji.ubah", "uji", "luar")
    with db.session.begin_nested():
        audit.note("uji.ubah", "uji", "dalam")
    outer.rollback()
    with pytest.raises(IntegrityError):
        fail_in_a_savepoint()
    audit.note("uji.ubah", "uji", "sesudah")
    db.session.commit()
    assert written() == ["uji.ubah/sebelum", "uji.ubah/sesudah"]
    assert settings_kept() == 0


def test_an_act_fails_when_its_entry_cannot_be_chained(act: Act, admin: Engine) -> None:
    act(1)
    act(2)
    with admin.begin() as connection:
        connection.execute(text(f"UPDATE audit_heads SET seq = 1 WHERE region_id = {R}"))
    setting("tanpa-jejak")
    audit.note("uji.ubah", "uji", "3")
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()
    assert (settings_kept(), written()) == (0, ["uji.ubah/1", "uji.ubah/2"])


def test_what_the_session_still_holds_is_written_before_the_entry(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head is locked last: a flush after it would hold every other writer of the region."""
    seen: list[str] = []
    monkeypatch.setattr("sqlalchemy.orm.session.Session.flush", lambda self: seen.append("flush"))
    monkeypatch.setattr("app.services.audit.chain.append", lambda *_args: seen.append("append"))
    act(1)
    assert seen[:2] == ["flush", "append"]


def test_two_regions_in_one_transaction_are_refused(chain: None) -> None:
    assert chain is None
    audit.note("uji.ubah", "uji", "1")
    with acting_for(Context(B, "sistem:uji", "worker")), pytest.raises(NoContext):
        audit.note("uji.ubah", "uji", "2")


def test_personal_values_are_kept_only_as_keyed_hashes(act: Act) -> None:
    nik = "3273010101900001"
    act(1, personal={"nik": nik}, reason="pemeriksaan")
    row = region_sql("SELECT * FROM audit_log WHERE region_id = :region_id").one()
    assert nik not in str(row)
    assert json.loads(row.personal) == {"nik": keyed_hash("nik", nik)}
    db.session.rollback()
    with acting_for(Context(B, "sistem:uji", "worker")):
        assert keyed_hash("nik", nik) != json.loads(row.personal)["nik"]
        db.session.rollback()
    assert keyed_hash("rekening", nik) != keyed_hash("nik", nik)


def test_an_entry_says_who_why_and_for_whom(act: Act) -> None:
    act(1, reason="nul \0 dan \ud800", acting_for="kepala-dinas", before={"nilai": None})
    row = region_sql("SELECT * FROM audit_log WHERE region_id = :region_id").one()
    assert (row.actor, row.acting_for, row.reason) == ("sistem:uji", "kepala-dinas", "nul \ufffd dan ?")
    assert (row.before, row.after, row.address) == ('{"nilai":null}', '{"nilai":1}', "")
    assert isinstance(row.id, UUID)
    assert verify().good


def test_what_has_no_canonical_form_is_refused_at_once(chain: None) -> None:
    assert chain is None
    with pytest.raises(TypeError):
        audit.note("uji.ubah", "uji", "1", after={"nilai": object()})


def test_a_look_is_written_before_anything_is_shown(act: Act) -> None:
    act(1)
    audit.look("account", "7", "NIK")
    db.session.rollback()
    assert written() == ["uji.ubah/1", "data.lihat/7"]
