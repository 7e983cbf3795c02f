"""Equal values have equal bytes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from app.kernel.canonical import canonical_json, sha256_hex


def test_order_and_spacing_do_not_matter() -> None:
    assert canonical_json({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'.encode()
    assert canonical_json({"a": 1, "b": 2}) == canonical_json({"b": 2, "a": 1})


def test_what_a_database_returns_has_a_form() -> None:
    value = {
        "at": datetime(2017, 11, 1, tzinfo=UTC),
        "day": date(2017, 11, 1),
        "id": UUID(int=1),
        "part": Decimal("1.50"),
        "sum": Decimal(1250000),
    }
    assert canonical_json(value) == (
        b'{"at":"2017-11-01T00:00:00+00:00","day":"2017-11-01",'
        b'"id":"00000000-0000-0000-0000-000000000001","part":"1.5","sum":1250000}'
    )


@pytest.mark.parametrize("value", [{1, 2}, object(), b"x", {"a": 1, 2: 3}, Decimal("NaN")])
def test_a_type_without_a_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_a_value_without_a_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"Out of range|surrogates"):
        canonical_json(value)


def test_sha256() -> None:
    assert sha256_hex(b"").startswith("e3b0c44298fc1c14")
