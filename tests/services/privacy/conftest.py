"""People who sign in, and a look into the log behind the policies."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from tests.conftest import A
from tests.services.identity.conftest import browser, people

__all__ = ["browser", "people"]
Entries = Callable[[str], list[dict[str, str]]]
Ids = Callable[[str], str]


@pytest.fixture
def entries(admin: Engine) -> Entries:
    """Entries of region A's log of one event, oldest first; only those written since the test began."""
    with admin.connect() as connection:
        begun = connection.scalar(text(f"SELECT coalesce(max(seq), 0) FROM audit_log WHERE region_id = {A}"))

    def found(event: str) -> list[dict[str, str]]:
        where = f"region_id = {A} AND event = :event AND seq > :begun"
        statement = text(f"SELECT * FROM audit_log WHERE {where} ORDER BY seq")
        with admin.connect() as connection:
            return [dict(row) for row in connection.execute(statement, {"event": event, "begun": begun}).mappings()]

    return found


@pytest.fixture
def ids(people: None, admin: Engine) -> Ids:
    """The account id of a role of region A."""
    assert people is None

    def found(role: str) -> str:
        with admin.connect() as connection:
            statement = text(f"SELECT id FROM accounts WHERE region_id = {A} AND email = :email")
            return str(connection.scalar(statement, {"email": f"{role}@contoh.go.id"}))

    return found
