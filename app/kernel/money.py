"""Rupiah: whole numbers in, whole numbers out."""

import re
from typing import Literal

Language = Literal["id", "en"]

NBSP = "\u00a0"
_MILLION = 1_000_000
_UNITS: tuple[tuple[int, dict[Language, str]], ...] = (
    (10**6, {"id": "juta", "en": "million"}),
    (10**9, {"id": "miliar", "en": "billion"}),
    (10**12, {"id": "triliun", "en": "trillion"}),
)
_ROLLS_OVER = 10_000  # in tenths: "1.000,0 juta" is said "1 miliar"
_MOST_DIGITS = 18  # what a PostgreSQL bigint surely holds

_PREFIX = re.compile(r"(-?)\s*(?:rp\.?\s*)?(-?)\s*", re.IGNORECASE)
_PLAIN = re.compile(r"([0-9]+)(?:[.,]0*)?")
# A first group that begins with 0 ("0.500") is a fraction, not thousands.
_DOTS = re.compile(r"([1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,(?:0*|-))?")
_COMMAS = re.compile(r"([1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.0*)?")


class BadAmount(ValueError):
    """The text is not a whole amount of rupiah; the message is for the person who typed it."""


def _grouped(number: int, lang: Language) -> str:
    text = f"{number:,}"
    return text.replace(",", ".") if lang == "id" else text


def format_rupiah(n: int, lang: Language = "id") -> str:
    """`n` rupiah in full: 1250000 -> "Rp 1.250.000", -5 -> "-Rp 5"; U+00A0 after Rp."""
    sign = "-" if n < 0 else ""
    return f"{sign}Rp{NBSP}{_grouped(abs(n), lang)}"


def _tenths(size: int, unit: int) -> int:
    return (size * 10 + unit // 2) // unit


def format_ringkas(n: int, lang: Language = "id") -> str:
    """`n` rupiah to one decimal, half up: "Rp 12,5 miliar" or, in English, "Rp 12.5 billion".

    Below one million the amount is written in full; a decimal of zero is left out.
    """
    size = abs(n)
    if size < _MILLION:
        return format_rupiah(n, lang)
    scaled = [(_tenths(size, unit), names) for unit, names in _UNITS]
    tenths, names = next((s for s in scaled if s[0] < _ROLLS_OVER), scaled[-1])
    whole, tenth = divmod(tenths, 10)
    point = "," if lang == "id" else "."
    number = _grouped(whole, lang) + (f"{point}{tenth}" if tenth else "")
    return f"{'-' if n < 0 else ''}Rp{NBSP}{number} {names[lang]}"


def parse_rupiah(text: str) -> int:
    """Rupiah out of "Rp 1.250.000,00", "1,250,000.00" or float text, "1250000.0".

    Groups of exactly three digits are thousands ("1.250" is 1250): nobody writes thousandths of
    a rupiah, everybody writes thousands.

    Raises:
        BadAmount: not a number, a fraction other than zero, or more than 18 digits.
    """
    clean = text.replace(NBSP, " ").replace("\u202f", " ").strip()
    prefix = _PREFIX.match(clean)
    if prefix is None or (prefix[1] and prefix[2]):
        raise BadAmount(f'Jumlah "{text[:40]}" tidak dikenali.')
    body = clean[prefix.end() :]
    found = _DOTS.fullmatch(body) or _COMMAS.fullmatch(body) or _PLAIN.fullmatch(body)
    if found is None:
        raise BadAmount(
            f'Jumlah "{text[:40]}" bukan rupiah bulat; tulis misalnya 1250000 atau Rp 1.250.000.'
        )
    digits = re.sub("[.,]", "", found[1]).lstrip("0") or "0"
    if len(digits) > _MOST_DIGITS:
        raise BadAmount(f'Jumlah "{text[:40]}" terlalu besar.')
    return -int(digits) if prefix[1] or prefix[2] else int(digits)
