"""What a scan keeps: the same evidence once, a case that grows as one, nothing forgotten that was decided."""

import json
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from app.services.integrity import scanning
from app.services.integrity.rules import HIGH, Column, RedFlag, flag_of, running_flags
from app.services.jobs import outbox
from app.services.ui.i18n import lazy
from app.tenancy.database import db, region_sql
from tests.conftest import A
from tests.services.integrity.conftest import As, Do, Propose, Scan, run


def change(admin: Engine, number: UUID, assignment: str) -> None:
    with admin.begin() as connection:
        connection.execute(text(f"UPDATE hibah SET {assignment} WHERE region_id = {A} AND id = '{number}'"))


def test_the_same_evidence_is_one_finding_however_often_it_is_seen(propose: Propose, scan: Scan) -> None:
    propose("1", amount_tapd=60_000_000)
    first = scan("R10")
    assert [(row.rule, row.severity, row.state, row.year) for row in first] == [("R10", "C", "TERINDIKASI", 2024)]
    assert [row.id for row in scan("R10")] == [first[0].id]


def test_a_case_that_grows_stays_the_same_case(propose: Propose, scan: Scan) -> None:
    for number in ("1", "2"):
        propose(number, penerima="PKK Kenanga")
    (before,) = scan("R02")
    propose("3", penerima="P.K.K. Kenanga", amount_requested=7_000_000)
    (after,) = scan("R02")
    assert (before.id, before.subjects, after.subjects) == (after.id, 2, 3)
    assert (before.amount, after.amount) == (100_000_000, 107_000_000)
    assert before.fingerprint != after.fingerprint


def test_a_subject_that_left_a_case_is_no_longer_told(
    propose: Propose, scan: Scan, admin: Engine, acting_as: As
) -> None:
    numbers = [propose(number, penerima="PKK Kenanga") for number in ("1", "2", "3")]
    scan("R02")
    change(admin, numbers[2], "status = 'DITOLAK'")
    (after,) = scan("R02")
    assert after.subjects == 2
    with acting_as("sistem"):
        told = {row["subject_ref"] for row in scanning.exported(["R02"])}
    assert {"UJI-1", "UJI-2"} <= told
    assert "UJI-3" not in told


def test_a_closed_case_is_not_raised_again_but_new_evidence_is(
    propose: Propose, scan: Scan, do: Do, admin: Engine
) -> None:
    number = propose("1", amount_tapd=60_000_000)
    (closed,) = scan("R10")
    do(closed, "tutup", reason_code="DATA_KELIRU")
    assert [(row.id, row.state) for row in scan("R10")] == [(closed.id, "DITUTUP")]
    change(admin, number, "amount_tapd = 70000000")
    old, new = scan("R10")
    assert (old.id, old.state, new.state) == (closed.id, "DITUTUP", "TERINDIKASI")


def test_what_is_no_longer_seen_stays_open_and_says_so(propose: Propose, scan: Scan, admin: Engine) -> None:
    number = propose("1", amount_tapd=60_000_000)
    scan("R10")
    change(admin, number, "amount_tapd = 40000000")
    (gone,) = scan("R10")
    assert gone.gone_at is not None
    assert gone.state == "TERINDIKASI"
    change(admin, number, "amount_tapd = 60000000")
    (back,) = scan("R10")
    assert (back.id, back.gone_at) == (gone.id, None)


BROKEN = RedFlag(
    "X01", lazy("Rusak"), HIGH, needs=("hibah.id",), innocent=lazy("–"), source="uji",
    find="SELECT 1 / (h.stage - h.stage) FROM hibah h WHERE h.region_id = :region_id",
)  # fmt: skip
EMPTY = RedFlag(
    "X02", lazy("Tanpa data"), HIGH, needs=("hibah.sk_no", "hibah.nik_sealed|organisasi.telepon_sealed"),
    innocent=lazy("–"), source="uji", find="SELECT 1 WHERE :region_id < 0",
)  # fmt: skip


def test_a_rule_that_fails_is_told_and_the_others_go_on(propose: Propose, acting_as: As) -> None:
    propose("1", amount_tapd=60_000_000)
    report = run(acting_as, [BROKEN, flag_of("R10")])
    assert [(one.rule, one.outcome) for one in report.runs] == [("X01", "gagal"), ("R10", "jalan")]
    assert report.failed == ["X01"]
    assert report.kept.fresh >= 1


def test_a_rule_whose_data_the_region_does_not_have_is_not_run(acting_as: As) -> None:
    assert [one.outcome for one in run(acting_as, [EMPTY]).runs] == ["tanpa-data"]


def test_every_running_rule_runs_on_the_demonstration(acting_as: As) -> None:
    report = run(acting_as, list(running_flags()))
    assert report.failed == []
    assert {one.outcome for one in report.runs} <= {"jalan", "tanpa-data"}


@pytest.mark.usefixtures("region")
def test_a_scan_that_waits_is_not_asked_for_twice_and_runs_as_a_job(propose: Propose, acting_as: As) -> None:
    propose("1", amount_tapd=60_000_000)
    with acting_as("sistem"):
        for _ in range(2):
            scanning.request("impor", {"hibah"})
        db.session.commit()
        waiting = region_sql(
            "SELECT id, payload FROM outbox WHERE region_id = :region_id AND job = :job AND done_at IS NULL",
            job=scanning.JOB,
        ).all()  # fmt: skip
        assert [json.loads(row.payload) for row in waiting] == [{"trigger": "impor", "tables": ["hibah"]}]
        assert outbox.perform(waiting[0].id)
        triggers = list(region_sql("SELECT trigger FROM integrity_scans WHERE region_id = :region_id").scalars())
        assert triggers == ["impor"]


def test_an_incremental_scan_runs_the_rules_that_the_changed_table_feeds() -> None:
    fed = {flag.code for flag in scanning.fed_by({"lpj"}, running_flags())}
    assert "R37" in fed
    assert "R15" not in fed


def test_a_finding_is_exported_for_each_subject_as_the_contract_says(
    propose: Propose, scan: Scan, acting_as: As
) -> None:
    for number in ("1", "2"):
        propose(number, penerima="PKK Kenanga")
    scan("R02")
    with acting_as("sistem"):
        told = [row for row in scanning.exported(["R02"]) if row["subject_ref"].startswith("UJI-")]
    assert [row["subject_ref"] for row in told] == ["UJI-1", "UJI-2"]
    assert set(told[0]) == {"rule", "severity", "region", "subject_type", "subject_ref", "evidence"}
    assert (told[0]["rule"], told[0]["severity"], told[0]["region"]) == ("R02", "H", "32.73")
    assert told[0]["evidence"]["related"] == ["UJI-2"]
    assert told[0]["evidence"]["rows"][0]["yang_sama"] == "nama dan kelurahan"


def test_a_row_must_say_what_it_waits_for_or_run() -> None:
    with pytest.raises(ValueError, match="X03"):
        RedFlag("X03", lazy("Tanpa data"), HIGH, needs=(), innocent=lazy("–"), source="uji")
    with pytest.raises(ValueError, match="X04"):
        RedFlag("X04", lazy("Kolom"), HIGH, needs=(), innocent=lazy("–"), source="uji", find="SELECT 1",
                columns=(Column("ref", lazy("Rujukan")),))  # fmt: skip
