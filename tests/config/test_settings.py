"""Settings are typed, say what is wrong, and need no more than their process must know."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import logs
from config.settings import ROOT, RUNNING, SettingsError, load

BASE = {"DATABASE_URL": "postgresql://admin:x@db/prod", "MASTER_KEY": "k" * 40}


def test_a_role_logs_in_with_a_password_of_its_own() -> None:
    settings = load(BASE)
    assert settings.role_url("smartcity_app").startswith("postgresql+psycopg2://smartcity_app:")
    assert settings.role_password("smartcity_app") != settings.role_password("smartcity_worker")
    assert "admin" not in settings.role_url("smartcity_app")


def test_a_web_process_need_not_know_the_administrator() -> None:
    settings = load({"SMARTCITY_APP_URL": "postgresql+psycopg2://smartcity_app:y@db/prod", "MASTER_KEY": "k" * 40})
    assert settings.role_url("smartcity_app").endswith(":y@db/prod")
    with pytest.raises(SettingsError, match="SMARTCITY_WORKER_URL"):
        settings.role_url("smartcity_worker")


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"MASTER_KEY": "pendek"}, "MASTER_KEY"), ({"PRODUCTION": "1", "MASTER_KEY": ""}, "MASTER_KEY"),
     ({"PORT": "delapan"}, "angka"), ({"DATABASE_URL": ""}, "DATABASE_URL")],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load({**BASE, "VAR_DIR": str(tmp_path), **changes})


def test_commands_find_the_servers_of_make_run_but_never_in_production(tmp_path: Path) -> None:
    (tmp_path / RUNNING).write_text(json.dumps({"DATABASE_URL": "postgresql://x@/tertanam", "PORT": "8123"}))
    here = {"VAR_DIR": str(tmp_path), "MASTER_KEY": "k" * 40}
    assert (load(here).database_url, load(here).port) == ("postgresql://x@/tertanam", 8123)
    assert load({**here, **BASE}).database_url == BASE["DATABASE_URL"]
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        load({**here, "PRODUCTION": "1"})


def test_an_old_master_key_still_opens() -> None:
    old, new = load(BASE), load({**BASE, "MASTER_KEY": "n" * 40, "MASTER_KEY_OLD": BASE["MASTER_KEY"]})
    assert new.derive("x") != old.derive("x")
    assert new.derive_all("x") == [new.derive("x"), old.derive("x")]


@pytest.mark.parametrize(
    "secret", ["3273014107900001", "0812 3456 7890".replace(" ", ""), "ani@contoh.go.id", "password=rahasia", "u:p@db"]
)
def test_a_log_line_holds_no_personal_number_and_no_secret(secret: str) -> None:
    record = logging.makeLogRecord({"msg": f"lihat https://{secret}" if "@db" in secret else f"lihat {secret}"})
    for formatter in (logs.JsonFormatter(), logs.PlainFormatter()):
        assert secret not in formatter.format(record)


def test_a_command_without_servers_says_what_to_do_and_shows_no_trace(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "MASTER_KEY"}}
    command = [str(Path(sys.executable).with_name("flask")), "tenants", "list"]
    done = subprocess.run(
        command, cwd=ROOT, env={**env, "VAR_DIR": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "DATABASE_URL kosong: jalankan `make run`" in done.stderr
    assert "Traceback" not in done.stderr
