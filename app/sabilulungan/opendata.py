"""What leaves as files: the list as shown, the awards as 360Giving 1.4.3, the process as rows."""

from collections.abc import Iterator
from typing import Any

from app.sabilulungan import queries
from app.sabilulungan.queries import Filter, PublicHibah
from app.sabilulungan.stages import STAGES
from app.tenancy.site import Site

COLUMNS = [name for name in PublicHibah.__dataclass_fields__ if name != "organisasi_id"]
STEP_COLUMNS = ["nomor", "tahap", "nama_tahap", "terjadi_pada", "dicatat_pada"]
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
# 360Giving has not yet given the deployment a prefix; this placeholder is replaced when it does.
PREFIX = "360G-sabilulungan"
LONGEST_TITLE = 140
#: Purpose of a grant to a person, from the codelist grantToIndividualsPurpose: "Financial Hardship".
TO_INDIVIDUALS = {"primaryGrantReason": "GTIR010"}


def table_rows(wanted: Filter) -> Iterator[list[Any]]:
    """Rows of the list in the order of COLUMNS."""
    for row in queries.stream(wanted):
        yield [getattr(row, column) for column in COLUMNS]


def step_rows() -> Iterator[list[Any]]:
    """Rows of `/hibah/proses.csv`: every step of every proposal."""
    for nomor, stage, happened_on, recorded_at in queries.stream_steps():
        yield [nomor, stage, str(STAGES[stage - 1].title), happened_on, recorded_at.isoformat()]


def award_date(row: PublicHibah) -> str:
    """When it was decided: the decree's date; where the source knows none, the day it came in, or its year's first."""
    day = row.sk_tgl or row.tanggal_masuk
    return day.isoformat() if day else f"{row.tahun}-01-01"


def _recipient(row: PublicHibah, site: Site) -> dict[str, Any]:
    """An organisation, or a person of whom nothing but the fact is told; never both."""
    if row.jenis == "bansos" and row.organisasi_id is None and row.rincian_jenis.endswith(("individu", "terencana")):
        person = {"id": f"{PREFIX}-ind-{site.code}-{row.nomor}", "name": "Individu"}
        return {"recipientIndividual": person, "toIndividualsDetails": TO_INDIVIDUALS}
    number = row.organisasi_id or row.nomor
    organisation = {"id": f"{PREFIX}-org-{site.code}-{number}", "name": row.penerima or row.judul}
    return {"recipientOrganization": [organisation]}


def _amounts(row: PublicHibah) -> dict[str, int]:
    known = {"amountAppliedFor": row.amount_requested, "amountDisbursed": row.amount_disbursed}
    return {"amountAwarded": row.amount_granted or 0, **{name: n for name, n in known.items() if n is not None}}


def _dates(row: PublicHibah) -> dict[str, Any]:
    if row.mulai is None:
        return {}
    planned = {"startDate": row.mulai.isoformat()}
    if row.selesai is not None:
        planned["endDate"] = row.selesai.isoformat()
    return {"plannedDates": [planned]}


def grant(row: PublicHibah, site: Site, address: str) -> dict[str, Any]:
    """One awarded grant; `address` is the region's own, ending in a slash."""
    place = row.kelurahan_kode or row.kecamatan_kode or site.code
    kind = row.rincian_jenis or row.jenis or "hibah"
    return {
        "id": f"{PREFIX}-{site.code}-{row.nomor}",
        "title": row.judul[:LONGEST_TITLE],
        "description": row.tujuan or f"{row.bidang or 'Tanpa bidang'}: {row.judul}",
        "currency": "IDR",
        **_amounts(row),
        "awardDate": award_date(row),
        "url": f"{address}hibah/{row.nomor}",
        **_dates(row),
        **_recipient(row, site),
        "fundingOrganization": [{"id": f"ID-KEMENDAGRI-{site.code}", "name": f"Pemerintah {site.name}"}],
        "beneficiaryLocation": [
            {"name": place, "geoCode": place, "geoCodeType": "ID-KEMENDAGRI", "countryCode": "ID"}
        ],
        "grantProgramme": [{"code": kind, "title": kind.replace("_", " ").capitalize()}],
        "fromOpenCall": "No" if row.sumber == "pokir" else "Yes",
        "dataSource": f"{address}hibah.json",
    }


def grants(wanted: Filter, site: Site, address: str) -> Iterator[dict[str, Any]]:
    """Only awarded grants: approved, with money, not cancelled."""
    return (grant(row, site, address) for row in queries.stream(wanted, awarded_only=True))
