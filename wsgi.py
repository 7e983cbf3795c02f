"""The application object, for gunicorn (`wsgi:app`) and for `flask …` (which acts as the worker role)."""

import sys
from pathlib import Path

from app import create_app
from app.tenancy import startup
from tenants import commands

ROLE = "worker" if Path(sys.argv[0]).name == "flask" else "app"
app = create_app(role=ROLE)
commands.init_app(app)
if ROLE == "app":
    startup.look_now(app)
