"""Looks into a file that a stranger sent. Run as a program of its own, with limits on time, memory and output.

A PDF or a picture is a program for its reader. What hangs, eats memory or crashes here takes no request with it.
Only pypdf and Pillow are imported, nothing of the house: started as `python -I inspector.py`, it lives 0.2 s.

Input (standard input): JSON {path, copy, type, max_pages, min_pixels, max_pixels, min_sharpness, copy_pixels}.
Output: JSON, either {"refused": code, ...numbers for the sentence} or what was found.
"""

import json
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageFilter, ImageOps, ImageStat, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

CPU_SECONDS = 20
MEMORY = 1024 * 1024 * 1024
MOST_OBJECTS = 200_000
DEEPEST = 60
HEAD = 1024
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
SHARPNESS_SIDE = 1024
HASH_SIDE = 8
MARKUP = re.compile(rb"<\s*(!doctype|html|script|svg|iframe|body)", re.IGNORECASE)
#: Names under which a PDF runs, sends, opens or carries something. ISO 32000-2, 12.6.4 and 7.11.4.
ACTIVE_KEYS = {"/JS": "skrip", "/JavaScript": "skrip", "/XFA": "skrip", "/EmbeddedFiles": "lampiran", "/EF": "lampiran"}
ACTIVE_ACTIONS = {
    "/JavaScript": "skrip", "/Launch": "perintah", "/SubmitForm": "perintah", "/ImportData": "perintah",
    "/GoToE": "lampiran", "/RichMediaExecute": "skrip", "/Rendition": "perintah",
}  # fmt: skip
LAPLACE = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
BROKEN_PDF = (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError)
BROKEN_IMAGE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError)


class Refused(Exception):
    """The file may not come in: a code, and numbers for the sentence that the person reads."""

    def __init__(self, code: str, **numbers: object) -> None:
        super().__init__(code)
        self.answer = {"refused": code, **numbers}


def inspect(order: dict[str, Any]) -> dict[str, Any]:
    """What the file is; raises Refused."""
    return pdf(order) if order["type"] == "pdf" else image(order)


def pdf(order: dict[str, Any]) -> dict[str, Any]:
    """Pages; refuses what is locked, active, broken, too long, or two files in one."""
    path = Path(order["path"])
    _one_file_only(path)
    try:
        reader = PdfReader(path, strict=False)
        if reader.is_encrypted:
            raise Refused("pdf-terkunci")
        active = next(_active(reader), None)
        if active:
            raise Refused(f"pdf-{active}")
        pages = len(reader.pages)
    except BROKEN_PDF as error:
        raise Refused("pdf-rusak") from error
    if not 1 <= pages <= order["max_pages"]:
        raise Refused("pdf-terlalu-banyak-halaman" if pages else "pdf-rusak", pages=pages, most=order["max_pages"])
    return {"pages": pages}


def _one_file_only(path: Path) -> None:
    """Nothing before the header, no markup in it, nothing behind the end: such a file is another one as well."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, path.stat().st_size - HEAD))
        tail = file.read()
    end = tail.rfind(b"%%EOF")
    if not head.startswith(b"%PDF-") or MARKUP.search(head):
        raise Refused("pdf-ganda")
    if end < 0:
        raise Refused("pdf-rusak")
    if tail[end + 5 :].strip(b"\r\n\t \0"):
        raise Refused("pdf-ganda")


def _active(reader: PdfReader) -> Iterator[str]:
    """Kinds of active content in any object, reachable from a page or not."""
    numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MOST_OBJECTS:
        raise Refused("pdf-terlalu-rumit")
    yield from _in_object(reader.trailer, 0)
    for number, generation in sorted(numbers):
        yield from _in_object(reader.get_object(IndirectObject(number, generation, reader)), 0)


def _in_object(thing: object, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        raise Refused("pdf-terlalu-rumit")
    if isinstance(thing, DictionaryObject):
        values = {str(key): thing.raw_get(key) for key in thing}
        yield from (ACTIVE_KEYS[key] for key in values if key in ACTIVE_KEYS)
        yield from (ACTIVE_ACTIONS[action] for action in [str(values.get("/S"))] if action in ACTIVE_ACTIONS)
        for value in values.values():
            yield from _in_object(value, depth + 1)
    elif isinstance(thing, ArrayObject):
        for item in list.__iter__(thing):
            yield from _in_object(item, depth + 1)


def image(order: dict[str, Any]) -> dict[str, Any]:
    """Size, sharpness, perceptual hash, time and place; writes the copy that may be shown."""
    try:
        with Image.open(order["path"], formats=[FORMATS[order["type"]]]) as opened:
            _hold_size(opened, order)
            exif = _exif(opened)
            upright = ImageOps.exif_transpose(opened)
    except BROKEN_IMAGE as error:
        raise Refused("gambar-rusak") from error
    sharpness = _sharpness(upright)
    if sharpness < order["min_sharpness"]:
        raise Refused("gambar-buram", sharpness=round(sharpness), least=order["min_sharpness"])
    _write_copy(upright, order)
    return {
        "width": upright.width,
        "height": upright.height,
        "sharpness": round(sharpness),
        "phash": difference_hash(upright),
        **exif,
    }


def _hold_size(opened: Image.Image, order: dict[str, Any]) -> None:
    width, height = opened.size
    # A phone's JPEG may carry a second picture (MPO); only the first is read and copied.
    if order["type"] != "jpeg" and getattr(opened, "n_frames", 1) != 1:
        raise Refused("gambar-bergerak")
    if width * height > order["max_pixels"]:
        raise Refused("gambar-terlalu-besar", megapixels=width * height // 1_000_000,
                      most=order["max_pixels"] // 1_000_000)  # fmt: skip
    if min(width, height) < order["min_pixels"]:
        raise Refused("gambar-terlalu-kecil", width=width, height=height, least=order["min_pixels"])


def _sharpness(picture: Image.Image) -> float:
    """Variance of the Laplacian of the picture in grey, its longer side at 1024 px: a blurred one has few edges.

    Source: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, 2000 (LAPV).
    """
    grey = picture.convert("L")
    grey.thumbnail((SHARPNESS_SIDE, SHARPNESS_SIDE))
    return float(ImageStat.Stat(grey.filter(LAPLACE)).var[0])


def difference_hash(picture: Image.Image) -> str:
    """dHash: 64 bits as 16 hexadecimal digits; does a grey pixel of 9 by 8 outshine its right neighbour?"""
    small = picture.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.LANCZOS)
    pixels = small.tobytes()
    bits = 0
    for row in range(HASH_SIDE):
        for column in range(HASH_SIDE):
            place = row * (HASH_SIDE + 1) + column
            bits = bits << 1 | (pixels[place] > pixels[place + 1])
    return f"{bits:016x}"


def _write_copy(picture: Image.Image, order: dict[str, Any]) -> None:
    """Pixels only: whatever else was in the file (place, camera, a second file behind it) stays behind."""
    kept = picture if picture.mode in {"RGB", "RGBA", "L"} else picture.convert("RGBA" if _clear(picture) else "RGB")
    if order["type"] == "jpeg":
        kept = kept.convert("RGB") if kept.mode == "RGBA" else kept
    clean = Image.new(kept.mode, kept.size)
    clean.paste(kept)
    clean.thumbnail((order["copy_pixels"], order["copy_pixels"]))
    options: dict[str, dict[str, Any]] = {
        "jpeg": {"quality": 85, "optimize": True},
        "png": {"optimize": True},
        "webp": {"quality": 85},
    }
    clean.save(order["copy"], FORMATS[order["type"]], **options[order["type"]])


def _clear(picture: Image.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info


def _exif(opened: Image.Image) -> dict[str, Any]:
    """Time (ISO, with the zone when the camera knew it) and place in degrees; what cannot be read is left out."""
    exif = opened.getexif()
    details, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    found: dict[str, Any] = {}
    with suppress(ValueError):
        taken = datetime.strptime(str(details.get(0x9003) or exif.get(0x0132)), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        zone = str(details.get(0x9011) or "")
        found["taken_at"] = taken.isoformat() + (zone if re.fullmatch(r"[+-]\d\d:\d\d", zone) else "")
    with suppress(KeyError, ValueError, TypeError, ZeroDivisionError):
        latitude, longitude = _degrees(place[2], place[1], "S"), _degrees(place[4], place[3], "W")
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            found |= {"latitude": latitude, "longitude": longitude}
    return found


def _degrees(parts: Any, side: str, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return round((degrees + minutes / 60 + seconds / 3600) * (-1 if side == negative else 1), 6)


def main() -> None:
    """One file, one answer."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # Our own limit speaks first, from the header and with a better sentence.
    Image.MAX_IMAGE_PIXELS = None
    order = json.load(sys.stdin)
    try:
        answer = inspect(order)
    except Refused as refused:
        answer = refused.answer
    except MemoryError:
        answer = {"refused": "terlalu-berat"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
