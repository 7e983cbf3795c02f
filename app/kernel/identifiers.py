"""Identifiers on Indonesian papers: NIK, NPWP, bank account, wilayah codes; and UUID version 7."""

import re
import secrets
import threading
import time
from typing import Literal
from uuid import UUID

WilayahLevel = Literal["provinsi", "kabupaten", "kecamatan", "kelurahan"]

_SEPARATORS = re.compile(r"[\s.\-\u00a0]+")
_DIGITS = re.compile(r"[0-9]+")
_NIK_LENGTH = 16
_NPWP_LENGTHS = (15, 16)
_ACCOUNT_MIN, _ACCOUNT_MAX = 6, 20
_FIRST_PROVINCE = 11
_LAST_DAY = 31
_WOMAN = 40  # a woman's day of birth is written plus forty
_LAST_MONTH = 12
_LEVELS: dict[int, WilayahLevel] = {
    2: "provinsi", 4: "kabupaten", 6: "kecamatan", 10: "kelurahan",
}  # fmt: skip
_CODE = re.compile(r"[1-9][0-9](?:\.?[0-9]{2}(?:\.?[0-9]{2}(?:\.?[0-9]{4})?)?)?")


class BadIdentifier(ValueError):
    """The text is not such an identifier; the message never repeats it, it may be personal."""


def _digits(text: str, name: str) -> str:
    """The digits of `text` without spaces, dots and dashes."""
    digits = _SEPARATORS.sub("", text)
    if not _DIGITS.fullmatch(digits):
        raise BadIdentifier(f"{name} hanya boleh berisi angka.")
    return digits


def check_nik(text: str) -> str:
    """The 16 digits of a NIK: wilayah 6, birth date DDMMYY (DD + 40 for a woman), serial 4.

    Raises:
        BadIdentifier: another length, or no such province, day, month or serial.
    Source: PP 37/2007 pasal 37 (susunan NIK); the serial begins at 0001.
    """
    digits = _digits(text, "NIK")
    if len(digits) != _NIK_LENGTH:
        raise BadIdentifier(f"NIK: {len(digits)} digit, seharusnya {_NIK_LENGTH}.")
    day, month = int(digits[6:8]), int(digits[8:10])
    if int(digits[:2]) < _FIRST_PROVINCE:
        raise BadIdentifier("NIK: kode provinsi (dua digit pertama) tidak ada.")
    if not 1 <= (day - _WOMAN if day > _WOMAN else day) <= _LAST_DAY:
        raise BadIdentifier("NIK: tanggal lahir (digit 7-8) tidak mungkin.")
    if not 1 <= month <= _LAST_MONTH:
        raise BadIdentifier("NIK: bulan lahir (digit 9-10) tidak mungkin.")
    if digits.endswith("0000"):
        raise BadIdentifier("NIK: nomor urut (empat digit terakhir) dimulai dari 0001.")
    return digits


def check_npwp(text: str) -> str:
    """The 15 (old) or 16 (PMK 112/PMK.03/2022) digits of an NPWP, separators removed.

    Raises:
        BadIdentifier: another length, or nothing but zeros.
    """
    digits = _digits(text, "NPWP")
    if len(digits) not in _NPWP_LENGTHS:
        raise BadIdentifier(f"NPWP: {len(digits)} digit, seharusnya 15 atau 16.")
    if not digits.strip("0"):
        raise BadIdentifier("NPWP tidak boleh nol semua.")
    return digits


def check_account(text: str) -> str:
    """The 6 to 20 digits of a bank account number, leading zeros kept.

    Raises:
        BadIdentifier: letters, or another length.
    """
    digits = _digits(text, "Nomor rekening")
    if not _ACCOUNT_MIN <= len(digits) <= _ACCOUNT_MAX:
        raise BadIdentifier(
            f"Nomor rekening: {len(digits)} digit, seharusnya {_ACCOUNT_MIN} sampai {_ACCOUNT_MAX}."
        )
    return digits


def check_wilayah(text: str) -> str:
    """A wilayah code of any level in dotted form: "3273011001" -> "32.73.01.1001".

    Raises:
        BadIdentifier: not of the form 32, 32.73, 32.73.01 or 32.73.01.1001.
    Source: Kepmendagri 300.2.2-2138 Tahun 2025 (kode dan data wilayah administrasi).
    """
    clean = text.strip()
    if not _CODE.fullmatch(clean):
        raise BadIdentifier("Kode wilayah tidak dikenali; contoh 32.73.01 atau 32.73.01.1001.")
    digits = clean.replace(".", "")
    parts = (digits[:2], digits[2:4], digits[4:6], digits[6:])
    return ".".join(part for part in parts if part)


def wilayah_level(code: str) -> WilayahLevel:
    """Which level a wilayah code names; a desa counts as "kelurahan". Raises BadIdentifier."""
    return _LEVELS[len(check_wilayah(code).replace(".", ""))]


def check_kecamatan(text: str) -> str:
    """A dotted kecamatan code, "32.73.01". Raises BadIdentifier, also for another level."""
    code = check_wilayah(text)
    if wilayah_level(code) != "kecamatan":
        raise BadIdentifier("Kode kecamatan terdiri dari enam digit, misalnya 32.73.01.")
    return code


def check_kelurahan(text: str) -> str:
    """A dotted kelurahan or desa code, "32.73.01.1001". Raises BadIdentifier for another level."""
    code = check_wilayah(text)
    if wilayah_level(code) != "kelurahan":
        raise BadIdentifier("Kode kelurahan terdiri dari sepuluh digit, misalnya 32.73.01.1001.")
    return code


def belongs_to_region(code: str, region_id: int) -> bool:
    """Whether a wilayah code is the region (32 a province, 3273 a kota) or lies in it.

    Raises:
        BadIdentifier: `code` is not a wilayah code.
    """
    return (
        check_wilayah(code)
        .replace(".", "")
        .startswith(check_wilayah(str(region_id)).replace(".", ""))
    )


class _Ticks:
    """Milliseconds since 1970 times 4096 plus the fraction, never twice the same in one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        now = (time.time_ns() << 12) // 1_000_000
        with self._lock:
            # A clock that stands still or is set back must not break the order.
            self._last = max(now, self._last + 1)
            return self._last


_ticks = _Ticks()


def uuid7() -> UUID:
    """A time-ordered UUID; those of one process are strictly ascending.

    Source: RFC 9562 section 5.7, with method 3 of section 6.2 (12 bits of sub-millisecond).
    """
    milliseconds, fraction = divmod(_ticks.next(), 1 << 12)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | fraction << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)
