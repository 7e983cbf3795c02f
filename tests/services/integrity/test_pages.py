"""Lists and pages of findings: filters in the address, evidence as table and chart, counts only for the public."""

import csv
import io

import pytest
from flask.testing import FlaskClient

from app.services.integrity.models import Finding
from tests.services.identity.conftest import Browser, post
from tests.services.integrity.conftest import Do, Propose, Scan


@pytest.fixture
def findings(propose: Propose, scan: Scan) -> list[Finding]:
    """Two cases: a ladder that goes up, and a recipient that asked twice."""
    propose("1", amount_tapd=60_000_000)
    for number in ("2", "3"):
        propose(number, penerima="PKK Kenanga", tahun=2023)
    return [*scan("R10"), *scan("R02")]


@pytest.mark.usefixtures("people")
def test_the_list_is_filtered_by_its_address_and_leaves_as_csv(findings: list[Finding], browser: Browser) -> None:
    first, second = findings
    inspector = browser("inspektorat")
    for query, there in (
        ("aturan=R10", {first.nomor}), ("tahun=2023", {second.nomor}), ("tingkat=C", {first.nomor}),
        ("q=UJI-2", {second.nomor}), (f"q={first.nomor}", {first.nomor}), ("keadaan=TERBUKTI", set()),
        ("", {first.nomor, second.nomor}),
    ):  # fmt: skip
        page = inspector.get(f"/temuan?{query}").get_data(as_text=True)
        rows = csv.DictReader(
            io.StringIO(inspector.get(f"/temuan.csv?{query}").get_data(as_text=True).lstrip("\ufeff"))
        )
        told = {row["nomor"] for row in rows}
        for finding in findings:
            assert (f"<dd>{finding.nomor}</dd>" in page) == (finding.nomor in there), query
            assert (finding.nomor in told) == (finding.nomor in there), query
    for bad in ("aturan=R99", "keadaan=X", "tahun=dua", "q=" + "a" * 101):
        assert inspector.get(f"/temuan?{bad}").status_code == 422


@pytest.mark.usefixtures("people")
def test_a_findings_page_shows_evidence_explanation_and_history_never_a_bare_score(
    findings: list[Finding], browser: Browser
) -> None:
    page = browser("inspektorat").get(f"/temuan/{findings[1].id}").get_data(as_text=True)
    for said in (
        "Ini indikasi, bukan putusan", "dapat bernama mirip", "UJI-2", "UJI-3", "PKK Kenanga", "nama dan kelurahan",
        'href="/hibah/UJI-2"', "<svg", "Riwayat", "Berkas dibuka", "DKI 2017",
    ):  # fmt: skip
        assert said in page, said
    english = browser("inspektorat").get(f"/temuan/{findings[1].id}?bahasa=en").get_data(as_text=True)
    assert "This is an indication, not a verdict" in english


@pytest.mark.usefixtures("people")
def test_nobody_else_sees_findings(findings: list[Finding], browser: Browser) -> None:
    for role in ("", "admin", "opd", "pemohon"):
        visitor = browser(role)
        for path in ("/temuan", "/temuan.csv", f"/temuan/{findings[0].id}", "/temuan/aturan"):
            assert visitor.get(path).status_code in {302, 403}, (role, path)


@pytest.mark.usefixtures("people")
def test_the_inspectorate_asks_for_a_scan(browser: Browser, region: object) -> None:
    assert post(browser("inspektorat"), "/temuan/pindai").status_code == 303


def public_rows(client: FlaskClient) -> dict[tuple[str, str], str]:
    told = csv.DictReader(io.StringIO(client.get("/integritas.csv").get_data(as_text=True).lstrip("\ufeff")))
    return {(row["aturan"], row["keadaan"]): row["temuan"] for row in told}


def test_the_public_reads_counts_and_no_number_below_five(
    propose: Propose, scan: Scan, do: Do, client: FlaskClient
) -> None:
    for number in range(6):
        propose(str(number), amount_tapd=60_000_000)
    cases = scan("R10")
    assert public_rows(client)["R10", "TERINDIKASI"] == "6"
    do(cases[0], "tutup", reason_code="PENJELASAN")
    do(cases[1], "tutup", reason_code="PENJELASAN")
    told = public_rows(client)
    assert told["R10", "TERINDIKASI"] == ""
    assert told["R10", "DITUTUP"] == ""
    page = client.get("/integritas").get_data(as_text=True)
    assert "&lt; 5" in page
    for secret in ("UJI-", cases[0].nomor, "Penerima 1"):
        assert secret not in page
