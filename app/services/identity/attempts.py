"""Failed attempts, counted for each person, address and region; over the limit, everybody there waits."""

from app.kernel.identifiers import uuid7
from app.services.identity.refusals import TooMany
from app.services.identity.vault import digest
from app.services.ui.i18n import _
from app.tenancy.database import region_sql

PER_PERSON, PER_ADDRESS, PER_REGION = 5, 30, 2_000
WINDOW_MINUTES = 15


def note(kind: str, person: str, address: str) -> None:
    """Write one failure down. `person` is an e-mail address; only keyed digests are stored."""
    region_sql(
        "INSERT INTO sign_in_attempts (region_id, id, email_hash, address_hash, kind)"
        " VALUES (:region_id, :id, :person, :address, :kind)",
        id=uuid7(), person=digest("percobaan", person), address=digest("percobaan", address), kind=kind,
    )  # fmt: skip


def failures(kind: str, person: str, address: str) -> dict[str, int]:
    """How many within the window: of this `person`, this `address`, this `region`."""
    row = region_sql(
        "SELECT count(*) AS region, count(*) FILTER (WHERE email_hash = :person) AS person,"
        " count(*) FILTER (WHERE address_hash = :address) AS address FROM sign_in_attempts"
        " WHERE region_id = :region_id AND kind = :kind AND at > clock_timestamp() - make_interval(mins => :minutes)",
        person=digest("percobaan", person), address=digest("percobaan", address), kind=kind, minutes=WINDOW_MINUTES,
    )  # fmt: skip
    return dict(row.mappings().one())


def hold(kind: str, person: str, address: str, *, most: int = PER_PERSON, field: str = "email") -> None:
    """Let nobody past who failed too often.

    Raises:
        TooMany: says how long to wait; `field` names the input.
    """
    failed = failures(kind, person, address)
    if failed["person"] >= most or failed["address"] >= PER_ADDRESS or failed["region"] >= PER_REGION:
        raise TooMany(
            field, _("Terlalu banyak percobaan. Tunggu %(minutes)s menit, lalu coba lagi.", minutes=WINDOW_MINUTES)
        )


def forgive(kind: str, person: str) -> None:
    """Forget the failures of somebody who has just shown who they are."""
    region_sql(
        "DELETE FROM sign_in_attempts WHERE region_id = :region_id AND kind = :kind AND email_hash = :person",
        kind=kind, person=digest("percobaan", person),
    )  # fmt: skip
