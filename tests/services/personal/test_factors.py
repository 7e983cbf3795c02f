"""Second factors and the secret of single sign-on outlive every change of keys."""

import time
from typing import Any

import pyotp
import pytest
from sqlalchemy import Engine, text

from app.services.identity import accounts
from app.services.identity.accounts import Account
from app.services.identity.factors import recovery, totp
from app.services.identity.sso import provider
from app.services.identity.sso.provider import Provider
from app.services.personal import keys, rotation, wrapping
from app.services.personal.keys import DATA, BadSeal
from app.tenancy.database import db, region_sql
from tests.services.personal.conftest import R

pytestmark = pytest.mark.usefixtures("inside_r")
SECRET = "rahasia klien yang panjang"


@pytest.fixture
def person(inside_r: None) -> Account:
    """Somebody with an authenticator application, in a region with its own identity provider."""
    assert inside_r is None
    account = accounts.create("uji@contoh.go.id", "Uji", frozenset({"opd"}), "kuda lari di sawah")
    totp.begin(account)
    assert totp.activate(account, pyotp.TOTP(waiting(account)).at(int(time.time()), counter_offset=-1))
    provider.save(Provider("SSO Kota", "https://sso.contoh.go.id", "portal", SECRET, state="AKTIF"))
    db.session.commit()
    return account


def waiting(account: Account) -> str:
    found = totp.waiting_secret(account)
    assert found is not None
    return found


@pytest.fixture
def codes(person: Account) -> list[str]:
    """The person's recovery codes, as digits."""
    issued = [code.replace(" ", "") for code in recovery.issue(person)]
    db.session.commit()
    return issued


@pytest.fixture
def secret(person: Account) -> str:
    """What the application on the phone holds."""
    found = totp._secret(person, "AKTIF")
    assert found is not None
    return found


def still_good(person: Account, secret: str, code: str) -> bool:
    """Whether application, recovery code and single sign-on work as before."""
    found = provider.active()
    region_sql("UPDATE account_totp SET last_step = 0 WHERE region_id = :region_id")
    accepted = totp.accept(person, pyotp.TOTP(secret).at(int(time.time())))
    return accepted and recovery.accept(person, code) and found is not None and found.client_secret == SECRET


def test_a_new_key_of_the_region_loses_no_factor(person: Account, secret: str, codes: list[str], admin: Engine) -> None:
    done = rotation.rotate()
    assert (done.version, done.resealed, done.unreadable) == (2, 2, 0)
    assert rotation.waiting(2) == 0
    with admin.begin() as connection:
        aged = "UPDATE region_keys SET created_at = created_at - interval '2 days' WHERE region_id = :r"
        connection.execute(text(aged), {"r": R})
    assert rotation.retire() == [1]
    db.session.commit()
    keys.cache.clear()
    with pytest.raises(BadSeal):
        keys.of_version(DATA, 1)
    assert still_good(person, secret, codes[0])


def test_a_new_master_key_loses_no_factor(person: Account, secret: str, codes: list[str], become: Any) -> None:
    become(new=True, old=True)
    assert still_good(person, secret, codes[0])
    wrapping.rewrap()
    db.session.commit()
    become(new=True, old=False)
    assert still_good(person, secret, codes[1])
