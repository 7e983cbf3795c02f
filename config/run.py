"""`make run`: servers, migrations, demonstration regions, then every process of the Procfile under one supervisor."""

import os
import socket
import sys
import threading
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError
from wsgiref.simple_server import WSGIRequestHandler, make_server

import honcho.manager
from honcho.manager import Manager

from app import create_app
from app.sabilulungan.demo import make_proposals
from app.services.audit.queries import ACCOUNT
from app.services.identity import accounts
from app.services.identity.permissions import ROLES
from app.services.messages.sandbox import Sandbox
from app.services.privacy import OF_ACCOUNT, consent
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from app.tenancy.roles import prepare_database
from config import servers
from config import settings as configuration
from config.settings import ROOT, Settings
from tenants.provision import Order, provision
from tenants.registry import load_into_database, load_regions

DEMO_PORTALS = (3273, 3204, 5271, 3674)
DEMO_REGIONS = (0, 32, 36, 52, *DEMO_PORTALS)
DEMO_PROPOSALS = 120
#: After a signal every process may finish what it has in hand; a job that takes longer is repeated at the next start.
GRACE_SECONDS = 35


def load_demo(settings: Settings) -> None:
    """Provision the demonstration regions and give each portal synthetic proposals, once."""
    app = create_app(settings, role="worker")
    regions = {region.id: region for region in load_regions()}
    with app.app_context():
        for number in DEMO_REGIONS:
            region = regions[number]
            order = Order(region.id, region.subdomain, region.kind, demo=number in DEMO_PORTALS)
            fresh = [step for step in provision(order) if not step.was_there]
            if fresh and number in DEMO_PORTALS:
                with acting_for(Context(number, "sistem:demo", "worker")):
                    if not region_sql("SELECT count(*) FROM hibah WHERE region_id = :region_id").scalar_one():
                        make_proposals(DEMO_PROPOSALS)
            if number in DEMO_PORTALS:
                demo_accounts(region.subdomain, number, demo_password(settings))


def demo_password(settings: Settings) -> str:
    """The password of every demonstration account of this deployment."""
    return f"contoh-{settings.derive('demo-password').hex()[:10]}"


def demo_accounts(subdomain: str, region_id: int, password: str) -> None:
    """One account for each role, once."""
    with acting_for(Context(region_id, "sistem:demo", "worker")):
        there = {account.email for account in accounts.everyone()}
        for role, (name, _permissions) in ROLES.items():
            if (email := f"{role}@{subdomain}{accounts.DEMO_SUFFIX}") not in there:
                account = accounts.create(email, f"{name} (contoh)", frozenset({role}), password)
                consent.give(ACCOUNT, account.id, OF_ACCOUNT.code, consent.DEMO)
        db.session.commit()


def announce(settings: Settings, sandbox_port: str) -> None:
    """Print the one line when pages answer, and in the demonstration who may sign in and where messages can be seen."""
    address = f"http://127.0.0.1:{settings.port}/siap"
    for _attempt in range(300):
        request = urllib.request.Request(address, headers={"Host": settings.base_domain})
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    if settings.demo:
                        names = "|".join(ROLES)
                        sys.stdout.write(f"Akun contoh: {names}@bandung.demo, kata sandi {demo_password(settings)}\n")
                    if sandbox_port:
                        sys.stdout.write(f"Kotak pasir WhatsApp dan SMS: http://127.0.0.1:{sandbox_port}\n")
                    sys.stdout.write(f"Siap: http://{settings.base_domain}:{settings.port}\n")
                    sys.stdout.flush()
                    return
        except (URLError, OSError):
            time.sleep(0.1)


def free_port(wanted: int) -> int:
    """`wanted` while nobody listens there, else any free one of this machine."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", wanted)):
            return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sandbox(settings: Settings) -> dict[str, str]:
    """The environment that points the gateways at the demonstration's sandbox; empty where a gateway is named."""
    if not settings.demo or settings.whatsapp_url or settings.sms_url:
        return {}
    port = free_port(settings.port + 1)
    return {
        "SANDBOX_PORT": str(port), "WHATSAPP_URL": f"http://127.0.0.1:{port}/wa", "WHATSAPP_PHONE_ID": "1",
        "WHATSAPP_TOKEN": "kotak-pasir", "WHATSAPP_TEMPLATE": "pemberitahuan",
        "SMS_URL": f"http://127.0.0.1:{port}/sms", "SMS_TOKEN": "kotak-pasir", "SMS_SENDER": "PEMDA",
    }  # fmt: skip


def processes(env: dict[str, str]) -> Manager:
    """The Procfile's processes under honcho."""
    honcho.manager.KILL_WAIT = GRACE_SECONDS
    manager = Manager()
    bin_dir = Path(sys.executable).parent
    env = {**env, "PATH": f"{bin_dir}{os.pathsep}{env.get('PATH', '')}", "PYTHONUNBUFFERED": "1"}
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, _, command = line.partition(":")
        manager.add_process(name.strip(), command.strip(), env=env, cwd=str(ROOT))
    return manager


def serve_sandbox(port: int) -> None:
    """Answer as the gateways of WhatsApp and SMS do; here, because one process more would load all libraries again."""
    with make_server("127.0.0.1", port, Sandbox(), handler_class=Quiet) as server:
        server.serve_forever()


class Quiet(WSGIRequestHandler):
    """Says nothing of each request: numbers of phones stand in its messages."""

    def log_message(self, *_args: object) -> None:
        """Nothing."""


def main() -> int:
    """Run until Ctrl-C; returns the exit code of the process that ended first."""
    os.environ.setdefault("DEMO", "1")
    with servers.running(Path(os.environ.get("VAR_DIR") or ROOT / "var")) as env:
        os.environ.update(env)
        settings = configuration.load()
        prepare_database(settings)
        load_into_database(settings)
        if settings.demo:
            load_demo(settings)
        env |= sandbox(settings)
        if port := env.get("SANDBOX_PORT"):
            threading.Thread(target=serve_sandbox, args=(int(port),), daemon=True).start()
        manager = processes(env)
        threading.Thread(target=announce, args=(settings, env.get("SANDBOX_PORT", "")), daemon=True).start()
        manager.loop()
        return manager.returncode or 0


if __name__ == "__main__":
    sys.exit(main())
