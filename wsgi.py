"""The application object, for gunicorn (`wsgi:app`) and for `flask …` (which acts as the worker role)."""

import sys
from pathlib import Path

from app import create_app
from app.tenancy import startup
from config.settings import SettingsError
from tenants import commands

ROLE = "worker" if Path(sys.argv[0]).name == "flask" else "app"
try:
    app = create_app(role=ROLE)
except SettingsError as error:
    # What is missing and what to do, without a trace of Python.
    sys.exit(str(error))
commands.init_app(app)
if ROLE == "app":
    startup.look_now(app)
