"""The OpenAPI 3.1 document of one site, in the reader's language, out of the registry."""

from typing import Any

from app.services.opendata.registry import LICENCE, Parameter, Resource, row_schema
from app.services.ui.i18n import Lazy, lazy
from app.tenancy.site import Site

VERSION = "1.0.0"
MOST_ROWS, ROWS = 100, 50
LIMIT, CURSOR = "batas", "kursor"
PROBLEM = "application/problem+json"
JSON = "application/json"
#: Ends that every address may come to, beside 200 and 304.
PROBLEMS: dict[int, Lazy] = {
    405: lazy("Alamat ini hanya dapat dibaca: GET, HEAD, OPTIONS."),
    414: lazy("Alamat terlalu panjang."),
    422: lazy("Sebuah parameter salah, tidak dikenal, kosong, atau ditulis dua kali; detail menyebut yang mana."),
    429: lazy("Terlalu banyak permintaan; tunggu sebanyak detik di Retry-After."),
    503: lazy("Portal daerah ini sedang ditangguhkan."),
}
UNCHANGED = lazy("Isinya tidak berubah.")
ABSENT = lazy("Tidak ada yang bernomor demikian di daerah ini.")
PAGED = {
    LIMIT: lazy("Jumlah baris satu halaman."),
    CURSOR: lazy("Lanjutan halaman sebelumnya; salin dari `berikutnya`, jangan disusun sendiri."),
}
CONDITION = lazy("ETag dari jawaban sebelumnya; bila isinya masih sama, jawabannya 304 tanpa isi.")
LANGUAGE = lazy("Bahasa keterangan dan pesan galat: id atau en.")
DESCRIPTION = lazy(
    "Data terbuka daerah ini untuk program. Uang ditulis dalam rupiah bulat, tanggal menurut ISO 8601, waktu dengan"
    " zona. Halaman diikuti lewat `berikutnya`; urutannya tetap walaupun data bertambah. Data boleh dipakai ulang"
    " dengan menyebut sumbernya (CC BY 4.0)."
)
HEADERS: dict[str, tuple[dict[str, Any], Lazy]] = {
    "ETag": ({"type": "string"}, lazy("Penanda isi, untuk If-None-Match.")),
    "Link": ({"type": "string"}, lazy("Lisensi, dan halaman berikutnya bila ada.")),
    "RateLimit-Limit": ({"type": "integer"}, lazy("Permintaan yang boleh dikirim dalam satu menit.")),
    "RateLimit-Remaining": ({"type": "integer"}, lazy("Permintaan yang masih boleh dikirim sekarang.")),
    "RateLimit-Reset": ({"type": "integer"}, lazy("Detik sampai jatah penuh kembali.")),
}
LIST_TEXTS = {
    "data": lazy("Baris halaman ini, menurut urutan tetap."),
    "berikutnya": lazy("Alamat halaman berikutnya; null pada halaman terakhir."),
    "sumber": lazy("Penerbit data, untuk disebut saat dipakai ulang."),
    "lisensi": lazy("Lisensi data."),
}


def document(site: Site, offered: list[Resource], address: str) -> dict[str, Any]:
    """The whole document; `address` is the site's own, ending in a slash."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Galat": _problem_schema()}
    for resource in offered:
        name = schema_name(resource.name)
        schemas[name] = row_schema(resource.fields)
        schemas[f"Daftar{name}"] = list_schema(name)
        paths[f"/{resource.name}"] = {"get": _list_operation(resource, name)}
        if resource.one:
            schemas[f"Satu{name}"] = row_schema((*resource.fields, *resource.one.more))
            paths[f"/{resource.name}/{{{resource.one.argument}}}"] = {"get": _one_operation(resource, name)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Data terbuka {site.name}", "version": VERSION, "description": str(DESCRIPTION),
            "license": {"name": "CC BY 4.0", "url": LICENCE},
        },
        "servers": [{"url": f"{address}api/v1"}],
        "tags": [{"name": resource.name, "description": str(resource.text)} for resource in offered],
        "paths": paths,
        "components": {"schemas": schemas, "headers": _headers()},
    }  # fmt: skip


def schema_name(resource: str) -> str:
    """hibah -> Hibah."""
    return resource.replace("-", " ").title().replace(" ", "")


def list_schema(name: str) -> dict[str, Any]:
    """A page of rows."""
    known: dict[str, dict[str, Any]] = {
        "data": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
        "berikutnya": {"type": ["string", "null"], "format": "uri"},
        "sumber": {"type": "string"},
        "lisensi": {"type": "string", "format": "uri"},
    }
    described = {key: {**schema, "description": str(LIST_TEXTS[key])} for key, schema in known.items()}
    return {"type": "object", "properties": described, "required": list(known), "additionalProperties": False}


def _problem_schema() -> dict[str, Any]:
    known = {"status": {"type": "integer"}, "title": {"type": "string"}, "detail": {"type": "string"}}
    return {"type": "object", "properties": known, "required": list(known)}


def _headers() -> dict[str, Any]:
    return {name: {"schema": schema, "description": str(text)} for name, (schema, text) in HEADERS.items()}


def _parameter(name: str, place: str, schema: dict[str, Any], text: Lazy) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, "description": str(text)}


def _conditional() -> list[dict[str, Any]]:
    return [
        _parameter("If-None-Match", "header", {"type": "string"}, CONDITION),
        _parameter("Accept-Language", "header", {"type": "string"}, LANGUAGE),
    ]


def paging() -> tuple[Parameter, ...]:
    """The two parameters that every list has."""
    return (
        Parameter(LIMIT, PAGED[LIMIT], str, {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": ROWS}),
        Parameter(CURSOR, PAGED[CURSOR], str, {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}),
    )


def _list_operation(resource: Resource, name: str) -> dict[str, Any]:
    asked = [*resource.parameters, *paging()]
    return {
        "operationId": f"daftar_{resource.name}",
        "tags": [resource.name],
        "summary": str(resource.title),
        "description": str(resource.text),
        "parameters": [_parameter(p.name, "query", dict(p.schema), p.text) for p in asked] + _conditional(),
        "responses": {"200": _answer(f"Daftar{name}", resource.title), **_endings()},
    }


def _one_operation(resource: Resource, name: str) -> dict[str, Any]:
    one = resource.one
    assert one is not None
    schema = {"type": "string", "format": "uuid"} if one.converter == "uuid" else {"type": "string", "minLength": 1}
    return {
        "operationId": f"satu_{resource.name}",
        "tags": [resource.name],
        "summary": str(one.text),
        "parameters": [_parameter(one.argument, "path", schema, _text_of(resource, one.argument)), *_conditional()],
        "responses": {"200": _answer(f"Satu{name}", one.text), "404": _problem(ABSENT), **_endings()},
    }


def _text_of(resource: Resource, argument: str) -> Lazy:
    """What the field behind an argument says of itself: `organisasi_id` is the recipient's `id`."""
    texts: dict[str, Lazy] = {field.name: field.text for field in resource.fields}
    return texts.get(argument) or texts["id"]


def _answer(schema: str, text: Lazy) -> dict[str, Any]:
    return {
        "description": str(text),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS},
        "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _problem(text: Lazy) -> dict[str, Any]:
    return {"description": str(text), "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Galat"}}}}


def _endings() -> dict[str, Any]:
    return {"304": {"description": str(UNCHANGED)}, **{str(code): _problem(text) for code, text in PROBLEMS.items()}}


