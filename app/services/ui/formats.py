"""How amounts, numbers and dates look on a page, in the reader's language and the region's zone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from flask import g, has_app_context
from markupsafe import Markup, escape

from app.kernel.dates import format_date, format_time
from app.kernel.money import format_ringkas, format_rupiah
from app.services.ui.i18n import language

DEFAULT_ZONE = "Asia/Jakarta"
NOTHING = "\N{EN DASH}"
NO_BREAK = "\N{NO-BREAK SPACE}"

SWAPPED = str.maketrans(",.", ".,")

Number = int | float | Decimal


def zone() -> str:
    site = g.get("site") if has_app_context() else None
    return getattr(site, "time_zone", None) or DEFAULT_ZONE


def rupiah(amount: int | None) -> str:
    """1250000 -> Rp 1.250.000, never broken over two lines; a dash for nothing known."""
    return NOTHING if amount is None else format_rupiah(amount, language())


def ringkas(amount: int | None) -> str:
    """1250000000 -> Rp 1,3 miliar, for headlines; the exact figure belongs beside it."""
    return NOTHING if amount is None else format_ringkas(amount, language())


def angka(number: Number | None, decimals: int = 0) -> str:
    """1250000 -> 1.250.000; 12.5 with one decimal -> 12,5. English swaps the separators."""
    if number is None:
        return NOTHING
    if decimals or not isinstance(number, int):
        number = Decimal(str(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{number:,}"
    return text if language() == "en" else text.translate(SWAPPED)


def persen(share: Number | None, decimals: int = 1) -> str:
    """A share of one: 0.125 -> 12,5%. A trailing ,0 is dropped."""
    if share is None:
        return NOTHING
    hundredths = (Decimal(str(share)) * 100).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return angka(hundredths, 0 if hundredths == hundredths.to_integral_value() else decimals) + "%"


def tanggal(day: date | None) -> str:
    """A date in words. A moment (UTC) is first brought to the region's zone."""
    if day is None:
        return NOTHING
    return format_date(local(day).date() if isinstance(day, datetime) else day, language())


def waktu(moment: datetime | None) -> str:
    """A moment (UTC) as date and clock time in the region's zone: 1 November 2017 14.30 WIB."""
    return NOTHING if moment is None else format_time(as_utc(moment), zone(), language())


def as_utc(moment: datetime) -> datetime:
    """A moment from the database without a zone is UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def local(moment: datetime) -> datetime:
    return as_utc(moment).astimezone(ZoneInfo(zone()))


def mesin(moment: date | None) -> str:
    """For the `datetime` attribute of <time>."""
    if moment is None:
        return ""
    return (
        local(moment).isoformat(timespec="minutes")
        if isinstance(moment, datetime)
        else moment.isoformat()
    )


def samar(identifier: str | None, visible: int = 4) -> Markup:
    """A personal number with only its end readable: •••• •••• •••• 0001."""
    text = identifier or ""
    hidden = "•" * max(len(text) - visible, 0)
    tail = text[len(hidden) :]
    return escape(
        NO_BREAK.join(filter(None, (*(hidden[i : i + 4] for i in range(0, len(hidden), 4)), tail)))
    )


FILTERS: dict[str, Callable[..., str]] = {
    "rupiah": rupiah,
    "ringkas": ringkas,
    "angka": angka,
    "persen": persen,
    "tanggal": tanggal,
    "waktu": waktu,
    "mesin": mesin,
    "samar": samar,
}
