"""Dates in the forms of Indonesian papers."""

from datetime import UTC, date, datetime

import pytest

from app.kernel.dates import BadDate, format_date, format_time, parse_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2014-03-30", date(2014, 3, 30)),
        ("30-03-2014", date(2014, 3, 30)),
        ("30/03/2014", date(2014, 3, 30)),
        ("1/2/2014", date(2014, 2, 1)),
        ("1 November 2017", date(2017, 11, 1)),
        ("01 nopember 2017", date(2017, 11, 1)),
        ("17\u00a0Agustus 1945", date(1945, 8, 17)),
        ("5 Mei 2020", date(2020, 5, 5)),
        ("5 Agt. 2020", date(2020, 8, 5)),
        ("2014-03-30T23:30:00+07:00", date(2014, 3, 30)),
        ("2014-03-30 00:00:00", date(2014, 3, 30)),
        ("2014-03-30T10:00:00.123Z", date(2014, 3, 30)),
    ],
)
def test_every_usual_way_to_write_it(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30 Maret",
        "2014",
        "20140330",
        "31-02-2014",
        "2014-13-01",
        "12/31/2014",
        "30-03/2014",
        "30-03-14",
        "30-03-0014",
        "1 Brumaire 2014",
        "2014-03-30T99:00",
        "2014-W13-7",
        "\u0662014-03-30",
    ],
)
def test_what_is_not_a_date_is_refused(text: str) -> None:
    with pytest.raises(BadDate):
        parse_date(text)


def test_a_date_in_two_languages() -> None:
    assert format_date(date(2017, 5, 1)) == "1 Mei 2017"
    assert format_date(date(2017, 5, 1), "en") == "1 May 2017"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Jakarta", "1 November 2017 23.30 WIB"),
        ("Asia/Makassar", "2 November 2017 00.30 WITA"),
        ("Asia/Jayapura", "2 November 2017 01.30 WIT"),
    ],
)
def test_a_moment_in_each_zone(zone: str, text: str) -> None:
    assert format_time(datetime(2017, 11, 1, 16, 30, tzinfo=UTC), zone) == text


def test_a_naive_time_or_a_foreign_zone_is_a_mistake() -> None:
    moment = datetime(2017, 11, 1, 16, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="aware"):
        format_time(moment.replace(tzinfo=None), "Asia/Jakarta")
    with pytest.raises(ValueError, match="unknown zone"):
        format_time(moment, "Europe/Berlin")
    assert format_time(moment, "Asia/Jakarta", "en") == "1 November 2017 23:30 WIB"
