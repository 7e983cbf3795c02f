"""What the grants' findings point at: files, places, offices; where each has its page and who answers for it."""

from collections.abc import Mapping
from uuid import UUID

from app.services.integrity.subjects import SubjectKind
from app.services.ui.i18n import lazy
from app.tenancy.database import region_sql
from app.tenancy.places import district_names

LINKS = (
    "SELECT CAST(id AS text) AS id, nomor FROM hibah WHERE region_id = :region_id AND id = ANY(CAST(:ids AS uuid[]))"
)
APPLICANTS = """
SELECT CAST(id AS text) AS id, pemohon_id FROM hibah WHERE region_id = :region_id AND id = ANY(CAST(:ids AS uuid[]))
    AND pemohon_id IS NOT NULL
"""


def _pages(numbers: list[str]) -> Mapping[str, str]:
    return {row.id: f"/hibah/{row.nomor}" for row in region_sql(LINKS, ids=numbers)}


def _applicants(numbers: list[str]) -> Mapping[str, UUID]:
    return {row.id: row.pemohon_id for row in region_sql(APPLICANTS, ids=numbers)}


def _districts(numbers: list[str]) -> Mapping[str, str]:
    known = district_names()
    return {number: known.get(number.partition("|")[2], "") for number in numbers}


KINDS = (
    SubjectKind("hibah", lazy("Usulan"), links=_pages, accounts=_applicants),
    SubjectKind("opd", lazy("OPD")),
    SubjectKind("kecamatan", lazy("Kecamatan"), names=_districts),
    SubjectKind("pokir", lazy("Legislator")),
    SubjectKind("ambang", lazy("Ambang")),
    SubjectKind("daerah", lazy("Daerah")),
)
