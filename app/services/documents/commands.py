"""`flask documents …`: what an operator does about files and signatures."""

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from werkzeug.serving import make_server

from app.services import audit
from app.services.documents.signing.services import PROVIDERS, configure
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import Settings

group = AppGroup("documents", help="Dokumen dan tanda tangan elektronik.")


class RegionCode(click.ParamType[int]):
    """A region's code with or without its dot; whether the region exists, the database says."""

    name = "kode"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The region's number."""
        digits = value.replace(".", "")
        if not digits.isdigit() or len(digits) > 4:
            self.fail(f"{value!r} bukan kode daerah; contoh 32.73.", param, ctx)
        return int(digits)


@group.command("signer")
@click.option("--region", type=RegionCode(), required=True, help="Kode daerah, misalnya 32.73.")
@click.option("--provider", type=click.Choice(PROVIDERS), required=True)
@click.option("--url", default="", help="Alamat Esign Client Service daerah ini.")
@click.option("--username", default="", help="Akun aplikasi (HTTP Basic).")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Berkas berisi sandi akun aplikasi; tanpa ini ditanyakan.")  # fmt: skip
def signer(region: int, provider: str, url: str, username: str, password_file: Path | None) -> None:
    """Pasang layanan tanda tangan daerah. Contoh: flask documents signer --region 32.73 --provider BSRE_V2 --url http://10.0.0.5"""
    password = ""
    if provider != "LOKAL":
        if not url.startswith(("http://", "https://")) or not username:
            raise click.UsageError("BSrE memerlukan --url http(s)://… dan --username.")
        asked = password_file.read_text().strip() if password_file else click.prompt("Sandi", hide_input=True)
        password = str(asked)
    with acting_for(Context(region, "sistem:operator", "worker")):
        configure(provider, url, username, password)
        audit.note("layanan-tandatangan.pasang", "signing_service", provider, after={"alamat": url})
        db.session.commit()
    click.echo(f"{region}: {provider}")


@group.command("bsre-sandbox")
@click.option("--port", default=8190, show_default=True)
def bsre_sandbox(port: int) -> None:
    """Jalankan bak pasir BSrE di mesin ini. Contoh: flask documents bsre-sandbox --port 8190"""
    # pyHanko is 20 MB that no other process needs for this.
    from app.services.documents.signing.bsre_sandbox import PASSWORD, PEOPLE, USERNAME, Sandbox

    settings: Settings = current_app.extensions["settings"]
    sandbox = Sandbox(settings.var_dir / "bsre-bak-pasir")
    click.echo(f"http://127.0.0.1:{port}  akun {USERNAME} / {PASSWORD}")
    click.echo(f"penanda tangan {PEOPLE[0].email}, frasa sandi: {PEOPLE[0].passphrase}")
    click.echo(f"agar dipercaya, salin {sandbox.authority.root_file} ke {settings.var_dir / 'tanda-tangan' / 'akar'}")
    make_server("127.0.0.1", port, sandbox, threaded=True).serve_forever()


def init_app(app: Flask) -> None:
    """Attach the commands."""
    app.cli.add_command(group)
