"""Recovery codes: ten numbers on paper for the day the phone is lost; shown once, stored as digests, each good once."""

import secrets

from app.kernel.identifiers import uuid7
from app.services.identity.accounts import Account
from app.services.identity.vault import lasting_digest
from app.tenancy.database import region_sql

COUNT = 10
#: Digits only, so that a phone shows its number pad; 12 of them are 40 bits, behind a keyed digest and five attempts.
DIGITS = 12
FEW = 3


def issue(account: Account) -> list[str]:
    """Ten new codes, as they are printed ("4821 0937 5516"); the old ones are worthless. The caller commits."""
    forget(account)
    codes = [f"{secrets.randbelow(10**DIGITS):0{DIGITS}}" for _number in range(COUNT)]
    for code in codes:
        region_sql(
            "INSERT INTO account_recovery_codes (region_id, id, account_id, code_hash)"
            " VALUES (:region_id, :id, :account, :hash)",
            id=uuid7(), account=account.id, hash=_hash(account, code),
        )  # fmt: skip
    return [" ".join(code[start : start + 4] for start in range(0, DIGITS, 4)) for code in codes]


def accept(account: Account, code: str) -> bool:
    """Use one up; `code` is its twelve digits. Whether it was one of the account's unused codes."""
    used = region_sql(
        "UPDATE account_recovery_codes SET used_at = clock_timestamp()"
        " WHERE region_id = :region_id AND account_id = :account AND code_hash = :hash AND used_at IS NULL",
        account=account.id, hash=_hash(account, code),
    )  # fmt: skip
    return used.rowcount == 1


def left(account: Account) -> int:
    """How many are unused."""
    found = region_sql(
        "SELECT count(*) FROM account_recovery_codes"
        " WHERE region_id = :region_id AND account_id = :account AND used_at IS NULL",
        account=account.id,
    )
    return int(found.scalar_one())


def forget(account: Account) -> None:
    """Delete all of them."""
    region_sql(
        "DELETE FROM account_recovery_codes WHERE region_id = :region_id AND account_id = :account", account=account.id
    )


def _hash(account: Account, code: str) -> str:
    return lasting_digest("pemulihan", f"{account.id}:{code}")
