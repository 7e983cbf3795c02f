"""The layout of a letter as data: one TOML file a version, beside the code of the module that registers it.

A version that was used is never edited: the letters that carry its number must come out the same. A change is the next
version's file. Form of the file:

    judul = "BERITA ACARA IMPOR DATA"
    nomor = "{urut}/BA-IMPOR/{bulan_romawi}/{tahun}"

    [[isi]]
    paragraf = "Pada tanggal {tanggal} …"

    [[isi]]
    butir = [["Berkas", "{berkas}"], …]

    [[isi]]
    tabel = "jumlah"            # rows of that name in the letter's data
    kolom = [["Uraian", "kiri", 3], ["Rupiah", "kanan", 1]]
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from app.kernel.dates import format_date
from app.services.ui.i18n import Lazy

FIELD = re.compile(r"\{(\w+)\}")
FILE = re.compile(r"(?P<kind>[a-z-]+)\.(?P<version>\d+)\.toml")
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


class LayoutError(ValueError):
    """A layout's file, or the data of a letter, is not what the other expects."""


@dataclass(frozen=True)
class Column:
    """One column of a table; `width` is its share."""

    label: str
    align: Literal["kiri", "kanan"]
    width: int


@dataclass(frozen=True)
class Block:
    """One part of a letter's body: a paragraph, a list of label and value, or a table."""

    paragraph: str = ""
    items: tuple[tuple[str, str], ...] = ()
    table: str = ""
    columns: tuple[Column, ...] = ()

    def texts(self) -> tuple[str, ...]:
        """Every text of it that may name fields."""
        return (self.paragraph, *(text for pair in self.items for text in pair))


@dataclass(frozen=True)
class Layout:
    """One version of one kind of letter."""

    kind: str
    version: int
    title: str
    number_pattern: str
    blocks: tuple[Block, ...]

    def number(self, number: int, day: date) -> str:
        """The number as it is printed: 0007/BA-IMPOR/XI/2026."""
        values = {"urut": f"{number:04d}", "bulan_romawi": ROMAN[day.month - 1], "tahun": str(day.year)}
        return filled(self.number_pattern, values)

    def check(self, fields: Mapping[str, str], tables: Mapping[str, list[list[str]]]) -> None:
        """Whether the data are exactly what the layout prints.

        Raises:
            LayoutError: a field or table is missing, or would not be printed.
        """
        wanted = {name for block in self.blocks for text in block.texts() for name in FIELD.findall(text)}
        wanted_tables = {block.table: len(block.columns) for block in self.blocks if block.table}
        if wanted - PROVIDED != fields.keys() or wanted_tables.keys() != tables.keys():
            raise LayoutError(f"{self.kind}: isian {sorted(wanted - PROVIDED)}, tabel {sorted(wanted_tables)}")
        for name, rows in tables.items():
            if any(len(row) != wanted_tables[name] for row in rows):
                raise LayoutError(f"{self.kind}: baris tabel {name} tidak sepanjang kolomnya")


#: Fields that every letter has, beside its own.
PROVIDED = frozenset({"nomor", "tanggal", "hari", "daerah", "tempat", "nama", "jabatan"})
DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


def provided(nomor: str, day: date, region: str, signer: tuple[str, str]) -> dict[str, str]:
    """The values of PROVIDED; `signer` is name and office."""
    return {
        "nomor": nomor, "tanggal": format_date(day), "hari": DAYS[day.weekday()], "daerah": region,
        "tempat": region.partition(" ")[2] or region, "nama": signer[0], "jabatan": signer[1],
    }  # fmt: skip


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with its {fields}; a plain replacement, so that data never act as a pattern."""
    return FIELD.sub(lambda match: values[match[1]], text)


def load_layout(path: Path) -> Layout:
    """Read one version.

    Raises:
        LayoutError: the name or the content has another form.
    """
    name = FILE.fullmatch(path.name)
    if name is None:
        raise LayoutError(f"{path.name}: nama berkas bukan <jenis>.<versi>.toml")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        blocks = tuple(_block(part) for part in data["isi"])
        return Layout(name["kind"], int(name["version"]), data["judul"], data["nomor"], blocks)
    except (KeyError, TypeError, ValueError) as error:
        raise LayoutError(f"{path.name}: {error}") from error


def _block(part: dict[str, object]) -> Block:
    if "paragraf" in part:
        return Block(paragraph=str(part["paragraf"]))
    if "butir" in part:
        return Block(items=tuple((label, value) for label, value in part["butir"]))  # type: ignore[attr-defined]
    columns = tuple(Column(*column) for column in part["kolom"])  # type: ignore[attr-defined]
    return Block(table=str(part["tabel"]), columns=columns)


@dataclass(frozen=True)
class LetterKind:
    """A kind of letter that a module registers: its name, what people call it, where its versions lie."""

    name: str
    label: Lazy
    folder: Path

    def versions(self) -> dict[int, Path]:
        """Every version's file, the newest last."""
        found = [FILE.fullmatch(path.name) for path in self.folder.glob(f"{self.name}.*.toml")]
        numbers = sorted(int(name["version"]) for name in found if name)
        return {number: self.folder / f"{self.name}.{number}.toml" for number in numbers}

    def layout(self, version: int | None = None) -> Layout:
        """One version, by default the newest."""
        versions = self.versions()
        return load_layout(versions[max(versions) if version is None else version])


_kinds: dict[str, LetterKind] = {}


def register_letter(kind: LetterKind) -> None:
    """Make a kind of letter issuable; reads every version, so that a broken file stops the start.

    Raises:
        LayoutError: some version cannot be read.
    """
    for version in kind.versions():
        kind.layout(version)
    _kinds[kind.name] = kind


def letter_kinds() -> dict[str, LetterKind]:
    """Every registered kind by name."""
    return dict(_kinds)
