"""Codes of authenticator applications: the standard's own numbers, a clock's drift, replay, what lies in the table."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pyotp
import pytest
from flask import Flask
from sqlalchemy import text

from app.services.identity import accounts, vault
from app.services.identity.accounts import Account
from app.services.identity.factors import recovery, totp
from app.services.personal.keys import BadSeal
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A, B
from tests.services.identity.conftest import code_of

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def clerk(worker_app: Flask) -> Iterator[Account]:
    """The OPD's clerk of region A, in A's context; nothing that a test does with it is kept."""
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        account = accounts.of_email("opd@contoh.go.id")
        assert account is not None
        yield account
        db.session.rollback()


@pytest.fixture
def secret(clerk: Account) -> str:
    """The secret of an application that is in use; the code of its set-up lies an hour back."""
    totp.begin(clerk)
    waiting = totp.waiting_secret(clerk)
    assert waiting is not None
    assert totp.activate(clerk, code_of(waiting, -1))
    return waiting


# RFC 6238, appendix B: SHA-1, eight digits, the secret "12345678901234567890".
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_the_library_makes_the_codes_of_the_standard(seconds: int, code: str) -> None:
    assert pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", digits=8).at(seconds) == code


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off_and_no_more(
    clerk: Account, monkeypatch: pytest.MonkeyPatch, steps: int, good: bool
) -> None:
    moment = datetime(2026, 3, 1, 8, 30, 29, tzinfo=UTC)
    monkeypatch.setattr(totp, "now", lambda: moment)
    totp.begin(clerk)
    waiting = totp.waiting_secret(clerk)
    assert waiting is not None
    assert totp.activate(clerk, pyotp.TOTP(waiting).at(moment, counter_offset=steps)) == good


def test_a_code_works_once_and_makes_earlier_ones_worthless(clerk: Account, secret: str) -> None:
    assert totp.accept(clerk, code_of(secret, 1))
    assert not totp.accept(clerk, code_of(secret, 1))
    assert not totp.accept(clerk, code_of(secret))


def test_a_new_secret_leaves_the_old_one_in_force_until_its_first_code(clerk: Account, secret: str) -> None:
    totp.begin(clerk)
    fresh = totp.waiting_secret(clerk)
    assert fresh is not None
    assert not totp.accept(clerk, code_of(fresh))
    assert totp.accept(clerk, code_of(secret))
    assert totp.activate(clerk, code_of(fresh))
    assert not totp.accept(clerk, code_of(secret, 1))


def test_the_secret_lies_sealed_and_opens_for_its_owner_and_region_only(clerk: Account, secret: str) -> None:
    row = db.session.execute(text("SELECT secret_sealed FROM account_totp WHERE state = 'AKTIF'")).scalar_one()
    stored = bytes(row)
    assert secret.encode() not in stored
    assert vault.unseal("totp", stored, str(clerk.id)) == secret
    with pytest.raises(BadSeal):
        vault.unseal("totp", stored, "akun-lain")
    with pytest.raises(BadSeal):
        vault.unseal("totp", stored[:-1] + bytes([stored[-1] ^ 1]), str(clerk.id))
    with acting_for(Context(B, "sistem:uji", "worker")), pytest.raises(BadSeal):
        vault.unseal("totp", stored, str(clerk.id))
    with pytest.raises(BadSeal):
        vault.unseal("sso", stored, str(clerk.id))


def test_an_application_whose_secret_no_key_opens_lets_nobody_in_and_leaves_the_other_ways(
    clerk: Account, secret: str
) -> None:
    code = recovery.issue(clerk)[0].replace(" ", "")
    db.session.execute(text("UPDATE account_totp SET secret_sealed = decode(repeat('00', 60), 'hex')"))
    assert not totp.accept(clerk, code_of(secret, 1))
    assert recovery.accept(clerk, code)


def test_ten_recovery_codes_each_good_once_and_for_one_account(clerk: Account) -> None:
    codes = [code.replace(" ", "") for code in recovery.issue(clerk)]
    other = accounts.of_email("tapd@contoh.go.id")
    assert other is not None
    assert len(set(codes)) == recovery.left(clerk) == 10
    assert not recovery.accept(other, codes[0])
    assert recovery.accept(clerk, codes[0])
    assert not recovery.accept(clerk, codes[0])
    assert recovery.left(clerk) == 9
    recovery.issue(clerk)
    assert not recovery.accept(clerk, codes[1])


def test_recovery_codes_are_not_stored_readable(clerk: Account) -> None:
    codes = [code.replace(" ", "") for code in recovery.issue(clerk)]
    stored = " ".join(db.session.execute(text("SELECT r::text FROM account_recovery_codes r")).scalars())
    assert not [code for code in codes if code in stored]
