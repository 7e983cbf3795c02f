"""Dates as Indonesian papers write them, and clock times in the three Indonesian zones."""

import re
from datetime import date, datetime, timedelta, timezone
from typing import Literal

Language = Literal["id", "en"]

_MONTHS: dict[Language, tuple[str, ...]] = {
    "id": (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_MONTH_NUMBER: dict[str, int] = {
    name.lower(): number for number, name in enumerate(_MONTHS["id"], start=1)
} | {name[:3].lower(): number for number, name in enumerate(_MONTHS["id"], start=1)} | {
    # Older spellings and the other abbreviations found in official letters.
    "pebruari": 2, "agt": 8, "ags": 8, "sept": 9, "nopember": 11, "nop": 11,
}  # fmt: skip

# Fixed offsets: Indonesia keeps no summer time, and these hold for every date in the product.
_ZONES: dict[str, tuple[timezone, str]] = {
    "Asia/Jakarta": (timezone(timedelta(hours=7)), "WIB"),
    "Asia/Makassar": (timezone(timedelta(hours=8)), "WITA"),
    "Asia/Jayapura": (timezone(timedelta(hours=9)), "WIT"),
}
_EARLIEST_YEAR = 1800  # "30-03-0014" is a slip of the hand, not a date

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ISO_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}\S*")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([-/])([0-9]{1,2})\2([0-9]{4})")
_IN_WORDS = re.compile(r"([0-9]{1,2})\s+([A-Za-z]+)\.?\s+([0-9]{4})")


class BadDate(ValueError):
    """The text is not a date; the message is for the person who typed it."""


def _parts(text: str) -> tuple[int, int, int] | None:
    """(year, month, day) as written, not yet checked against the calendar; None if no form fits."""
    if found := _ISO.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _DAY_FIRST.fullmatch(text):
        return int(found[4]), int(found[3]), int(found[1])
    if found := _IN_WORDS.fullmatch(text):
        return int(found[3]), _MONTH_NUMBER.get(found[2].lower(), 0), int(found[1])
    if _ISO_TIME.fullmatch(text):
        moment = datetime.fromisoformat(text)
        return moment.year, moment.month, moment.day
    return None


def parse_date(text: str) -> date:
    """A date out of 2014-03-30, 30-03-2014, 30/03/2014, "1 November 2017" or an ISO date and time.

    Of a date and time the date part is taken as written, in the zone it was written in.

    Raises:
        BadDate: another form, or a day that is not in the calendar.
    """
    clean = text.replace("\u00a0", " ").strip()
    try:
        parts = _parts(clean)
        found = date(*parts) if parts else None
    except ValueError as error:
        raise BadDate(f'Tanggal "{text[:40]}" tidak ada di kalender.') from error
    if found is None or found.year < _EARLIEST_YEAR:
        raise BadDate(
            f'Tanggal "{text[:40]}" tidak dikenali; tulis misalnya 2014-03-30, 30-03-2014 '
            "atau 30 Maret 2014."
        )
    return found


def format_date(d: date, lang: Language = "id") -> str:
    """ "1 November 2017"; lang "en" gives English month names in the same order."""
    return f"{d.day} {_MONTHS[lang][d.month - 1]} {d.year}"


def format_time(dt_utc: datetime, zone: str, lang: Language = "id") -> str:
    """ "1 November 2017 14.30 WIB" for an aware datetime; zone is one of the three IANA names.

    Raises:
        ValueError: a naive datetime, or a zone outside Indonesia.
    """
    if dt_utc.tzinfo is None:
        raise ValueError("format_time needs an aware datetime")
    if zone not in _ZONES:
        raise ValueError(f"unknown zone {zone!r}; one of {', '.join(_ZONES)}")
    offset, name = _ZONES[zone]
    local = dt_utc.astimezone(offset)
    point = "." if lang == "id" else ":"
    return f"{format_date(local.date(), lang)} {local:%H}{point}{local:%M} {name}"
