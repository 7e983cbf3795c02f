"""Sealed values open only where they belong; hashes match only in their own region; keys are wrapped."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app.services.personal import keys
from app.services.personal.keys import DATA, BadSeal, unwrap, wrap
from app.services.personal.sealing import Sealer, national_match, unseal
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from tests.conftest import A, B

NIK = "3273014107900001"


@pytest.fixture
def inside_a(worker_app: Flask) -> Iterator[None]:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        yield
        db.session.rollback()
    keys.cache.clear()


@pytest.mark.usefixtures("inside_a")
def test_a_sealed_value_opens_again_and_never_looks_the_same() -> None:
    sealer = Sealer()
    one, other = sealer.seal(NIK, "nik"), sealer.seal(NIK, "nik")
    assert one is not None
    assert one != other
    assert NIK.encode() not in one
    assert unseal(one, "nik") == unseal(other, "nik") == NIK
    assert sealer.seal("", "nik") is None
    assert unseal(None, "nik") == ""


@pytest.mark.usefixtures("inside_a")
def test_it_opens_in_no_other_column_region_or_altered() -> None:
    sealed = Sealer().seal(NIK, "nik")
    assert sealed is not None
    with pytest.raises(BadSeal):
        unseal(sealed, "telepon")
    with pytest.raises(BadSeal):
        unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), "nik")
    with pytest.raises(BadSeal):
        unseal(b"\x00\x63" + sealed[2:], "nik")
    db.session.rollback()
    with acting_for(Context(B, "sistem:uji", "worker")), pytest.raises(BadSeal):
        unseal(sealed, "nik")


@pytest.mark.usefixtures("inside_a")
def test_hashes_match_within_a_region_and_kind_only() -> None:
    sealer = Sealer()
    assert sealer.match("nik", NIK) == sealer.match("nik", NIK)
    assert sealer.match("nik", NIK) != sealer.match("rekening", NIK)
    here = sealer.match("nik", NIK)
    db.session.rollback()
    with acting_for(Context(B, "sistem:uji", "worker")):
        assert Sealer().match("nik", NIK) != here
        db.session.rollback()
    assert national_match("nik", 2026, NIK) != national_match("nik", 2027, NIK)


@pytest.mark.usefixtures("inside_a")
def test_a_stored_key_is_wrapped_and_another_master_key_does_not_open_it(worker_app: Flask) -> None:
    plain = keys.newest(DATA).key
    row = region_sql("SELECT wrapped, version FROM region_keys WHERE region_id = :region_id AND purpose = 'data'").one()
    assert plain not in bytes(row.wrapped)
    settings = worker_app.extensions["settings"]
    stranger = replace(settings, master_key=b"kunci lain yang cukup panjang 0123456789")
    with pytest.raises(BadSeal):
        unwrap(stranger, bytes(row.wrapped), DATA, row.version)
    rotated = replace(stranger, old_master_keys=(settings.master_key,))
    assert unwrap(rotated, bytes(row.wrapped), DATA, row.version) == plain
    assert unwrap(stranger, wrap(stranger, plain, DATA, 1), DATA, 1) == plain
