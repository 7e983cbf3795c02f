"""A new master key: regions' keys are wrapped anew, what rooms hold stays the same, nothing needs the old one after."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from app.services.audit.entries import keyed_hash
from app.services.audit.roots import public_key
from app.services.identity.guard import HostSessions
from app.services.identity.vault import lasting_digest
from app.services.personal import keys, wrapping
from app.services.personal.keys import DATA, BadSeal
from app.services.personal.sealing import Sealer, national_match, unseal
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from config.settings import Settings
from tenants import provision as provisioning
from tenants.provision import Order
from tests.services.personal.conftest import NEW, R

pytestmark = pytest.mark.usefixtures("inside_r")


def values(sealed: bytes) -> tuple[object, ...]:
    """What must be the same before, during and after."""
    return (
        unseal(sealed, "npwp"), keyed_hash("nik", "3272"), national_match("nik", 2026, "3272"), public_key(),
        lasting_digest("pemulihan", "482109375516"),
    )  # fmt: skip


def test_nothing_is_lost_on_the_way_to_a_new_master_key(become: Any) -> None:
    sealed = Sealer().seal("123", "npwp")
    assert sealed is not None
    first = values(sealed)
    db.session.commit()
    become(new=True, old=True)
    assert values(sealed) == first
    before = wrapping.rewrap()
    db.session.commit()
    assert before.old == before.keys > 3
    assert wrapping.look().old == 0
    become(new=True, old=False)
    assert values(sealed) == first
    assert wrapping.look().unknown == 0
    become(new=False, old=False)
    with pytest.raises(BadSeal):
        unseal(sealed, "npwp")


def test_wrapping_twice_does_nothing_twice(become: Any) -> None:
    keys.newest(DATA)
    db.session.commit()
    become(new=True, old=True)
    assert wrapping.rewrap().old > 0
    db.session.commit()
    stored = region_sql("SELECT id, wrapped FROM region_keys WHERE region_id = :region_id ORDER BY id").all()
    assert wrapping.rewrap().old == 0
    db.session.commit()
    assert region_sql("SELECT id, wrapped FROM region_keys WHERE region_id = :region_id ORDER BY id").all() == stored


def test_a_key_that_was_never_stored_is_stored_before_the_old_master_key_goes(become: Any) -> None:
    """A region that has hashed nothing since keys are held: its old hashes must still match."""
    first = keyed_hash("nik", "3272")
    db.session.rollback()
    become(new=True, old=True)
    wrapping.rewrap()
    db.session.commit()
    become(new=True, old=False)
    assert keyed_hash("nik", "3272") == first


def test_a_key_that_no_master_key_opens_is_told(become: Any) -> None:
    keys.newest(DATA)
    db.session.commit()
    become(new=True, old=False)
    assert wrapping.look().unknown == 1


@pytest.fixture
def nation_under_new(worker_app: Flask, become: Any) -> Iterator[bytes]:
    """The nation's keys are wrapped by the new master key, and the old one is gone; its match of before."""
    db.session.rollback()
    with acting_for(Context(0, "sistem:uji", "worker")):
        first = national_match("nik", 2026, "3272")
        become(new=True, old=True)
        wrapping.rewrap()
        db.session.commit()
    become(new=True, old=False)
    yield first
    db.session.rollback()
    become(new=False, old=False)
    settings: Settings = worker_app.extensions["settings"]
    worker_app.extensions["settings"] = replace(settings, old_master_keys=(NEW,))
    with acting_for(Context(0, "sistem:uji", "worker")):
        wrapping.rewrap()
        db.session.commit()


def test_a_region_provisioned_later_compares_with_the_others(nation_under_new: bytes) -> None:
    """The new master key alone would give it another key than all regions before it have."""
    provisioning.check_region(Order(R, "banjar", "KOTA"), {})
    assert national_match("nik", 2026, "3272") == nation_under_new


def test_a_session_of_the_old_master_key_is_still_good(worker_app: Flask, become: Any) -> None:
    def serializer() -> Any:
        with worker_app.test_request_context(base_url="http://bandung.localhost"):
            return HostSessions().get_signing_serializer(worker_app)

    cookie = serializer().dumps({"_user_id": "x"})
    become(new=True, old=True)
    assert serializer().loads(cookie) == {"_user_id": "x"}
    fresh = serializer().dumps({"_user_id": "y"})
    become(new=True, old=False)
    assert serializer().loads(fresh) == {"_user_id": "y"}
    assert not serializer().loads_unsafe(cookie)[0]
