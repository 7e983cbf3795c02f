"""`flask jobs dead` and `flask jobs requeue`: the operator's look at what was given up."""

import json
from uuid import UUID

import click
from flask.cli import with_appcontext

from app.services.jobs import desk
from app.services.jobs.processes import group
from app.services.operations import decisions
from app.tenancy.context import Context, acting_for
from app.tenancy.site import all_sites


def _operator(code: str) -> Context:
    """The operator's context in a region with a site, by its Kemendagri code with or without the dot."""
    wanted = code.replace(".", "")
    for site in all_sites():
        if str(site.region_id) == wanted:
            return Context(site.region_id, "sistem:operator", "worker")
    raise click.BadParameter(f"{code!r} belum disediakan. Contoh: 32.73 untuk Kota Bandung.", param_hint="--region")


@click.command("dead")
@click.option("--region", required=True, help="Kode daerah, misalnya 32.73.")
@click.option("--json", "as_json", is_flag=True, help="Satu larik JSON.")
@with_appcontext
def dead(region: str, *, as_json: bool) -> None:
    """Pekerjaan yang gagal untuk seterusnya, dengan sebabnya. Contoh: flask jobs dead --region 32.73"""
    with acting_for(_operator(region)):
        given_up = desk.dead()
    if as_json:
        rows = [{"id": str(w.id), "job": w.job, "dead_at": str(w.dead_at), "reason": w.error} for w in given_up]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for job in given_up:
        click.echo(f"{job.id}  {str(job.dead_at)[:19]}  {job.job:24} {job.error}")
    click.echo(f"{len(given_up)} pekerjaan gagal")


@click.command("requeue")
@click.option("--region", required=True, help="Kode daerah, misalnya 32.73.")
@click.option("--all", "everything", is_flag=True, help="Semua yang gagal di daerah ini.")
@click.argument("numbers", nargs=-1, type=click.UUID)
@with_appcontext
def requeue(region: str, numbers: tuple[UUID, ...], *, everything: bool) -> None:
    """Ulangi pekerjaan yang gagal dari awal. Contoh: flask jobs requeue --region 32.73 --all"""
    if everything == bool(numbers):
        raise click.UsageError("Sebutkan nomor pekerjaan, atau --all. Nomornya: flask jobs dead --region KODE")
    with acting_for(_operator(region)):
        again = decisions.repeat(None if everything else numbers)
    if numbers and again < len(set(numbers)):
        raise click.ClickException(f"{again} diulang; {len(set(numbers)) - again} tidak ada di daftar gagal.")
    click.echo(f"{again} pekerjaan diulang")


def register() -> None:
    """Put them beside the processes: `flask jobs …`."""
    group.add_command(dead)
    group.add_command(requeue)
