"""Identifiers are normalised or refused, and a refusal never repeats them."""

import time
from collections.abc import Callable
from itertools import pairwise
from uuid import RFC_4122

import pytest

from app.kernel import identifiers as ids


@pytest.mark.parametrize(
    ("check", "text", "clean"),
    [
        (ids.check_nik, "3273 0112 0190 0001", "3273011201900001"),
        (ids.check_nik, "3273.01.521290.0001", "3273015212900001"),
        (ids.check_npwp, "01.234.567.8-901.000", "012345678901000"),
        (ids.check_npwp, "3273011201900001", "3273011201900001"),
        (ids.check_account, "0012-3456-78", "0012345678"),
        (ids.check_wilayah, "3273011001", "32.73.01.1001"),
        (ids.check_wilayah, "32", "32"),
        (ids.check_kecamatan, " 32.73.01 ", "32.73.01"),
        (ids.check_kelurahan, "32.73.01.1001", "32.73.01.1001"),
    ],
)
def test_a_good_identifier_is_normalised(
    check: Callable[[str], str], text: str, clean: str
) -> None:
    assert check(text) == clean


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (ids.check_nik, "327301120190000"),
        (ids.check_nik, "32730112019000011"),
        (ids.check_nik, "0273011201900001"),
        (ids.check_nik, "3273013201900001"),
        (ids.check_nik, "3273014001900001"),
        (ids.check_nik, "3273017201900001"),
        (ids.check_nik, "3273010001900001"),
        (ids.check_nik, "3273011213900001"),
        (ids.check_nik, "3273011200900001"),
        (ids.check_nik, "3273011201900000"),
        (ids.check_nik, "327301120190000x"),
        (ids.check_nik, "\u0663273011201900001"),
        (ids.check_nik, ""),
        (ids.check_npwp, "01234567890100"),
        (ids.check_npwp, "0" * 15),
        (ids.check_account, "12345"),
        (ids.check_account, "1" * 21),
        (ids.check_account, "BCA123456"),
        (ids.check_wilayah, "32.7"),
        (ids.check_wilayah, "02.73"),
        (ids.check_wilayah, "32.73.01.10011"),
        (ids.check_wilayah, "32.73.1"),
        (ids.check_kecamatan, "32.73"),
        (ids.check_kelurahan, "32.73.01"),
    ],
)
def test_a_bad_identifier_is_refused_without_being_repeated(
    check: Callable[[str], str], text: str
) -> None:
    with pytest.raises(ids.BadIdentifier) as refused:
        check(text)
    personal = check not in (ids.check_wilayah, ids.check_kecamatan, ids.check_kelurahan)
    assert not (personal and text and text in str(refused.value))


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("32", "provinsi"),
        ("32.73", "kabupaten"),
        ("32.73.01", "kecamatan"),
        ("32.73.01.1001", "kelurahan"),
        ("3273012003", "kelurahan"),
    ],
)
def test_the_level_of_a_code(code: str, level: str) -> None:
    assert ids.wilayah_level(code) == level


def test_a_code_belongs_to_its_region_only() -> None:
    assert ids.belongs_to_region("32.73.01.1001", 3273)
    assert ids.belongs_to_region("32.73.01", 32)
    assert ids.belongs_to_region("3273", 3273)
    assert not ids.belongs_to_region("32.71.01", 3273)
    assert not ids.belongs_to_region("32", 3273)
    with pytest.raises(ids.BadIdentifier):
        ids.belongs_to_region("Bandung", 3273)


def test_uuid7_is_ordered_unique_and_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = [ids.uuid7() for _ in range(5_000)]
    assert all(a < b for a, b in pairwise(made))
    assert {(u.version, u.variant) for u in made} == {(7, RFC_4122)}
    assert before <= made[0].int >> 80 <= before + 5_000


def test_uuid7_keeps_its_order_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ids.uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert ids.uuid7() > first
