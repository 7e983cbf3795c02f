"""What every site tells of itself: which region it is, and which sets of open data it has."""

from flask import current_app, g
from sqlalchemy import text

from app.services.opendata.registry import LICENCE, Asked, Field, OpenFiles, Place, Resource, Row, open_files
from app.services.ui.i18n import lazy
from app.tenancy.database import db, region_sql
from app.tenancy.site import Site, live_sites, site_url

ROOMS = ("portal", "province", "landing")
REGION_FIELDS = (
    Field("kode", "teks", lazy("Kode wilayah Kemendagri, misalnya 32.73.")),
    Field("nama", "teks", lazy("Nama resmi.")),
    Field("jenis", "teks", lazy("KOTA, KABUPATEN, atau PROVINSI.")),
    Field("zona_waktu", "teks", lazy("Zona waktu IANA.")),
    Field("penduduk", "bilangan", lazy("Jumlah penduduk dalam daftar resmi.")),
    Field("luas_km2", "ukuran", lazy("Luas wilayah dalam kilometer persegi."), nullable=True),
    Field("alamat", "tautan", lazy("Portal daerah itu.")),
    Field("api", "tautan", lazy("Dokumen OpenAPI daerah itu.")),
)
FILE_FIELDS = (
    Field("nama", "teks", lazy("Nama pendek.")),
    Field("judul", "teks", lazy("Judul.")),
    Field("keterangan", "teks", lazy("Apa isinya.")),
    Field("lisensi", "tautan", lazy("Lisensi data.")),
    Field("diperbarui", "waktu", lazy("Saat data terakhir diimpor."), nullable=True),
    Field("api", "tautan", lazy("Data yang sama lewat API."), nullable=True),
    Field("berkas", "daftar", lazy("Bentuk berkas yang dapat diunduh."), parts=(
        Field("bentuk", "teks", lazy("csv, xlsx, atau json.")),
        Field("alamat", "tautan", lazy("Alamat berkas.")),
    )),
)  # fmt: skip
AREAS = "SELECT id, area_km2 FROM tenancy.regions WHERE id = ANY(:numbers)"
LAST_IMPORTS = """
SELECT dataset, max(finished_at) AS at FROM import_runs WHERE region_id = :region_id GROUP BY dataset
"""


def _address(site: Site) -> str:
    return site_url(site, current_app.extensions["settings"])


def _page(rows: list[tuple[str, Row]], asked: Asked) -> list[tuple[Place, Row]]:
    """The part of a short list, sorted by name, that is asked for."""
    after = str(asked.after[0]) if asked.after else ""
    found: list[tuple[Place, Row]] = [((name,), row) for name, row in rows if name > after]
    return found[: asked.limit]


def regions(asked: Asked) -> list[tuple[Place, Row]]:
    """This region; on the bare domain every region that is live."""
    sites = live_sites() if g.site.room == "landing" else [g.site]
    found = db.session.execute(text(AREAS), {"numbers": [site.region_id for site in sites]})
    areas = {row.id: row.area_km2 for row in found}
    rows: list[tuple[str, Row]] = [
        (site.code, {
            "kode": site.code, "nama": site.name, "jenis": site.kind, "zona_waktu": site.time_zone,
            "penduduk": site.population, "luas_km2": areas[site.region_id], "alamat": _address(site),
            "api": f"{_address(site)}api/openapi.json",
        })
        for site in sites
    ]  # fmt: skip
    return _page(sorted(rows, key=lambda row: row[0]), asked)


def datasets(asked: Asked) -> list[tuple[Place, Row]]:
    """Every set of open data of this site, with its files."""
    imported = {row.dataset: row.at for row in region_sql(LAST_IMPORTS)}
    rows = [(files.name, _described(files, imported)) for files in open_files(g.site.room)]
    return _page(rows, asked)


def _described(files: OpenFiles, imported: dict[str, object]) -> Row:
    home = _address(g.site)
    moments = [moment for name in files.imported_as if (moment := imported.get(name)) is not None]
    return {
        "nama": files.name, "judul": str(files.title), "keterangan": str(files.text), "lisensi": LICENCE,
        "diperbarui": max(moments, default=None, key=str),
        "api": f"{home}api/v1/{files.resource}" if files.resource else None,
        "berkas": [{"bentuk": form, "alamat": home + path.lstrip("/")} for form, path in files.paths.items()],
    }  # fmt: skip


RESOURCES = (
    Resource(
        "daerah", lazy("Daerah"), lazy("Daerah yang portalnya ini; pada alamat induk, semua daerah yang sudah hadir."),
        REGION_FIELDS, regions, rooms=ROOMS,
    ),
    Resource(
        "dataset", lazy("Kumpulan data"), lazy("Kumpulan data terbuka daerah ini, beserta berkasnya."),
        FILE_FIELDS, datasets, rooms=("portal", "province"),
    ),
)  # fmt: skip
