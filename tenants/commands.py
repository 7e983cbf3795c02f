"""`flask tenants …`: what an operator types and scripts."""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import text

from app.services import audit
from app.services.identity.refusals import Refused
from app.services.imports.tabular import open_table
from app.tenancy import startup
from app.tenancy.catalogue import RULES
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from app.tenancy.site import all_sites
from config.settings import Settings
from tenants.audit_commands import audit_commands
from tenants.data_commands import data
from tenants.demo_commands import demo
from tenants.integrity_commands import integrity_commands
from tenants.provision import Order, UnknownRegion, UnknownTemplate, provision
from tenants.registry import Region, find, load_regions
from tenants.secrets_commands import secrets

tenants = AppGroup("tenants", help="Daerah: daftar, status, penyediaan, penangguhan.")


@tenants.command("list")
@click.option("--json", "as_json", is_flag=True, help="Satu larik JSON.")
def list_sites(as_json: bool) -> None:
    """Semua situs yang sudah disediakan. Contoh: flask tenants list --json"""
    rows = [{key: value for key, value in asdict(site).items() if key != "tokens"} for site in all_sites()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['code']:6} {row['subdomain']:28} {row['room']:9} {row['state']:12} {row['name']}")
    click.echo(f"{len(rows)} situs")


@tenants.command("status")
@click.argument("code")
@click.option("--json", "as_json", is_flag=True)
def status(code: str, as_json: bool) -> None:
    """Langkah penyediaan satu daerah. Contoh: flask tenants status 32.73"""
    region = find(code)
    with acting_for(Context(region.id, "sistem:operator", "worker")):
        steps = region_sql(
            "SELECT name, actor, finished_at::text AS finished_at, milliseconds FROM provision_steps"
            " WHERE region_id = :region_id ORDER BY finished_at"
        )
        rows = [dict(row) for row in steps.mappings()]
    if as_json:
        click.echo(json.dumps(rows))
    elif not rows:
        click.echo(f"{region.name} belum disediakan: flask tenants provision {region.code}")
    else:
        for row in rows:
            click.echo(f"{row['finished_at'][:19]}  {row['name']:18} {row['milliseconds']:5} ms  {row['actor']}")


def _chosen(codes: Iterable[str], province: str | None, *, everything: bool) -> list[Region]:
    regions = [find(code) for code in codes]
    if province or everything:
        regions += [
            region
            for region in load_regions()
            if everything or str(region.id) == province or str(region.parent_id) == province
        ]
    if not regions:
        raise click.UsageError("Sebutkan kode daerah, --province, atau --all. Contoh: flask tenants provision 32.73")
    return regions


@tenants.command("provision")
@click.argument("codes", nargs=-1)
@click.option("--province", help="Provinsi dan semua kota/kabupatennya, misalnya 32.")
@click.option("--all", "everything", is_flag=True, help="Semua daerah dalam daftar resmi.")
@click.option("--template", default="baku", show_default=True)
@click.option("--wave", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="CSV dengan kolom kode, subdomain, surel_admin (dua terakhir boleh kosong).")  # fmt: skip
@click.option("--subdomain", help="Pengganti subdomain menurut aturan; hanya untuk satu daerah.")
@click.option("--admin-email", default="", help="Surel administrator yang diundang; hanya untuk satu daerah.")
@click.option("--demo", is_flag=True, help="Tandai setiap halaman sebagai data contoh.")
@click.option("--json", "as_json", is_flag=True, help="Satu objek JSON tiap daerah.")
def provision_regions(
    codes: tuple[str, ...],
    province: str | None,
    everything: bool,
    template: str,
    wave: Path | None,
    subdomain: str | None,
    admin_email: str,
    demo: bool,
    as_json: bool,
) -> None:
    """Sediakan daerah; aman diulang. Contoh: flask tenants provision --province 32"""
    chosen = [Wanted(region) for region in _chosen(codes, province, everything=everything)] if not wave else []
    wanted = chosen or read_wave(wave)
    if (subdomain or admin_email) and len(wanted) != 1:
        raise click.UsageError("--subdomain dan --admin-email hanya untuk satu daerah; untuk banyak, --wave.")
    for item in wanted:
        started = time.perf_counter()
        label = subdomain or item.subdomain or item.region.subdomain
        order = Order(
            item.region.id, label, item.region.kind, template, demo=demo,
            admin_email=admin_email or item.admin_email, base_url=_base_url(label),
        )  # fmt: skip
        try:
            fresh = sum(not step.was_there for step in provision(order))
        except (UnknownTemplate, UnknownRegion, Refused) as error:
            raise click.ClickException(f"{item.region.name}: {error}") from error
        seconds = time.perf_counter() - started
        if as_json:
            row = {"code": item.region.code, "subdomain": label, "steps": fresh, "seconds": round(seconds, 3)}
            click.echo(json.dumps(row))
        else:
            click.echo(f"{item.region.code:6} {label:28} {fresh} langkah {seconds:6.3f} s")


@dataclass(frozen=True)
class Wanted:
    """One line of a wave."""

    region: Region
    subdomain: str = ""
    admin_email: str = ""


def read_wave(file: Path | None) -> list[Wanted]:
    """The regions of a wave's CSV; every bad line is told with its row.

    Raises:
        click.UsageError: a column is missing or a code is unknown; nothing was provisioned.
    """
    assert file is not None
    wanted, errors = [], []
    with open_table(file, file.name) as table:
        for row, cells in table:
            if "kode" not in cells:
                raise click.UsageError(f'{file.name}: kolom "kode" tidak ada.')
            try:
                region = find(cells["kode"].strip())
            except click.BadParameter as error:
                errors.append(f"baris {row}, kolom kode: {error.message}")
                continue
            wanted.append(Wanted(region, cells.get("subdomain", "").strip(), cells.get("surel_admin", "").strip()))
    if errors:
        raise click.UsageError("\n".join(errors))
    return wanted


def _base_url(label: str) -> str:
    settings: Settings = current_app.extensions["settings"]
    scheme, port = ("https", "") if settings.tls else ("http", f":{settings.port}")
    return f"{scheme}://{label}.{settings.base_domain}{port}/"


def _set_state(code: str, state: str, reason: str) -> None:
    region = find(code)
    with acting_for(Context(region.id, "sistem:operator", "worker")):
        statement = text("SELECT tenancy.set_site_state(:state, :reason)")
        changed = db.session.execute(statement, {"state": state, "reason": reason}).scalar_one()
        if changed:
            audit.note("daerah.keadaan", "region", str(region.id), after={"keadaan": state}, reason=reason)
        db.session.commit()
    if not changed:
        raise click.ClickException(f"{region.name} belum disediakan.")
    click.echo(f"{region.name}: {state}")


@tenants.command("suspend")
@click.argument("code")
@click.option("--reason", default="Sedang dipelihara.", show_default=True)
def suspend(code: str, reason: str) -> None:
    """Tangguhkan portal: 503 dengan alasan, tidak ada yang hilang. Contoh: flask tenants suspend 32.73"""
    _set_state(code, "DITANGGUHKAN", reason)


@tenants.command("resume")
@click.argument("code")
def resume(code: str) -> None:
    """Buka kembali portal. Contoh: flask tenants resume 32.73"""
    _set_state(code, "AKTIF", "")


@tenants.command("lint")
@click.option("--json", "as_json", is_flag=True, help="Satu objek JSON.")
def lint(as_json: bool) -> None:
    """Periksa semua dinding antardaerah di basis data; keluar 1 bila ada yang rusak. Contoh: flask tenants lint"""
    broken, warnings = startup.report(current_app.extensions["settings"])
    if as_json:
        click.echo(json.dumps({"rules": len(RULES), "broken": broken, "warnings": warnings}, ensure_ascii=False))
    else:
        for line in (*(f"peringatan: {warning}" for warning in warnings), *broken):
            click.echo(line)
        click.echo(f"{len(RULES)} aturan diperiksa, {len(broken)} pelanggaran.")
    if broken:
        raise SystemExit(1)


GROUPS = (tenants, data, demo, audit_commands, integrity_commands, secrets)


def commands_of() -> list[click.Command]:
    """Every command of this room, for the manual and its test."""
    return [command for group in GROUPS for command in group.commands.values()]


def init_app(app: Flask) -> None:
    """Attach the commands."""
    for group in GROUPS:
        app.cli.add_command(group)
