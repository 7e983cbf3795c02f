"""`flask audit …`: walking a region's chain, and taking it away to be walked elsewhere."""

import json
import sys
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.services import audit
from app.services.audit.events import EXPORT
from app.services.audit.export import export
from app.services.audit.queries import total
from app.services.audit.verify import verify
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tenants.registry import find

audit_commands = AppGroup("audit", help="Log audit: memeriksa rantai sebuah daerah, mengekspornya.")
#: The bar is drawn again each so many entries.
STEP = 5_000


def _bar(label: str) -> AbstractContextManager[Any]:
    length = total()
    db.session.rollback()
    return click.progressbar(length=length, label=label, file=sys.stderr, update_min_steps=STEP)


@audit_commands.command("verify")
@click.option("--region", required=True, help="Kode daerah, misalnya 32.73.")
@click.option("--json", "as_json", is_flag=True, help="Putusan sebagai satu objek JSON.")
def verify_chain(region: str, as_json: bool) -> None:
    """Periksa rantai; keluar 1 dengan mata rantai rusak pertama. Contoh: flask audit verify --region 32.73"""
    target = find(region)
    with acting_for(Context(target.id, "sistem:operator", "worker")), _bar(target.name) as bar:
        verdict = verify(bar.update)
    if as_json:
        click.echo(json.dumps({"good": verdict.good, **asdict(verdict)}, ensure_ascii=False))
    elif verdict.good:
        click.echo(f"{target.name}: {verdict.entries} entri utuh, {verdict.roots} akar terbit cocok; {verdict.hash}")
    else:
        click.echo(f"{target.name}: RUSAK pada entri {verdict.broken_at}: {verdict.problem}")
    if not verdict.good:
        raise SystemExit(1)


@audit_commands.command("export")
@click.option("--region", required=True, help="Kode daerah, misalnya 32.73.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_log(region: str, file: Path) -> None:
    """Tulis log untuk diperiksa dengan docs/audit_verify.py. Contoh: flask audit export --region 32.73 log.ndjson"""
    target = find(region)
    with acting_for(Context(target.id, "sistem:operator", "worker")):
        audit.note(EXPORT, "audit_log", str(target.id), after={"bentuk": "NDJSON"})
        db.session.commit()
        with _bar(target.name) as bar:
            count = export(file, bar.update)
    click.echo(f"{target.name}: {count} entri ditulis ke {file}")
