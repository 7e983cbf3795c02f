"""Due process: whom it concerns is heard before anything is decided, and how it ends teaches the rule."""

import re

import pytest
from sqlalchemy import Engine, text

from app.services.integrity import clarifications, precision, scanning
from app.services.integrity.models import Finding
from app.services.integrity.rules import flag_of
from app.services.workflow import queue
from app.services.workflow.process import Refused
from app.tenancy.database import db, region_sql
from tests.conftest import A
from tests.services.identity.conftest import Browser, post
from tests.services.integrity.conftest import As, Do, Propose, Scan, account_of


@pytest.fixture
def finding(propose: Propose, scan: Scan) -> Finding:
    """One case of R10 about one proposal."""
    propose("1", amount_tapd=60_000_000)
    (found,) = scan("R10")
    return found


def let_time_pass(admin: Engine) -> None:
    with admin.begin() as connection:
        connection.execute(
            text(f"UPDATE integrity_clarifications SET due_on = date '2020-01-02' WHERE region_id = {A}")
        )


def test_a_finding_waits_on_the_inspectorates_desk(finding: Finding, acting_as: As) -> None:
    with acting_as("inspektorat"):
        rows = queue.listing(queue.Filter(proses="temuan"), 1).rows
        assert [row.nomor for row in rows] == [finding.nomor]
    with acting_as("tapd"):
        assert queue.listing(queue.Filter(proses="temuan"), 1).count == 0


def test_nothing_is_passed_on_before_those_concerned_were_asked(finding: Finding, do: Do) -> None:
    with pytest.raises(Refused) as refused:
        do(finding, "teruskan")
    assert refused.value.code == "sudah-berubah"


def test_nothing_is_passed_on_before_they_answered_or_their_time_passed(
    finding: Finding, do: Do, admin: Engine
) -> None:
    assert do(finding, "minta_klarifikasi", values={"kepada": "tapd"}) == "KLARIFIKASI"
    with pytest.raises(Refused) as refused:
        do(finding, "teruskan")
    assert refused.value.code == "belum-didengar"
    let_time_pass(admin)
    assert do(finding, "teruskan") == "DITERUSKAN"
    assert do(finding, "nyatakan_terbukti") == "TERBUKTI"


def test_who_answered_in_time_lets_it_go_on_at_once(finding: Finding, do: Do, acting_as: As) -> None:
    do(finding, "minta_klarifikasi", values={"kepada": "tapd"})
    with acting_as("tapd"):
        (asked,) = clarifications.mine()
        clarifications.answer(asked.id, "Angka diketik dua kali.")
        with pytest.raises(Refused):
            clarifications.answer(asked.id, "Jawaban kedua.")
    assert do(finding, "teruskan") == "DITERUSKAN"


def test_only_whom_it_concerns_may_answer(finding: Finding, do: Do, acting_as: As) -> None:
    do(finding, "minta_klarifikasi", values={"kepada": "tapd"})
    with acting_as("tapd"):
        (asked,) = clarifications.mine()
    for role in ("opd", "pemohon", "inspektorat"):
        with acting_as(role):
            assert clarifications.mine() == []
            with pytest.raises(LookupError):
                clarifications.answer(asked.id, "Bukan urusan saya.")


def test_what_came_by_letter_is_recorded_by_the_inspectorate(finding: Finding, do: Do, acting_as: As) -> None:
    do(finding, "minta_klarifikasi", values={"kepada": "surat"})
    with acting_as("inspektorat"):
        (asked,) = clarifications.mine()
        clarifications.answer(asked.id, "Surat Ketua tanggal 3 Maret.")
    assert do(finding, "teruskan") == "DITERUSKAN"


def test_an_applicant_with_an_account_is_asked_about_his_own_files_only_and_told(
    propose: Propose, scan: Scan, do: Do, acting_as: As
) -> None:
    with acting_as("sistem"):
        applicant = account_of("pemohon")
    propose("1", penerima="PKK Kenanga", pemohon_id=applicant)
    propose("2", penerima="PKK Kenanga")
    (found,) = scan("R02")
    do(found, "minta_klarifikasi", values={"kepada": "pemohon"})
    with acting_as("pemohon"):
        (asked,) = clarifications.mine()
        assert clarifications.about(asked) == ["UJI-1"]
        subjects = list(region_sql("SELECT subject FROM inbox_messages WHERE region_id = :region_id").scalars())
    assert len(subjects) == 1
    assert "klarifikasi" in subjects[0]


def test_the_account_is_offered_only_where_somebody_has_one(finding: Finding, acting_as: As) -> None:
    with acting_as("inspektorat"):
        row = db.session.get(Finding, (A, finding.id))
        assert row is not None
        offered = [code for code, _label in clarifications.addressees(row)]
    assert "pemohon" not in offered
    assert {"surat", "tapd", "opd_kepala"} <= set(offered)


def test_only_the_inspectorate_acts(finding: Finding, do: Do) -> None:
    with pytest.raises(Refused) as refused:
        do(finding, "tutup", role="admin", reason_code="PENJELASAN")
    assert refused.value.code == "bukan-tugas"


@pytest.mark.parametrize(
    ("code", "right", "wrong"),
    [("BENAR_SELESAI", 1, 0), ("PENJELASAN", 0, 1), ("DATA_KELIRU", 0, 1), ("GANDA", 0, 0)],
)
def test_how_a_case_is_closed_counts_for_its_rule(
    finding: Finding, do: Do, acting_as: As, code: str, *, right: int, wrong: int
) -> None:
    assert do(finding, "tutup", reason_code=code) == "DITUTUP"
    with acting_as("inspektorat"):
        record = precision.records()["R10"]
    assert (record.confirmed, record.refuted) == (right, wrong)


def close_ten(propose: Propose, scan: Scan, do: Do, right: int) -> None:
    for number in range(10):
        propose(str(number), amount_tapd=60_000_000)
    for number, found in enumerate(scan("R10")):
        do(found, "tutup", reason_code="BENAR_SELESAI" if number < right else "PENJELASAN")


def test_a_rule_that_is_wrong_more_often_than_right_pauses_itself(
    propose: Propose, scan: Scan, do: Do, acting_as: As
) -> None:
    close_ten(propose, scan, do, right=4)
    with acting_as("sistem"):
        assert precision.paused_rules() == {"R10"}
        report = scanning.scan("perintah", [flag for flag in (flag_of("R10"), flag_of("R45")) if flag])
        assert [(run.rule, run.outcome) for run in report.runs] == [("R10", "jeda"), ("R45", "jalan")]
        db.session.rollback()
        assert precision.resume("R10", "Parameter diperbaiki.")
        assert precision.judge() == []
        assert precision.records()["R10"].precision is None
        db.session.rollback()


def test_half_right_is_enough_to_go_on(propose: Propose, scan: Scan, do: Do, acting_as: As) -> None:
    close_ten(propose, scan, do, right=5)
    with acting_as("sistem"):
        assert precision.paused_rules() == frozenset()
        assert precision.records()["R10"].precision == 0.5


def link(page: str, path: str) -> str:
    found = re.search(rf'href="({path}/[0-9a-f-]+)"', page)
    assert found is not None, path
    return found.group(1)


def looks_at(admin: Engine, finding: Finding) -> int:
    sql = (
        f"SELECT count(*) FROM audit_log WHERE region_id = {A} AND event = 'data.lihat' AND subject_id = '{finding.id}'"
    )
    with admin.connect() as connection:
        return int(connection.scalar(text(sql)) or 0)


@pytest.mark.usefixtures("people")
def test_the_way_of_a_finding_in_the_browser(finding: Finding, browser: Browser, admin: Engine) -> None:
    """Ask, answer in another office, close; each page as its reader sees it, each look in the log."""
    inspector, office, page = browser("inspektorat"), browser("tapd"), f"/temuan/{finding.id}"
    desk = link(inspector.get(page).get_data(as_text=True), "/tugas")
    asked = post(inspector, f"{desk}/minta_klarifikasi", kepada="tapd", reason="Mengapa di atas permintaan?")
    assert asked.status_code == 303
    question = link(office.get("/klarifikasi").get_data(as_text=True), "/klarifikasi")
    form = office.get(question).get_data(as_text=True)
    assert "Mengapa di atas permintaan?" in form
    assert "UJI-1" in form
    assert browser("opd").get(question).status_code == 404
    assert post(office, question, jawaban=" ").status_code == 422
    assert post(office, question, jawaban="Salah ketik.").status_code == 303
    assert "Salah ketik." in inspector.get(page).get_data(as_text=True)
    assert post(inspector, f"{desk}/tutup", reason="Sudah jelas.").status_code == 422
    assert post(inspector, f"{desk}/tutup", reason="Jelas.", reason_code="PENJELASAN").status_code == 303
    assert "Ditutup" in inspector.get(page).get_data(as_text=True)
    assert looks_at(admin, finding) == 3
