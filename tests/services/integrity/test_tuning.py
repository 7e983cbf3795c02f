"""Changing a rule: its effect on last year's data first, in a transaction that cannot write; then two persons."""

from datetime import date

import pytest

from app.kernel import clock
from app.sabilulungan.flags import FLAGS
from app.services.integrity import preview, tuning
from app.services.integrity.parameters import BadValue, Param
from app.services.integrity.rules import RedFlag, flag_of
from app.services.ui.i18n import lazy
from app.services.workflow.process import Refused
from app.tenancy.database import db, region_sql
from tests.services.identity.conftest import Browser, post
from tests.services.integrity.conftest import As, Propose, Scan

TODAY = clock.today("Asia/Jakarta")
LAST_YEAR = TODAY.year - 1
#: One rupiah above the request.
SLIGHT = {"amount_recommended": 50_000_000, "amount_tapd": 50_000_001, "amount_approved": 50_000_000}


@pytest.fixture
def r10() -> RedFlag:
    flag = flag_of("R10")
    assert flag is not None
    return flag


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.code)
def test_every_default_can_be_read_back_from_what_the_form_shows(flag: RedFlag) -> None:
    for param in flag.tunable:
        assert param.read(param.write(param.default)) == param.default


@pytest.mark.parametrize(
    ("kind", "good", "value", "bad"),
    [
        ("bilangan", "12", 12, ("", "1,5", "-1", "9999999", "satu")),
        ("pecahan", "0,92", 0.92, ("", "nol", "1.2.3", "-0,5", "9999999")),
        ("rupiah", "Rp 1.500", 1500, ("", "sepuluh", "9.999.999")),
        ("rupiah-banyak", "2.000, 1000", [1000, 2000], ("", ",", "1000, x")),
        ("teks-banyak", "Jl. A; Jl. B ;", ["Jl. A", "Jl. B"], ("x" * 2001,)),
        ("tanggal-tahunan", "06-30", "06-30", ("", "6-30", "06-31", "13-01", "00-10", "02-30")),
    ],
)
def test_a_parameter_reads_its_kind_and_says_no_to_the_rest(
    kind: str, good: str, value: object, bad: tuple[str, ...]
) -> None:
    param = Param("n", lazy("Nilai"), kind, value, 0, 1_000_000)
    assert param.read(good) == value
    for text in bad:
        with pytest.raises(BadValue):
            param.read(text)


def test_the_effect_of_a_change_is_counted_and_listed_and_nothing_is_written(
    propose: Propose, acting_as: As, r10: RedFlag
) -> None:
    propose("1", **SLIGHT, tahun=LAST_YEAR)
    propose("2", amount_tapd=70_000_000, tahun=LAST_YEAR)
    counting = "SELECT count(*) FROM integrity_findings WHERE region_id = :region_id"
    with acting_as("inspektorat"):
        before = region_sql(counting).scalar_one()
        effect = preview.effect(r10, {"toleransi": "1.000"})
        assert effect.year == LAST_YEAR
        assert effect.removed == ["UJI-1"]
        assert effect.added == []
        assert effect.subjects_before - effect.subjects_after == 1
        assert region_sql(counting).scalar_one() == before


def test_the_transaction_of_a_preview_cannot_write(acting_as: As) -> None:
    writing = RedFlag(
        "X09", lazy("Menulis"), "L", needs=(), innocent=lazy("–"), source="uji",
        find="INSERT INTO integrity_pauses (region_id, id, rule, confirmed, refuted)"
        " VALUES (:region_id, gen_random_uuid(), 'X09', 0, 0) RETURNING rule AS key",
    )  # fmt: skip
    with acting_as("inspektorat"), pytest.raises(Exception, match="read-only transaction"):
        preview.effect(writing, {})


def test_a_change_holds_once_somebody_else_approved_it_and_from_its_day_on(acting_as: As, r10: RedFlag) -> None:
    with acting_as("inspektorat"):
        assert tuning.propose(r10, {"toleransi": "5000"}, "Hasil peninjauan", TODAY) == 1
        db.session.commit()
        (change,) = tuning.changes_of(r10)
        with pytest.raises(Refused) as refused:
            tuning.approve(change.id)
        assert refused.value.code == "empat-mata"
        db.session.rollback()
        assert tuning.values_of(r10)["toleransi"] == 0
    with acting_as("inspektorat:kedua"):
        tuning.approve(change.id)
        db.session.commit()
        assert tuning.values_of(r10)["toleransi"] == 5000
        with pytest.raises(Refused):
            tuning.approve(change.id)


@pytest.mark.parametrize(
    ("typed", "reason", "day", "code"),
    [
        ({"toleransi": "banyak"}, "alasan", date(2099, 1, 1), "toleransi"),
        ({"toleransi": "5000"}, " ", date(2099, 1, 1), "alasan"),
        ({"toleransi": "5000"}, "alasan", date(2020, 1, 1), "berlaku"),
        ({"toleransi": "0"}, "alasan", date(2099, 1, 1), "nilai"),
    ],
)  # fmt: skip
def test_a_bad_proposal_is_refused_beside_its_field(
    acting_as: As, r10: RedFlag, typed: dict[str, str], *, reason: str, day: date, code: str
) -> None:
    with acting_as("inspektorat"):
        with pytest.raises(Refused) as refused:
            tuning.propose(r10, typed, reason, day)
        assert refused.value.code == code


def test_a_tuned_rule_scans_with_its_new_values_and_says_which(
    propose: Propose, scan: Scan, acting_as: As, r10: RedFlag
) -> None:
    propose("1", **SLIGHT)
    with acting_as("inspektorat"):
        tuning.propose(r10, {"toleransi": "5000"}, "Hasil peninjauan", TODAY)
        db.session.commit()
        (change,) = tuning.changes_of(r10)
    with acting_as("inspektorat:kedua"):
        tuning.approve(change.id)
        db.session.commit()
    propose("2", amount_tapd=70_000_000)
    (found,) = scan("R10")
    assert '"toleransi": 5000' in found.params


@pytest.mark.usefixtures("people")
def test_the_page_of_a_rule_shows_the_effect_then_takes_the_proposal(propose: Propose, browser: Browser) -> None:
    propose("1", **SLIGHT, tahun=LAST_YEAR)
    inspector = browser("inspektorat")
    overview = inspector.get("/temuan/aturan").get_data(as_text=True)
    assert "R17 Harga di atas standar harga satuan" in overview
    assert "standar harga satuan (SHS) daerah per tahun" in overview
    page = inspector.get("/temuan/aturan/R10?toleransi=1000").get_data(as_text=True)
    assert f"Akibat pada data {LAST_YEAR}" in page
    assert "UJI-1" in page
    assert inspector.get("/temuan/aturan/R10?toleransi=banyak").status_code == 422
    assert inspector.get("/temuan/aturan/R17").status_code == 404
    sent = {"toleransi": "1000", "alasan": "Selisih pembulatan", "berlaku": "1 Januari 2099"}
    assert post(inspector, "/temuan/aturan/R10", **{**sent, "alasan": ""}).status_code == 422
    assert post(inspector, "/temuan/aturan/R10", **sent).status_code == 303
    told = inspector.get("/temuan/aturan/R10").get_data(as_text=True)
    assert "Selisih pembulatan" in told
    assert browser("admin").get("/temuan/aturan").status_code == 403
