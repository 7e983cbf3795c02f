"""A new data key reaches every sealed value, also after a kill; an old key goes only when nothing needs it."""


import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.kernel.identifiers import uuid7
from app.sabilulungan.models import Organisasi
from app.services.personal import keys, rotation, sealed
from app.services.personal.keys import DATA, BadSeal
from app.services.personal.rotation import NotRotated, retire, rotate, waiting
from app.services.personal.sealing import Sealer, unseal, version_of
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from tenants.secrets_commands import secrets
from tests.services.personal.conftest import R

pytestmark = pytest.mark.usefixtures("inside_r")
ORGANISATIONS = 7
VALUES = ORGANISATIONS * 2


@pytest.fixture
def organisations(inside_r: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Organisations with a sealed NPWP and phone each; batches of three."""
    assert inside_r is None
    monkeypatch.setattr(rotation, "BATCH", 3)
    sealer = Sealer()
    for number in range(ORGANISATIONS):
        db.session.add(
            Organisasi(id=uuid7(), nama=f"Uji {number}", nama_norm="UJI", npwp_sealed=sealer.seal(npwp(number), "npwp"),
                       telepon_sealed=sealer.seal(f"08{number}", "telepon"))
        )  # fmt: skip
    db.session.commit()


def npwp(number: int) -> str:
    return f"{number:015d}"


def stored() -> list[bytes]:
    rows = region_sql("SELECT npwp_sealed FROM organisasi WHERE region_id = :region_id ORDER BY id")
    return [bytes(value) for value in rows.scalars()]


def age(admin: Engine, version: int) -> None:
    """The key of this number was made two days ago."""
    with admin.begin() as connection:
        connection.execute(
            text(
                "UPDATE region_keys SET created_at = created_at - interval '2 days'"
                f" WHERE region_id = {R} AND purpose = 'data' AND version = {version}"
            )
        )


@pytest.mark.usefixtures("organisations")
def test_every_value_is_sealed_again_and_still_opens() -> None:
    told: list[int] = []
    done = rotate(told.append)
    assert (done.version, done.resumed, done.resealed, done.unreadable) == (2, False, VALUES, 0)
    assert sum(told) == VALUES
    assert {version_of(value) for value in stored()} == {2}
    assert [unseal(value, "npwp") for value in stored()] == [npwp(number) for number in range(ORGANISATIONS)]


@pytest.mark.usefixtures("organisations")
def test_a_killed_rotation_is_taken_up_with_the_same_key() -> None:
    def die(_values: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(die)
    db.session.rollback()
    assert 0 < waiting(2) < VALUES
    assert [unseal(value, "npwp") for value in stored()] == [npwp(number) for number in range(ORGANISATIONS)]
    done = rotate()
    assert (done.version, done.resumed) == (2, True)
    assert waiting(2) == 0


@pytest.mark.usefixtures("organisations")
def test_what_is_written_meanwhile_by_the_old_key_is_brought_over_later(admin: Engine) -> None:
    before = Sealer()
    rotate()
    late = before.seal("123456789012345", "npwp")
    db.session.add(Organisasi(id=uuid7(), nama="Terlambat", nama_norm="TERLAMBAT", npwp_sealed=late))
    db.session.commit()
    age(admin, 2)
    assert retire() == []
    assert rotate().resumed
    assert retire() == [1]


@pytest.mark.usefixtures("organisations")
def test_an_old_key_is_emptied_a_day_after_nothing_is_under_it(admin: Engine) -> None:
    old = stored()[0]
    rotate()
    assert retire() == []
    age(admin, 2)
    assert retire() == [1]
    db.session.commit()
    assert retire() == []
    wrapped = region_sql(
        "SELECT wrapped FROM region_keys WHERE region_id = :region_id AND purpose = 'data' AND version = 1"
    ).scalar_one()
    assert bytes(wrapped) == b""
    keys.cache.clear()
    with pytest.raises(BadSeal):
        unseal(old, "npwp")
    assert [unseal(value, "npwp") for value in stored()] == [npwp(number) for number in range(ORGANISATIONS)]


@pytest.mark.usefixtures("organisations")
def test_a_damaged_value_is_told_kept_and_keeps_its_key(admin: Engine) -> None:
    damaged = "SELECT id FROM organisasi WHERE region_id = :region_id ORDER BY id LIMIT 1"
    region_sql(
        "UPDATE organisasi SET npwp_sealed = substring(npwp_sealed FROM 1 FOR 20) || '\\x00'::bytea"
        f" WHERE region_id = :region_id AND id = ({damaged})"
    )
    db.session.commit()
    done = rotate()
    assert (done.resealed, done.unreadable) == (VALUES - 1, 1)
    age(admin, 2)
    assert retire() == []
    # It does not stand in the way of the next key either.
    assert rotate().version == 3


def test_every_sealed_column_of_the_schema_is_registered() -> None:
    assert sealed.unregistered() == []
    assert len(sealed.sealed_columns()) >= 8


def test_a_forgotten_column_stops_the_rotation_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {name: column for name, column in sealed._columns.items() if name != ("organisasi", "npwp_sealed")}
    monkeypatch.setattr(sealed, "_columns", rest)
    with pytest.raises(NotRotated, match=r"organisasi\.npwp_sealed"):
        rotate()
    assert keys.newest(DATA).version == 1
    assert retire() == []


@pytest.mark.usefixtures("organisations")
def test_the_command_rotates_tells_and_logs_it(worker_app: Flask) -> None:
    runner = worker_app.test_cli_runner()
    result = runner.invoke(secrets, ["rotate", "--region", str(R), "--json"])
    assert result.exit_code == 0, result.output
    assert f'"kunci": 2, "lanjutan": false, "nilai": {VALUES}' in result.output
    told = runner.invoke(secrets, ["status", "--region", str(R), "--json"]).output
    assert '"data_key": 2, "older_values": 0' in told
    event = "SELECT after FROM audit_log WHERE region_id = :region_id AND event = 'kunci.ganti'"
    assert f'"nilai":{VALUES}' in region_sql(event).scalar_one()


@pytest.mark.parametrize(
    "options",
    [[], ["--all", "--master"], ["--retire"], ["--region", "32.79", "--context"], ["--all", "--region", "32.79"]],
)
def test_the_command_asks_for_exactly_one_thing(worker_app: Flask, options: list[str]) -> None:
    assert worker_app.test_cli_runner().invoke(secrets, ["rotate", *options]).exit_code == 2


def test_a_region_keeps_its_own_rotation_to_itself(organisations: None) -> None:
    assert organisations is None
    rotate()
    db.session.rollback()
    with acting_for(Context(3273, "sistem:uji", "worker")):
        assert keys.newest(DATA).version == 1
        db.session.rollback()


