"""What leaves as files: the list as shown, the awards as 360Giving, the process as rows."""

from collections.abc import Iterator
from typing import Any

from app.sabilulungan import queries
from app.sabilulungan.queries import Filter, PublicHibah
from app.sabilulungan.stages import STAGES
from app.tenancy.site import Site

COLUMNS = list(PublicHibah.__dataclass_fields__)
STEP_COLUMNS = ["nomor", "tahap", "nama_tahap", "terjadi_pada", "dicatat_pada"]
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
# 360Giving has not yet given the deployment a prefix; this placeholder is replaced when it does.
PREFIX = "360G-sabilulungan"


def table_rows(wanted: Filter) -> Iterator[list[Any]]:
    """Rows of the list in the order of COLUMNS."""
    for row in queries.stream(wanted):
        yield [getattr(row, column) for column in COLUMNS]


def step_rows() -> Iterator[list[Any]]:
    """Rows of `/hibah/proses.csv`: every step of every proposal."""
    for nomor, stage, happened_on, recorded_at in queries.stream_steps():
        yield [nomor, stage, str(STAGES[stage - 1].title), happened_on, recorded_at.isoformat()]


def grant(row: PublicHibah, site: Site) -> dict[str, Any]:
    """One awarded grant in the shape of 360Giving 1.4.3. The award date is the date the file came in when the source
    knows no other; `dataSource` says where the record can be read."""
    assert row.tanggal_masuk is not None
    government = {"id": f"ID-KEMENDAGRI-{site.code}", "name": f"Pemerintah {site.name}"}
    return {
        "id": f"{PREFIX}-{site.code}-{row.nomor}",
        "title": row.judul,
        "description": f"{row.bidang or 'Tanpa bidang'}: {row.judul}",
        "currency": "IDR",
        "amountAppliedFor": row.amount_requested or 0,
        "amountAwarded": row.amount_tapd or 0,
        "awardDate": row.tanggal_masuk.isoformat(),
        "fundingOrganization": [government],
        "recipientOrganization": [{"id": f"{PREFIX}-org-{site.code}-{row.nomor}", "name": row.judul}],
        "beneficiaryLocation": [
            {
                "name": row.kelurahan_kode or row.kecamatan_kode or site.name,
                "geoCode": row.kelurahan_kode or row.kecamatan_kode or site.code,
                "geoCodeType": "ID-KEMENDAGRI",
                "countryCode": "ID",
            }
        ],
    }


def grants(wanted: Filter, site: Site) -> Iterator[dict[str, Any]]:
    """Only awarded grants: those at the last stage with money."""
    return (grant(row, site) for row in queries.stream(wanted, awarded_only=True))
