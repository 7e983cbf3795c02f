"""Whatever somebody with the administrator's password does to the rows is found, and where."""

import importlib.util
import json
from base64 import b64decode
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.services.audit import export as exporting
from app.services.audit import roots
from app.services.audit.entries import FIELDS
from app.services.audit.verify import verify
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import ROOT, Settings
from tenants.audit_commands import audit_commands
from tests.conftest import B
from tests.services.audit.conftest import Act, R

ROWS = f"audit_log WHERE region_id = {R}"
Tamper = Callable[[str], None]


@pytest.fixture
def five(act: Act) -> None:
    """A chain of five entries, published."""
    for number in range(1, 6):
        act(number, personal={"nik": "3273010101900001"}, reason=f"alasan ke-{number}: „é” \N{RUPEE SIGN}")
    publish()


def publish() -> None:
    roots.publish({})
    db.session.commit()


TAMPERINGS = (
    ("an altered value", f"UPDATE audit_log SET actor = 'orang lain' WHERE region_id = {R} AND seq = 3", 3),
    ("an altered reason", f"UPDATE audit_log SET reason = '' WHERE region_id = {R} AND seq = 1", 1),
    ("an altered moment", f"UPDATE audit_log SET at = at - interval '1 us' WHERE region_id = {R} AND seq = 2", 2),
    ("an altered change", f"UPDATE audit_log SET after = '{{}}' WHERE region_id = {R} AND seq = 5", 5),
    ("values moved to their neighbour",
     f"UPDATE audit_log SET subject_type = subject_type || subject_id, subject_id = ''"
     f" WHERE region_id = {R} AND seq = 4", 4),
    ("a hash of somebody else", f"UPDATE audit_log SET hash = sha256('x') WHERE region_id = {R} AND seq = 2", 2),
    ("a deleted entry", f"DELETE FROM audit_log WHERE region_id = {R} AND seq = 3", 3),
    ("a deleted first entry", f"DELETE FROM audit_log WHERE region_id = {R} AND seq = 1", 1),
    ("a cut tail", f"DELETE FROM audit_log WHERE region_id = {R} AND seq > 3", 4),
    ("a deleted entry whose gap was closed",
     f"DELETE FROM audit_log WHERE region_id = {R} AND seq = 3;"
     f"UPDATE audit_log SET seq = seq - 1 WHERE region_id = {R} AND seq = 4;"
     f"UPDATE audit_log SET seq = seq - 1 WHERE region_id = {R} AND seq = 5", 3),
    ("two entries that changed places",
     f"UPDATE audit_log SET seq = 99 WHERE region_id = {R} AND seq = 2;"
     f"UPDATE audit_log SET seq = 2 WHERE region_id = {R} AND seq = 4;"
     f"UPDATE audit_log SET seq = 4 WHERE region_id = {R} AND seq = 99", 2),
    ("an entry put behind the head",
     f"INSERT INTO audit_log SELECT region_id, gen_random_uuid(), 6, at, event, subject_type, subject_id, actor, role,"
     f" acting_for, address, address_hash, request_id, reason, before, after, personal, hash"
     f" FROM {ROWS} AND seq = 5", 6),
    ("a head that names another hash", f"UPDATE audit_heads SET hash = sha256('x') WHERE region_id = {R}", 5),
    ("a deleted head", f"DELETE FROM audit_heads WHERE region_id = {R}", 1),
    ("a cut tail with its head, after a root was published",
     f"DELETE FROM audit_log WHERE region_id = {R} AND seq > 3; UPDATE audit_heads SET seq = 3,"
     f" hash = (SELECT hash FROM {ROWS} AND seq = 3) WHERE region_id = {R}", 4),
    ("everything deleted, after a root was published",
     f"DELETE FROM audit_log WHERE region_id = {R}; DELETE FROM audit_heads WHERE region_id = {R}", 1),
)  # fmt: skip


@pytest.mark.usefixtures("five")
def test_an_untouched_chain_is_good() -> None:
    verdict = verify()
    assert (verdict.good, verdict.entries, verdict.roots) == (True, 5, 1)


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(("how", "sql", "seq"), TAMPERINGS, ids=[how for how, _sql, _seq in TAMPERINGS])
def test_tampering_is_found_at_its_first_entry(tamper: Tamper, how: str, sql: str, seq: int) -> None:
    tamper(sql)
    verdict = verify()
    assert (verdict.broken_at, bool(verdict.problem)) == (seq, True), how


@pytest.mark.usefixtures("five")
def test_a_chain_rewritten_as_a_whole_is_caught_by_what_was_published(tamper: Tamper, act: Act) -> None:
    tamper(f"DELETE FROM audit_log WHERE region_id = {R}; DELETE FROM audit_heads WHERE region_id = {R}")
    for number in range(1, 6):
        act(number)
    verdict = verify()
    assert verdict.broken_at == 5
    assert "diterbitkan" in verdict.problem


@pytest.mark.usefixtures("five")
def test_what_is_written_after_a_head_was_moved_does_not_verify(tamper: Tamper, act: Act) -> None:
    """The honest limit: the app's role may write the head. It cannot hide that it did."""
    tamper(f"UPDATE audit_heads SET seq = 5, hash = sha256('x') WHERE region_id = {R}")
    act(6)
    assert verify().broken_at == 6


@pytest.mark.usefixtures("five")
def test_a_region_publishes_only_for_itself_and_never_goes_back(tamper: Tamper, act: Act) -> None:
    act(6)
    publish()
    found = roots.roots_of(R)
    assert [(root.seq, root.hash) for root in found] == [(6, verify().hash)]
    before = roots.roots_of(B)
    tamper(f"UPDATE audit_heads SET seq = 3 WHERE region_id = {R}")
    with pytest.raises(DBAPIError, match="mundur"):
        publish()
    db.session.rollback()
    assert roots.roots_of(R) == found
    assert roots.roots_of(B) == before


def test_without_a_context_nothing_is_published(chain: None, worker_app: Flask) -> None:
    assert chain is None
    with worker_app.app_context(), acting_for(Context(R, "sistem:uji", "worker")):
        with pytest.raises(DBAPIError, match="konteks"):
            db.session.execute(text("SET LOCAL app.context = ''; SELECT tenancy.publish_audit_root(1, sha256('x'))"))
        db.session.rollback()


# ---------- the file, and the verifier that knows nothing of this software ----------


@pytest.fixture(scope="module")
def verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit_verify", ROOT / "docs" / "audit_verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def exported(five: None, tmp_path: Path) -> list[str]:
    """The lines of the region's export."""
    assert five is None
    file = tmp_path / "log.ndjson"
    assert exporting.export(file) == 5
    assert list(tmp_path.iterdir()) == [file]
    return file.read_text("utf-8").splitlines()


def changed(line: str, **values: object) -> str:
    return json.dumps({**json.loads(line), **values})


def test_the_export_verifies_with_the_standard_library_alone(exported: list[str], verifier: ModuleType) -> None:
    published = [{"region": str(R), "day": "x", "seq": 5, "hash": json.loads(exported[5])["hash"]}]
    assert verifier.verify(exported, published) == 5
    assert verifier.FIELDS == FIELDS
    assert "3273010101900001" not in "".join(exported)


FORGERIES: dict[str, Callable[[list[str]], list[str]]] = {
    "an altered value": lambda lines: [*lines[:3], changed(lines[3], actor="orang lain"), *lines[4:]],
    "an added value": lambda lines: [*lines[:3], changed(lines[3], catatan="palsu"), *lines[4:]],
    "a missing entry": lambda lines: [*lines[:3], *lines[4:]],
    "a changed order": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
    "a repeated entry": lambda lines: [*lines, lines[-1]],
    "a cut file": lambda lines: lines[:-1],
    "a cut file with a new head": lambda lines: [
        changed(lines[0], head={"seq": 4, "hash": json.loads(lines[4])["hash"]}), *lines[1:-1]
    ],
    "another region's name": lambda lines: [changed(lines[0], region="3204"), *lines[1:]],
    "an empty file": lambda _lines: [],
    "another format": lambda lines: [changed(lines[0], format="x"), *lines[1:]],
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_export_is_refused(exported: list[str], verifier: ModuleType, forgery: str) -> None:
    with pytest.raises(verifier.Broken):
        verifier.verify(FORGERIES[forgery](exported))


def test_a_log_rewritten_as_a_whole_fails_against_saved_roots(
    exported: list[str], verifier: ModuleType, tamper: Tamper, act: Act, tmp_path: Path
) -> None:
    published = [{"region": str(R), "day": "x", "seq": 5, "hash": json.loads(exported[5])["hash"]}]
    tamper(f"DELETE FROM audit_log WHERE region_id = {R}; DELETE FROM audit_heads WHERE region_id = {R};"
           f"DELETE FROM tenancy.audit_roots WHERE region_id = {R}")  # fmt: skip
    for number in range(1, 6):
        act(number)
    exporting.export(tmp_path / "baru.ndjson")
    lines = (tmp_path / "baru.ndjson").read_text("utf-8").splitlines()
    assert verifier.verify(lines) == 5
    with pytest.raises(verifier.Broken, match="published root of entry 5"):
        verifier.verify(lines, published)


# ---------- commands ----------


@pytest.mark.usefixtures("five")
def test_the_command_says_what_is_broken_and_fails(worker_app: Flask, tamper: Tamper) -> None:
    runner = worker_app.test_cli_runner()
    good = runner.invoke(audit_commands, ["verify", "--region", "81.71", "--json"])
    assert (good.exit_code, json.loads(good.stdout)["entries"]) == (0, 5)
    assert "5 entri utuh" in runner.invoke(audit_commands, ["verify", "--region", "8171"]).stdout
    tamper(f"DELETE FROM audit_log WHERE region_id = {R} AND seq = 2")
    bad = runner.invoke(audit_commands, ["verify", "--region", "81.71", "--json"])
    assert (bad.exit_code, json.loads(bad.stdout)["broken_at"]) == (1, 2)
    assert "RUSAK pada entri 2" in runner.invoke(audit_commands, ["verify", "--region", "81.71"]).stdout


@pytest.mark.usefixtures("five")
def test_an_export_is_itself_in_the_log_that_it_exports(
    worker_app: Flask, tmp_path: Path, verifier: ModuleType
) -> None:
    file = tmp_path / "log.ndjson"
    answer = worker_app.test_cli_runner().invoke(audit_commands, ["export", "--region", "81.71", str(file)])
    assert answer.exit_code == 0, answer.output
    lines = file.read_text("utf-8").splitlines()
    assert verifier.verify(lines) == 6
    assert json.loads(lines[-1])["event"] == "audit.ekspor"


# ---------- the Merkle root ----------


def test_the_tree_is_that_of_rfc_6962() -> None:
    """Vectors of Certificate Transparency's own tests: leaves "", 00, 10, …"""
    leaves = [b"", b"\0", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"]
    hashed = [sha256(b"\0" + leaf).digest() for leaf in leaves]
    expected = {
        0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    assert {size: roots.merkle_root(hashed[:size]).hex() for size in expected} == expected


@pytest.mark.usefixtures("five")
def test_the_days_root_is_signed_and_covers_each_region(settings: Settings) -> None:
    day = roots.roots_of(R)[0].day
    found = roots.roots_on(day)
    signed = roots.sign(day, found)
    key = load_pem_public_key(roots.public_key().encode())
    key.verify(b64decode(signed.signature), signed.statement.encode())
    assert json.loads(signed.statement) == {"day": day.isoformat(), "regions": len(found), "root": signed.root}
    assert signed == roots.sign(day, found)
    moved = [root if root.region_id != R else roots.Root(R, root.code, root.name, day, 4, root.hash) for root in found]
    assert roots.sign(day, moved).root != signed.root
    assert (signed.final, roots.sign(date(2026, 1, 1), []).final) == (False, True)
    assert settings.derive("audit-roots").hex() not in roots.public_key()
