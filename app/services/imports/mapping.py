"""A small TOML file that says which of their columns is which of ours."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType

from app.services.imports.limits import TableError
from app.services.imports.tabular import Row, Table

_TOP = ("dataset", "columns", "numbers", "constants", "filters", "leaf")
_NUMBERS = ("decimal", "thousands", "columns")
_LEAF = ("column", "value")
_POINTS = (".", ",")
_THOUSANDS = (".", ",", " ", "")


class MappingError(ValueError):
    """The mapping's text is wrong; the message names the key and what is allowed there."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """Only rows whose foreign `column` holds `value` are leaves; the others are sums of them."""

    column: str
    value: str


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How their amounts are written, and which of our columns hold amounts (may be none)."""

    decimal: str = "."
    thousands: str = ","
    columns: tuple[str, ...] = ()

    def plain(self, text: str) -> str:
        """`text` in the one form that kernel.money.parse_rupiah reads: "1.250.000,00" -> "1250000".

        A fraction other than zero is kept with at least four decimals, so that nobody takes it for
        thousands and parse_rupiah refuses it. Blank stays blank.

        Raises:
            ValueError: `text` is not written as this format says.
        """
        clean = re.sub(r"^(-?)\s*rp\.?\s*", r"\1", text.replace("\u00a0", " ").strip(), flags=re.I)
        if not clean:
            return ""
        grouping = (
            rf"[1-9]\d{{0,2}}(?:{re.escape(self.thousands)}\d{{3}})+|" if self.thousands else ""
        )
        found = re.fullmatch(
            rf"(-?)({grouping}\d+)(?:{re.escape(self.decimal)}(\d*))?", clean, flags=re.ASCII
        )
        if found is None:
            raise ValueError(text)
        whole = found[2].replace(self.thousands, "") if self.thousands else found[2]
        fraction = (found[3] or "").rstrip("0")
        return f"{found[1]}{whole}" + (f".{fraction:0<4}" if fraction else "")


@dataclass(frozen=True, slots=True)
class Mapping:
    """A foreign table: `columns` and `constants` are keyed by our names, `filters` by theirs."""

    dataset: str
    columns: ReadOnly[str, str]
    numbers: NumberFormat = field(default_factory=NumberFormat)
    constants: ReadOnly[str, str] = field(default_factory=lambda: MappingProxyType({}))
    filters: ReadOnly[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    leaf: Leaf | None = None

    def check_header(self, header: Iterable[str]) -> None:
        """Every foreign header that the mapping names is there.

        Raises:
            TableError: `kolom-tidak-ada`, naming the missing one and the closest existing one.
        """
        present = list(header)
        wanted = [*self.columns.values(), *self.filters, *([self.leaf.column] if self.leaf else [])]
        for name in wanted:
            if name not in present:
                raise _missing(name, present)

    def apply(self, rows: Table | Iterable[Row]) -> Iterator[Row]:
        """Rows of the foreign table that pass the filters and are leaves, under our column names.

        Amount columns ([numbers] columns) come out in plain form; other text as it was.

        Raises:
            TableError: `kolom-tidak-ada` at once; while iterating, `angka-tidak-sesuai` for an
                amount that is not written as [numbers] says.
        """
        if isinstance(rows, Table):
            self.check_header(rows.header)
            return self._apply(iter(rows))
        source = iter(rows)
        first = next(source, None)
        if first is None:
            return iter(())
        self.check_header(first[1])
        return self._apply(chain((first,), source))

    def _apply(self, rows: Iterator[Row]) -> Iterator[Row]:
        return (
            (number, self._row(number, theirs)) for number, theirs in rows if self._wanted(theirs)
        )

    def _wanted(self, theirs: dict[str, str]) -> bool:
        if self.leaf and theirs[self.leaf.column].strip() != self.leaf.value:
            return False
        return all(theirs[name].strip() in values for name, values in self.filters.items())

    def _row(self, number: int, theirs: dict[str, str]) -> dict[str, str]:
        ours = {name: theirs[foreign] for name, foreign in self.columns.items()}
        for name in self.numbers.columns:
            try:
                ours[name] = self.numbers.plain(ours[name])
            except ValueError as error:
                raise TableError(
                    "angka-tidak-sesuai",
                    f'"{ours[name][:40]}" tidak ditulis dengan desimal "{self.numbers.decimal}" '
                    f'dan ribuan "{self.numbers.thousands}"; periksa [numbers] pada pemetaan.',
                    number,
                    self.columns[name],
                ) from error
        return {**ours, **self.constants}


def _missing(name: str, present: list[str]) -> TableError:
    folded = {header.casefold(): header for header in present}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    hint = f' Mungkin maksudnya "{folded[close[0]]}".' if close else ""
    return TableError("kolom-tidak-ada", f'Kolom "{name}" tidak ada dalam berkas.{hint}', 1, name)


def load_mapping(text: str) -> Mapping:
    """Read a mapping from TOML text; see the tests for a whole one.

    Raises:
        MappingError: not TOML, an unknown or missing key, or a value of the wrong kind.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"Pemetaan bukan TOML yang sah: {error}") from error
    _only(data, _TOP, "")
    columns = _texts(data, "columns")
    constants = _texts(data, "constants")
    if not columns:
        raise MappingError("[columns] harus berisi sedikitnya satu kolom.")
    if both := sorted(columns.keys() & constants.keys()):
        raise MappingError(f'"{both[0]}" ada di [columns] dan di [constants]; pilih satu.')
    return Mapping(
        dataset=_text(data.get("dataset"), "dataset"),
        columns=columns,
        numbers=_numbers(_section(data, "numbers"), columns),
        constants=constants,
        filters=MappingProxyType(
            {
                key: _list(value, f"filters.{key}")
                for key, value in _section(data, "filters").items()
            }
        ),
        leaf=_leaf(_section(data, "leaf")),
    )


def _only(data: ReadOnly[str, object], allowed: tuple[str, ...], section: str) -> None:
    for key in data:
        if key not in allowed:
            name = f"{section}.{key}" if section else key
            raise MappingError(f'Kunci "{name}" tidak dikenal; yang boleh: {", ".join(allowed)}.')


def _section(data: ReadOnly[str, object], key: str) -> dict[str, object]:
    section = data.get(key, {})
    if not isinstance(section, dict):
        raise MappingError(f'"{key}" harus berupa bagian [{key}].')
    return section


def _text(value: object, key: str) -> str:
    """A text, or a whole number as text (`tahun = 2025`)."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise MappingError(f'"{key}" harus berisi teks.')
    return str(value)


def _texts(data: ReadOnly[str, object], key: str) -> ReadOnly[str, str]:
    section = _section(data, key)
    return MappingProxyType(
        {name: _text(value, f"{key}.{name}") for name, value in section.items()}
    )


def _list(value: object, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise MappingError(f'"{key}" harus berupa daftar teks, misalnya ["II"].')
    return tuple(_text(item, key) for item in value)


def _numbers(section: dict[str, object], columns: ReadOnly[str, str]) -> NumberFormat:
    _only(section, _NUMBERS, "numbers")
    decimal = section.get("decimal", ".")
    thousands = section.get("thousands", "," if decimal == "." else ".")
    if decimal not in _POINTS:
        raise MappingError('"numbers.decimal" harus "." atau ",".')
    if thousands not in _THOUSANDS or thousands == decimal:
        raise MappingError(
            '"numbers.thousands" harus ".", ",", " " atau "", dan lain dari decimal.'
        )
    amounts = _list(section["columns"], "numbers.columns") if "columns" in section else ()
    for name in amounts:
        if name not in columns:
            raise MappingError(
                f'"numbers.columns" menyebut "{name}"; yang boleh: {", ".join(columns)}.'
            )
    return NumberFormat(str(decimal), str(thousands), amounts)


def _leaf(section: dict[str, object]) -> Leaf | None:
    _only(section, _LEAF, "leaf")
    if not section:
        return None
    return Leaf(
        _text(section.get("column"), "leaf.column"), _text(section.get("value"), "leaf.value")
    )
