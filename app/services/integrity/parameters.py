"""What a region may tune of a rule: typed values, read from and written as text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.kernel.money import BadAmount, parse_rupiah
from app.services.ui.i18n import Lazy, _

LONGEST = 2_000


class BadValue(ValueError):
    """A value that the parameter cannot take; the message says what it takes."""


@dataclass(frozen=True)
class Param:
    """One parameter.

    Attributes:
        kind: bilangan (whole number), pecahan (ratio), rupiah, rupiah-banyak (amounts, separated by commas),
            teks-banyak (texts, separated by semicolons), tanggal-tahunan (MM-DD).
        default: of the type that `kind` reads to.
        least, most: the range of a number (of each amount).
    """

    name: str
    label: Lazy
    kind: str
    default: Any
    least: float = 0
    most: float = 10**12

    def read(self, text: str) -> Any:
        """The value of a text.

        Raises:
            BadValue: it is none, or out of range.
        """
        if len(text) > LONGEST:
            raise BadValue(_("Paling banyak %(most)s huruf.", most=LONGEST))
        value = READERS[self.kind](text.strip())
        numbers = value if isinstance(value, list) else [value]
        for number in numbers:
            if not isinstance(number, str) and not self.least <= number <= self.most:
                raise BadValue(_("Antara %(least)s dan %(most)s.", least=_plain(self.least), most=_plain(self.most)))
        return value

    def write(self, value: Any) -> str:
        """The text that `read` reads back."""
        if isinstance(value, list):
            return ("; " if self.kind == "teks-banyak" else ", ").join(str(item) for item in value)
        return _plain(value) if isinstance(value, float) else str(value)


def _plain(number: float) -> str:
    return f"{number:g}" if abs(number) < 10**6 else f"{number:.0f}"


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadValue(_("Tulis bilangan bulat."))
    return int(text)


def _ratio(text: str) -> float:
    plain = text.replace(",", ".")
    if not plain.replace(".", "", 1).isdigit() or not plain.isascii() or len(plain) > 12:
        raise BadValue(_("Tulis bilangan, misalnya 0,92."))
    return float(plain)


def _amount(text: str) -> int:
    try:
        return parse_rupiah(text)
    except BadAmount as error:
        raise BadValue(str(error)) from error


def _amounts(text: str) -> list[int]:
    found = [_amount(part.strip()) for part in text.split(",") if part.strip()]
    if not found:
        raise BadValue(_("Tulis sedikitnya satu jumlah."))
    return sorted(set(found))


def _texts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _month_day(text: str) -> str:
    month, _dash, day = text.partition("-")
    if len(text) != 5 or not (month.isdigit() and day.isdigit() and text.isascii()):
        raise BadValue(_("Tulis bulan dan tanggal seperti 06-30."))
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= DAYS[int(month)]):
        raise BadValue(_("Tulis bulan dan tanggal seperti 06-30."))
    return text


#: Days that a month has in every year, from January (the first entry stands for no month).
DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
READERS: dict[str, Callable[[str], Any]] = {
    "bilangan": _whole,
    "pecahan": _ratio,
    "rupiah": _amount,
    "rupiah-banyak": _amounts,
    "teks-banyak": _texts,
    "tanggal-tahunan": _month_day,
}
