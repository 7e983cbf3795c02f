"""`flask data …`: bringing a region's files in, by the datasets that the modules registered."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from app.services.imports.datasets import ImportOrder, ImportReport, datasets, keep_mapping, stored_mapping
from app.services.imports.limits import TableError
from app.services.imports.mapping import Mapping, MappingError, load_mapping
from app.services.imports.rows import ImportRefused, Reject
from app.services.imports.tabular import open_table
from app.services.opendata.tables import csv_lines
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tenants.registry import find

data = AppGroup("data", help="Impor data daerah.")
SHOWN_ERRORS = 50


class DatasetName(click.ParamType):
    """A registered dataset; the registry is read when the command runs, not when it is defined."""

    name = "dataset"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself; fails with the names that exist."""
        if value not in datasets():
            self.fail(f"{value!r} tidak dikenal; yang ada: {', '.join(datasets())}.", param, ctx)
        return value


@data.command("columns")
@click.argument("dataset", type=DatasetName(), required=False)
@click.option("--json", "as_json", is_flag=True, help="Satu larik JSON.")
def columns(dataset: str | None, as_json: bool) -> None:
    """Kolom terbitan sebuah dataset. Contoh: flask data columns hibah"""
    if dataset is None:
        for known in datasets().values():
            click.echo(f"{known.name:14} {known.summary}")
        return
    chosen = datasets()[dataset]
    if as_json:
        click.echo(json.dumps([vars(column) for column in chosen.columns], ensure_ascii=False))
        return
    click.echo(chosen.summary)
    for column in chosen.columns:
        click.echo(f"  {column.name:20} {'wajib' if column.required else '':6} {column.kind:22} {column.help}".rstrip())
    if chosen.example:
        click.echo(f"\n{chosen.example}")


@data.command("import")
@click.argument("dataset", type=DatasetName())
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--region", required=True, help="Kode daerah, misalnya 32.73.")
@click.option("--map", "map_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Pemetaan kolom (TOML); disimpan untuk impor berikutnya.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Periksa saja, tidak menyimpan.")
@click.option("--drop-doubles", is_flag=True, help="Buang baris yang persis sama dengan baris sebelumnya.")
@click.option("--accept", "accept_reason", default="", help="Alasan menerima data yang jumlahnya tidak cocok.")
@click.option("--partial", is_flag=True, help="Simpan baris yang baik walaupun ada baris yang ditolak.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path),
              help="Tulis baris yang ditolak, beserta alasannya, ke CSV ini.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Laporan sebagai satu objek JSON.")
def import_data(
    dataset: str,
    path: Path,
    region: str,
    map_file: Path | None,
    dry_run: bool,
    drop_doubles: bool,
    accept_reason: str,
    partial: bool,
    rejects: Path | None,
    as_json: bool,
) -> None:
    """Impor CSV atau XLSX. Contoh: flask data import hibah proposal.csv --region 32.73 --dry-run"""
    chosen, target = datasets()[dataset], find(region)
    if chosen.folder != path.is_dir():
        raise click.BadParameter("harus sebuah folder." if chosen.folder else "harus sebuah berkas.", param_hint="PATH")
    with acting_for(Context(target.id, "sistem:impor", "worker")):
        try:
            mapping = _mapping(dataset, map_file)
            if map_file and not dry_run:
                keep_mapping(dataset, map_file.read_text(encoding="utf-8"), "sistem:impor")
            with click.progressbar(length=_row_count(path, folder=chosen.folder), label=dataset, file=_stderr()) as bar:
                order = ImportOrder(
                    path, "sistem:impor", dry_run, mapping, drop_doubles, accept_reason.strip(), partial, bar.update
                )
                report = chosen.run(order)
        except ImportRefused as refused:
            db.session.rollback()
            _write_rejects(rejects, refused.rejects)
            for error in refused.errors[:SHOWN_ERRORS]:
                click.echo(str(error), err=True)
            if (more := len(refused.errors) - SHOWN_ERRORS) > 0:
                click.echo(f"… dan {more} galat lagi", err=True)
            raise click.ClickException(str(refused)) from refused
        except (TableError, MappingError, FileNotFoundError, UnicodeDecodeError) as error:
            db.session.rollback()
            raise click.ClickException(str(error)) from error
    _write_rejects(rejects, report.rejects)
    click.echo(report.as_json() if as_json else _printed(report))


def _write_rejects(target: Path | None, rejected: list[Reject]) -> None:
    """The refused rows as they stood in the file, with a last column that says why."""
    if target is None or not rejected:
        return
    names = list(rejected[0][0])
    rows = ([*cells.values(), "; ".join(f"{e.column}: {e.code} {e.message}" for e in why)] for cells, why in rejected)
    target.write_bytes(b"".join(csv_lines([*names, "alasan_ditolak"], rows)))
    click.echo(f"{len(rejected)} baris yang ditolak ditulis ke {target}", err=True)


def _stderr() -> object:
    return click.get_text_stream("stderr")


def _mapping(dataset: str, map_file: Path | None) -> Mapping | None:
    if map_file is None:
        return stored_mapping(dataset)
    mapping = load_mapping(map_file.read_text(encoding="utf-8"))
    if mapping.dataset != dataset:
        raise MappingError(f'Pemetaan ini untuk dataset "{mapping.dataset}", bukan "{dataset}".')
    return mapping


def _row_count(path: Path, *, folder: bool) -> int:
    """Rows of the file, or of every CSV in the folder, for the progress bar."""
    total = 0
    for file in sorted(path.glob("*.csv")) if folder else [path]:
        with open_table(file, file.name) as table:
            total += sum(1 for _row in table)
    return total


def _printed(report: ImportReport) -> str:
    kept = "diperiksa, tidak disimpan" if report.dry_run else f"{report.new} baru, {report.changed} berubah"
    lines = [f"{report.dataset}: {report.rows} baris dibaca, {kept}", *report.details]
    lines += [f"  {label}: Rp {amount:,}".replace(",", ".") for label, amount in report.totals.items()]
    lines += [f"  {count:6} {finding}" for finding, count in sorted(report.findings.items())]
    if report.refused:
        lines += [f"  ditolak: {line}" for line in report.refused]
    return "\n".join(lines)


