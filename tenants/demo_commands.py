"""`flask demo load`: the main job on real input, in one command."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.sabilulungan.anggaran.imports import import_anggaran
from app.sabilulungan.demo import make_proposals
from app.sabilulungan.imports.original import import_sabilulungan
from app.services.imports.datasets import ImportOrder, ImportReport, keep_mapping
from app.services.imports.mapping import load_mapping
from app.tenancy.context import Context, acting_for
from app.tenancy.database import region_sql
from config.settings import Settings
from tenants.provision import TEMPLATES, Order, provision
from tenants.registry import Region, load_regions

demo = AppGroup("demo", help="Peragaan dengan data nyata dan data contoh.")
PROVINCES = (32, 36, 52)
#: Whose own records lie in the folder, and whose enacted budget.
RECORDS_OF, BUDGET_OF = 3273, 11
BUDGET_FILE, BUDGET_MAP = "apba_aceh_2025.csv", TEMPLATES / "baku" / "anggaran-apba.toml"
REASON = "Diambil dari lampiran cetak Qanun APBA 2025; jumlah dan rinciannya diterbitkan apa adanya."


@demo.command("load")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--grants", default=60, show_default=True, help="Usulan contoh di setiap daerah lain.")
def load(folder: Path, grants: int) -> None:
    """Sediakan Jabar, Banten, NTB; muat catatan Bandung dan APBA Aceh. Contoh: flask demo load ../shared/data"""
    settings: Settings = current_app.extensions["settings"]
    if settings.production:
        raise click.UsageError("Data contoh tidak dimuat pada produksi.")
    chosen = [
        region for region in load_regions() if region.id in {0, BUDGET_OF, *PROVINCES} or region.parent_id in PROVINCES
    ]
    with click.progressbar(chosen, label="daerah", file=click.get_text_stream("stderr")) as bar:
        for region in bar:
            _bring_up(region, grants)
    with acting_for(Context(RECORDS_OF, "sistem:impor", "worker")):
        _tell(import_sabilulungan(ImportOrder(folder)))
    with acting_for(Context(BUDGET_OF, "sistem:impor", "worker")):
        toml = BUDGET_MAP.read_text(encoding="utf-8")
        keep_mapping("anggaran", toml, "sistem:impor")
        order = ImportOrder(
            folder / BUDGET_FILE, mapping=load_mapping(toml), drop_doubles=True, accept_reason=REASON
        )
        _tell(import_anggaran(order))


def _bring_up(region: Region, grants: int) -> None:
    generated = region.kind in {"KOTA", "KABUPATEN"} and region.id != RECORDS_OF
    list(provision(Order(region.id, region.subdomain, region.kind, demo=generated)))
    if not generated:
        return
    with acting_for(Context(region.id, "sistem:demo", "worker")):
        if not region_sql("SELECT count(*) FROM hibah WHERE region_id = :region_id").scalar_one():
            make_proposals(grants)


def _tell(report: ImportReport) -> None:
    click.echo(f"{report.dataset}: {report.rows} baris, {report.new} baru")
    for label, amount in report.totals.items():
        click.echo(f"  {label}: Rp {amount:,}".replace(",", "."))
    for finding, count in sorted(report.findings.items()):
        click.echo(f"  {count:6} {finding}")
