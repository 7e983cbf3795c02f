"""Injected SQL, as each runtime role inside its own region's transaction: no row and no byte of another region.

What an attack may do, it does: the transaction is committed, and then every row of every other region is compared.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, ResourceClosedError

from app.tenancy import catalogue
from app.tenancy.context import Context, Signer
from app.tenancy.roles import create_roles
from config.settings import Settings
from tests.conftest import B
from tests.isolation.attacks import ATTACKS, KINDS, REFUSED
from tests.isolation.conftest import C, Opener
from tests.isolation.planting import Planted
from tests.isolation.probes import fingerprints

ELSEWHERE = f"region_id <> {C}"


COUNTS = re.compile(r"count\(\*\)[^;]*$|EXECUTE [^;]*$")
ROWS_READ = re.compile(r"actual[^)]*rows=(\d+)")


@dataclass(frozen=True)
class Answer:
    """What the attacker reads: the rows, or the error with its detail and hint."""

    rows: list[object]
    error: str = ""

    @property
    def shown(self) -> str:
        return " ".join(map(str, self.rows)) + self.error

    def counted(self, attack: str) -> int:
        """How many rows of elsewhere the attack says it has read."""
        if COUNTS.search(attack):
            return sum(value for value in self.rows if isinstance(value, int))
        plan = ROWS_READ.search(self.shown) if attack.startswith("EXPLAIN") else None
        return int(plan.group(1)) if plan else 0


def answer(connection: Connection, attack: str) -> Answer:
    try:
        result = connection.exec_driver_sql(attack)
        return Answer([value for row in result for value in row] if result.returns_rows else [])
    except ResourceClosedError:
        return Answer([])
    except DBAPIError as error:
        return Answer([], f"{error.orig} {getattr(error.orig, 'diag', None) and error.orig.diag.message_detail}")


def bad_tokens(signer: Signer, role: str = "app", target: int = B) -> dict[str, str]:
    """Tokens that an attacker may hold: of another connection, another time, another role, or made up."""
    other = "worker" if role == "app" else "app"
    body, _, signature = signer.token(Context(C, "x", role), None).partition("~")
    return {
        "token_b": signer.token(Context(target, "x", role), 1),
        "expired": signer.token(Context(target, "x", role), None, now=1_000_000),
        "other_role": signer.token(Context(target, "x", other), None),
        "no_role": signer.token(Context(target, "x", ""), None),
        "forged": Signer(signer.key_id, b"0" * 32).token(Context(target, "x", role), None),
        "unknown_key": Signer("k9", signer.key).token(Context(target, "x", role), None),
        "swapped": f"{body.replace(f'|{C}|', f'|{target}|')}~{signature}",
        "longer": f"{body}|{target}~{signature}",
        "unsigned": body.replace(f"|{C}|", f"|{target}|"),
    }


@dataclass(frozen=True)
class Victim:
    """Region B as the attacker may find it: what must not be shown, what he may know, and everybody's fingerprints."""

    planted: Planted
    secrets: list[str]
    known: dict[str, str]
    elsewhere: dict[str, str]

    def shown_in(self, seen: str, sent: str) -> bool:
        """Whether anything of B came back; the attacker knows the keys that he sent."""
        for known in self.known.values():
            seen = seen.replace(known, "") if known in sent else seen
        return self.planted.shown_in(seen) or any(secret in seen for secret in self.secrets)

    def filled(self, attack: str, tokens: dict[str, str]) -> str:
        """The attack with tokens and keys in it."""
        for name, value in {**self.known, **tokens}.items():
            attack = attack.replace("{" + name + "}", value)
        return attack


@pytest.fixture(scope="module")
def victim(admin: Engine, rows_of_b: Planted, rows_of_c: Planted) -> Victim:
    assert rows_of_b.rows.keys() == rows_of_c.rows.keys()
    with admin.connect() as connection:
        titles = f"SELECT judul FROM hibah WHERE region_id = {B} EXCEPT SELECT judul FROM hibah WHERE region_id <> {B}"
        keys = f"SELECT id::text FROM hibah WHERE region_id = {B}"
        known = {
            "id": rows_of_b.rows["hibah"],
            "account": rows_of_b.rows["accounts"],
            "email": str(connection.scalar(text(f"SELECT max(email) FROM accounts WHERE region_id = {B}"))),
            "nomor": str(connection.scalar(text(f"SELECT max(nomor) FROM hibah WHERE region_id = {B}"))),
        }
        secrets = [*connection.scalars(text(titles)), *connection.scalars(text(keys))]
        return Victim(rows_of_b, secrets, known, fingerprints(connection, ELSEWHERE))


@pytest.mark.parametrize("number", range(len(ATTACKS)), ids=[f"{kind}: {attack[:60]}" for kind, attack in ATTACKS])
def test_hostile_sql_gets_nothing_of_another_region(
    number: int, inside: Opener, admin: Engine, victim: Victim
) -> None:
    kind, attack = ATTACKS[number]
    for role in ("app", "worker", "export", "reader"):
        with inside(C, role, keep=True) as connection:
            sent = victim.filled(attack, bad_tokens(inside.signer, role))
            seen = answer(connection, sent)
        assert not victim.shown_in(seen.shown, sent), role
        assert "bocor" not in seen.shown, role
        assert seen.counted(attack) == 0, role
        if kind in REFUSED:
            assert seen.error, (role, sent)
    with admin.connect() as connection:
        assert fingerprints(connection, ELSEWHERE) == victim.elsewhere


def test_after_all_attacks_the_walls_stand(admin: Engine) -> None:
    with admin.connect() as connection:
        assert catalogue.problems(connection) == []


SETTINGS = ("row_security = off", "datestyle = 'SQL, DMY'", "search_path = pg_catalog")


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_a_role_writes_into_its_own_settings_is_found_and_put_right(
    admin: Engine, settings: Settings, setting: str
) -> None:
    """PostgreSQL lets every role change what its sessions begin with: it cannot be forbidden, only noticed and undone."""
    with admin.connect() as connection:
        connection.exec_driver_sql("SET LOCAL ROLE smartcity_app")
        connection.exec_driver_sql(f"ALTER ROLE smartcity_app SET {setting}")
        assert catalogue.problems(connection)
        connection.exec_driver_sql("RESET ROLE")
        create_roles(connection, settings)
        assert catalogue.problems(connection) == []
        connection.rollback()


@pytest.mark.parametrize("setting", ["track_activities", "log_min_error_statement", "log_statement", "app.context"])
def test_what_would_open_tokens_a_role_cannot_change(inside: Opener, setting: str) -> None:
    with inside(C) as connection:
        assert "permission denied" in answer(connection, f"ALTER ROLE smartcity_app SET {setting} = 'on'").error
    with inside(C) as connection:
        assert answer(connection, "ALTER ROLE smartcity_app RESET ALL") == Answer([])
        assert catalogue.problems(connection) == []


def test_there_are_at_least_forty_kinds() -> None:
    assert len(KINDS) >= 40
    assert KINDS.keys() >= REFUSED


@pytest.mark.parametrize("name", sorted(bad_tokens(Signer("k1", b"0" * 32))))
def test_a_bad_token_is_an_error_and_not_an_empty_answer(name: str, inside: Opener) -> None:
    token = bad_tokens(inside.signer)[name]
    with inside(None) as connection:
        seen = answer(connection, f"SELECT tenancy.open('{token}'); SELECT count(*) FROM hibah")
    assert "konteks" in seen.error


@pytest.fixture
def open_policy(admin: Engine) -> Iterator[None]:
    """One table whose policy lets everything be seen."""
    own = "region_id = tenancy.region_id()"
    with admin.begin() as connection:
        connection.execute(text("ALTER POLICY own_region ON hibah USING (true)"))
    yield
    with admin.begin() as connection:
        connection.execute(text(f"ALTER POLICY own_region ON hibah USING ({own}) WITH CHECK ({own})"))


@pytest.mark.usefixtures("open_policy")
def test_the_attacks_would_succeed_without_the_policy(inside: Opener, victim: Victim) -> None:
    """Otherwise a misspelt attack would pass for a wall that stands."""
    succeeded = set()
    for kind, attack in ATTACKS:
        with inside(C) as connection:
            sent = victim.filled(attack, bad_tokens(inside.signer))
            seen = answer(connection, sent)
        if victim.shown_in(seen.shown, sent) or seen.counted(attack):
            succeeded.add(kind)
    assert succeeded >= {
        "casts in error messages", "cursors", "prepared statements", "functions that run a query",
        "other ways to name the table", "places of rows", "common table expressions", "joins and sub-queries",
        "set operations and windows", "plans", "context emptied", "settings of the server", "transaction ended",
        "context set by SET", "anonymous code",
    }  # fmt: skip
