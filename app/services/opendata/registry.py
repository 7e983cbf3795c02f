"""What the open-data API offers: modules register resources and files; routes, document and checks are made of them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.services.ui import asking
from app.services.ui.i18n import Lazy

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
#: Kind of a field -> its JSON schema.
KINDS: dict[str, dict[str, Any]] = {
    "teks": {"type": "string"},
    "bilangan": {"type": "integer"},
    "ukuran": {"type": "number"},
    "rupiah": {"type": "integer", "format": "int64"},
    "tanggal": {"type": "string", "format": "date"},
    "waktu": {"type": "string", "format": "date-time"},
    "ya-tidak": {"type": "boolean"},
    "uuid": {"type": "string", "format": "uuid"},
    "tautan": {"type": "string", "format": "uri"},
}
#: Where a row stands in its resource's order.
Place = tuple[str | int | None, ...]
Row = dict[str, object]


@dataclass(frozen=True)
class Field:
    """One field of a row. A `rupiah` is a whole number, a `tanggal` ISO text; `parts`: it is a list of such rows."""

    name: str
    kind: str
    text: Lazy
    nullable: bool = False
    parts: tuple["Field", ...] = ()

    def schema(self) -> dict[str, Any]:
        """Its JSON schema, described in the reader's language."""
        if self.parts:
            return {"type": "array", "items": row_schema(self.parts), "description": str(self.text)}
        known = KINDS[self.kind]
        kinds = [known["type"], "null"] if self.nullable else known["type"]
        return {**known, "type": kinds, "description": str(self.text)}


def row_schema(fields: Iterable[Field]) -> dict[str, Any]:
    """The JSON schema of a row with exactly these fields."""
    known = {field.name: field.schema() for field in fields}
    return {"type": "object", "properties": known, "required": list(known), "additionalProperties": False}


@dataclass(frozen=True)
class Parameter:
    """One filter in the address: how it is read (raises UnprocessableEntity) and its JSON schema."""

    name: str
    text: Lazy
    read: Callable[[str], Any]
    schema: Mapping[str, Any]


def whole(name: str, text: Lazy, least: int, most: int) -> Parameter:
    """A whole number in a range."""
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, text, lambda asked: asking.number(asked, least, most), schema)


def one_of(name: str, text: Lazy, words: Iterable[str]) -> Parameter:
    """One of a few words."""
    known = list(words)
    return Parameter(name, text, lambda asked: asking.choice(asked, known), {"type": "string", "enum": known})


def phrase(name: str, text: Lazy) -> Parameter:
    """Free words."""
    schema = {"type": "string", "minLength": 1, "maxLength": asking.LONGEST_PHRASE, "pattern": "^[^\\u0000]+$"}
    return Parameter(name, text, lambda asked: asking.phrase(asked) or None, schema)


def coded(name: str, text: Lazy, pattern: re.Pattern[str], example: str) -> Parameter:
    """A code of one form."""
    schema = {"type": "string", "pattern": f"^{pattern.pattern}$", "example": example}
    return Parameter(name, text, lambda asked: asking.code(asked, pattern, example) or None, schema)


@dataclass(frozen=True)
class Asked:
    """One page that is asked for: the filter's values (None: not given), where the last page ended, how many rows."""

    values: Mapping[str, Any]
    after: Place | None
    limit: int


@dataclass(frozen=True)
class One:
    """How a single row is found: the argument of the address, with its converter of the URL map."""

    argument: str
    find: Callable[[Any], Row | None]
    text: Lazy
    converter: str = "string"
    more: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Resource:
    """One list of `/api/v1/<name>`.

    Attributes:
        fields: what each row holds, exactly.
        rows: the rows of a page in the resource's own order, each with its place in it. The order is total and does
            not move when rows are added, so that a reader who follows `berikutnya` meets no row twice.
        one: the single row at `/api/v1/<name>/<argument>`, when there is one.
        rooms: which kinds of sites offer it.
    """

    name: str
    title: Lazy
    text: Lazy
    fields: tuple[Field, ...]
    rows: Callable[[Asked], list[tuple[Place, Row]]]
    parameters: tuple[Parameter, ...] = ()
    one: One | None = None
    rooms: tuple[str, ...] = ("portal",)


@dataclass(frozen=True)
class OpenFiles:
    """One set of data as files of the portal.

    Attributes:
        paths: form ("csv") -> path; these paths may be read by scripts of any site.
        imported_as: the datasets of `flask data import` that fill it, to tell how fresh it is.
        resource: the resource of the API that holds the same rows.
    """

    name: str
    title: Lazy
    text: Lazy
    paths: Mapping[str, str]
    imported_as: tuple[str, ...] = ()
    resource: str = ""
    rooms: tuple[str, ...] = ("portal",)


_resources: dict[str, Resource] = {}
_files: dict[str, OpenFiles] = {}


def register_resource(resource: Resource) -> None:
    """Offer `resource` (by its name, once)."""
    _resources[resource.name] = resource


def register_files(files: OpenFiles) -> None:
    """List `files` as open data (by their name, once)."""
    _files[files.name] = files


def resources(room: str | None = None) -> list[Resource]:
    """What sites of this kind offer, or all, in the order of registration."""
    return [resource for resource in _resources.values() if room is None or room in resource.rooms]


def open_files(room: str) -> list[OpenFiles]:
    """The sets of files that sites of this kind offer, by name."""
    return [files for _name, files in sorted(_files.items()) if room in files.rooms]


def is_open_file(path: str) -> bool:
    """Whether the path is one of a registered set of files."""
    return any(path in files.paths.values() for files in _files.values())
