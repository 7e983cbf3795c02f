"""`flask workflow …`: the documentation that is written from the tables, and the timers by hand."""

from pathlib import Path

import click
from flask.cli import AppGroup

from app.services.workflow.diagrams import document
from app.services.workflow.process import processes
from config.settings import ROOT

group = AppGroup("workflow", help="Proses: dokumentasi dari tabelnya.")
FOLDER = ROOT / "docs" / "proses"


def documents() -> dict[Path, str]:
    """Every page of the documentation that is written from a process's table."""
    return {FOLDER / f"{process.code}.md": document(process) for process in processes()}


@group.command("docs")
@click.option("--check", is_flag=True, help="Hanya periksa; gagal bila ada yang usang.")
def docs(*, check: bool) -> None:
    """Tulis docs/proses/ dari tabel proses. Contoh: flask workflow docs"""
    stale = [path for path, text in documents().items() if not path.is_file() or path.read_text() != text]
    if check and stale:
        raise click.ClickException(f"Usang: {', '.join(path.name for path in stale)}. Jalankan flask workflow docs.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.write_text(documents()[path])
        click.echo(f"ditulis: {path.relative_to(ROOT)}")
