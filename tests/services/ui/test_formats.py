from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from flask import Flask, g

from app.services.ui import formats

HALF_PAST_SEVEN_UTC = datetime(2017, 11, 1, 7, 30, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace(formats.NO_BREAK, " ")


def test_amounts_read_as_indonesians_write_them() -> None:
    assert plain(formats.rupiah(1_250_000)) == "Rp 1.250.000"
    assert plain(formats.ringkas(12_500_000_000)) == "Rp 12,5 miliar"
    assert formats.rupiah(None) == formats.ringkas(None) == "–"


def test_an_amount_never_breaks_after_rp() -> None:
    assert " " not in formats.rupiah(1_250_000)


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (1_250_000, 0, "1.250.000"),
        (12.5, 1, "12,5"),
        (0, 0, "0"),
        (-1234, 0, "-1.234"),
        (2.5, 0, "3"),
        (None, 0, "–"),
    ],
)
def test_numbers(number: float | None, decimals: int, text: str) -> None:
    assert formats.angka(number, decimals) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.125, "12,5%"), (1, "100%"), (0.1, "10%"), (10, "1.000%"), (0, "0%"), (None, "–")],
)
def test_shares(share: float | None, text: str) -> None:
    assert formats.persen(share) == text


@pytest.mark.parametrize(
    ("zone", "clock"),
    [
        ("Asia/Jakarta", "14.30 WIB"),
        ("Asia/Makassar", "15.30 WITA"),
        ("Asia/Jayapura", "16.30 WIT"),
    ],
)
def test_a_moment_is_told_in_the_zone_of_the_region(app: Flask, zone: str, clock: str) -> None:
    with app.test_request_context("/"):
        g.site = SimpleNamespace(time_zone=zone)
        assert plain(formats.waktu(HALF_PAST_SEVEN_UTC)) == f"1 November 2017 {clock}"


def test_without_a_site_the_zone_is_jakarta() -> None:
    assert plain(formats.waktu(HALF_PAST_SEVEN_UTC)).endswith("14.30 WIB")


def test_a_moment_without_a_zone_is_utc() -> None:
    assert formats.waktu(HALF_PAST_SEVEN_UTC.replace(tzinfo=None)) == formats.waktu(
        HALF_PAST_SEVEN_UTC
    )


def test_the_date_of_a_moment_is_the_date_where_the_region_lies() -> None:
    assert formats.tanggal(datetime(2017, 10, 31, 18, 0, tzinfo=UTC)) == "1 November 2017"
    assert formats.tanggal(date(2017, 8, 1)) == "1 Agustus 2017"


def test_english_pages_use_english_months_and_separators(app: Flask) -> None:
    with app.test_request_context("/?bahasa=en"):
        assert formats.tanggal(date(2017, 8, 1)) == "1 August 2017"
        assert formats.angka(1_250_000) == "1,250,000"
        assert plain(formats.rupiah(1_250_000)) == "Rp 1,250,000"


def test_only_the_end_of_a_personal_number_is_readable() -> None:
    masked = plain(str(formats.samar("3273010101700001")))
    assert masked == "•••• •••• •••• 0001"
    assert formats.samar(None) == ""
