"""`flask integrity …`: running the rules of a region or of all, listing them, how often they are right."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.services.integrity import national, precision, scanning, tuning
from app.services.integrity.rules import RedFlag, all_flags, running_flags
from app.services.integrity.scanning import ScanReport
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from app.tenancy.site import live_sites
from tenants.registry import find

integrity_commands = AppGroup("integrity", help="Integritas: menjalankan aturan, daftar aturan, ketepatannya.")


def _context(region_id: int) -> Context:
    return Context(region_id, "sistem:integritas", "worker")


def _tell(name: str, report: ScanReport) -> None:
    for run in report.runs:
        words = {"jalan": f"{run.cases} temuan, {run.subjects} subjek", "tanpa-data": "tanpa data di daerah ini"}
        said = words.get(run.outcome, f"{run.outcome} {run.error}".strip())
        click.echo(f"  {run.rule}  {said:34} {run.seconds:7.2f} s", err=True)
    kept = report.kept
    click.echo(
        f"{name}: {kept.fresh} temuan baru, {kept.changed} berubah, {kept.known} sudah dikenal,"
        f" {kept.gone} tidak terlihat lagi; {report.seconds:.1f} s",
        err=True,
    )


def _write(found: list[dict[str, Any]], file: Path | None) -> None:
    if file is not None:
        file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        click.echo(f"{len(found)} temuan per subjek ditulis ke {file}", err=True)


def _fail_if(broken: list[str]) -> None:
    if broken:
        raise click.ClickException(f"Aturan gagal dijalankan: {', '.join(sorted(set(broken)))}.")


@integrity_commands.command("scan")
@click.option("--region", help="Kode daerah, misalnya 32.73.")
@click.option("--national", "across", is_flag=True, help="Aturan antardaerah, di semua daerah.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Tulis temuan ke berkas ini.")
def scan(region: str | None, across: bool, file: Path | None) -> None:
    """Jalankan aturan. Contoh: flask integrity scan --region 32.73 --json temuan.json"""
    if bool(region) == across:
        raise click.UsageError("Sebutkan --region KODE atau --national, salah satu.")
    if across:
        _scan_all(file)
        return
    target = find(region or "")
    with acting_for(_context(target.id)), _bar() as bar:
        report = scanning.scan("perintah", progress=lambda _rule: bar.update(1))
        db.session.commit()
        found = scanning.exported([flag.code for flag in running_flags()])
        db.session.rollback()
    _tell(target.name, report)
    _write(found, file)
    _fail_if(report.failed)


def _bar() -> Any:
    return click.progressbar(length=len(running_flags()), label="Aturan", file=sys.stderr)


def _scan_all(file: Path | None) -> None:
    """Every region puts its hashes first; then each looks for itself, so that both sides of a match learn of it."""
    regions = [site.region_id for site in live_sites() if site.room == "portal"]
    for number in regions:
        with acting_for(_context(number)):
            national.publish()
            db.session.commit()
    found: list[dict[str, Any]] = []
    broken: list[str] = []
    rules = [flag for flag in all_flags() if flag.national]
    for number in regions:
        with acting_for(_context(number)):
            report = scanning.scan("nasional", rules)
            db.session.commit()
            found += scanning.exported([flag.code for flag in rules])
            db.session.rollback()
        broken += report.failed
    click.echo(f"{len(regions)} daerah, {len(found)} berkas dengan penerima yang dikenal daerah lain", err=True)
    _write(found, file)
    _fail_if(broken)


def _shown(flag: RedFlag, values: dict[str, Any] | None) -> dict[str, Any]:
    state = "menunggu data" if flag.find is None else "antardaerah" if flag.national else "berjalan"
    return {
        "code": flag.code, "title": str(flag.title), "severity": flag.severity, "state": state,
        "waits_for": str(flag.waits), "needs": list(flag.needs), "minimum_sample": flag.minimum_sample,
        "params": {param.name: param.write((values or {}).get(param.name, param.default)) for param in flag.tunable},
        "innocent": str(flag.innocent), "source": flag.source,
    }  # fmt: skip


def _rules(region: str | None) -> Iterator[dict[str, Any]]:
    values: dict[str, dict[str, Any]] = {}
    if region:
        with acting_for(_context(find(region).id)):
            values = tuning.all_values(all_flags())
            db.session.rollback()
    for flag in all_flags():
        yield _shown(flag, values.get(flag.code))


@integrity_commands.command("rules")
@click.option("--region", help="Tampilkan nilai yang berlaku di daerah ini.")
@click.option("--json", "as_json", is_flag=True, help="Satu larik JSON.")
def rules(region: str | None, as_json: bool) -> None:
    """Semua aturan, yang berjalan dan yang menunggu data. Contoh: flask integrity rules"""
    shown = list(_rules(region))
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    for row in shown:
        click.echo(f"{row['code']}  {row['severity']}  {row['state']:14} {row['title']}")
        if row["waits_for"]:
            click.echo(f"{'':23}menunggu: {row['waits_for']}")
        for name, value in row["params"].items():
            click.echo(f"{'':23}{name} = {value}")


@integrity_commands.command("precision")
@click.option("--region", required=True, help="Kode daerah, misalnya 32.73.")
@click.option("--json", "as_json", is_flag=True, help="Satu larik JSON.")
def show_precision(region: str, as_json: bool) -> None:
    """Banyaknya temuan dan ketepatan setiap aturan. Contoh: flask integrity precision --region 32.73"""
    target = find(region)
    with acting_for(_context(target.id)):
        found = precision.records()
        db.session.rollback()
    rows = [
        {**asdict(record), "paused_at": str(record.paused_at or ""), "precision": record.precision}
        for _rule, record in sorted(found.items())
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    click.echo("aturan  temuan  terbuka  benar  keliru  ketepatan")
    for row in rows:
        share = "    –" if row["precision"] is None else f"{row['precision']:5.0%}"
        paused = "  JEDA" if row["paused_at"] else ""
        counts = f"{row['volume']:7} {row['open']:8} {row['confirmed']:6} {row['refuted']:7}"
        click.echo(f"{row['rule']:6} {counts}  {share}{paused}")
