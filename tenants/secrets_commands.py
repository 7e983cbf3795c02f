"""`flask secrets …`: new keys for regions, deployment and contexts, while people work. The order: docs/security.md."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import click
from flask import current_app
from flask.cli import AppGroup

from app.services import audit
from app.services.personal import keys, rotation, wrapping
from app.services.personal.rotation import NotRotated
from app.tenancy import context_keys
from app.tenancy.context import Context, acting_for
from app.tenancy.context_keys import TooSoon
from app.tenancy.database import db
from app.tenancy.site import all_sites
from config.settings import Settings
from tenants.registry import Region, find, load_regions

secrets = AppGroup("secrets", help="Kunci: milik daerah, kunci induk, kunci konteks.")
OF_REGION = "region"


@dataclass(frozen=True)
class State:
    """A region's keys: the data key's number, values under older ones, keys under an older master key, under none."""

    code: str
    name: str
    data_key: int
    older_values: int
    keys: int
    old_master: int
    unknown_master: int


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _provisioned() -> list[Region]:
    """The nation and every region that has a site, in any state."""
    there = {site.region_id for site in all_sites()}
    return [region for region in load_regions() if region.id in there]


def _chosen(code: str | None, *, everything: bool) -> list[Region]:
    if bool(code) == everything:
        raise click.UsageError("Sebutkan --region KODE atau --all. Contoh: flask secrets rotate --region 32.73")
    return [find(code)] if code else _provisioned()


@contextmanager
def _inside(region: Region) -> Iterator[None]:
    with acting_for(Context(region.id, "sistem:operator", "worker")):
        yield
        db.session.rollback()


@secrets.command("status")
@click.option("--region", help="Kode daerah, misalnya 32.73; tanpa ini semua daerah.")
@click.option("--json", "as_json", is_flag=True, help="Satu larik JSON.")
def status(region: str | None, as_json: bool) -> None:
    """Kunci setiap daerah dan apa yang masih memakai kunci lama. Contoh: flask secrets status --json"""
    rows = []
    for target in _chosen(region, everything=region is None):
        with _inside(target):
            newest, wrapped = keys.newest(keys.DATA).version, wrapping.look()
            rows.append(
                State(target.code, target.name, newest, rotation.waiting(newest), wrapped.keys, wrapped.old,
                      wrapped.unknown)
            )  # fmt: skip
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        click.echo(
            f"{row.code:6} kunci data {row.data_key}, {row.older_values} nilai di kunci lama; {row.keys} kunci,"
            f" {row.old_master} di kunci induk lama, {row.unknown_master} tidak terbuka  {row.name}"
        )


@secrets.command("rotate")
@click.option("--region", help="Kode daerah, misalnya 32.73.")
@click.option("--all", "everything", is_flag=True, help="Semua daerah yang sudah disediakan.")
@click.option("--master", is_flag=True, help="Bungkus semua kunci dengan MASTER_KEY; MASTER_KEY_OLD masih ada.")
@click.option("--context", is_flag=True, help="Pasang kunci penanda konteks yang baru, di samping yang lama.")
@click.option("--retire", is_flag=True, help="Bersama --context: cabut kunci penanda konteks yang lama.")
@click.option("--json", "as_json", is_flag=True, help="Satu objek JSON tiap daerah.")
def rotate(
    region: str | None, everything: bool, master: bool, context: bool, retire: bool, as_json: bool
) -> None:
    """Ganti kunci; aman diulang bila terhenti. Contoh: flask secrets rotate --region 32.73"""
    if master + context + (bool(region) or everything) != 1 or (retire and not context):
        raise click.UsageError("Pilih satu: --region KODE, --all, --master, atau --context (dengan --retire).")
    if context:
        _context_key(retire=retire)
    elif master:
        _wrap_all(as_json=as_json)
    else:
        for target in _chosen(region, everything=everything):
            _new_data_key(target, as_json=as_json)


def _context_key(*, retire: bool) -> None:
    if not _settings().database_url:
        raise click.ClickException("--context memerlukan DATABASE_URL milik administrator.")
    try:
        if retire:
            gone = context_keys.retire(_settings())
            click.echo(f"Dicabut: {', '.join(gone)}" if gone else "Tidak ada kunci lama.")
            return
        name = context_keys.rotate(_settings())
    except TooSoon as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"Kunci konteks {name} terpasang; setiap proses memakainya dalam {int(context_keys.LOOK_SECONDS)} detik."
        f" Sesudah {context_keys.OVERLAP_SECONDS} detik: flask secrets rotate --context --retire"
    )


def _new_data_key(target: Region, *, as_json: bool) -> None:
    with _inside(target):
        try:
            version, resumed = rotation.begin()
        except NotRotated as error:
            raise click.ClickException(str(error)) from error
        total = rotation.waiting(version)
        db.session.rollback()
        with click.progressbar(length=total, label=f"{target.name}: kunci {version}", file=sys.stderr) as bar:
            resealed, unreadable = rotation.finish(version, bar.update)
        told = {"kunci": version, "lanjutan": resumed, "nilai": resealed, "tidak_terbuka": unreadable}
        audit.note("kunci.ganti", OF_REGION, str(target.id), after=told)
        db.session.commit()
    if as_json:
        click.echo(json.dumps({"code": target.code, **told}))
        return
    begun = "dilanjutkan" if resumed else "baru"
    click.echo(
        f"{target.name}: kunci data {version} ({begun}), {resealed} nilai disegel ulang, {unreadable} tidak terbuka"
    )


def _wrap_all(*, as_json: bool) -> None:
    unknown = 0
    for target in _provisioned():
        with _inside(target):
            before = wrapping.rewrap()
            if before.old:
                audit.note("kunci.bungkus", OF_REGION, str(target.id), after={"kunci": before.old})
            db.session.commit()
        unknown += before.unknown
        if as_json:
            click.echo(json.dumps({"code": target.code, **asdict(before)}))
        elif before.old or before.unknown:
            click.echo(f"{target.name}: {before.old} kunci dibungkus ulang, {before.unknown} tidak terbuka")
    if unknown:
        raise click.ClickException(f"{unknown} kunci tidak terbuka dengan MASTER_KEY maupun MASTER_KEY_OLD.")
    if not as_json:
        click.echo("Semua kunci terbungkus MASTER_KEY yang sekarang.")
